"""A wire to the server that is cut at a chosen moment of a commit."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

SOCKET = ".s.PGSQL.5432"
SIZE = 65_536


class Cutter:
    """Passes bytes between a client and the server; `cut` says when the wire breaks.

    `before`: the server never gets the COMMIT. `sent`: it gets it, and the wire breaks at once.
    `answered`: it has committed and said so; the client does not hear of it.
    """

    def __init__(self, url: str) -> None:
        self.cut: str | None = None
        self.commits = 0
        self.folder = TemporaryDirectory(prefix="wire-")
        self.server = str(Path(str(conninfo_to_dict(url)["host"])) / SOCKET)
        self.url = make_conninfo(url, host=self.folder.name)
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(str(Path(self.folder.name) / SOCKET))
        self.door.listen()
        threading.Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more."""
        self.door.close()
        self.folder.cleanup()

    def _welcome(self) -> None:
        while True:
            try:
                client, _ = self.door.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.server)
            deaf = threading.Event()
            for work in (self._ask, self._answer):
                threading.Thread(target=work, args=(client, server, deaf), daemon=True).start()

    def _ask(self, client: Any, server: Any, deaf: threading.Event) -> None:
        for data in _read(client):
            if self.cut and b"COMMIT" in data:
                self.commits += 1
                if self.cut == "answered":
                    deaf.set()
                    server.sendall(data)
                    continue
                if self.cut == "sent":
                    server.sendall(data)
                break
            server.sendall(data)
        _end(client, server)

    def _answer(self, client: Any, server: Any, deaf: threading.Event) -> None:
        for data in _read(server):
            if deaf.is_set():
                break
            client.sendall(data)
        _end(client, server)


def _read(one: Any) -> Any:
    try:
        while data := one.recv(SIZE):
            yield data
    except OSError:
        return


def _end(*ends: Any) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
