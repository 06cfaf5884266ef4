"""Ask the gate: may these orders go? Decided and reserved by the database in one step."""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError, OperationalError, connection

from tradeline.engine.unblock import complete
from tradeline.errors import StateFault
from tradeline.files.audit_json import canonical
from tradeline.queries.reading import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import TypeVar

    from tradeline.actions.acting import Work
    from tradeline.models.context import Actor

    T = TypeVar("T")

ATTEMPTS_MAX: Final = 4
"""The first and three more."""

ASKING: Final = frozenset({"authorise", "amend", "sale", "recheck", "dry_run"})
"""Verbs that ask for credit; the others change an order that is known."""

_TIMEOUTS: Final = "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '1500ms'"
_SETTLE: Final = "SELECT status, answer, facts FROM app.check_orders(%s::jsonb) ORDER BY turn"
_SAME: Final = "decision_pkey"  # one call at one time
_TOO_LATE: Final = "57014"
_ABOUT_THE_CALL: Final = ("turn", "client", "key", "body_sha256", "door")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of the gate: the status that HTTP gives it, and its body, to the byte."""

    status: int
    body: str

    @property
    def decision(self) -> str:
        """Return the decision, blank where there is none."""
        return str(json.loads(self.body).get("decision", ""))


def settle(asked: Sequence[Mapping[str, Any]], *, by: Actor) -> list[Answer]:
    """Return the gate's answers to calls (see app.gate_ask), in their order.

    A call without a key gets one; one that comes again with its key gets the same answer. What is
    in conflict with others is asked again up to three times. Time is the database's clock.

    Raises:
        Refused: the actor may not.
        StateFault: it stayed in conflict or took too long; nothing was decided.
    """
    calls = [_call(each, turn, by) for turn, each in enumerate(asked)]
    asking = all(call["verb"] in ASKING for call in calls)
    permission = "orders.check" if asking else "orders.change"

    def settled() -> list[Answer]:
        with reading(by, permission), connection.cursor() as cursor:
            cursor.execute(_TIMEOUTS)
            return _answers(cursor, calls)

    return retried(settled)


def settle_within(work: Work, asked: Sequence[Mapping[str, Any]]) -> list[Answer]:
    """Return the gate's answers to calls that name their client and key, within an action."""
    calls = [{"turn": turn, "door": work.actor.door, "body_sha256": "", **each}
             for turn, each in enumerate(asked)]  # fmt: skip
    return _answers(work.cursor, calls) if calls else []


def retried(step: Callable[[], T]) -> T:
    """Return what a step answers; up to three times more it is tried anew where others were first.

    Raises:
        StateFault: it stayed in conflict or took too long; nothing was decided.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            return step()
        except DatabaseError as error:
            if not _is_conflict(error):
                raise
            if attempt == ATTEMPTS_MAX or _state(error) == _TOO_LATE:
                raise StateFault(
                    "others kept the line of credit: nothing was decided",
                    mend="ask again with the same key",
                ) from error
    raise AssertionError("the last try returns or raises")


def _call(asked: Mapping[str, Any], turn: int, by: Actor) -> dict[str, Any]:
    body = {name: value for name, value in asked.items() if name not in _ABOUT_THE_CALL}
    digest = hashlib.sha256(canonical(body)).hexdigest()
    defaults = {"client": by.door, "key": uuid.uuid4().hex, "body_sha256": digest, "door": by.door}
    return {**defaults, **asked, "turn": turn}


def _answers(cursor: Any, calls: Sequence[Mapping[str, Any]]) -> list[Answer]:
    cursor.execute(_SETTLE, [json.dumps(calls, default=str)])
    return [Answer(status=status, body=answer if facts is None else complete(answer, facts))
            for status, answer, facts in cursor.fetchall()]  # fmt: skip


def _state(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _is_conflict(error: DatabaseError) -> bool:
    """Return whether another try may mend it: a lock, a lost link, the same key at one time."""
    if _state(error) == "23505":
        diagnosis = getattr(error.__cause__, "diag", None)
        return getattr(diagnosis, "constraint_name", None) == _SAME
    return isinstance(error, OperationalError)
