"""What left the book, or waits to: alerts, deliveries, addresses."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

_ACCOUNT: Final = """
    LEFT JOIN credit_line l ON l.organisation_id = o.organisation_id AND l.id = o.line_id
    LEFT JOIN account a ON a.organisation_id = o.organisation_id AND a.id = l.account_id
    LEFT JOIN legal_entity e ON e.organisation_id = o.organisation_id AND e.id = a.entity_id
    LEFT JOIN customer_group g ON g.organisation_id = o.organisation_id AND g.id = l.group_id"""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """An alert as it was raised."""

    id: UUID
    topic: str
    at: datetime
    payload: dict[str, Any]
    line_version: int | None
    customer_no: str | None
    customer_name: str | None
    entity: str | None
    group: str | None


@dataclass(frozen=True, kw_only=True)
class Sending:
    """A delivery: what, to whom, and where it stands."""

    id: UUID
    outbox_id: UUID
    topic: str
    channel: str
    to: str  # URL or login
    state: str
    attempts: int
    error: str
    made_at: datetime
    next_at: datetime | None


def alerts(*, customer_no: str | None, topic: str | None, count: int) -> list[Alert]:
    """Return the acting organisation's alerts, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT o.id, o.topic, o.at, o.payload, o.line_version, a.customer_no, a.name,
                e.code, g.code
            FROM outbox o {_ACCOUNT}
            WHERE o.topic LIKE 'alert.%%' AND (%(topic)s::text IS NULL OR o.topic = %(topic)s)
                AND (%(customer)s::text IS NULL OR a.customer_no = %(customer)s)
            ORDER BY o.at DESC, o.id LIMIT %(count)s""",
            {"topic": topic, "customer": customer_no, "count": count},
        )
        rows = cursor.fetchall()
    return [
        Alert(id=key, topic=topic, at=at, payload=json.loads(payload), line_version=version,
              customer_no=number, customer_name=name, entity=entity, group=group)
        for key, topic, at, payload, version, number, name, entity, group in rows
    ]  # fmt: skip


def deliveries(*, state: str | None, count: int) -> list[Sending]:
    """Return the acting organisation's deliveries, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT d.id, d.outbox_id, o.topic, d.channel, coalesce(w.url, p.username),
                d.state, d.attempts, d.error, d.made_at, d.next_at
            FROM delivery d
            JOIN outbox o ON o.organisation_id = d.organisation_id AND o.id = d.outbox_id
            LEFT JOIN webhook_endpoint w ON w.organisation_id = d.organisation_id
                AND w.id = d.endpoint_id
            LEFT JOIN person p ON p.id = d.person_id
            WHERE %(state)s::text IS NULL OR d.state = %(state)s
            ORDER BY d.made_at DESC, d.id LIMIT %(count)s""",
            {"state": state, "count": count},
        )
        names = [column[0] for column in cursor.description]
        names[1], names[4] = "outbox_id", "to"
        return [Sending(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


@dataclass(frozen=True, kw_only=True)
class Backlog:
    """How much waits, since when, and how much was given up."""

    waiting: int
    since: datetime | None
    dead: int


def backlog() -> Backlog:
    """Return the acting organisation's backlog; what waits for a digest is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE state = 'pending' AND channel <> 'digest'),
                min(made_at) FILTER (WHERE state = 'pending' AND channel <> 'digest'),
                count(*) FILTER (WHERE state = 'dead')
            FROM delivery WHERE state IN ('pending', 'dead')"""
        )
        waiting, since, dead = cursor.fetchone()
        cursor.execute("SELECT count(*), min(at) FROM outbox WHERE fanned_at IS NULL")
        new, first = cursor.fetchone()
    return Backlog(
        waiting=waiting + new, dead=dead,
        since=min((each for each in (since, first) if each), default=None),
    )  # fmt: skip
