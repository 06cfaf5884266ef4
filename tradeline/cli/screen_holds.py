"""What a person sees of held orders at the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradeline.cli.screen_book import written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.queries.holds import Case, HoldRow
    from tradeline.queries.proposals import ProposalRow

_MEASURES: Final = {
    "exposure": "exposure that results", "releases": "releases added up",
    "group": "exposure of the group",
}  # fmt: skip


def show_worklist(rows: Sequence[HoldRow]) -> None:
    """Print held orders, one a line, with whose signature each waits for."""
    console = Console()
    if not rows:
        console.print("No order is held.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, justify in (("order", "left"), ("customer", "left"), ("amount", "right"),
                          ("rules", "left"), ("days", "right"), ("ships", "left"),
                          ("waits for", "left"), ("proposal", "left")):  # fmt: skip
        table.add_column(name, justify=justify, no_wrap=name != "rules")  # type: ignore[arg-type]
    for row in rows:
        asked = row.proposal
        table.add_row(
            Text(row.order_no), Text(row.customer_no),
            f"{row.currency} {written(row.amount_minor, row.currency)}", " ".join(row.codes),
            str(row.age_days), str(row.ship_date or ""), row.next_role or "a proposal",
            str(asked.proposal_id) if asked else "",
        )  # fmt: skip
    console.print(table)


def show_hold(row: HoldRow, case: Case | None) -> None:
    """Print one held order with its reasons, and who would have to sign."""
    console = Console()
    amount = f"{row.currency} {written(row.amount_minor, row.currency)}"
    console.print(Text(f"Order {row.order_no} of {row.customer_no} {row.customer_name}, entity "
                       f"{row.entity}: {amount}, {row.state} for {_days(row.age_days)}",
                       "bold"))  # fmt: skip
    for reason in row.reasons:
        facts = " against ".join(filter(None, (reason["measured"], reason["threshold"])))
        said = f"  {reason['code']} {reason['message']} {facts}".rstrip()
        console.print(Text(said, "yellow" if reason["reaction"] == "warn" else "red"))
    if row.released_minor is not None:
        until = row.usable_until and row.usable_until.strftime("%Y-%m-%d %H:%M UTC")
        console.print(f"Released up to {written(row.released_minor, row.currency)} until {until}")
    if case is not None:
        _show_case(console, case)
    if row.proposal:
        show_proposal(row.proposal)


def _show_case(console: Console, case: Case) -> None:
    if case.problem:
        console.print(Text(f"It cannot be released: {case.problem}", "red"))
        return
    for each in case.measures:
        if each["minor"] is None:
            amount = "cannot be converted"
        else:
            amount = f"{each['currency']} {written(each['minor'], each['currency'])}"
        console.print(f"  {_MEASURES[each['what']]}: {amount}", highlight=False)
    signers = ", then ".join(case.levels) or "nobody: no level reaches so far"
    console.print(f"A release is signed by: {signers}")


def show_proposal(row: ProposalRow) -> None:
    """Print what is proposed, by whom, and who has signed."""
    console = Console()
    asked = row.payload
    console.print(Text(f"Proposal {row.proposal_id}, {row.state}: {asked['action']} order "
                       f"{asked['order_no']} of {asked['customer']}, {asked['currency']} "
                       f"{asked['amount']}", "bold"), soft_wrap=True)  # fmt: skip
    console.print(Text(f"  by {row.maker}: {row.reason}"))
    for level, role in enumerate(row.levels, start=1):
        said = next((each for each in row.signed if each.level == level), None)
        word = f"{said.decision} by {said.signer} {said.reason}" if said else "waits"
        console.print(Text(f"  {level}. {role}: {word}".rstrip()))


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
