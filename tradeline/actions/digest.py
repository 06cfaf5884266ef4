"""Send each person who wants it one mail with a day's alerts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from django.db import connections

from tradeline.actions import claims
from tradeline.actions.delivery import NOBODY, SENDER, Delivered, organisation_ids
from tradeline.actions.handout import hand_out
from tradeline.actions.messages import digest
from tradeline.connectors.faults import NotDelivered
from tradeline.connectors.mail import MailServer, send
from tradeline.models.context import Actor, acting
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from tradeline.actions.claims import Claim

_MOST: Final = 10_000  # alerts that one call gathers of an organisation


def send_digests(
    *, day: date, server: MailServer, at: datetime, only: Sequence[uuid.UUID] | None = None
) -> Delivered:
    """Gather what is waiting up to a day's end (UTC), one mail a person; count the mails' alerts.

    What cannot be sent waits for the next call.
    """
    done = Delivered()
    for organisation_id in only or organisation_ids():
        for person in _waiting(organisation_id, day, at):
            done += _send(person, day, server, at)
    return done


def _waiting(organisation_id: uuid.UUID, day: date, at: datetime) -> list[list[Claim]]:
    """Claim what waits for digests, by person."""
    with _acting(organisation_id), connections[SENDER].cursor() as cursor:
        policy = policy_in_force(using=SENDER).alerts
        while hand_out(cursor, organisation_id=organisation_id, policy=policy, at=at):
            pass
        taken = claims.claim_digests(
            cursor, organisation_id=organisation_id, until=day + timedelta(days=1), at=at,
            count=_MOST,
        )  # fmt: skip
    ranked = sorted(taken, key=_person)
    return [list(group) for _, group in groupby(ranked, key=_person)]


def _person(one: Claim) -> str:
    return str(one.person_id)


def _send(person: list[Claim], day: date, server: MailServer, at: datetime) -> Delivered:
    """Send one person's mail, and settle the alerts in it."""
    first = person[0]
    mail_id = uuid.uuid5(first.person_id or NOBODY, f"{first.organisation_id} {day}")
    try:
        send(
            digest([each.message for each in person], day=day, to=first.mail,
                   message_id=str(mail_id)),
            server,
        )  # fmt: skip
    except NotDelivered as fault:
        return _settled(person, at, fault)
    return _settled(person, at, None)


def _settled(person: list[Claim], at: datetime, fault: NotDelivered | None) -> Delivered:
    with _acting(person[0].organisation_id), connections[SENDER].cursor() as cursor:
        if fault is None:
            return Delivered(sent=claims.settle_sent(cursor, person, at))
        failed = sum(claims.settle_failed(cursor, each, fault.reason, None) for each in person)
    return Delivered(failed=failed)


def _acting(organisation_id: uuid.UUID) -> Any:
    actor = Actor(organisation_id=organisation_id, user_id=NOBODY, door="job")
    return acting(actor, using=SENDER)
