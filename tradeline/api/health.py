"""Whether the process lives, and whether it can decide: for whoever watches over it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from tradeline.api.messages import respond, respond_problem
from tradeline.api.problems import Problem
from tradeline.api.service import service

if TYPE_CHECKING:
    from tradeline.api.messages import Send

_ALIVE: Final = "/healthz"
_READY: Final = "/readyz"
_KEPT_S: Final = 0.5
_last: dict[str, tuple[float, Problem | None]] = {}


def is_health(path: str) -> bool:
    """Return whether a path asks after health; nobody needs a key for it."""
    return path in {_ALIVE, _READY}


async def health(path: str, send: Send) -> None:
    """Answer 200 when all is well, 503 when the database is away; with no detail of either."""
    problem = None if path == _ALIVE else await _database()
    if problem:
        await respond_problem(send, problem, {})
    else:
        await respond(send, 200, b'{"status":"ok"}')


async def _database() -> Problem | None:
    """Return what is wrong with the database; many who ask at once are one question."""
    at, kept = _last.get("database", (0.0, None))
    if time.monotonic() - at < _KEPT_S:
        return kept
    try:
        await service().connections.rows("SELECT 1", [])
        problem = None
    except Problem as found:
        problem = found
    _last["database"] = (time.monotonic(), problem)
    return problem
