"""What the API's process holds while it runs: connections, callers, the combiner."""

from __future__ import annotations

import logging
import os
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg

from tradeline.api.callers import Callers
from tradeline.api.combiner import BATCH_MAX, Combiner
from tradeline.api.connections import Connections
from tradeline.api.parties import DEADLINE_S, Answer
from tradeline.api.problems import Problem
from tradeline.files.audit_json import compact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.api.callers import Caller

_LOG: Final = logging.getLogger("tradeline.api")
COMBINE: Final = "TRADELINE_COMBINE"
"""Environment variable that switches the combiner off with `off`, to measure what it does."""
CHUNK: Final = 100
"""Requests of a batch that go in one statement: enough to be fast, few enough to lock briefly."""


class Service:
    """The parts that requests share."""

    def __init__(self, conninfo: str, *, combined: bool = True) -> None:
        self.connections = Connections(conninfo)
        self.callers = Callers(self.connections)
        together = BATCH_MAX if combined else 1
        lanes = 1 if combined else 8
        self._combiner = Combiner(self.connections.settle, batch_max=together, lanes=lanes,
                                  lanes_max=max(lanes, 4))  # fmt: skip

    def admit(self, caller: Caller) -> None:
        """Raise the problem when the caller's requests would wait too long."""
        self._combiner.admit(caller.party)

    async def ask(self, caller: Caller, asked: dict[str, Any]) -> Answer:
        """Return the gate's answer to one request, combined with others that come now.

        Raises:
            Problem: it was not decided.
        """
        asked |= {"client": caller.key_id, "door": "api"}
        marks = (("key", caller.key_id, asked["key"]), ("order", asked.get("order_no")))
        try:
            return await self._combiner.ask(
                caller.party, compact(asked), marks, dry=asked["verb"] == "dry_run"
            )
        except psycopg.Error as error:
            raise _fault(error) from error

    async def ask_many(
        self, caller: Caller, asked: Sequence[dict[str, Any]]
    ) -> list[Answer | Problem]:
        """Return the answers to the requests of a batch, each decided for itself.

        They go beside what is combined, so that others need not wait for a long batch.
        """
        for each in asked:
            each |= {"client": caller.key_id, "door": "api"}
        answers: list[Answer | Problem] = []
        for chunk in _chunks(asked):
            until = time.monotonic() + DEADLINE_S
            texts = [compact(each) for each in chunk]
            try:
                answers += await self.connections.settle(caller.party, texts, until)
            except Problem as problem:
                answers += [problem] * len(chunk)
            except psycopg.Error as error:
                answers += [_fault(error)] * len(chunk)
        return answers


def _chunks(asked: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the requests in their order, no order twice in a chunk."""
    chunks: list[list[dict[str, Any]]] = []
    seen: set[Any] = set()
    for each in asked:
        if not chunks or len(chunks[-1]) >= CHUNK or each["order_no"] in seen:
            chunks.append([])
            seen = set()
        chunks[-1].append(each)
        seen.add(each["order_no"])
    return chunks


def _fault(error: psycopg.Error) -> Problem:
    _LOG.error("the database refused a statement: %s", error)
    return Problem("fault", "The program made a statement that the database refuses: please report "
                   "it. Nothing was decided.")  # fmt: skip


def conninfo() -> str:
    """Return how to reach the database as the role that the program works as."""
    from tradeline.settings import DATABASE

    return DATABASE.urls["app"]


_service: Service | None = None


def service() -> Service:
    """Return the process's own service, made when first asked for."""
    global _service  # noqa: PLW0603 - one per process, as the server starts and ends it
    if _service is None:
        _service = Service(conninfo(), combined=os.environ.get(COMBINE) != "off")
    return _service
