"""Addresses for webhooks: add, rotate the secret, switch on and off; replay what was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tradeline.actions import claims
from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.audit import record
from tradeline.connectors.addresses import Egress, target
from tradeline.connectors.webhooks import secret
from tradeline.errors import ArgumentFault, NotFound
from tradeline.models import WebhookEndpoint
from tradeline.models.alerts import URL_MAX, EndpointState

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import datetime

TOPICS: Final = ("alert.", "order.")
"""How the topics begin."""

OVERLAP: Final = timedelta(hours=24)
"""For so long the secret before a rotation signs along, unless it was told."""


def add_endpoint(
    *, url: str, topics: Sequence[str], allowed: Egress, key: str, by: Actor, at: datetime
) -> tuple[WebhookEndpoint, str]:
    """Add an address and return it with its secret, which is shown this once.

    Raises:
        Refused: the actor may not.
        ArgumentFault: no message may be sent to the URL, or a topic is unknown.
    """
    target(url, allowed)
    _check(url, topics)
    with working(by, "webhooks.manage", at=at) as work:
        made = WebhookEndpoint.objects.create(
            organisation_id=by.organisation_id, url=url, topics=sorted(set(topics)),
            created_by_id=by.user_id, created_at=at,
        )  # fmt: skip
        after = {"url": url, "topics": made.topics}
        record(work, "WEBHOOK_ADDED", f"webhook {made.pk}", after=after)
    return made, secret(key, str(made.pk), made.serial)


def _check(url: str, topics: Sequence[str]) -> None:
    if len(url) > URL_MAX:
        raise ArgumentFault("the URL is too long", mend=f"write at most {URL_MAX} characters")
    unknown = [each for each in topics if each != "*" and not each.startswith(TOPICS)]
    if unknown or not topics:
        raise ArgumentFault(
            f"there is no topic {', '.join(unknown) or 'given'}",
            mend="name topics such as alert.utilisation, order.decided, or alert.* for all alerts",
        )


def rotate_secret(
    *, endpoint_id: uuid.UUID, key: str, by: Actor, at: datetime, overlap: timedelta = OVERLAP
) -> str:
    """Give an address a new secret and return it; the one before signs along for a while."""
    with working(by, "webhooks.manage", at=at) as work:
        found = _locked(endpoint_id)
        found.serial += 1
        found.previous_until = at + overlap
        found.save(update_fields=["serial", "previous_until"])
        after = {"serial": found.serial, "previous_until": found.previous_until.isoformat()}
        record(work, "WEBHOOK_SECRET_ROTATED", f"webhook {found.pk}", after=after)
    return secret(key, str(found.pk), found.serial)


def switch_endpoint(*, endpoint_id: uuid.UUID, on: bool, by: Actor, at: datetime) -> None:
    """Switch an address on or off; what waits for one that goes off is given up."""
    with working(by, "webhooks.manage", at=at) as work:
        found = _locked(endpoint_id)
        before = {"state": found.state}
        found.state = EndpointState.ACTIVE if on else EndpointState.OFF
        found.failures, found.off_because = 0, "" if on else "by hand"
        found.save(update_fields=["state", "failures", "off_because"])
        if not on:
            claims.drop_waiting(work.cursor, by.organisation_id, found.pk, at)
        record(work, "WEBHOOK_SWITCHED", f"webhook {found.pk}", before=before,
               after={"state": str(found.state)})  # fmt: skip


def _locked(endpoint_id: uuid.UUID) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if found is None:
        raise NotFound("there is no such webhook", mend="see: tradeline webhook list")
    return found


def replay(*, delivery_ids: Sequence[uuid.UUID] | None, by: Actor, at: datetime) -> int:
    """Let deliveries that were given up be tried anew, all of them where none is named.

    Those for an address that is off stay. Returns how many there are.

    Raises:
        NotFound: one of them is no delivery that was given up.
    """
    with working(by, "outbox.replay", at=at) as work:
        ids = _revived(work, delivery_ids)
        if delivery_ids is not None and len(ids) < len(set(delivery_ids)):
            raise NotFound(
                "there is no such delivery that was given up, or its address is off",
                mend="see: tradeline outbox list --state dead, and: tradeline webhook list",
            )
        record(work, "MESSAGES_REPLAYED", "outbox", after={"deliveries": len(ids)})
    return len(ids)


def _revived(work: Work, delivery_ids: Sequence[uuid.UUID] | None) -> list[uuid.UUID]:
    chosen = "true" if delivery_ids is None else "d.id = ANY(%(ids)s)"
    rows = work.rows(
        f"""UPDATE delivery d SET state = 'pending', attempts = 0, done_at = NULL,
            next_at = CASE WHEN channel = 'digest' THEN NULL ELSE %(at)s END
        WHERE d.organisation_id = %(organisation)s AND d.state = 'dead' AND {chosen}
            AND NOT EXISTS (SELECT FROM webhook_endpoint w
                WHERE w.organisation_id = d.organisation_id AND w.id = d.endpoint_id
                    AND w.state = 'off')
            AND NOT EXISTS (SELECT FROM person p WHERE p.id = d.person_id AND p.email = '')
        RETURNING d.id, d.outbox_id""",
        {"organisation": work.actor.organisation_id, "at": work.at,
         "ids": list(delivery_ids or [])},
    )  # fmt: skip
    work.run(
        "UPDATE outbox SET settled_at = NULL WHERE organisation_id = %s AND id = ANY(%s)",
        [work.actor.organisation_id, [outbox for _, outbox in rows]],
    )
    return [key for key, _ in rows]
