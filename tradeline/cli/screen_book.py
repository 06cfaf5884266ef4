"""What a person sees of the book at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradeline.engine.exposure import ADDS, REDUCES
from tradeline.money import format_money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.actions.imports import Imported
    from tradeline.engine.term_compliance import Compliance
    from tradeline.files.feeds import Feed
    from tradeline.queries.accounts import Behind
    from tradeline.queries.audit import Event
    from tradeline.queries.exposure import Bridge, ExposureRow
    from tradeline.queries.health import Check

_COLOUR: Final = {"over": "red", "near": "yellow", "within": "green", "no_limit": "dim"}
_STATUS: Final = {"over": "over", "near": "near", "within": "within", "no_limit": "no limit"}
_BAR_WIDTH: Final = 12
_LOCALE: Final = "en-US"
_WORDS: Final = {
    "receivables": "Open invoices", "billed_not_posted": "Billed, not posted",
    "shipped_not_billed": "Shipped, not billed", "orders": "Open orders", "reserved": "Reserved",
    "special": "Special liabilities", "unapplied_cash": "Cash on account",
    "unapplied_credits": "Open credit notes", "deposits": "Deposits",
    "orders_later": "Orders beyond the horizon", "held": "Held orders",
    "disputed": "of open invoices: disputed",
}  # fmt: skip


def show_import(done: Imported, feed: Feed, *, preview: bool) -> None:
    """Print what became of a file's rows, and why some were set aside."""
    console = Console()
    if done.repeated:
        console.print(f"{feed.report.file} was applied before, as it is: nothing changed.")
        return
    verb = "would be" if preview else "were"
    console.print(
        f"{feed.report.file}: {done.rows_in:,} rows of {done.kind}; {done.rows_applied:,} {verb} "
        f"applied, {done.rows_unchanged:,} unchanged, {done.rows_quarantined:,} set aside"
        + (f"; {done.rows_closed:,} open rows {verb} closed" if done.rows_closed else "") + ".",
        highlight=False,
    )  # fmt: skip
    console.print(
        f"{done.accounts_opened:,} accounts {verb} opened, "
        f"{done.lines_moved:,} lines {verb} moved.",
        highlight=False,
    )
    for code, total in sorted(done.totals.get("in", {}).items()):
        aside = done.totals["quarantined"].get(code, 0)
        console.print(
            f"{code} {_money(total, code)} came in, {_money(total - aside, code)} usable, "
            f"{_money(aside, code)} set aside.", highlight=False,
        )  # fmt: skip
    for reason, count in done.reasons.items():
        console.print(Text(f"  {count:,} set aside: {reason}", style="yellow"))
    if preview:
        console.print("Nothing was written: this was a preview.")


def show_ranked(rows: Sequence[ExposureRow]) -> None:
    """Print the ranked list, with use of the limit by ledger and by exposure side by side."""
    console = Console()
    if not rows:
        console.print("No account fits. Take files in with: tradeline import ar FILE")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (
        ("customer", "left"), ("name", "left"), ("limit", "right"), ("exposure", "right"),
        ("headroom", "right"), ("ledger %", "right"), ("exposure %", "right"), ("", "left"),
    ):  # fmt: skip
        table.add_column(name, justify=justify, no_wrap=True, overflow="ellipsis")  # type: ignore[arg-type]
    for row in rows:
        table.add_row(*_ranked_cells(row))
    console.print(table)


def _ranked_cells(row: ExposureRow) -> tuple[Any, ...]:
    headroom = row.headroom_minor
    return (
        Text(row.customer_no), Text(row.customer_name[:28]),
        _with_code(row.limit_minor, row), _money(row.exposure_minor, row.currency),
        "" if headroom is None else _money(headroom, row.currency),
        row.ar_utilisation_pct or "", row.utilisation_pct or "", _bar(row),
    )  # fmt: skip


def _bar(row: ExposureRow) -> Text:
    """Return a bar of the use of the limit; the words say the same without colour."""
    share = min(1.0, max(0.0, float(row.utilisation_pct or 0) / 100))
    filled = round(share * _BAR_WIDTH)
    bar = Text("█" * filled + "░" * (_BAR_WIDTH - filled), style=_COLOUR[row.status])
    return bar.append(f" {_STATUS[row.status]}")


def show_account(row: ExposureRow, back: Behind) -> None:
    """Print an account's buckets and everything that stands behind them."""
    console = Console()
    console.print(Text(f"{row.customer_no} {row.customer_name}, entity {row.entity}", "bold"))
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for name in (*ADDS, *REDUCES):
        amount = row.buckets_minor[name]
        if amount or name in ("receivables", "orders"):
            sign = "-" if name in REDUCES and amount else ""
            table.add_row(_WORDS[name], sign + _money(amount, row.currency))
    table.add_row(Text("Exposure", "bold"), Text(_money(row.exposure_minor, row.currency), "bold"))
    table.add_row("Limit", "none" if row.limit_minor is None else _with_code(row.limit_minor, row))
    if row.headroom_minor is not None:
        style = "red" if row.headroom_minor < 0 else ""
        table.add_row("Headroom", Text(_money(row.headroom_minor, row.currency), style))
    table.add_row("Use of the limit", f"{row.utilisation_pct or 'undefined'} %, {row.status}")
    if back.secured_minor:
        table.add_row("Net of cover", _money(back.net_minor, row.currency))
    for name in ("disputed", "orders_later", "held"):
        if row.buckets_minor[name]:
            table.add_row(Text(_WORDS[name], "dim"), _money(row.buckets_minor[name], row.currency))
    console.print(table)
    _show_documents(console, row, back)
    _show_orders(console, row, back)
    for each in back.set_aside:
        console.print(
            Text(f"Set aside: {each.kind} row {each.source_row}: {each.reason}", "yellow")
        )


def _show_documents(console: Console, row: ExposureRow, back: Behind) -> None:
    if not back.documents:
        return
    table = Table(title="Open documents", title_justify="left", box=None, pad_edge=False)
    for name in ("document", "kind", "due", "open", f"counted {row.currency}", "order"):
        justify = "right" if name.startswith(("open", "counted")) else "left"
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for each in back.documents:
        disputed = " (disputed)" if each.disputed else ""
        table.add_row(
            Text(each.document_no), each.kind.replace("_", " ") + disputed,
            str(each.due_date or ""), f"{each.currency} {_money(each.open_minor, each.currency)}",
            _money(each.counted_minor, row.currency), Text(each.order_no),
        )  # fmt: skip
    console.print(table)


def _show_orders(console: Console, row: ExposureRow, back: Behind) -> None:
    if not back.orders:
        return
    table = Table(title="Orders", title_justify="left", box=None, pad_edge=False)
    names = ("order", "status", "ships", "ordered", "shipped, not billed", "open", "later", "held")
    for name in names:
        justify = "left" if name in names[:3] else "right"
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for each in back.orders:
        counted = (each.counted_shipped_minor, each.counted_orders_minor,
                   each.counted_later_minor, each.counted_held_minor)  # fmt: skip
        table.add_row(
            Text(f"{each.order_no}/{each.line_no}"), Text(each.status), str(each.ship_date or ""),
            f"{each.currency} {_money(each.ordered_minor, each.currency)}",
            *(_money(amount, row.currency) if amount else "" for amount in counted),
        )  # fmt: skip
    console.print(table)


def show_bridge(row: ExposureRow, found: Bridge) -> None:
    """Print the way from the opening to the closing exposure."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for name, justify in (("day", "left"), ("what", "left"), ("file", "left"), ("change", "right"),
                          (f"exposure {row.currency}", "right")):  # fmt: skip
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    running = found.opening_minor
    table.add_row("", "Opening", "", "", _money(running, row.currency))
    for step in found.steps:
        running += step.change_minor
        sign = "+" if step.change_minor > 0 else ""
        table.add_row(
            str(step.day), _WORDS[step.bucket], Text(step.file or ""),
            sign + _money(step.change_minor, row.currency), _money(running, row.currency),
        )  # fmt: skip
    table.add_row("", Text("Closing", "bold"), "", "", _money(found.closing_minor, row.currency))
    console.print(table)
    if found.unexplained_minor:
        console.print(
            Text(f"Not explained: {_money(found.unexplained_minor, row.currency)}", "red")
        )


def show_events(found: Sequence[Event]) -> None:
    """Print events of the audit trail, one a line."""
    console = Console()
    table = Table(box=None, pad_edge=False)
    for name in ("seal", "when (UTC)", "who", "door", "what", "on"):
        table.add_column(name, justify="right" if name == "seal" else "left")
    for each in found:
        when = each.at.strftime("%Y-%m-%d %H:%M:%S")
        seal = "-" if each.seq is None else str(each.seq)
        what = each.action.replace("_", " ").lower()
        table.add_row(seal, when, Text(each.by), each.door, what, Text(each.subject))
    console.print(table)


def show_checks(checks: Sequence[Check]) -> None:
    """Print what was checked, and under each finding what to do."""
    console = Console()
    for check in checks:
        mark = Text("well  ", "green") if check.well else Text("mend  ", "bold red")
        console.print(mark + Text(f"{check.name}: {check.found}"))
        if not check.well:
            console.print(Text(f"      {check.mend}", "yellow"))
    bad = sum(not check.well for check in checks)
    console.print("All is well." if not bad else f"{bad} of {len(checks)} need mending.")


def show_compliance(rows: Sequence[Compliance]) -> None:
    """Print term compliance by account."""
    from tradeline.cli.terms import percent

    table = Table(box=None, pad_edge=False)
    names = ("customer", "invoices", "as agreed %", "in time %", "discounts unearned", "amount")
    for name in names:
        table.add_column(name, justify="left" if name == "customer" else "right")
    for row in rows:
        table.add_row(
            Text(row.account), str(row.invoices), percent(row.approved_share) or "",
            percent(row.within_share) or "", str(row.unearned),
            f"{row.currency} {_money(row.unearned_minor, row.currency)}",
        )  # fmt: skip
    Console().print(table)


def _with_code(amount_minor: int | None, row: ExposureRow) -> str:
    if amount_minor is None:
        return ""
    return f"{row.currency} {_money(amount_minor, row.currency)}"


def _money(amount_minor: int, currency: str) -> str:
    return format_money(amount_minor, currency, _LOCALE)
