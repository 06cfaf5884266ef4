"""The command that lists who may do what in the organisation."""

from __future__ import annotations

import json

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import guard


@guard()
def people(
    organisation: OrganisationName = None, user: UserName = None, as_json: AsJson = False
) -> None:
    """List the organisation's logins and what role each has."""
    by = actor(organisation, user)
    from tradeline.cli.screen_book import show_people
    from tradeline.models.context import acting
    from tradeline.queries.people import members

    with acting(by):
        found = members()
    if as_json:
        told = [{"login": m.login, "name": m.name, "roles": list(m.roles)} for m in found]
        typer.echo(json.dumps(told, ensure_ascii=False))
    else:
        show_people(found)
