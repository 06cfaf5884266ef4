"""Commands on people: who may do what, where their mail goes, whose account is whose."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import guard
from tradeline.errors import ArgumentFault

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, no_args_is_help=False)


@app.callback()
@guard()
def people(
    context: typer.Context, organisation: OrganisationName = None, user: UserName = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """List the organisation's logins and what role each has."""
    if context.invoked_subcommand is not None:
        return
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


@app.command("password")
@guard()
def password(
    login: Annotated[str, typer.Argument(help="Login of the person.")],
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Give a person a new password for the desk, and show it, this once."""
    by = actor(organisation, user)
    from tradeline.actions.people import give_password

    typer.echo(give_password(login=login, by=by, at=datetime.now(UTC)))


@app.command("own")
@guard()
def own(
    customer_no: Annotated[str, typer.Argument(help="Customer number or alias.")],
    owner: Annotated[str | None, typer.Option(help="Login of who looks after it.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Leave it without an owner.")] = False,
    entity: Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Say who owns an account, and so gets its alerts."""
    if nobody == (owner is not None):
        raise ArgumentFault("it is not said who", mend="name --owner LOGIN, or say --nobody")
    by = actor(organisation, user)
    from tradeline.actions.subscriptions import own_account
    from tradeline.cli.exposure import account_row
    from tradeline.queries.reading import reading

    with reading(by, "owners.set"):
        account_id = account_row(customer_no, entity).account_id
    own_account(account_id=account_id, login=owner, by=by, at=datetime.now(UTC))
    typer.echo("Noted.")


@app.command("mail")
@guard()
def mail(
    login: Annotated[str, typer.Argument(help="Whose.")],
    address: Annotated[str, typer.Argument(help='E-mail address; "" takes it away.')],
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Set where a person's alerts go by mail."""
    by = actor(organisation, user)
    from tradeline.actions.subscriptions import set_mail

    set_mail(login=login, address=address, by=by, at=datetime.now(UTC))
    typer.echo("Noted.")
