"""Commands that show exposure: the ranked list, one account, the bridge."""

from __future__ import annotations

import json
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of, money
from tradeline.cli.errors import guard
from tradeline.cli.groups import groups, load_group, tell_group
from tradeline.errors import ArgumentFault, NotFound

if TYPE_CHECKING:
    from tradeline.queries.exposure import ExposureRow

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None, no_args_is_help=False)
app.command("groups")(groups)

@app.callback()
@guard()
def exposure(  # noqa: PLR0917 - one parameter per option
    context: typer.Context,
    over: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Only above this use of the limit.")
    ] = None,
    sort: Annotated[
        str, typer.Option(help="utilisation, exposure, headroom or customer.")
    ] = "utilisation",
    entity: Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")] = None,
    search: Annotated[str | None, typer.Option(help="Part of a number or name.")] = None,
    count: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many accounts.")] = 50,
    offset: Annotated[int, typer.Option(min=0, help="How many to pass over.")] = 0,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show what each customer owes and has ordered against its limit, the nearest first."""
    if context.invoked_subcommand is not None:
        return
    by = actor(organisation, user)
    from tradeline.cli.screen_book import show_ranked
    from tradeline.queries.exposure import Wanted, ranked, told
    from tradeline.queries.reading import reading

    wanted = Wanted(over_pct=_percent(over), entity=entity, search=search, sort=sort, count=count,
                    offset=offset)  # fmt: skip
    with reading(by, "exposure.read"):
        rows = ranked(wanted)
    if as_json:
        typer.echo(json.dumps([told(row) for row in rows], ensure_ascii=False))
    else:
        show_ranked(rows)


@app.command("show")
@guard()
def show(
    customer_no: Annotated[
        str, typer.Argument(help="Customer number or alias; or a group's, if no account has it.")
    ],
    entity: Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")] = None,
    as_of: Annotated[str | None, typer.Option(metavar="YYYY-MM-DD", help="Day; today.")] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show one account: buckets, headroom, and every document and order behind them."""
    by = actor(organisation, user)
    from tradeline.cli.screen_book import show_account
    from tradeline.queries.accounts import behind
    from tradeline.queries.exposure import told
    from tradeline.queries.reading import reading

    day, group = day_of(as_of), None
    with reading(by, "exposure.read"):
        if is_group_alone(customer_no):
            group = load_group(customer_no, day)
        else:
            row = account_row(customer_no, entity)
            back = behind(row, as_of=day)
    if group:
        tell_group(*group, as_json=as_json)
    elif as_json:
        typer.echo(json.dumps(told(row) | _told_behind(row, back), ensure_ascii=False))
    else:
        show_account(row, back)


def is_group_alone(number: str) -> bool:
    """Return whether a number is a group's and no account's."""
    from tradeline.models import CustomerGroup
    from tradeline.queries.exposure import of_account

    return not of_account(number) and CustomerGroup.objects.filter(code=number).exists()


def account_row(customer_no: str, entity: str | None) -> ExposureRow:
    """Return the one account that a number means; raises NotFound or ArgumentFault."""
    from tradeline.queries.exposure import of_account

    rows = of_account(customer_no, entity)
    if not rows:
        raise NotFound(f"there is no account {customer_no}", mend="see: tradeline exposure")
    if len(rows) > 1:
        codes = ", ".join(row.entity for row in rows)
        raise ArgumentFault(
            f"{customer_no} is an account of several entities: {codes}", mend="name one: --entity"
        )
    return rows[0]


def _told_behind(row: ExposureRow, back: Any) -> dict[str, Any]:
    return {
        "net": money(back.net_minor, row.currency),
        "secured": money(back.secured_minor, row.currency),
        "group": back.group_code,
        "documents": [
            {"document_no": d.document_no, "kind": d.kind, "due_date": _iso(d.due_date),
             "currency": d.currency, "open_amount": money(d.open_minor, d.currency),
             "counted": money(d.counted_minor, row.currency), "disputed": d.disputed,
             "order_no": d.order_no}
            for d in back.documents
        ],
        "orders": [
            {"order_no": o.order_no, "line_no": o.line_no, "status": o.status,
             "ship_date": _iso(o.ship_date), "currency": o.currency,
             "ordered": money(o.ordered_minor, o.currency),
             "shipped_not_billed": money(o.counted_shipped_minor, row.currency),
             "orders": money(o.counted_orders_minor, row.currency),
             "orders_later": money(o.counted_later_minor, row.currency),
             "held": money(o.counted_held_minor, row.currency)}
            for o in back.orders
        ],
        "limits": [
            {"kind": v.kind, "limit": money(v.amount_minor, v.currency), "currency": v.currency,
             "valid_from": _iso(v.valid_from), "valid_to": _iso(v.valid_to), "reason": v.reason}
            for v in back.limits
        ],
        "set_aside": [
            {"kind": r.kind, "row": r.source_row, "reason": r.reason} for r in back.set_aside
        ],
    }  # fmt: skip


def _iso(day: Any) -> str | None:
    return day.isoformat() if day else None


@app.command("bridge")
@guard()
def bridge(
    customer_no: Annotated[str, typer.Argument(help="Customer number or alias.")],
    first: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.")],
    last: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day.")],
    entity: Annotated[str | None, typer.Option(metavar="CODE", help="Legal entity.")] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Explain how exposure came from one day to another, step by step, to the cent."""
    by = actor(organisation, user)
    from tradeline.cli.screen_book import show_bridge
    from tradeline.queries import exposure as queries
    from tradeline.queries.reading import reading

    with reading(by, "exposure.read"):
        row = account_row(customer_no, entity)
        found = queries.bridge(
            row.line_id, first=day_of(first, "--from"), last=day_of(last, "--to")
        )
    if not as_json:
        show_bridge(row, found)
        return
    steps = [
        {"day": s.day.isoformat(), "kind": s.kind, "bucket": s.bucket, "file": s.file,
         "change": money(s.change_minor, row.currency)}
        for s in found.steps
    ]  # fmt: skip
    facts = {name: money(getattr(found, f"{name}_minor"), row.currency)
             for name in ("opening", "closing", "unexplained")}  # fmt: skip
    typer.echo(json.dumps({"customer_no": row.customer_no, "currency": row.currency, **facts,
                           "steps": steps}))  # fmt: skip


def _percent(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ArgumentFault(f"'{text}' is no percentage", where="--over", mend="write it as 80")
    return number
