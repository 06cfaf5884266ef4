"""Commands at the gate: may this order go, and how a decision came about."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of, money
from tradeline.cli.errors import FINDINGS, guard
from tradeline.errors import ArgumentFault
from tradeline.files.entered import basis_points, minor_units

if TYPE_CHECKING:
    from uuid import UUID

    from tradeline.queries.replay import Decided

GOES = ("approved", "approved_with_warning")


@guard()
def check(  # noqa: PLR0917 - one parameter per option
    customer_no: Annotated[str, typer.Argument(help="Customer number or alias.")],
    order_no: Annotated[str, typer.Argument(help="Number of the order.")],
    amount: Annotated[str, typer.Argument(help="The whole order, such as 25000.00, tax included.")],
    currency: Annotated[str, typer.Argument(metavar="ISO", help="Its currency.")],
    entity: Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")] = None,
    ship_date: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day on which it is to leave.")
    ] = None,
    net_days: Annotated[
        int | None, typer.Option(min=0, max=3650, help="Credit days of its terms.")
    ] = None,
    discount: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Discount of its terms.")
    ] = None,
    prepaid: Annotated[bool, typer.Option("--prepaid", help="It is paid before it ships.")] = False,
    version: Annotated[
        int | None, typer.Option(min=0, help="Your version of the order, rising.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask, and reserve nothing.")] = False,
    key: Annotated[
        str | None, typer.Option(help="Idempotency key: the same one gets the same answer.")
    ] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Ask whether an order may go; what is approved is reserved. Ends with 1 if it may not."""
    from tradeline.cli.reading import currency_code

    code = currency_code(currency) or ""
    asked: dict[str, Any] = {
        "verb": "dry_run" if dry_run else "authorise", "customer": customer_no, "entity": entity,
        "order_no": order_no, "amount_minor": minor_units(amount, code), "currency": code,
        "ship_date": day_of(ship_date, "--ship-date").isoformat() if ship_date else None,
        "net_days": net_days, "prepaid": prepaid or None, "version": version,
        "discount_bp": basis_points(discount, "--discount") if discount else None,
    }  # fmt: skip
    if not asked["amount_minor"]:
        raise ArgumentFault("an order over nothing needs no check", where="AMOUNT",
                            mend="write what it is worth")  # fmt: skip
    by = actor(organisation, user)
    from tradeline.actions.gate import settle
    from tradeline.cli.screen_gate import show_answer

    (answer,) = settle([asked | ({"key": key} if key else {})], by=by)
    told = json.loads(answer.body)
    if "decision" not in told:
        where = ", ".join(each["field"] for each in told.get("errors", ()))
        raise ArgumentFault(told["title"].lower(), where=where, mend=told["detail"])
    if as_json:
        typer.echo(answer.body)
    else:
        show_answer(told)
    if told["decision"] not in GOES:
        raise typer.Exit(FINDINGS)


@guard()
def decision(
    decision_id: Annotated[str, typer.Argument(metavar="ID", help="As in the answer.")],
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show a decision with the numbers, rules and feed ages of its moment, and make it again."""
    found = _uuid(decision_id)
    by = actor(organisation, user)
    from tradeline.cli.screen_gate import show_decision
    from tradeline.queries.reading import reading
    from tradeline.queries.replay import decided, replayed

    with reading(by, "exposure.read"):
        row = decided(found)
    differs = replayed(row)
    if as_json:
        typer.echo(json.dumps(_told(row, differs), ensure_ascii=False))
    else:
        show_decision(row, differs)
    if differs:
        raise typer.Exit(FINDINGS)


def _uuid(text: str) -> UUID:
    from uuid import UUID

    try:
        return UUID(text)
    except ValueError as error:
        raise ArgumentFault(f"'{text}' is no id of a decision", where="ID",
                            mend="copy decision_id from the answer") from error  # fmt: skip


def _told(row: Decided, differs: list[str]) -> dict[str, Any]:
    """Return a decision as JSON: the call, the answer, the facts, and the replay."""
    facts = row.facts
    return {
        "decision_id": str(row.decision_id), "verb": row.verb, "outcome": row.outcome,
        "order_no": row.order_no, "version": row.version, "at": row.at.isoformat(), "by": row.by,
        "amount": facts and money(row.amount_minor, facts.order_currency),
        "currency": facts and facts.order_currency, "lines": list(row.lines),
        "released": row.released,
        "answer": row.answer, "replayed": facts is not None, "differs": differs,
    }  # fmt: skip
