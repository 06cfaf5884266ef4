"""What a person sees of the gate: an answer with its ways out, and a decision made again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tradeline.cli.book import money
from tradeline.engine.gate_facts import FEEDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tradeline.engine.gate_facts import Facts
    from tradeline.queries.replay import Decided

_WORDS: Final = {
    "approved": ("approved", "green"), "approved_with_warning": ("approved with warning", "yellow"),
    "held": ("held", "red"), "rejected": ("rejected", "bold red"),
}  # fmt: skip


def show_answer(told: Mapping[str, Any]) -> None:
    """Print an answer: the outcome, the exposure, each reason, and what would let it go."""
    console = Console()
    _outcome(console, told["decision"], f"order {told['order_no']}")
    _exposure(console, told["exposure"])
    _reasons(console, told["reasons"])
    ways = told.get("unblock", ())
    if ways:
        console.print("What would let it go, the cheapest for the customer first:")
    for number, option in enumerate(ways, start=1):
        console.print(Text(f"  {number}. {option['text']}"), highlight=False)
    console.print(Text(f"Decision {told['decision_id']}, policy {told['policy'][:12]}"),
                  highlight=False)  # fmt: skip


def show_decision(row: Decided, differs: Sequence[str]) -> None:
    """Print a decision, the figures of its moment, and whether it comes out the same again."""
    console = Console()
    _outcome(console, row.outcome, f"{row.verb} of order {row.order_no}, version {row.version}")
    console.print(f"At {row.at:%Y-%m-%d %H:%M:%S} UTC by {row.by}.", highlight=False)
    exposure = row.answer.get("exposure")
    if exposure:
        _exposure(console, exposure)
    for line in row.lines:
        item = " ".join(filter(None, (line.get("quantity"), line.get("item"))))
        console.print(Text(f"Line {line['line_no']}: {line['amount']} {item}".rstrip()))
    _reasons(console, row.answer.get("reasons", ()))
    if row.facts is None:
        console.print("Nothing was tested against the rules.")
        return
    _pairs(console, _moment(row.facts))
    console.print(Text(f"Policy {row.answer['policy']}"), highlight=False, soft_wrap=True)
    if not differs:
        console.print("Replayed: the same reasons.")
    for fault in differs:
        console.print(Text(f"Replayed: {fault}", "bold red"))


def _outcome(console: Console, outcome: str, what: str) -> None:
    word, colour = _WORDS.get(outcome, (outcome, "default"))
    console.print(Text(what) + Text(": ") + Text(word, colour), highlight=False)


def _exposure(console: Console, exposure: Mapping[str, Any]) -> None:
    limit = "none" if exposure["limit"] is None else exposure["limit"]
    use = "" if exposure["utilisation"] is None else f" ({exposure['utilisation']} % used)"
    console.print(
        f"Exposure {exposure['before'] or 'unknown'}, after it {exposure['after'] or 'unknown'}, "
        f"limit {limit} {exposure['currency']}{use}.", highlight=False,
    )  # fmt: skip


def _reasons(console: Console, reasons: Sequence[Mapping[str, Any]]) -> None:
    if not reasons:
        return
    table = Table(box=None, pad_edge=False)
    for name in ("rule", "does", "measured", "threshold", "why"):
        table.add_column(name, overflow="fold")
    for each in reasons:
        why = each["message"] + (f" ({each['evidence']})" if each["evidence"] else "")
        table.add_row(each["code"], each["reaction"], Text(each["measured"] or "-"),
                      Text(each["threshold"] or "-"), Text(why))  # fmt: skip
    console.print(table)


def _moment(f: Facts) -> Iterable[tuple[str, str]]:
    """Yield the numbers of the moment that bear on the rules, with their names."""
    yield "Order", f"{money(f.order_minor, f.currency) or 'no rate'} {f.currency}"
    yield "Ships", str(f.ship_date or "no date")
    yield "With later orders", f"{money(f.static_after_minor, f.currency)} {f.currency}"
    yield "Past due", f"{money(f.overdue_minor, f.currency)} of {money(f.open_minor, f.currency)}"
    if f.oldest_due is not None:
        yield "Oldest item", f"due on {f.oldest_due}"
    yield "Account", f.status.replace("_", " ") + ("" if not f.flags else f", {', '.join(f.flags)}")
    for group in f.groups:
        after, limit = (money(minor, group.currency) for minor in (group.after_minor,
                                                                   group.limit_minor))  # fmt: skip
        yield f"Group {group.code}", f"{after or 'unknown'} of {limit} {group.currency}"
    ages = (f"{feed} {'never came' if age is None else age}"
            for feed, age in zip(FEEDS, f.ages, strict=True))  # fmt: skip
    yield "Age of feeds (days)", ", ".join(ages)


def _pairs(console: Console, pairs: Iterable[tuple[str, str]]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, value in pairs:
        table.add_row(name, Text(value))
    console.print(table)
