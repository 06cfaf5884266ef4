"""Ask the gate from within an action: the same function that answers programs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import OperationalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    from tradeline.actions.acting import Work

    T = TypeVar("T")

_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Settled:
    """What the gate answered: a status of HTTP and a body of JSON."""

    status: int
    body: str

    @property
    def decision(self) -> str:
        """Return the decision, blank where there is none."""
        return str(json.loads(self.body).get("decision", ""))


def settle(work: Work, asked: Sequence[Mapping[str, Any]]) -> list[Settled]:
    """Return what the gate answers to calls of at most 1,000, each in its turn."""
    calls = [{"turn": turn, "door": work.actor.door, "body_sha256": "", **each}
             for turn, each in enumerate(asked)]  # fmt: skip
    if not calls:
        return []
    rows = work.rows("SELECT status, answer FROM app.check_orders(%s) ORDER BY turn",
                     [json.dumps(calls, default=str)])  # fmt: skip
    return [Settled(status=status, body=body) for status, body in rows]


def retried(step: Callable[[], T]) -> T:
    """Return what a step answers; it is tried anew where others were in its way."""
    for _ in range(_TRIES - 1):
        try:
            return step()
        except OperationalError:
            continue  # a deadlock, a lock that took too long, an order that moved meanwhile
    return step()
