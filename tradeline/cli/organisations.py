"""Commands that set up an organisation: found it, its entities, its people, its policy."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from tradeline.cli.book import OrganisationName, UserName, actor, day_of, open_book
from tradeline.cli.errors import guard

app = typer.Typer(
    help="Set up an organisation: found it, add legal entities and people, change its policy.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip

PolicyName = Annotated[
    str, typer.Option("--policy", metavar="FILE|PRESET", help="Written policy, or a preset.")
]


@app.command("found")
@guard()
def found(
    name: Annotated[str, typer.Argument(help="The organisation's name.")],
    login: Annotated[str, typer.Option(help="Login of its founder, admin and controller.")],
    policy: PolicyName = "standard",
) -> None:
    """Found an organisation with its first policy."""
    from tradeline.policy.load import find_policy

    written = find_policy(policy)
    open_book()
    from tradeline.actions.organisations import fits, found_organisation
    from tradeline.actions.people import first_person
    from tradeline.models import Organisation

    at = datetime.now(UTC)
    fits(Organisation, name=name)  # before the login is made, which would be taken ever after
    founder = first_person(login=login, name="", at=at)
    found_organisation(name=name, policy=written, by=founder, door="cli", at=at)
    typer.echo(f"{name} is founded. Next: tradeline organisation entity CODE --name ... "
               f"--currency ISO --user {login}")  # fmt: skip


@app.command("entity")
@guard()
def entity(
    code: Annotated[str, typer.Argument(help="Code by which files name the legal entity.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    currency: Annotated[str, typer.Option(metavar="ISO", help="Its functional currency.")],
    country: Annotated[str, typer.Option(metavar="XX", help="Its country.")] = "",
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Add a legal entity."""
    from tradeline.cli.reading import currency_code

    known = currency_code(currency) or ""
    by = actor(organisation, user)
    from tradeline.actions.organisations import add_entity

    add_entity(code=code, name=name, currency=known, country=country.upper(), by=by,
               at=datetime.now(UTC))  # fmt: skip
    typer.echo(f"{code} is added. Next: tradeline import limits FILE --entity {code}")


@app.command("person")
@guard()
def person(
    login: Annotated[str, typer.Argument(help="A new login.")],
    role: Annotated[
        list[str],
        typer.Option(
            help="analyst, manager, controller, sales, auditor, admin or integration; may repeat."
        ),
    ],
    name: Annotated[str, typer.Option(help="The person's name.")] = "",
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Make a login and give it roles."""
    from tradeline.errors import ArgumentFault

    by = actor(organisation, user)
    from tradeline.actions.people import enrol
    from tradeline.models.organisations import Role

    if unknown := sorted(set(role) - set(Role.values)):
        raise ArgumentFault(f"'{unknown[0]}' is no role", mend=f"choose {', '.join(Role.values)}")
    enrol(login=login, name=name, roles=role, by=by, at=datetime.now(UTC))
    typer.echo(f"{login} is {', '.join(role)}.")


@app.command("policy")
@guard()
def policy(
    written: Annotated[str, typer.Argument(metavar="FILE|PRESET", help="The new policy.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day to count by; today.")
    ] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Put a policy in force, and count every line by it."""
    from tradeline.policy.load import find_policy

    new = find_policy(written)
    by = actor(organisation, user)
    from tradeline.actions.policies import activate_policy

    moved = activate_policy(
        policy=new, reason=reason, day=day_of(as_of), by=by, at=datetime.now(UTC)
    )
    typer.echo(f"{new.name} is in force; {moved} lines count differently.")
