"""What the gate decided, as it answered then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import connection

from tradeline.engine.unblock import complete

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class DecisionRow:
    """A decision as its list shows it."""

    decision_id: UUID
    verb: str
    outcome: str
    order_no: str
    version: int | None
    at: datetime


def of_lines(
    line_ids: Collection[str], *, before: datetime | None, count: int
) -> list[DecisionRow]:
    """Return decisions about lines of credit, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT id, verb, outcome, order_no, version, at FROM decision
            WHERE line_id = ANY (%(lines)s::uuid[])
                AND (%(before)s::timestamptz IS NULL OR at < %(before)s::timestamptz)
            ORDER BY at DESC, id LIMIT %(count)s""",
            {"lines": list(line_ids), "before": before, "count": count},
        )
        return [
            DecisionRow(decision_id=id_, verb=verb, outcome=outcome, order_no=order_no,
                        version=version, at=at)
            for id_, verb, outcome, order_no, version, at in cursor.fetchall()
        ]  # fmt: skip


def answer_of(decision_id: UUID) -> str | None:
    """Return a decision's body, byte for byte as it was answered; None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT answer,
                CASE outcome WHEN 'held' THEN app.facts_told(organisation_id, facts) END
            FROM decision WHERE id = %s""",
            [decision_id],
        )
        row = cursor.fetchone()
    if row is None:
        return None
    answer, facts = row
    return str(answer) if facts is None else complete(answer, facts)
