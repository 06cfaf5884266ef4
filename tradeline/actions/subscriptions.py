"""What people wish about alerts, where their mail goes, and whose account is whose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from tradeline import permissions
from tradeline.actions.acting import Actor, working
from tradeline.actions.alerts import TOPICS
from tradeline.actions.audit import record
from tradeline.errors import ArgumentFault, NotFound
from tradeline.models import Account, AlertSubscription, Membership, User
from tradeline.models.alerts import Way
from tradeline.policy.alerts import SEVERITIES

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

ALL: Final = "*"


def subscribe(
    *, topic: str, way: str, severity_min: str, by: Actor, at: datetime
) -> AlertSubscription:
    """Record what the actor wishes of a topic, or of all; it replaces an earlier wish.

    Raises:
        ArgumentFault: the topic, the way or the severity is none.
    """
    for value, known in ((topic, (*TOPICS, ALL)), (way, Way.values),
                         (severity_min, ("", *SEVERITIES))):  # fmt: skip
        if value not in known:
            raise ArgumentFault(
                f"'{value}' is not known here", mend=f"choose {', '.join(filter(None, known))}"
            )
    with working(by, "alerts.subscribe", at=at) as work:
        made, _ = AlertSubscription.objects.update_or_create(
            organisation_id=by.organisation_id, user_id=by.user_id, topic=topic,
            defaults={"way": way, "severity_min": severity_min},
        )  # fmt: skip
        after = {"topic": topic, "way": way, "severity_min": severity_min}
        record(work, "ALERTS_WISHED", f"person {by.user_id}", after=after)
    return made


def own_account(*, account_id: str, login: str | None, by: Actor, at: datetime) -> None:
    """Make a member the owner of an account, who gets its alerts; None leaves it without one.

    Raises:
        NotFound: there is no such account, or no such member.
    """
    with working(by, "owners.set", at=at) as work:
        account = Account.objects.select_for_update().filter(id=account_id).first()
        if account is None:
            raise NotFound("there is no such account", mend="see: tradeline exposure")
        owner = _member(by, login) if login is not None else None
        before, account.owner = {"owner": str(account.owner_id or "")}, owner
        account.save(update_fields=["owner"])
        record(work, "ACCOUNT_OWNED", f"account {account.customer_no}", before=before,
               after={"owner": str(owner.pk) if owner else ""})  # fmt: skip


def set_mail(*, login: str, address: str, by: Actor, at: datetime) -> None:
    """Set where a member's mail goes: one's own, or another's by who manages people.

    Raises:
        ArgumentFault: it is no address.
        Refused: it is another's, and the actor does not manage people.
    """
    if address:
        try:
            validate_email(address)
        except ValidationError as error:
            raise ArgumentFault(
                f"'{address}' is no e-mail address", mend="write it as anna@example.com"
            ) from error
    with working(by, "alerts.subscribe", at=at) as work:
        person = _member(by, login)
        if person.pk != by.user_id:
            permissions.check(_roles(by.user_id, by), "people.manage")
        person.email = address
        person.save(update_fields=["email"])
        record(work, "MAIL_SET", f"person {person.pk}", after={"set": bool(address)})


def _member(by: Actor, login: str) -> User:
    person = User.objects.filter(username=login).first()
    if person is None or not _roles(person.pk, by):
        raise NotFound(f"nobody here is called {login}", mend="see: tradeline people")
    return person


def _roles(user_id: UUID, by: Actor) -> set[str]:
    of = Membership.objects.filter(organisation_id=by.organisation_id, user_id=user_id)
    return set(of.values_list("role", flat=True))
