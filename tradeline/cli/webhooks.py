"""Commands on addresses for webhooks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import guard

app = typer.Typer(
    help="Addresses that get messages by HTTP POST, signed.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip

Endpoint = Annotated[UUID, typer.Argument(help="The webhook; see: tradeline webhook list.")]


@app.command("add")
@guard()
def add(
    url: Annotated[str, typer.Argument(help="Where to, such as https://hooks.example.com/in.")],
    topics: Annotated[
        list[str] | None, typer.Option("--topic", help="May be repeated; alert.* otherwise.")
    ] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Add an address; its secret is shown once."""
    by = actor(organisation, user)
    from django.conf import settings

    from tradeline.actions.endpoints import add_endpoint

    made, secret = add_endpoint(
        url=url, topics=topics or ["alert.*"], allowed=settings.EGRESS, key=settings.SECRET_KEY,
        by=by, at=datetime.now(UTC),
    )  # fmt: skip
    if as_json:
        typer.echo(json.dumps({"webhook": str(made.pk), "secret": secret}))
    else:
        typer.echo(f"{made.pk} is added. Its secret, shown this once:\n{secret}")


@app.command("list")
@guard()
def show(
    organisation: OrganisationName = None, user: UserName = None, as_json: AsJson = False
) -> None:
    """Show the addresses, what they want, and which are off and why."""
    by = actor(organisation, user)
    from tradeline.cli.screen_alerts import show_endpoints
    from tradeline.models import WebhookEndpoint
    from tradeline.queries.reading import reading

    with reading(by, "outbox.read"):
        found = list(WebhookEndpoint.objects.order_by("created_at", "id"))
    if not as_json:
        show_endpoints(found)
        return
    told = [
        {"webhook": str(each.pk), "url": each.url, "topics": each.topics, "state": each.state,
         "failures": each.failures, "off_because": each.off_because}
        for each in found
    ]  # fmt: skip
    typer.echo(json.dumps(told, ensure_ascii=False))


@app.command("rotate")
@guard()
def rotate(
    webhook: Endpoint, organisation: OrganisationName = None, user: UserName = None,
) -> None:  # fmt: skip
    """Make a new secret; for a day messages are signed with the one before too."""
    by = actor(organisation, user)
    from django.conf import settings

    from tradeline.actions.endpoints import rotate_secret

    made = rotate_secret(
        endpoint_id=webhook, key=settings.SECRET_KEY, by=by, at=datetime.now(UTC)
    )
    typer.echo(f"The new secret, shown this once:\n{made}")


@app.command("on")
@guard()
def on(webhook: Endpoint, organisation: OrganisationName = None, user: UserName = None) -> None:
    """Switch an address on."""
    _switch(webhook, organisation, user, on=True)


@app.command("off")
@guard()
def off(webhook: Endpoint, organisation: OrganisationName = None, user: UserName = None) -> None:
    """Switch an address off; what waits for it is given up and can be replayed."""
    _switch(webhook, organisation, user, on=False)


def _switch(webhook: UUID, organisation: str | None, user: str | None, *, on: bool) -> None:
    by = actor(organisation, user)
    from tradeline.actions.endpoints import switch_endpoint

    switch_endpoint(endpoint_id=webhook, on=on, by=by, at=datetime.now(UTC))
    typer.echo("It is on." if on else "It is off.")
