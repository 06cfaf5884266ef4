"""What a person sees of the book's upkeep: the trail, the doctor, how terms are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradeline.cli.screen_book import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.engine.term_compliance import Compliance
    from tradeline.queries.audit import Event
    from tradeline.queries.health import Check


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
            f"{row.currency} {written(row.unearned_minor, row.currency)}",
        )  # fmt: skip
    Console().print(table)
