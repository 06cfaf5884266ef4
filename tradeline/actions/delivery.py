"""Deliver messages at least once, each line's in its order to every recipient.

    hand out (handout) -> claim -> send, with no transaction open -> settle

A claim is a lease: whoever holds it and is killed loses it when it ends, and the message is sent
again. A recipient that fails is tried again later and holds up nobody else; then the message is
given up, kept with the reason, and can be replayed.
"""

from __future__ import annotations

import json
import uuid
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import connections

from tradeline.actions import claims
from tradeline.actions.alerts import DELIVERY
from tradeline.actions.handout import hand_out
from tradeline.actions.messages import body, mail
from tradeline.connectors import webhooks
from tradeline.connectors.faults import NotDelivered
from tradeline.connectors.mail import MailServer, send
from tradeline.errors import EngineFault
from tradeline.models.context import Actor, acting
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import datetime

    from tradeline.actions.claims import Claim
    from tradeline.connectors.addresses import Egress
    from tradeline.policy.alerts import Alerts

    Tell = Callable[[str, int, int], None]

SENDER: Final = "sender"
NOBODY: Final = uuid.UUID(int=0)  # the sender is no person
AT_ONCE: Final = 16  # sent side by side; so all of them fit into one lease
_TOGETHER_S: Final = 0.02  # what ends within it is settled in one transaction
_QUIET: Final = timedelta(hours=1)  # one message about undeliverable ones says enough for so long


@dataclass(frozen=True, kw_only=True)
class Outside:
    """The ways out: what may be reached, the mail server, and the key of the webhooks' secrets."""

    egress: Egress
    mail: MailServer | None  # None: mails wait
    key: str = field(repr=False)

    @property
    def channels(self) -> list[str]:
        """Return the channels that are open."""
        return ["webhook", "mail"] if self.mail else ["webhook"]


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """What one round did."""

    handed_out: int = 0  # messages
    sent: int = 0  # deliveries
    failed: int = 0  # to be tried again
    dead: int = 0  # given up

    def __add__(self, other: Delivered) -> Delivered:
        """Return the sum of two rounds."""
        return Delivered(
            handed_out=self.handed_out + other.handed_out, sent=self.sent + other.sent,
            failed=self.failed + other.failed, dead=self.dead + other.dead,
        )  # fmt: skip


def deliver_all(
    *, out: Outside, clock: Callable[[], datetime], tell: Tell = lambda *_: None,
    only: Sequence[uuid.UUID] | None = None,
) -> Delivered:  # fmt: skip
    """Deliver what is due in every organisation, in turn, until none has anything left.

    The clock is read at each round: a long backlog must neither be sent with an old time nor be
    held by claims that seem to have ended.
    """
    done, waiting = Delivered(), list(only or organisation_ids())
    while waiting:
        rounds = {each: _round(each, out, clock(), tell) for each in waiting}
        done = sum(rounds.values(), done)
        waiting = [each for each, result in rounds.items() if result != Delivered()]
    return done


def organisation_ids() -> list[uuid.UUID]:
    """Return the ids of all organisations, which the sender may see and no more of them."""
    if SENDER not in connections:
        raise EngineFault(
            "nothing can be delivered: the sender's URL is not known",
            mend="set DATABASE_SENDER_URL to the URL of the role tradeline_sender",
        )
    with connections[SENDER].cursor() as cursor:
        cursor.execute("SELECT id FROM organisation ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _round(organisation_id: uuid.UUID, out: Outside, at: datetime, tell: Tell) -> Delivered:
    """Hand out and claim in one transaction, send in none, settle in others."""
    actor = Actor(organisation_id=organisation_id, user_id=NOBODY, door="job")
    with acting(actor, using=SENDER), connections[SENDER].cursor() as cursor:
        policy = policy_in_force(using=SENDER).alerts
        handed = hand_out(cursor, organisation_id=organisation_id, policy=policy, at=at)
        broken = claims.give_up_broken(cursor, organisation_id, policy.tries_max, at)
        taken = claims.claim(
            cursor, organisation_id=organisation_id, channels=out.channels, at=at, count=AT_ONCE
        )
    done = Delivered(handed_out=handed, dead=broken)
    for ended in _sent(taken, out, at, tell):
        with acting(actor, using=SENDER), connections[SENDER].cursor() as cursor:
            sent = [each for each, fault in ended if fault is None]
            done += Delivered(sent=claims.settle_sent(cursor, sent, at))
            for each, fault in ended:
                if fault is not None:
                    done += _settle(cursor, each, fault, policy, at)
    return done


def _sent(
    taken: list[Claim], out: Outside, at: datetime, tell: Tell
) -> Iterator[list[tuple[Claim, NotDelivered | None]]]:
    """Send side by side, and yield what has ended, as it ends."""
    if not taken:
        return
    with ThreadPoolExecutor(len(taken)) as pool:
        jobs: dict[Future[NotDelivered | None], Claim] = {
            pool.submit(_send, each, out, at): each for each in taken
        }
        pending = set(jobs)
        while pending:
            ended, pending = wait(pending, return_when=FIRST_COMPLETED)
            more, pending = wait(pending, timeout=_TOGETHER_S) if pending else (set(), pending)
            tell("Sending", len(taken) - len(pending), len(taken))
            yield [(jobs[each], each.result()) for each in ended | more]


def _send(one: Claim, out: Outside, at: datetime) -> NotDelivered | None:
    """Send one message and return why it did not arrive, if it did not."""
    try:
        if one.channel == "webhook":
            _post(one, out, at)
        else:
            assert out.mail is not None, "mails are claimed only where there is a server"
            send(mail(one.message, to=one.mail, message_id=str(one.id)), out.mail)
    except NotDelivered as fault:
        return fault
    except Exception as error:  # noqa: BLE001 - a message that breaks us must not stop the others
        return NotDelivered(f"a fault of the program: {type(error).__name__}")
    return None


def _post(one: Claim, out: Outside, at: datetime) -> None:
    content, message_id = body(one.message), one.message.id
    serials = [one.serial]
    if one.previous_until is not None and one.previous_until > at:
        serials.append(one.serial - 1)
    secrets = [webhooks.secret(out.key, str(one.endpoint_id), serial) for serial in serials]
    at_s = int(at.timestamp())
    headers = {
        "content-type": "application/json", "user-agent": "tradeline", "webhook-id": message_id,
        "webhook-timestamp": str(at_s),
        "webhook-signature": webhooks.sign(
            secrets, message_id=message_id, at_s=at_s, body=content
        ),
    }  # fmt: skip
    webhooks.post(one.url, headers=headers, body=content, allowed=out.egress)


def _settle(
    cursor: Any, one: Claim, fault: NotDelivered, policy: Alerts, at: datetime
) -> Delivered:
    """Write why a claim failed; one that was lost to another sender is no longer ours."""
    if not fault.for_good and one.attempts < policy.tries_max:
        again = at + timedelta(minutes=policy.retry_minutes[one.attempts - 1])
        return Delivered(failed=int(claims.settle_failed(cursor, one, fault.reason, again)))
    if not claims.settle_dead(cursor, one, fault.reason, at):
        return Delivered()
    off = one.endpoint_id is not None and claims.count_failure(
        cursor, one, fault.reason, at=at,
        most=1 if fault.for_good else policy.endpoint_failures_max,
    )
    _tell_of_dead(cursor, one, fault.reason, off=off, at=at)
    return Delivered(dead=1)


def _tell_of_dead(cursor: Any, one: Claim, reason: str, *, off: bool, at: datetime) -> None:
    """Write a message about one that was given up; never about those messages themselves."""
    if one.message.topic == DELIVERY:
        return
    said = f"{one.url or one.mail} was switched off: {reason}" if off else reason
    payload = {"reason": said, "channel": one.channel, "to": one.url or one.mail, "off": off,
               "endpoint": str(one.endpoint_id or "")}  # fmt: skip
    cursor.execute(
        """INSERT INTO outbox (organisation_id, topic, at, payload)
        SELECT %(organisation)s, %(topic)s, %(at)s, %(payload)s
        WHERE %(off)s OR NOT EXISTS (SELECT FROM outbox WHERE organisation_id = %(organisation)s
            AND topic = %(topic)s AND topic LIKE 'alert.%%' AND at > %(since)s)""",
        {"organisation": one.organisation_id, "topic": DELIVERY, "at": at, "off": off,
         "since": at - _QUIET, "payload": json.dumps(payload)},
    )  # fmt: skip
