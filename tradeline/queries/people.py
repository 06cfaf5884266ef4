"""Who belongs where."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection, transaction

from tradeline.models import Membership, Organisation, User
from tradeline.models.context import tell


@dataclass(frozen=True, kw_only=True)
class Member:
    """A person of the acting organisation, with every role held in it."""

    login: str
    name: str
    roles: tuple[str, ...]


def organisations_of(user: User) -> list[Organisation]:
    """Return the organisations of which the person is a member."""
    with transaction.atomic(durable=True):
        tell(None, user.pk)
        return list(Organisation.objects.order_by("name"))


def memberships_of(user: User) -> dict[Organisation, frozenset[str]]:
    """Return the person's roles by organisation, in the order of their names."""
    found: dict[Organisation, set[str]] = {}
    with transaction.atomic(durable=True):
        tell(None, user.pk)
        rows = Membership.objects.filter(user_id=user.pk).select_related("organisation")
        for row in rows.order_by("organisation__name"):
            found.setdefault(row.organisation, set()).add(row.role)
    return {organisation: frozenset(roles) for organisation, roles in found.items()}


def members() -> list[Member]:
    """Return the people of the acting organisation, by login.

    A membership of the reader's own in another organisation is visible too, and is left out.
    """
    found: dict[tuple[str, str], list[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.organisation()")
        organisation = cursor.fetchone()[0]
    rows = Membership.objects.filter(organisation_id=organisation).select_related("user")
    for row in rows.order_by("user__username", "role"):
        found.setdefault((row.user.username, row.user.first_name), []).append(row.role)
    return [Member(login=login, name=name, roles=tuple(roles))
            for (login, name), roles in found.items()]  # fmt: skip
