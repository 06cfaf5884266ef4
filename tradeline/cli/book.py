"""What the commands on the book share: the database made ready, and who is acting."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.errors import ArgumentFault, NotFound

if TYPE_CHECKING:
    from datetime import date

    from tradeline.models.context import Actor

OrganisationName = Annotated[
    str | None,
    typer.Option(
        "--organisation", envvar="TRADELINE_ORGANISATION",
        help="Organisation by name; not needed when you belong to one.",
    ),
]  # fmt: skip
UserName = Annotated[
    str | None,
    typer.Option("--user", envvar="TRADELINE_USER", help="Who is acting; see `tradeline people`."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def open_book() -> None:
    """Start Django on the database; whose owner's URL is known is brought up to date."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeline.settings")
    from tradeline.actions import databases
    from tradeline.database import locate

    database = locate(os.environ)
    stale = database.superuser_url is not None and not databases.is_prepared(database)
    if stale and database.superuser_url:
        databases.create_roles(database.superuser_url)
    import django

    django.setup()
    if stale or (database.superuser_url is None and "owner" in database.urls):
        databases.prepare(database)


def actor(organisation: str | None, user: str | None) -> Actor:
    """Open the book and return who is acting for which organisation.

    Raises:
        NotFound: there is no such person or organisation, or the person is no member of it.
        ArgumentFault: several would fit and none is named.
    """
    open_book()
    from tradeline.models import User
    from tradeline.models.context import Actor
    from tradeline.queries.people import organisations_of

    people = User.objects.filter(username=user) if user else User.objects.order_by("username")[:20]
    person = _only(list(people), "person", "--user")
    found = [each for each in organisations_of(person)
             if organisation in (None, each.name, str(each.pk))]  # fmt: skip
    return Actor(
        organisation_id=_only(found, "organisation", "--organisation").pk, user_id=person.pk,
        door="cli",
    )  # fmt: skip


def _only(found: list[Any], what: str, option: str) -> Any:
    if not found:
        raise NotFound(
            f"there is no such {what}", where=option,
            mend="begin with an example company: tradeline demo",
        )  # fmt: skip
    if len(found) > 1:
        raise ArgumentFault(
            f"there are several {what}s: {', '.join(str(each) for each in found)}",
            mend=f"name one with {option}",
        )
    return found[0]


def day_of(text: str | None, option: str = "--as-of") -> date:
    """Return the day that an option states, today if it states none."""
    from datetime import date, datetime

    if text is None:
        return datetime.now().astimezone().date()
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentFault(
            f"'{text}' is no date", where=option, mend="write it as 2026-06-30"
        ) from error


def money(amount_minor: int | None, currency: str) -> str | None:
    """Return an amount as a decimal text in the currency's own digits, None where unknown."""
    from tradeline.money import to_decimal

    return None if amount_minor is None else str(to_decimal(amount_minor, currency))
