"""Settle what has queued up in one statement, each request keeping its own answer.

A request that finds nothing under way goes through at once, alone. While a statement is under way,
others of the same party gather; they go together when it ends, when 64 have gathered, or when the
first of them has waited 5 ms, whichever comes first. Nothing is ever held back to gather more.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import psycopg

from tradeline.api.parties import DEADLINE_S, Answer, Party
from tradeline.api.problems import Problem, not_decided

if TYPE_CHECKING:
    from collections.abc import Sequence

BATCH_MAX: Final = 64
WAIT_S: Final = 0.005
LANES_MAX: Final = 4
"""Statements of one party under way at once: half of the connections, so that others find some."""
WAITING_MAX: Final = 512
"""Requests of one party that may wait; further ones are told at once to come again."""
AGE_S_MAX: Final = 0.5
"""How long the first of them may have waited; beyond it, too, further ones are told so."""
SETTLE_S_MIN: Final = 0.5
"""What must be left of a request's time when it goes to the database."""


class Settle(Protocol):
    """What settles requests; see `Connections.settle`."""

    async def __call__(self, who: Party, asked: Sequence[str], until: float) -> list[Answer]:
        """Return the answers in the order of the requests."""


@dataclass(slots=True)
class Ticket:
    """A request that waits for its answer."""

    asked: str  # JSON
    marks: tuple[object, ...]  # no two of a statement share one: its key, its order
    since: float
    answer: asyncio.Future[Answer]


@dataclass(slots=True)
class Line:
    """The requests of one party."""

    who: Party
    dry: bool
    waiting: deque[Ticket] = field(default_factory=deque)
    running: int = 0
    timer: asyncio.TimerHandle | None = None


class Combiner:
    """Gathers requests by party."""

    def __init__(
        self, settle: Settle, *, batch_max: int = BATCH_MAX, lanes: int = 1,
        lanes_max: int = LANES_MAX, waiting_max: int = WAITING_MAX,
    ) -> None:  # fmt: skip
        self._settle, self._batch_max, self._waiting_max = settle, batch_max, waiting_max
        self._lanes, self._lanes_max = lanes, lanes_max
        self._lines: dict[tuple[Party, bool], Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(
        self, who: Party, asked: str, marks: tuple[object, ...], *, dry: bool = False
    ) -> Answer:
        """Return the answer to one request; a dry run shares no statement with others.

        Raises:
            Problem: too many wait already, or it could not be decided.
            psycopg.Error: the request itself makes the statement fail.
        """
        self.admit(who, dry=dry)
        line = self._lines.setdefault((who, dry), Line(who, dry))
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        line.waiting.append(Ticket(asked, marks, time.monotonic(), answer))
        self._advance(line)
        return await answer

    def admit(self, who: Party, *, dry: bool = False) -> None:
        """Raise the problem when a party's further requests would wait too long.

        Doors ask before they read a body: what is refused should cost next to nothing.
        """
        line = self._lines.get((who, dry))
        if line is None or not line.waiting:
            return
        age_s = time.monotonic() - line.waiting[0].since
        if len(line.waiting) >= self._waiting_max or age_s > AGE_S_MAX:
            raise Problem("busy", "Too many requests wait. Send it again with the same key.",
                          headers={"Retry-After": "1"})  # fmt: skip

    def _advance(self, line: Line) -> None:
        """Start a statement if one may start, else see to it that none waits long."""
        full = len(line.waiting) >= self._batch_max and line.running < self._lanes_max
        if line.running < self._lanes or full:
            self._start(line)
        elif line.timer is None and line.running < self._lanes_max:
            loop = asyncio.get_running_loop()
            line.timer = loop.call_later(WAIT_S, self._overdue, line)

    def _overdue(self, line: Line) -> None:
        line.timer = None
        if line.waiting and line.running < self._lanes_max:
            self._start(line)

    def _start(self, line: Line) -> None:
        line.running += 1
        task = asyncio.get_running_loop().create_task(self._run(line))
        self._tasks.add(task)  # else nobody holds on to it
        task.add_done_callback(self._tasks.discard)

    async def _run(self, line: Line) -> None:
        try:
            while batch := self._take(line):
                await self._settled(line.who, batch)
        finally:
            line.running -= 1
            if not line.running and not line.waiting:
                if line.timer:
                    line.timer.cancel()
                self._lines.pop((line.who, line.dry), None)

    def _take(self, line: Line) -> list[Ticket]:
        """Return the next requests, in their order, no two about the same key or order.

        Two that are stay apart so that the second sees what the first did.
        """
        taken: list[Ticket] = []
        left: list[Ticket] = []
        seen: set[object] = set()
        latest = time.monotonic() - DEADLINE_S + SETTLE_S_MIN
        while line.waiting and max(len(taken), len(left)) < self._batch_max:
            ticket = line.waiting.popleft()
            if ticket.answer.done():
                continue  # the asker is gone
            if ticket.since < latest:
                _fail([ticket], not_decided("It waited too long."))
                continue
            apart = seen.isdisjoint(ticket.marks)
            (taken if apart else left).append(ticket)
            seen.update(ticket.marks)
        line.waiting.extendleft(reversed(left))
        return taken

    async def _settled(self, who: Party, batch: list[Ticket]) -> None:
        """Settle a statement's requests; whatever happens, each gets an answer or an error."""
        until = min(ticket.since for ticket in batch) + DEADLINE_S
        try:
            answers = await self._settle(who, [ticket.asked for ticket in batch], until)
        except psycopg.Error as error:
            await self._singly(who, batch, error)
        except Exception as error:  # noqa: BLE001 - it is the askers' error, each gets it
            _fail(batch, error)
        except asyncio.CancelledError:
            _fail(batch, not_decided("The program stops."))
            raise
        else:
            for ticket, answer in zip(batch, answers, strict=True):
                if not ticket.answer.done():
                    ticket.answer.set_result(answer)

    async def _singly(self, who: Party, batch: list[Ticket], error: psycopg.Error) -> None:
        """Keep one request that makes a statement fail from failing the others with it."""
        if len(batch) == 1:
            _fail(batch, error)
            return
        for ticket in batch:
            await self._settled(who, [ticket])


def _fail(batch: Sequence[Ticket], error: Exception) -> None:
    for ticket in batch:
        if not ticket.answer.done():
            ticket.answer.set_exception(error)
