"""Commands that keep the book in order."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of, open_book
from tradeline.cli.errors import FINDINGS, guard

AsOf = Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Day to judge by; today.")]


@guard()
def doctor(
    as_of: AsOf = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Check server, roles, tables, feeds, sums and seals: all well, or what to do."""
    by = actor(organisation, user)
    from tradeline.cli.screen_upkeep import show_checks
    from tradeline.queries.health import check_book, check_server
    from tradeline.queries.reading import reading

    checks = list(check_server())
    with reading(by, "exposure.read"):
        checks += check_book(day=day_of(as_of), at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks]))
    else:
        show_checks(checks)
    if not all(check.well for check in checks):
        raise typer.Exit(FINDINGS)


@guard()
def roll(
    as_of: AsOf = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Turn the day: count rates, horizon and limits anew, and keep the day's positions."""
    by = actor(organisation, user)
    from tradeline.actions.horizon import roll_day

    done = roll_day(day=day_of(as_of), by=by, at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps(asdict(done)))
    else:
        typer.echo(
            f"{done.lines_counted} lines moved, {done.limits_changed} limits changed, "
            f"{done.positions} positions kept, {done.alerts} alerts."
        )


database = typer.Typer(help="The database behind the book.", no_args_is_help=True,
                       rich_markup_mode=None)  # fmt: skip


@database.command("prepare")
@guard()
def prepare() -> None:
    """Bring the tables up to date; on a server of one's own DATABASE_OWNER_URL is needed."""
    open_book()
    from django.conf import settings

    from tradeline.actions import databases

    databases.prepare(settings.DATABASE)
    typer.echo("The tables are up to date.")


@database.command("roles")
@guard()
def roles() -> None:
    """Print the SQL that makes the roles, for the administrator of a server of one's own."""
    from tradeline.actions.databases import role_statements

    typer.echo(";\n".join(role_statements()) + ";")
