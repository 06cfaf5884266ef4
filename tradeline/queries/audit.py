"""The audit trail as people and verifiers read it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from tradeline.files.audit_chain import GENESIS, Sealed
from tradeline.files.audit_export import Header, header_line, record_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from uuid import UUID

    from tradeline.files.audit_export import Writable

_BATCH: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of the trail; `seq` is None until it is sealed."""

    seq: int | None
    at: datetime
    by: str
    door: str
    action: str
    subject: str
    body: dict[str, Any]


def events(
    *, subject: str | None = None, action: str | None = None, count: int = 50
) -> list[Event]:  # fmt: skip
    """Return the newest events of the acting organisation, those on a subject or of an action."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT s.seq, e.at, coalesce(p.username, e.by_id::text), e.door, e.action,
                e.subject, e.body
            FROM audit_event e
            LEFT JOIN audit_seal s ON s.organisation_id = e.organisation_id AND s.event_id = e.id
            LEFT JOIN person p ON p.id = e.by_id
            WHERE (%(subject)s::text IS NULL OR e.subject = %(subject)s)
                AND (%(action)s::text IS NULL OR e.action = %(action)s)
            ORDER BY e.at DESC, s.seq DESC NULLS FIRST LIMIT %(count)s""",
            {"subject": subject, "action": action, "count": count},
        )
        rows = cursor.fetchall()
    return [
        Event(seq=seq, at=at, by=by, door=door, action=act, subject=on,
              body=json.loads(bytes(body)))
        for seq, at, by, door, act, on, body in rows
    ]  # fmt: skip


def unsealed() -> tuple[int, datetime | None]:
    """Return how many events of the acting organisation are not sealed, and since when."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*), min(e.at) FROM audit_event e WHERE NOT EXISTS (
                SELECT FROM audit_seal s
                WHERE s.organisation_id = e.organisation_id AND s.event_id = e.id)"""
        )
        count, since = cursor.fetchone()
    return int(count), since


def export_trail(
    out: Writable, organisation_id: UUID, *, tell: Callable[[int, int], None] | None = None
) -> int:
    """Write the acting organisation's sealed records as they lie there; return how many.

    Nothing is checked here: what was tampered with is for the verifier to name.
    """
    organisation = str(organisation_id)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_seal")
        count = int(cursor.fetchone()[0])
        out.write(header_line(Header(organisation, 1, count, GENESIS)))
        for done, record in enumerate(_records(cursor, organisation), 1):
            out.write(record_line(record))
            if tell and done % _BATCH == 0:
                tell(done, count)
    return count


def _records(cursor: Any, organisation: str) -> Iterator[Sealed]:
    seq = 0
    while True:
        cursor.execute(
            "SELECT s.seq, s.previous, s.hash, e.body FROM audit_seal s LEFT JOIN audit_event e "
            "ON e.organisation_id = s.organisation_id AND e.id = s.event_id "
            "WHERE s.seq > %s ORDER BY s.seq LIMIT %s",
            [seq, _BATCH],
        )
        rows = cursor.fetchall()
        for number, previous, own, body in rows:
            seq = number
            yield Sealed(organisation, number, previous, own, bytes(body or b"{}"))
        if len(rows) < _BATCH:
            return
