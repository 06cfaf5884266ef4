"""Ask a server over HTTP/1.1 for as little processor time as Python allows.

Requests are written as bytes to sockets that stay open. A closed load keeps each connection busy;
an open one sends at its own pace, whatever comes back, and counts from when a request was due.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Body = Callable[[int], tuple[bytes, bytes]]  # turn -> key, body


@dataclass
class Load:
    """What was asked and how it went; latencies in seconds."""

    port: int
    key: str
    body: Body
    path: str = "/api/v1/orders/checks"
    turn: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    good_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    busy: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def request(self) -> bytes:
        """Return the next request."""
        self.turn += 1
        key, body = self.body(self.turn)
        return (
            f"POST {self.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.key}\r\n"
            f"Idempotency-Key: {key.decode()}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def note(self, status: int, seconds: float) -> None:
        """Count an answer."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        (self.good_s if status < 400 else self.refused_s).append(seconds)

    def at(self, share: float, of: list[float] | None = None) -> float:
        """Return the latency in ms below which so much of the good answers lie."""
        ordered = sorted(self.good_s if of is None else of)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3 if ordered else 0.0


class Connection(asyncio.Protocol):
    """One connection: a request, its whole answer, the next."""

    def __init__(self, load: Load, done: Callable[[Connection], None]) -> None:
        self.load, self.done = load, done
        self.transport: Any = None
        self.due, self.data = 0.0, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def send(self, due: float) -> None:
        """Send the next request, which was due at a moment of time.perf_counter."""
        self.due = due
        self.load.busy += 1
        self.load.idle.clear()
        self.transport.write(self.load.request())

    def data_received(self, data: bytes) -> None:
        """Count the answer once it is whole."""
        self.data += data
        head, found, body = self.data.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) >= length:
            self.load.note(int(head[9:12]), time.perf_counter() - self.due)
            self.data = b""
            self.load.busy -= 1
            self.done(self)
            if not self.load.busy:
                self.load.idle.set()


async def _open(load: Load, count: int, done: Callable[[Connection], None]) -> list[Connection]:
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(lambda: Connection(load, done), "127.0.0.1", load.port))[1]
        for _ in range(count)
    ]


async def closed(load: Load, *, connections: int, seconds: float) -> float:
    """Keep so many connections busy; return good answers per second."""
    end = time.perf_counter() + seconds

    def again(connection: Connection) -> None:
        now = time.perf_counter()
        if now < end:
            connection.send(now)

    made = await _open(load, connections, again)
    began = time.perf_counter()
    for connection in made:
        connection.send(time.perf_counter())
    await load.idle.wait()
    rate = len(load.good_s) / (time.perf_counter() - began)
    for connection in made:
        connection.transport.close()
    return rate


async def opened(load: Load, *, rate: float, seconds: float, connections: int = 256) -> float:
    """Send at random moments, so many a second on average; return good answers per second."""
    idle: deque[Connection] = deque()
    late: deque[float] = deque()

    def free(connection: Connection) -> None:
        if late:
            connection.send(late.popleft())
        else:
            idle.append(connection)

    made = await _open(load, connections, free)
    idle.extend(made)
    dice = random.Random(7)
    began = due = time.perf_counter()
    while due < began + seconds:
        due += dice.expovariate(rate)
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if idle:
            idle.popleft().send(due)
        else:
            late.append(due)
    await load.idle.wait()
    lasted = time.perf_counter() - began
    for connection in made:
        connection.transport.close()
    return len(load.good_s) / lasted
