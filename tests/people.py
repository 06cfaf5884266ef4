"""The cast: who works at Northwind, and a stranger who is controller somewhere else.

Everything is made by the application's own actions, so a test that asks for them has permissions,
policy and audit trail as in life. Import it inside a test or fixture that has the book.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import uuid4

from tradeline.actions.organisations import add_entity, add_member, found_organisation
from tradeline.models import LegalEntity, User
from tradeline.models.context import Actor
from tradeline.policy.schema import Policy

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
ROLES = {"analyst": "analyst", "manager": "manager", "controller": "controller",
         "seller": "sales", "auditor": "auditor", "admin": "admin"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The people of one Northwind, each as who acts for it; the stranger acts elsewhere."""

    analyst: Actor
    manager: Actor
    controller: Actor
    seller: Actor
    auditor: Actor
    admin: Actor
    stranger: Actor
    entity: LegalEntity  # Northwind's
    stranger_entity: LegalEntity


def person(name: str) -> User:
    """Return a new person whose login begins with the name."""
    return User.objects.create_user(f"{name}-{uuid4().hex[:12]}")


def organisation(name: str, policy: Policy | None = None) -> tuple[Actor, LegalEntity]:
    """Found an organisation with one entity and return its founder, admin and controller."""
    founder = person("founder")
    made = found_organisation(
        name=name, policy=policy or Policy(), by=founder, door="cli", at=AT
    )  # fmt: skip
    actor = Actor(organisation_id=made.pk, user_id=founder.pk, door="cli")
    entity = add_entity(
        code="MAIN", name=f"{name} Ltd", currency="USD", country="US", by=actor, at=AT
    )  # fmt: skip
    return actor, entity


def member(role: str, *, by: Actor) -> Actor:
    """Return a new person with one role in the organisation of who gives it."""
    user = person(role)
    add_member(user=user, roles=[role], by=by, at=AT)
    return Actor(organisation_id=by.organisation_id, user_id=user.pk, door="web")


def cast(policy: Policy | None = None) -> Cast:
    """Return everybody, in two fresh organisations."""
    founder, entity = organisation("Northwind", policy)
    stranger, elsewhere = organisation("Southwind", policy)
    people = {name: member(role, by=founder) for name, role in ROLES.items()}
    return Cast(**people, stranger=stranger, entity=entity, stranger_entity=elsewhere)
