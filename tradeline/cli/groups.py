"""The command that shows groups of customers against their limits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of, money
from tradeline.cli.errors import guard

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tradeline.queries.exposure import ExposureRow
    from tradeline.queries.groups import GroupRow


@guard()
def groups(
    code: Annotated[
        str | None, typer.Argument(help="Number of the group's parent; all groups without.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day of the rates; today.")
    ] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show what the members of each group owe together against the group's limit."""
    by = actor(organisation, user)
    from tradeline.cli.screen_groups import show_groups
    from tradeline.queries import groups as queries
    from tradeline.queries.reading import reading

    day = day_of(as_of)
    with reading(by, "exposure.read"):
        found = [] if code else queries.groups(as_of=day)
        one = load_group(code, day) if code else None
    if one:
        tell_group(*one, as_json=as_json)
    elif as_json:
        typer.echo(json.dumps([told(row) for row in found], ensure_ascii=False))
    else:
        show_groups(found)


def load_group(code: str, day: date) -> tuple[GroupRow, list[ExposureRow]]:
    """Return a group and its members; raises NotFound."""
    from tradeline.queries import groups as queries

    return queries.group_row(code, as_of=day), queries.members_of(code)


def tell_group(row: GroupRow, members: Sequence[ExposureRow], *, as_json: bool) -> None:
    """Print a group and its members."""
    from tradeline.cli.screen_groups import show_group
    from tradeline.queries.exposure import told as told_account

    if as_json:
        facts = {**told(row), "accounts": [told_account(each) for each in members]}
        typer.echo(json.dumps(facts, ensure_ascii=False))
    else:
        show_group(row, members)


def told(row: GroupRow) -> dict[str, Any]:
    """Return the documented fields of a group; money as decimal texts."""
    amounts = {name: money(getattr(row, f"{name}_minor"), row.currency)
               for name in ("limit", "exposure", "headroom")}  # fmt: skip
    return {
        "group": row.code, "name": row.name, "parent": row.parent_code, "currency": row.currency,
        **amounts, "utilisation_pct": row.utilisation_pct, "status": row.status,
        "members": row.members, "set_off": row.set_off,
        "missing_rates": [f"{one} to {other}" for one, other in row.missing_rates],
    }  # fmt: skip
