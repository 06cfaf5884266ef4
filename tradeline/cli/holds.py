"""Commands on held orders: what waits, one of them, and what people decide about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor
from tradeline.cli.errors import FINDINGS, guard
from tradeline.files.entered import minor_units

if TYPE_CHECKING:
    from tradeline.actions.proposals import Signed
    from tradeline.models.context import Actor
    from tradeline.queries.holds import HoldRow
    from tradeline.queries.proposals import ProposalRow

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, no_args_is_help=False)

Order = Annotated[str, typer.Argument(metavar="ORDER", help="Number of the order.")]
Entity = Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept with the proposal.")]
ProposalId = Annotated[
    UUID, typer.Argument(metavar="PROPOSAL", help="As `holds` and `holds show` print it.")
]


@app.callback()
@guard()
def holds(
    context: typer.Context,
    customer: Annotated[str | None, typer.Option(help="Only of this customer.")] = None,
    entity: Entity = None,
    count: Annotated[int, typer.Option(min=1, max=10_000, help="How many orders.")] = 50,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """List the orders that are held, in the order in which they go when there is room."""
    if context.invoked_subcommand is not None:
        return
    by = actor(organisation, user)
    from tradeline.cli.screen_holds import show_worklist
    from tradeline.queries.holds import told, worklist
    from tradeline.queries.reading import reading

    with reading(by, "holds.read"):
        rows = worklist(at=_now(), customer_no=customer, entity=entity, count=count)
    if as_json:
        typer.echo(json.dumps([told(row) for row in rows], ensure_ascii=False))
    else:
        show_worklist(rows)


@app.command("show")
@guard()
def show(
    order: Order,
    entity: Entity = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show one held order: its reasons, who would sign its release, and what was proposed."""
    by = actor(organisation, user)
    from tradeline.cli.screen_holds import show_hold
    from tradeline.queries.holds import case_of, held_order, told, told_case
    from tradeline.queries.reading import reading

    with reading(by, "holds.read"):
        row = held_order(order, entity=entity, at=_now())
        case = case_of(row) if row.state == "open" else None
    if as_json:
        typer.echo(json.dumps(told(row) | {"case": case and told_case(case)}, ensure_ascii=False))
    else:
        show_hold(row, case)


@app.command("release")
@guard()
def release(
    order: Order,
    reason: Reason,
    amount: Annotated[
        str | None, typer.Option(help="Of the whole order, to let go only so much; else all.")
    ] = None,
    entity: Entity = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Propose to let a held order go; others sign it."""
    by = actor(organisation, user)
    from tradeline.actions.holds import propose_release

    row = _held(by, order, entity)
    part = None if amount is None else minor_units(amount, row.currency, "--amount")
    made = propose_release(hold_id=row.hold_id, amount_minor=part, reason=reason, by=by, at=_now())
    _say_proposed(made, as_json=as_json)


@app.command("reject")
@guard()
def reject(
    order: Order,
    reason: Reason,
    entity: Entity = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Propose to reject a held order; another person signs it."""
    by = actor(organisation, user)
    from tradeline.actions.holds import propose_reject

    row = _held(by, order, entity)
    made = propose_reject(hold_id=row.hold_id, reason=reason, by=by, at=_now())
    _say_proposed(made, as_json=as_json)


@app.command("sign")
@guard()
def sign(
    proposal: ProposalId,
    seen: Annotated[
        str | None, typer.Option(metavar="SHA256", help="What was seen; else it is shown first.")
    ] = None,
    reason: Annotated[str, typer.Option(help="A remark; none is needed.")] = "",
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Sign a proposal; the last signature carries it out. Exit code 1 when it has gone stale."""
    by = actor(organisation, user)
    from tradeline.actions import proposals

    digest = seen or _shown(by, proposal, quiet=as_json)
    done = proposals.sign(proposal_id=proposal, payload_sha256=digest, reason=reason, by=by,
                          at=_now())  # fmt: skip
    _say(done, as_json=as_json)


@app.command("refuse")
@guard()
def refuse(
    proposal: ProposalId,
    reason: Reason,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Refuse a proposal in place of signing it: it ends, and the order stays held."""
    by = actor(organisation, user)
    from tradeline.actions import proposals

    digest = _shown(by, proposal, quiet=as_json)
    done = proposals.refuse(proposal_id=proposal, payload_sha256=digest, reason=reason, by=by,
                            at=_now())  # fmt: skip
    _say(done, as_json=as_json)


@app.command("withdraw")
@guard()
def withdraw(
    proposal: ProposalId,
    reason: Annotated[str, typer.Option(help="A remark; none is needed.")] = "",
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Take back a proposal of one's own."""
    by = actor(organisation, user)
    from tradeline.actions import proposals

    done = proposals.withdraw(proposal_id=proposal, reason=reason, by=by, at=_now())
    _say(done, as_json=as_json)


@guard()
def sweep(
    organisation: OrganisationName = None, user: UserName = None, as_json: AsJson = False
) -> None:
    """End what is over, let held orders go that fit, remind of the others; for a clock to call."""
    by = actor(organisation, user)
    from tradeline.actions.sweeping import sweep as do

    done = asdict(do(by=by, at=_now()))
    if as_json:
        typer.echo(json.dumps(done))
    else:
        typer.echo(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in done.items())
                   + ".")  # fmt: skip


def _held(by: Actor, order: str, entity: str | None) -> HoldRow:
    from tradeline.queries.holds import held_order
    from tradeline.queries.reading import reading

    with reading(by, "holds.propose"):
        return held_order(order, entity=entity, at=_now())


def _shown(by: Actor, proposal_id: UUID, *, quiet: bool) -> str:
    """Show a proposal, and return the hash of what is shown."""
    from tradeline.cli.screen_holds import show_proposal
    from tradeline.queries.proposals import proposal
    from tradeline.queries.reading import reading

    with reading(by, "holds.read"):
        row = proposal(proposal_id)
    if not quiet:
        show_proposal(row)
    return row.payload_sha256


def _say_proposed(made: ProposalRow, *, as_json: bool) -> None:
    from tradeline.queries.proposals import told

    if as_json:
        typer.echo(json.dumps(told(made), ensure_ascii=False))
        return
    typer.echo(f"Proposal {made.proposal_id} waits for: {', then '.join(made.levels)}.")
    typer.echo(f"They sign with: tradeline holds sign {made.proposal_id}")


def _say(done: Signed, *, as_json: bool) -> None:
    decision = done.answer.decision if done.answer else None
    if as_json:
        typer.echo(json.dumps(done.told()))
    else:
        typer.echo(f"The proposal is {done.state}" + (f": {decision}." if decision else "."))
        if done.next_role:
            typer.echo(f"It waits for a {done.next_role}.")
        for each in done.because:
            typer.echo(f"  {each}: propose it anew")
    if done.state == "stale":
        raise typer.Exit(FINDINGS)


def _now() -> datetime:
    return datetime.now(UTC)
