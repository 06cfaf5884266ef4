"""What a person sees of alerts and of what leaves the book."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.actions.delivery import Delivered
    from tradeline.actions.messages import Message
    from tradeline.models import WebhookEndpoint
    from tradeline.queries.outbox import Sending

_COLOUR: Final = {"critical": "bold red", "high": "red", "warning": "yellow", "info": "dim"}


def show_alerts(found: Sequence[Message]) -> None:
    """Print alerts, one a line and its words below."""
    from tradeline.actions.messages import headline

    console = Console()
    for each in found:
        when = each.at.strftime("%Y-%m-%d %H:%M")
        name = each.topic.removeprefix("alert.").replace("_", " ")
        console.print(
            Text(f"{when}  {name}  ") + Text(each.severity, _COLOUR.get(each.severity, ""))
        )
        console.print(Text(f"    {headline(each)}"))
    if not found:
        console.print("No alert was raised.")


def show_sendings(found: Sequence[Sending]) -> None:
    """Print deliveries, with the reason where one failed."""
    console = Console()
    for each in found:
        style = {"dead": "red", "pending": "yellow"}.get(each.state, "green")
        console.print(Text(f"{each.id}  ") + Text(each.state, style)
                      + Text(f"  {each.topic} by {each.channel} to {each.to}"))  # fmt: skip
        if each.error:
            tries = "try" if each.attempts == 1 else "tries"
            console.print(Text(f"    {each.attempts} {tries}, the last: {each.error}"))
    if not found:
        console.print("There is none.")


def show_endpoints(found: Sequence[WebhookEndpoint]) -> None:
    """Print the addresses of webhooks."""
    console = Console()
    for each in found:
        state = Text(each.state, "green" if each.state == "active" else "red")
        console.print(Text(f"{each.pk}  ") + state + Text(f"  {each.url}"))
        why = f"; off: {each.off_because}" if each.off_because else ""
        console.print(Text(f"    {', '.join(each.topics)}{why}"))
    if not found:
        console.print("There is no webhook. Add one with: tradeline webhook add URL")


def said(done: Delivered) -> str:
    """Return in a sentence what a round did."""
    return (
        f"{done.handed_out} messages handed out, {done.sent} delivered, {done.failed} to be tried "
        f"again, {done.dead} given up."
    )
