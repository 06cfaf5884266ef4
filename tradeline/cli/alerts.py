"""Commands on alerts: what was raised, and what one wishes to get."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import guard

if TYPE_CHECKING:
    from tradeline.queries.outbox import Alert

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, no_args_is_help=False)


@app.callback()
@guard()
def alerts(
    context: typer.Context,
    customer: Annotated[str | None, typer.Option(help="Only of this customer number.")] = None,
    topic: Annotated[
        str | None, typer.Option(help="Only of this topic, such as alert.overdue.")
    ] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 50,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show the alerts that were raised, the newest first."""
    if context.invoked_subcommand is not None:
        return
    by = actor(organisation, user)
    from tradeline.cli.screen_alerts import show_alerts
    from tradeline.queries.outbox import alerts as raised
    from tradeline.queries.policies import policy_in_force
    from tradeline.queries.reading import reading

    with reading(by, "alerts.read"):
        found = [_message(each, policy_in_force().alerts) for each in
                 raised(customer_no=customer, topic=topic, count=count)]  # fmt: skip
    if as_json:
        typer.echo(json.dumps([told(each) for each in found], ensure_ascii=False))
    else:
        show_alerts(found)


def _message(alert: Alert, policy: Any) -> Any:
    from tradeline.actions.messages import Message
    from tradeline.actions.recipients import severity_of

    severity = severity_of(alert.topic, alert.payload, policy)
    return Message(
        id=str(alert.id), topic=alert.topic, at=alert.at, payload=alert.payload,
        severity=severity or "", line_version=alert.line_version, customer_no=alert.customer_no,
        customer_name=alert.customer_name, entity=alert.entity, group=alert.group,
    )  # fmt: skip


def told(message: Any) -> dict[str, Any]:
    """Return what `--json` prints of an alert."""
    from tradeline.actions.messages import facts, headline

    return {
        "id": message.id, "at": message.at.isoformat(), "topic": message.topic,
        "severity": message.severity, "customer_no": message.customer_no,
        "entity": message.entity, "says": headline(message), "data": facts(message),
    }  # fmt: skip


@app.command("subscribe")
@guard()
def subscribe(
    way: Annotated[str, typer.Argument(help="at_once, digest or off.")],
    topic: Annotated[str, typer.Option(help="Of this topic; of all topics otherwise.")] = "*",
    least: Annotated[
        str,
        typer.Option("--from", metavar="SEVERITY", help="Get these and graver, whatever the role."),
    ] = "",
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Choose how you get alerts: each at once, a daily digest, or none."""
    by = actor(organisation, user)
    from tradeline.actions.subscriptions import subscribe as wish

    wish(topic=topic, way=way, severity_min=least, by=by, at=datetime.now(UTC))
    typer.echo("Noted.")
