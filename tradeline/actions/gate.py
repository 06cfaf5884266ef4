"""Ask the gate: may these orders go? Decided and reserved by the database in one step."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import DatabaseError, connection

from tradeline.engine.unblock import complete
from tradeline.errors import StateFault
from tradeline.files.audit_json import canonical, compact
from tradeline.queries.reading import reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradeline.models.context import Actor

ATTEMPTS_MAX: Final = 4
"""The first and three more."""

ASKING: Final = frozenset({"authorise", "amend", "sale", "recheck", "dry_run"})
"""Verbs that ask for credit; the others change an order that is known."""

_TIMEOUTS: Final = "SET LOCAL lock_timeout = '500ms'; SET LOCAL statement_timeout = '1500ms'"
_SETTLE: Final = "SELECT status, answer, facts FROM app.check_orders(%s::jsonb) ORDER BY turn"
_CONFLICTS: Final = ("40001", "40P01", "55P03")
_SAME: Final = ("decision_pkey", "commitment_pkey")  # one call, or one order, at one time
_TOO_LATE: Final = "57014"
_ABOUT_THE_CALL: Final = ("turn", "client", "key", "body_sha256", "door")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """An answer of the gate: the status that HTTP gives it, and its body, to the byte."""

    status: int
    body: str


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
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            rows = _settled(calls, permission, by)
            break
        except DatabaseError as error:
            if not _is_conflict(error):
                raise
            if attempt == ATTEMPTS_MAX or _state(error) == _TOO_LATE:
                raise StateFault(
                    "others kept the line of credit: nothing was decided",
                    mend="ask again with the same key",
                ) from error
    return [Answer(status=status, body=answer if facts is None else complete(answer, facts))
            for status, answer, facts in rows]  # fmt: skip


def _call(asked: Mapping[str, Any], turn: int, by: Actor) -> dict[str, Any]:
    body = {name: value for name, value in asked.items() if name not in _ABOUT_THE_CALL}
    digest = hashlib.sha256(canonical(body)).hexdigest()
    defaults = {"client": by.door, "key": uuid.uuid4().hex, "body_sha256": digest, "door": by.door}
    return {**defaults, **asked, "turn": turn}


def _settled(
    calls: Sequence[Mapping[str, Any]], permission: str, by: Actor
) -> list[tuple[int, str, str | None]]:
    with reading(by, permission), connection.cursor() as cursor:
        cursor.execute(_TIMEOUTS)
        cursor.execute(_SETTLE, [compact(calls)])
        return list(cursor.fetchall())


def _state(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _is_conflict(error: DatabaseError) -> bool:
    """Return whether another call was in the way: a lock, a deadlock, the same key or order."""
    if _state(error) == "23505":
        diagnosis = getattr(error.__cause__, "diag", None)
        return getattr(diagnosis, "constraint_name", None) in _SAME
    return _state(error) in {*_CONFLICTS, _TOO_LATE}
