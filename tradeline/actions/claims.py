"""Leases on deliveries: take what is due, and write what became of it."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from tradeline.actions.messages import Message

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

LEASE: Final = timedelta(seconds=60)
"""Longer than anything that is sent may take, so that only who is gone loses a claim."""

DIGEST_LEASE: Final = timedelta(hours=1)
"""The same for all digests of an organisation, which are sent one after the other."""

ERROR_MAX: Final = 500


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A delivery that this sender holds."""

    id: uuid.UUID
    organisation_id: uuid.UUID
    outbox_id: uuid.UUID
    lease: uuid.UUID
    channel: str
    attempts: int  # this one included
    endpoint_id: uuid.UUID | None
    url: str
    serial: int
    previous_until: datetime | None
    person_id: uuid.UUID | None
    mail: str
    message: Message


# What is due and comes first of its line for its recipient. A message of the line that is not yet
# handed out comes first too. An earlier one that somebody holds is pending still, and so holds up
# the later ones. OFFSET 0 keeps each look-up one by index, and only for the rows up to the last
# that is taken: joins are planned by statistics, which a queue that comes and goes has not.
_DUE: Final = """
    SELECT d.id FROM delivery d
    WHERE d.organisation_id = %(organisation)s AND d.state = 'pending' AND d.next_at <= %(at)s
        AND (d.leased_until IS NULL OR d.leased_until <= %(at)s)
        AND d.channel = ANY(%(channels)s)
        AND NOT EXISTS (SELECT FROM delivery e
            WHERE e.organisation_id = d.organisation_id AND e.line_id = d.line_id
                AND e.state = 'pending' AND e.channel = d.channel
                AND e.endpoint_id IS NOT DISTINCT FROM d.endpoint_id
                AND e.person_id IS NOT DISTINCT FROM d.person_id
                AND (e.line_version, e.outbox_id) < (d.line_version, d.outbox_id) OFFSET 0)
        AND NOT EXISTS (SELECT FROM outbox o
            WHERE o.organisation_id = d.organisation_id AND o.line_id = d.line_id
                AND o.fanned_at IS NULL AND o.line_version < d.line_version OFFSET 0)
    ORDER BY d.next_at, d.line_version LIMIT %(count)s FOR UPDATE OF d SKIP LOCKED"""
# For a digest the order plays no part.
_DIGEST: Final = """
    SELECT d.id FROM delivery d
    JOIN outbox m ON m.organisation_id = d.organisation_id AND m.id = d.outbox_id
    WHERE d.organisation_id = %(organisation)s AND d.state = 'pending' AND d.channel = 'digest'
        AND m.at < %(before)s AND (d.leased_until IS NULL OR d.leased_until <= %(at)s)
    LIMIT %(count)s FOR UPDATE OF d SKIP LOCKED"""
_CLAIM: Final = """
    WITH due AS ({due}),
    held AS (
        UPDATE delivery d SET lease = %(lease)s, leased_until = %(until)s,
            attempts = d.attempts + 1
        FROM due WHERE d.organisation_id = %(organisation)s AND d.id = due.id
        RETURNING d.*)
    SELECT h.id, h.outbox_id, h.channel, h.attempts, h.endpoint_id, coalesce(w.url, ''),
        coalesce(w.serial, 0), w.previous_until, coalesce(p.email, ''), h.severity, o.topic, o.at,
        o.payload, h.line_version, a.customer_no, a.name, e.code, g.code, h.person_id
    FROM held h JOIN outbox o ON o.organisation_id = %(organisation)s AND o.id = h.outbox_id
    LEFT JOIN webhook_endpoint w ON w.organisation_id = %(organisation)s AND w.id = h.endpoint_id
    LEFT JOIN person p ON p.id = h.person_id
    LEFT JOIN credit_line l ON l.organisation_id = %(organisation)s AND l.id = h.line_id
    LEFT JOIN account a ON a.organisation_id = %(organisation)s AND a.id = l.account_id
    LEFT JOIN legal_entity e ON e.organisation_id = %(organisation)s AND e.id = a.entity_id
    LEFT JOIN customer_group g ON g.organisation_id = %(organisation)s AND g.id = l.group_id
    ORDER BY o.at, h.line_version, h.id"""


def claim(
    cursor: Any, *, organisation_id: uuid.UUID, channels: Sequence[str], at: datetime, count: int
) -> list[Claim]:
    """Take up to so many deliveries that are due, in the open transaction."""
    values = {"channels": list(channels), "count": count}
    return _held(cursor, _DUE, organisation_id, at, values | {"until": at + LEASE})


def claim_digests(
    cursor: Any, *, organisation_id: uuid.UUID, until: date, at: datetime, count: int
) -> list[Claim]:
    """Take what waits for a digest and was written before a day began (UTC)."""
    before = datetime.combine(until, time(), tzinfo=UTC)
    values = {"before": before, "count": count, "until": at + DIGEST_LEASE}
    return _held(cursor, _DIGEST, organisation_id, at, values)


def _held(
    cursor: Any, due: str, organisation_id: uuid.UUID, at: datetime, values: dict[str, Any]
) -> list[Claim]:
    lease = uuid.uuid4()
    cursor.execute(_CLAIM.format(due=due), {
        "organisation": organisation_id, "at": at, "lease": lease, **values,
    })  # fmt: skip
    return [_claim(organisation_id, lease, row) for row in cursor.fetchall()]


def _claim(organisation_id: uuid.UUID, lease: uuid.UUID, row: tuple[Any, ...]) -> Claim:
    (key, outbox, channel, attempts, endpoint, url, serial, previous_until, mail, severity, topic,
     at, payload, version, customer, name, entity, group, person) = row  # fmt: skip
    message = Message(
        id=str(outbox), topic=topic, at=at, payload=json.loads(payload), severity=severity,
        line_version=version, customer_no=customer, customer_name=name, entity=entity, group=group,
    )  # fmt: skip
    return Claim(
        id=key, organisation_id=organisation_id, outbox_id=outbox, lease=lease, channel=channel,
        attempts=attempts, endpoint_id=endpoint, url=url, serial=serial,
        previous_until=previous_until, person_id=person, mail=mail, message=message,
    )  # fmt: skip


def give_up_broken(cursor: Any, organisation_id: uuid.UUID, most: int, at: datetime) -> int:
    """Give up what was tried so often and never settled: it may be what ends the senders."""
    cursor.execute(
        """UPDATE delivery SET state = 'dead', done_at = %(at)s, lease = NULL, leased_until = NULL,
            error = 'the sender ended each time before it was settled'
        WHERE organisation_id = %(organisation)s AND state = 'pending' AND attempts >= %(most)s
            AND leased_until <= %(at)s RETURNING outbox_id""",
        {"organisation": organisation_id, "most": most, "at": at},
    )
    given_up = [row[0] for row in cursor.fetchall()]
    settle_outbox(cursor, organisation_id, given_up, at)
    return len(given_up)


def settle_sent(cursor: Any, sent: Sequence[Claim], at: datetime) -> int:
    """Note that they were sent; return of how many the claim still held. One organisation's."""
    held = _end(cursor, sent, "state = 'sent', done_at = %(at)s, error = ''", at=at)
    endpoints = {each.endpoint_id for each in sent if each.endpoint_id is not None}
    if held and endpoints:
        cursor.execute(
            """UPDATE webhook_endpoint SET failures = 0
            WHERE organisation_id = %s AND id = ANY(%s) AND failures > 0""",
            [sent[0].organisation_id, list(endpoints)],
        )
    return held


def settle_failed(cursor: Any, one: Claim, reason: str, again: datetime | None) -> bool:
    """Note why it failed and when it is tried again; a digest's alert waits for the next one."""
    change = "next_at = %(at)s, error = %(reason)s"
    return bool(_end(cursor, [one], change, at=again, reason=reason))


def settle_dead(cursor: Any, one: Claim, reason: str, at: datetime) -> bool:
    """Give it up."""
    change = "state = 'dead', done_at = %(at)s, error = %(reason)s"
    return bool(_end(cursor, [one], change, at=at, reason=reason))


def _end(
    cursor: Any, claims: Sequence[Claim], change: str, *, at: datetime | None, reason: str = ""
) -> int:
    """Change deliveries whose leases are still ours, and settle messages after their last one.

    The messages' rows are locked first: two that end at once would each see the other pending.
    """
    if not claims:
        return 0
    organisation, outbox = claims[0].organisation_id, [each.outbox_id for each in claims]
    values = {
        "organisation": organisation, "outbox": outbox, "at": at, "reason": reason[:ERROR_MAX],
        "ids": [each.id for each in claims], "leases": [each.lease for each in claims],
    }  # fmt: skip
    cursor.execute(
        """SELECT FROM outbox WHERE organisation_id = %(organisation)s AND id = ANY(%(outbox)s)
        ORDER BY id FOR UPDATE""",
        values,
    )
    cursor.execute(
        f"""UPDATE delivery d SET {change}, lease = NULL, leased_until = NULL
        FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[]) AS ours (id, lease)
        WHERE d.organisation_id = %(organisation)s AND d.id = ours.id AND d.lease = ours.lease""",
        values,
    )
    held = int(cursor.rowcount)
    settle_outbox(cursor, organisation, outbox, at)
    return held


def settle_outbox(
    cursor: Any, organisation_id: uuid.UUID, ids: Sequence[uuid.UUID], at: datetime | None
) -> None:
    """Settle the messages of which nothing is pending any more."""
    cursor.execute(
        """UPDATE outbox o SET settled_at = %(at)s
        WHERE o.organisation_id = %(organisation)s AND o.id = ANY(%(ids)s)
            AND o.fanned_at IS NOT NULL AND o.settled_at IS NULL AND NOT EXISTS (
                SELECT FROM delivery d WHERE d.organisation_id = o.organisation_id
                    AND d.outbox_id = o.id AND d.state = 'pending')""",
        {"organisation": organisation_id, "ids": list(ids), "at": at},
    )


def count_failure(cursor: Any, one: Claim, reason: str, *, most: int, at: datetime) -> bool:
    """Count a message given up at an address; return whether that switched the address off.

    What still waits for an address that is off is given up too, and can be replayed.
    """
    cursor.execute(
        """UPDATE webhook_endpoint SET failures = failures + 1,
            state = CASE WHEN failures + 1 >= %(most)s THEN 'off' ELSE state END,
            off_because = CASE WHEN failures + 1 >= %(most)s THEN %(reason)s ELSE off_because END
        WHERE organisation_id = %(organisation)s AND id = %(endpoint)s AND state = 'active'
        RETURNING state = 'off'""",
        {"organisation": one.organisation_id, "endpoint": one.endpoint_id, "most": most,
         "reason": reason[:ERROR_MAX]},
    )  # fmt: skip
    row = cursor.fetchone()
    if not (row and row[0]):
        return False
    drop_waiting(cursor, one.organisation_id, one.endpoint_id, at)
    return True


def drop_waiting(cursor: Any, organisation_id: uuid.UUID, endpoint_id: Any, at: datetime) -> None:
    """Give up what waits for an address that was switched off."""
    cursor.execute(
        """UPDATE delivery SET state = 'dead', done_at = %(at)s, lease = NULL, leased_until = NULL,
            error = 'the address was switched off'
        WHERE organisation_id = %(organisation)s AND endpoint_id = %(endpoint)s
            AND state = 'pending' RETURNING outbox_id""",
        {"organisation": organisation_id, "endpoint": endpoint_id, "at": at},
    )
    settle_outbox(cursor, organisation_id, [row[0] for row in cursor.fetchall()], at)
