"""Hand out what is new in the outbox: one delivery for each address and person that gets it.

Rows are taken as unsent ones, never by a number that comes after the last: of two transactions the
one that began later may commit first, and what has a lower number then would never be seen.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tradeline.actions.recipients import Reader, Wish, readers, severity_of, wants

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from tradeline.policy.alerts import Alerts, Severity

BATCH: Final = 500
NO_ADDRESS: Final = "the person has no e-mail address; set one with: tradeline people mail"

_NEW: Final = """
    SELECT id, topic, line_id, line_version, payload FROM outbox
    WHERE organisation_id = %(organisation)s AND fanned_at IS NULL
    ORDER BY at, line_version, id LIMIT %(count)s FOR UPDATE SKIP LOCKED"""
_ADD: Final = """
    INSERT INTO delivery (organisation_id, id, outbox_id, line_id, line_version, severity,
        made_at, channel, endpoint_id, person_id, state, attempts, error, next_at, done_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 0, %s, %s, %s)"""
_DONE: Final = """
    UPDATE outbox o SET fanned_at = %(at)s, settled_at = CASE WHEN EXISTS (
        SELECT FROM delivery d WHERE d.organisation_id = o.organisation_id
            AND d.outbox_id = o.id AND d.state = 'pending') THEN NULL ELSE %(at)s END
    WHERE o.organisation_id = %(organisation)s AND o.id = ANY(%(ids)s)"""


@dataclass(frozen=True, kw_only=True)
class Recipients:
    """Everybody and every address of an organisation that may get messages."""

    policy: Alerts
    people: Sequence[Reader]
    wishes: Mapping[tuple[uuid.UUID, str], Wish]
    endpoints: Sequence[tuple[uuid.UUID, Sequence[str]]]  # with the topics each wants
    owners: Mapping[uuid.UUID, uuid.UUID]  # by line


@dataclass(frozen=True, kw_only=True)
class Recipient:
    """One way that a message goes."""

    channel: str
    severity: str
    endpoint: uuid.UUID | None = None
    person: Reader | None = None


def hand_out(
    cursor: Any, *, organisation_id: uuid.UUID, policy: Alerts, at: datetime, count: int = BATCH
) -> int:
    """Make the deliveries of new messages in the open transaction; return how many messages."""
    cursor.execute(_NEW, {"organisation": organisation_id, "count": count})
    rows = [(*row[:4], json.loads(row[4])) for row in cursor.fetchall()]
    if not rows:
        return 0
    known = _recipients(cursor, organisation_id, policy, [row[2] for row in rows if row[2]])
    made = [
        _delivery(organisation_id, row, recipient, at)
        for row in rows for recipient in _of(row, known)
    ]  # fmt: skip
    cursor.executemany(_ADD, made)
    ids = [row[0] for row in rows]
    cursor.execute(_DONE, {"organisation": organisation_id, "ids": ids, "at": at})
    return len(rows)


def _of(row: tuple[Any, ...], known: Recipients) -> Iterator[Recipient]:
    _, topic, line_id, _, payload = row
    severity = severity_of(topic, payload, known.policy)
    for endpoint, topics in known.endpoints:
        if wants(topics, topic) and payload.get("endpoint") != str(endpoint):  # not of itself
            yield Recipient(channel="webhook", severity=severity or "", endpoint=endpoint)
    if severity:
        yield from _people(topic, severity, known.owners.get(line_id), known)


def _people(
    topic: str, severity: Severity, owner: uuid.UUID | None, known: Recipients
) -> Iterator[Recipient]:
    found = readers(
        topic, severity, policy=known.policy, people=known.people, owner=owner, wishes=known.wishes
    )
    for person, way in found:
        channel = "digest" if way == "digest" else "mail"
        yield Recipient(channel=channel, severity=severity, person=person)


def _delivery(
    organisation_id: uuid.UUID, row: tuple[Any, ...], to: Recipient, at: datetime
) -> tuple[Any, ...]:
    """Return a row of the delivery table; who has no address gets a dead one, which says so."""
    outbox, _, line_id, line_version, _ = row
    lost = to.person is not None and not to.person.mail
    return (
        organisation_id, uuid.uuid4(), outbox, line_id, line_version, to.severity, at, to.channel,
        to.endpoint, to.person and to.person.id, "dead" if lost else "pending",
        NO_ADDRESS if lost else "", None if lost or to.channel == "digest" else at,
        at if lost else None,
    )  # fmt: skip


def _recipients(
    cursor: Any, organisation_id: uuid.UUID, policy: Alerts, lines: Sequence[uuid.UUID]
) -> Recipients:
    """Read who may get messages; people only as members of the organisation."""

    def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
        cursor.execute(sql, [organisation_id, *values])
        return list(cursor.fetchall())

    people = rows(
        """SELECT p.id, array_agg(m.role), p.email FROM membership m JOIN person p
            ON p.id = m.user_id WHERE m.organisation_id = %s GROUP BY p.id ORDER BY p.username"""
    )
    wishes = rows(
        """SELECT user_id, topic, way, severity_min FROM alert_subscription
        WHERE organisation_id = %s"""
    )
    endpoints = rows(
        """SELECT id, topics FROM webhook_endpoint WHERE organisation_id = %s AND state = 'active'
        ORDER BY created_at, id"""
    )
    owners = rows(
        """SELECT l.id, a.owner_id FROM credit_line l JOIN account a
            ON a.organisation_id = l.organisation_id AND a.id = l.account_id
        WHERE l.organisation_id = %s AND l.id = ANY(%s) AND a.owner_id IS NOT NULL""",
        list(set(lines)),
    )
    return Recipients(
        policy=policy, owners=dict(owners),
        endpoints=[(key, json.loads(topics)) for key, topics in endpoints],
        people=[Reader(id=key, roles=frozenset(roles), mail=mail) for key, roles, mail in people],
        wishes={(person, topic): Wish(way=way, severity_min=least)
                for person, topic, way, least in wishes},
    )  # fmt: skip
