"""Commands on what leaves the book: deliver it, list it, replay what was given up."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final
from uuid import UUID  # noqa: TC003 - typer reads it from the signature

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of, open_book
from tradeline.cli.errors import guard
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from tradeline.actions.delivery import Outside

app = typer.Typer(
    help="What leaves the book: each message, to whom, and where it stands.",
    no_args_is_help=True, rich_markup_mode=None,
)  # fmt: skip

_POLL_S: Final = 0.5
_STATES: Final = ("pending", "sent", "dead")


@app.command("list")
@guard()
def show(
    state: Annotated[str | None, typer.Option(help="Only pending, sent or dead ones.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many, newest first.")] = 50,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show deliveries: what, to whom, how often tried, and why it failed."""
    if state not in (None, *_STATES):
        raise ArgumentFault(f"'{state}' is no state", mend=f"choose {', '.join(_STATES)}")
    by = actor(organisation, user)
    from tradeline.cli.screen_alerts import show_sendings
    from tradeline.queries.outbox import deliveries
    from tradeline.queries.reading import reading

    with reading(by, "outbox.read"):
        found = deliveries(state=state, count=count)
    if as_json:
        typer.echo(json.dumps([asdict(each) for each in found], default=str, ensure_ascii=False))
    else:
        show_sendings(found)


@app.command("replay")
@guard()
def replay(
    delivery: Annotated[
        list[UUID] | None, typer.Argument(help="Deliveries that were given up; see list.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    organisation: OrganisationName = None,
    user: UserName = None,
) -> None:
    """Let deliveries that were given up be tried anew."""
    if every == bool(delivery):
        raise ArgumentFault("it is not said which", mend="name deliveries, or say --all")
    by = actor(organisation, user)
    from tradeline.actions.endpoints import replay as revive

    count = revive(delivery_ids=None if every else delivery, by=by, at=datetime.now(UTC))
    typer.echo(f"{count} will be tried again. Send them with: tradeline deliver")


@guard()
def deliver(
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on until Ctrl-C instead of once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Deliver what is due in every organisation: webhooks, and mails where a server is named."""
    open_book()
    out = _outside()
    if watch:
        _watch(out)
        return
    from tradeline.actions.delivery import deliver_all
    from tradeline.cli.screen import progress
    from tradeline.cli.screen_alerts import said

    with progress(quiet=as_json) as tell:
        done = deliver_all(out=out, clock=_now, tell=tell)
    typer.echo(json.dumps(asdict(done)) if as_json else said(done))
    if out.mail is None and not as_json:
        typer.echo("Mails wait: no server is named. Set TRADELINE_SMTP_HOST and its like.")


def _watch(out: Outside) -> None:
    """Deliver round after round; between them nothing is under way, so Ctrl-C loses nothing."""
    from tradeline.actions.delivery import Delivered, deliver_all
    from tradeline.cli.screen_alerts import said

    typer.echo("Delivering until Ctrl-C.", err=True)
    try:
        while True:
            done = deliver_all(out=out, clock=_now)
            if done != Delivered():
                typer.echo(said(done))
            time.sleep(_POLL_S)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was under way is sent again.", err=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _outside() -> Outside:
    from django.conf import settings

    from tradeline.actions.delivery import Outside

    return Outside(egress=settings.EGRESS, mail=settings.MAIL, key=settings.SECRET_KEY)


@guard()
def digest(
    day: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Up to the end of this day; today.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send each person who wants a digest one mail with the alerts that wait for it."""
    open_book()
    out = _outside()
    if out.mail is None:
        raise ArgumentFault(
            "no mail server is named", where="TRADELINE_SMTP_HOST",
            mend="set it and TRADELINE_MAIL_FROM; see docs/guides/alerts.md",
        )  # fmt: skip
    from tradeline.actions.digest import send_digests

    done = send_digests(day=day_of(day, "--day"), server=out.mail, at=datetime.now(UTC))
    if as_json:
        typer.echo(json.dumps({"sent": done.sent, "failed": done.failed}))
    else:
        typer.echo(f"{done.sent} alerts sent in digests, {done.failed} wait for the next.")
