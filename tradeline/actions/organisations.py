"""Organisations, their entities, members and policy."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

from django.db import connection

from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.audit import record
from tradeline.actions.standing import mark_stale
from tradeline.engine.gate_rules import gate_document
from tradeline.errors import ArgumentFault, StateFault
from tradeline.models import GatePolicy, LegalEntity, Membership, Organisation, PolicyVersion, User
from tradeline.models.context import acting
from tradeline.policy.load import policy_version
from tradeline.policy.write import to_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import CharField, Model

    from tradeline.policy.schema import Policy


def found_organisation(
    *, name: str, policy: Policy, by: User, door: str, at: datetime
) -> Organisation:
    """Create an organisation with a policy; its founder becomes admin and controller.

    Raises:
        ArgumentFault: the name is blank or too long.
    """
    fits(Organisation, name=name)
    new = uuid.uuid4()
    actor = Actor(organisation_id=new, user_id=by.pk, door=door)
    with acting(actor), connection.cursor() as cursor:
        organisation = Organisation.objects.create(id=new, name=name)
        for role in ("admin", "controller"):
            Membership.objects.create(organisation_id=new, user=by, role=role)
        work = Work(actor=actor, at=at, cursor=cursor)
        record(work, "ORGANISATION_FOUNDED", f"organisation {new}", after={"name": name})
        activate(work, policy, "the first policy")
    return organisation


def add_entity(
    *, code: str, name: str, currency: str, country: str, by: Actor, at: datetime
) -> LegalEntity:
    """Add a legal entity with its functional currency.

    Raises:
        Refused: the actor may not manage the organisation.
        ArgumentFault: a text is blank or too long.
        StateFault: there is an entity with this code.
    """
    fits(LegalEntity, code=code, name=name, country=country)
    with working(by, "people.manage", at=at) as work:
        if LegalEntity.objects.filter(code=code).exists():
            raise StateFault(f"there is a legal entity {code} already", mend="choose another code")
        entity = LegalEntity.objects.create(
            organisation_id=by.organisation_id, code=code, name=name, currency=currency,
            country=country,
        )  # fmt: skip
        after = {"name": name, "currency": currency, "country": country}
        record(work, "ENTITY_ADDED", f"entity {code}", after=after)
    return entity


def fits(model: type[Model], **texts: str) -> None:
    """Raise ArgumentFault where a text is blank or longer than its column."""
    for name, text in texts.items():
        column = cast("CharField[str, str]", model._meta.get_field(name))  # noqa: SLF001 - documented by Django
        if not (text.strip() or column.blank):
            raise ArgumentFault(f"the {name} is blank", mend="write one")
        if column.max_length and len(text) > column.max_length:
            raise ArgumentFault(
                f"the {name} has {len(text)} characters",
                mend=f"write at most {column.max_length}",
            )


def add_member(*, user: User, roles: Iterable[str], by: Actor, at: datetime) -> None:
    """Give a person roles in the organisation."""
    with working(by, "people.manage", at=at) as work:
        give_roles(work, user, roles)


def give_roles(work: Work, user: User, roles: Iterable[str]) -> None:
    """Give a person roles within an action that may manage people."""
    given = sorted(set(roles))
    for role in given:
        Membership.objects.get_or_create(
            organisation_id=work.actor.organisation_id, user=user, role=role
        )
    record(work, "ROLES_GIVEN", f"person {user.pk}", after={"roles": given})


def activate(work: Work, policy: Policy, reason: str) -> None:
    """Put a policy in force within an action."""
    version = policy_version(policy)
    PolicyVersion.objects.create(
        organisation_id=work.actor.organisation_id, version=version, text=to_yaml(policy),
        active_from=work.at, activated_by_id=work.actor.user_id,
    )  # fmt: skip
    GatePolicy.objects.create(
        organisation_id=work.actor.organisation_id, policy=version,
        document=gate_document(policy), active_from=work.at,
    )  # fmt: skip
    mark_stale(work)
    record(work, "POLICY_ACTIVATED", f"policy {version[:12]}", after={"version": version},
           reason=reason)  # fmt: skip
