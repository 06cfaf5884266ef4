"""A link to the database that tests can cut: a port of the loopback before the server's socket."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict


class Link:
    """Forwards connections; cut, it closes them and refuses new ones."""

    def __init__(self, socket):
        self.socket, self.port, self.whole = socket, 0, True
        self.writers = set()
        self.loop = asyncio.new_event_loop()
        self.cuts = 0
        self.cut_after_answers = 0

    async def start(self):
        """Begin to listen."""
        server = await asyncio.start_server(self.forward, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]

    async def forward(self, reader, writer):
        """Forward one connection both ways."""
        if not self.whole:
            writer.close()
            return
        back_reader, back_writer = await asyncio.open_unix_connection(self.socket)
        self.writers |= {writer, back_writer}
        await asyncio.gather(self.pump(reader, back_writer),
                             self.pump(back_reader, writer, answers=True))  # fmt: skip

    async def pump(self, reader, writer, *, answers=False):
        """Forward one way; lose an answer where that is asked for."""
        try:
            while data := await reader.read(65_536):
                if answers and self.cut_after_answers and b"approved" in data:
                    self.cut_after_answers -= 1
                    self.cuts += 1
                    break
                writer.write(data)
                await writer.drain()
        except OSError:
            pass
        writer.close()

    def cut(self):
        """Cut all connections and refuse new ones."""
        self.whole = False
        self.loop.call_soon_threadsafe(lambda: [each.close() for each in self.writers])

    def mend(self):
        """Let connections through again."""
        self.whole = True


@contextmanager
def link_to(book):
    """Yield a link to a book, and the environment of a program that uses it."""
    parts = conninfo_to_dict(book.urls["app"])
    link = Link(str(next(Path(parts["host"]).glob(".s.PGSQL.*[0-9]"))))
    link.loop.run_until_complete(link.start())
    thread = threading.Thread(target=link.loop.run_forever, daemon=True)
    thread.start()
    url = f"postgresql://tradeline_app@127.0.0.1:{link.port}/tradeline"
    secrets = {"CONTEXT": book.context_key, "SECRET": book.secret_key, "AUDIT": book.audit_key}
    yield link, {"DATABASE_URL": url} | {f"TRADELINE_{n}_KEY": key for n, key in secrets.items()}
    link.loop.call_soon_threadsafe(link.loop.stop)
    thread.join()
