"""What a person sees of the book at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradeline.engine.exposure import ADDS, REDUCES
from tradeline.money import format_money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradeline.actions.imports import Imported
    from tradeline.files.feeds import Feed
    from tradeline.queries.accounts import Behind
    from tradeline.queries.exposure import Bridge, ExposureRow
    from tradeline.queries.people import Member

COLOUR: Final = {"over": "red", "near": "yellow", "within": "green", "no_limit": "dim",
                 "no_rate": "red"}  # fmt: skip
STATUS: Final = {"over": "over", "near": "near", "within": "within", "no_limit": "no limit",
                 "no_rate": "no rate"}  # fmt: skip
_BAR_WIDTH: Final = 12
HEADROOM_COLUMNS: Final = 100  # a terminal this wide shows headroom too
_BAR_COLUMNS: Final = 120  # and this wide a bar
_FLEXIBLE_MIN: Final = 10  # what the column that gives way keeps
_GAP: Final = 2
_REMARKS_MAX: Final = 10
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
        console.print("To apply it again, after others, say --again.")
        return
    verb = "would be" if preview else "were"
    console.print(
        f"{feed.report.file}: {done.rows_in:,} rows of {done.kind}; {done.rows_applied:,} {verb} "
        f"applied, {done.rows_unchanged:,} unchanged, {done.rows_quarantined:,} set aside"
        + (f"; {done.rows_closed:,} open rows {verb} closed" if done.rows_closed else "") + ".",
        highlight=False,
    )  # fmt: skip
    if done.extract_of and not done.rows_closed:
        console.print(
            f"It lacks no open row of {', '.join(done.extract_of)}, so that none is closed.",
            highlight=False,
        )
    console.print(
        f"{done.accounts_opened:,} accounts {verb} opened, "
        f"{done.lines_moved:,} lines {verb} moved.",
        highlight=False,
    )
    _show_totals(console, done.totals)
    for reason, count in done.reasons.items():
        console.print(Text(f"  {count:,} set aside: {reason}", style="yellow"))
    for remark in done.remarks[:_REMARKS_MAX]:
        console.print(Text(f"  Look at this: {remark}", style="yellow"))
    if (more := len(done.remarks) - _REMARKS_MAX) > 0:
        console.print(Text(f"  and {more:,} more like it: see --json", style="yellow"))
    if preview:
        console.print("Nothing was written: this was a preview.")


def _show_totals(console: Console, totals: Mapping[str, Mapping[str, int]]) -> None:
    """Print what came in by currency; of a ledger both sides, so that it ties to its system."""
    for code, total in sorted(totals["in"].items()):
        debit, credit = (totals[name].get(code, 0) for name in ("debits", "credits"))
        sides = f" (debits {written(debit, code)}, credits {written(credit, code)})"
        aside = totals["quarantined"].get(code, 0)
        console.print(
            f"{code} {written(total, code)} came in{sides if credit else ''}, "
            f"{written(total - aside, code)} usable, {written(aside, code)} set aside.",
            highlight=False,
        )
    for code, total in sorted(totals["kind_unknown"].items()):
        console.print(
            f"{code} {written(total, code)} more in rows whose kind cannot be read.",
            highlight=False,
        )


def show_ranked(rows: Sequence[ExposureRow]) -> None:
    """Print the ranked list, with use of the limit by ledger and by exposure side by side."""
    console = Console()
    if not rows:
        console.print("No account fits. Take files in with: tradeline import ar FILE")
        return
    wide = console.width >= HEADROOM_COLUMNS
    columns = [("customer", "left"), ("name", "left"), ("limit", "right"), ("exposure", "right"),
               *([("headroom", "right")] if wide else []),
               ("ledger %", "right"), ("exposure %", "right"), ("", "left")]  # fmt: skip
    cells = [_ranked_cells(row, wide=wide, bar=console.width >= _BAR_COLUMNS) for row in rows]
    print_table(console, columns, cells, flexible=1)


def _ranked_cells(row: ExposureRow, *, wide: bool, bar: bool) -> list[Text]:
    headroom = row.headroom_minor
    left = "" if headroom is None else written(headroom, row.currency)
    plain = [_with_code(row.limit_minor, row), written(row.exposure_minor, row.currency),
             *([left] if wide else []), row.ar_utilisation_pct or "",
             row.utilisation_pct or ""]  # fmt: skip
    use = _bar(row) if bar else Text(STATUS[row.status], COLOUR[row.status])
    return [Text(row.customer_no), Text(row.customer_name), *map(Text, plain), use]


def print_table(
    console: Console, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Text]],
    *, flexible: int, title: str | None = None,
) -> None:  # fmt: skip
    """Print a table on which every figure is whole: one column gives way to a narrow terminal."""
    widths = [max(len(name), *(row[at].cell_len for row in rows))
              for at, (name, _) in enumerate(columns)]  # fmt: skip
    others = sum(widths) - widths[flexible] + _GAP * (len(widths) - 1)
    room = max(_FLEXIBLE_MIN, min(widths[flexible], console.width - others))
    table = Table(box=None, pad_edge=False, header_style="bold")
    if title:
        console.print(f"\n{title}", style="italic")
    for name, justify in columns:
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    for row in rows:
        cells = [cell.copy() for cell in row]
        cells[flexible].truncate(room, overflow="ellipsis")
        table.add_row(*cells)
    console.print(table)


def _bar(row: ExposureRow) -> Text:
    """Return a bar of the use of the limit; the words say the same without colour."""
    share = min(1.0, max(0.0, float(row.utilisation_pct or 0) / 100))
    filled = round(share * _BAR_WIDTH)
    bar = Text("█" * filled + "░" * (_BAR_WIDTH - filled), style=COLOUR[row.status])
    return bar.append(f" {STATUS[row.status]}")


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
            table.add_row(_WORDS[name], sign + written(amount, row.currency))
    table.add_row(Text("Exposure", "bold"), Text(written(row.exposure_minor, row.currency), "bold"))
    table.add_row("Limit", "none" if row.limit_minor is None else _with_code(row.limit_minor, row))
    if row.headroom_minor is not None:
        style = "red" if row.headroom_minor < 0 else ""
        table.add_row("Headroom", Text(written(row.headroom_minor, row.currency), style))
    if row.utilisation_pct is None:
        table.add_row("Use of the limit", STATUS[row.status])
    else:
        table.add_row("Use of the limit", f"{row.utilisation_pct} %, {STATUS[row.status]}")
        table.add_row("Use by the ledger alone", f"{row.ar_utilisation_pct} %")
    if back.secured_minor:
        table.add_row("Net of cover", written(back.net_minor, row.currency))
    for name in ("disputed", "orders_later", "held"):
        if row.buckets_minor[name]:
            table.add_row(Text(_WORDS[name], "dim"), written(row.buckets_minor[name], row.currency))
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
    columns = (("document", "left"), ("kind", "left"), ("due", "left"), ("open", "right"),
               (f"counted {row.currency}", "right"), ("order", "left"))  # fmt: skip
    rows = []
    for each in back.documents:
        kind = each.kind.replace("_", " ") + (", disputed" if each.disputed else "")
        amount = f"{each.currency} {written(each.open_minor, each.currency)}"
        rows.append([
            Text(each.document_no), Text(kind), Text(str(each.due_date or "")), Text(amount),
            Text(written(each.counted_minor, row.currency)), Text(each.order_no),
        ])  # fmt: skip
    print_table(console, columns, rows, flexible=0, title="Open documents")


def _show_orders(console: Console, row: ExposureRow, back: Behind) -> None:
    """Print the orders; of the four columns of what counts, those that hold a figure."""
    if not back.orders:
        return
    counted = [
        (name, [getattr(each, f"counted_{part}_minor") for each in back.orders])
        for name, part in (("not billed", "shipped"), ("open", "orders"), ("later", "later"),
                           ("held", "held"))
    ]  # fmt: skip
    counted = [(name, amounts) for name, amounts in counted if any(amounts)]
    columns = [("order", "left"), ("status", "left"), ("ships", "left"), ("ordered", "right"),
               *((name, "right") for name, _ in counted)]  # fmt: skip
    rows = [
        [Text(f"{each.order_no}/{each.line_no}"), Text(each.status),
         Text(str(each.ship_date or "")),
         Text(f"{each.currency} {written(each.ordered_minor, each.currency)}"),
         *(Text(written(amounts[at], row.currency) if amounts[at] else "")
           for _, amounts in counted)]
        for at, each in enumerate(back.orders)
    ]  # fmt: skip
    print_table(console, columns, rows, flexible=1, title="Orders")


def show_bridge(row: ExposureRow, found: Bridge) -> None:
    """Print the way from the opening to the closing exposure."""
    console = Console()
    columns = (("day", "left"), ("what", "left"), ("file", "left"), ("change", "right"),
               (f"exposure {row.currency}", "right"))  # fmt: skip
    running = found.opening_minor
    rows = [_ends("Opening", running, row)]
    for step in found.steps:
        running += step.change_minor
        sign = "+" if step.change_minor > 0 else ""
        change = sign + written(step.change_minor, row.currency)
        cells = (str(step.day), _WORDS[step.bucket], step.file or "", change,
                 written(running, row.currency))  # fmt: skip
        rows.append([Text(cell) for cell in cells])
    rows.append(_ends("Closing", found.closing_minor, row))
    print_table(console, columns, rows, flexible=2)
    if found.unexplained_minor:
        console.print(
            Text(f"Not explained: {written(found.unexplained_minor, row.currency)}", "red")
        )


def _ends(word: str, amount_minor: int, row: ExposureRow) -> list[Text]:
    amount = Text(written(amount_minor, row.currency), "bold")
    return [Text(), Text(word, "bold"), Text(), Text(), amount]


def show_people(found: Sequence[Member]) -> None:
    """Print who belongs to the organisation, one line each."""
    columns = (("login", "left"), ("name", "left"), ("roles", "left"))
    rows = [[Text(each.login), Text(each.name), Text(", ".join(each.roles))] for each in found]
    print_table(Console(), columns, rows, flexible=1)


def _with_code(amount_minor: int | None, row: ExposureRow) -> str:
    if amount_minor is None:
        return ""
    return f"{row.currency} {written(amount_minor, row.currency)}"


def written(amount_minor: int, currency: str) -> str:
    """Return an amount as people read it, without its currency."""
    return format_money(amount_minor, currency, _LOCALE)
