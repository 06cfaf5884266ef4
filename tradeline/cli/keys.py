"""Commands on the keys with which programs use the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import guard
from tradeline.permissions import SCOPES

if TYPE_CHECKING:
    from tradeline.queries.keys import KeyRow

app = typer.Typer(
    help="Keys with which programs use the API: issue, list, revoke.", no_args_is_help=True,
    rich_markup_mode=None,
)  # fmt: skip


@app.command("issue")
@guard()
def issue(  # noqa: PLR0917 - one parameter per option
    name: Annotated[str, typer.Argument(help="What uses the key, such as 'web shop'.")],
    person: Annotated[str, typer.Option("--for", help="Login of the person it acts for.")],
    scope: Annotated[
        list[str],
        typer.Option(help=f"What it opens; may repeat: {', '.join(SCOPES)}."),
    ],
    days: Annotated[int, typer.Option(help="Days until it expires, at most 400.")] = 90,
    rate: Annotated[int, typer.Option(help="Requests a second that it may make.")] = 1_000,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Issue a key and show it, this once."""
    by = actor(organisation, user)
    from tradeline.actions.keys import issue_key
    from tradeline.errors import NotFound
    from tradeline.models import User

    at = datetime.now(UTC)
    acts_for = User.objects.filter(username=person).first()
    if acts_for is None:
        raise NotFound(f"there is no person {person}", mend="see: tradeline people")
    issued = issue_key(
        name=name, user=acts_for, scopes=scope, expires_at=at + timedelta(days=days),
        rate_per_second=rate, by=by, at=at,
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"key": issued.text, "prefix": issued.key.prefix}))
        return
    typer.echo(issued.text)
    typer.echo("This is shown once and kept nowhere: store it now, where secrets are kept.",
               err=True)  # fmt: skip


@app.command("list")
@guard()
def list_keys(
    organisation: OrganisationName = None, user: UserName = None, as_json: AsJson = False
) -> None:
    """List the keys, the newest first; what is shown of each is its public part."""
    by = actor(organisation, user)
    from tradeline.queries.keys import keys
    from tradeline.queries.reading import reading

    with reading(by, "keys.manage"):
        rows = keys()
    told = [_told(row, datetime.now(UTC)) for row in rows]
    if as_json:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for each in told:
        typer.echo(f"{each['prefix']}  {each['state']:7}  until {str(each['expires_at'])[:10]}  "
                   f"{each['login']}  {each['name']}  ({', '.join(each['scopes'])})")  # fmt: skip


def _told(row: KeyRow, at: datetime) -> dict[str, Any]:
    return {
        "prefix": row.prefix, "name": row.name, "login": row.login, "state": row.state(at),
        "scopes": list(row.scopes), "rate_per_second": row.rate_per_second,
        "created_at": row.created_at.isoformat(), "expires_at": row.expires_at.isoformat(),
        "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
    }  # fmt: skip


@app.command("revoke")
@guard()
def revoke(
    prefix: Annotated[str, typer.Argument(help="The key's public part: see keys list.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Revoke a key; it is refused from then on, everywhere within two seconds."""
    by = actor(organisation, user)
    from tradeline.actions.keys import revoke_key

    key = revoke_key(prefix=prefix, reason=reason, by=by, at=datetime.now(UTC))
    typer.echo(f"The key {key.prefix} ({key.name}) is revoked.")
