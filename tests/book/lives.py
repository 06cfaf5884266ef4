"""Lives of orders: what happens in a company's systems, and the files that tell of it.

A step changes the truth; a file tells all or some of it, at once or later, and the reference learns
exactly what the file tells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.book.reference import Known

if TYPE_CHECKING:
    from tests.book.company import Company

CUSTOMERS = ("C1", "C2")
CURRENCIES = ("USD", "EUR", "JPY")
FIRST = date(2026, 6, 1)
STEPS = (
    "confirm", "ship", "ship_over", "invoice", "invoice_ahead", "give_back", "cancel", "redate",
    "hold", "reopen", "close", "move", "pay", "pay_ahead", "dispute", "pass_days",
)  # fmt: skip
REPORTS = ("orders", "ledger", "both", "none", "full orders", "full ledger")


@dataclass
class Life:
    """The truth about some orders, and what the book was told."""

    company: Company
    day: date = FIRST
    rates: dict[str, Fraction] = field(default_factory=dict)
    lines: list[dict[str, Any]] = field(default_factory=list)
    documents: list[dict[str, Any]] = field(default_factory=list)
    known: Known = field(default_factory=Known)
    days: int = 0

    def __post_init__(self) -> None:
        self._state_rates(0)

    def step(self, name: str, amount: int, which: int) -> None:
        """Let one thing happen, if it can."""
        getattr(self, f"_{name}")(amount, which)

    def report(self, how: str) -> None:
        """Import the files that a report is made of."""
        full = how.startswith("full")
        if how in {"ledger", "both", "full ledger"}:
            self._tell_ledger(full=full)
        if how in {"orders", "both", "full orders"}:
            self._tell_orders(full=full)

    def _tell_orders(self, *, full: bool) -> None:
        rows = [dict(line) for line in self.lines if not full or _live(line)]
        self.company.take("orders", *rows, day=self.day, full=full)
        self.known.take_orders(rows, full=full)

    def _tell_ledger(self, *, full: bool) -> None:
        rows = [dict(each) for each in self.documents if not full or each["open_minor"]]
        self.company.take("ar", *rows, day=self.day, full=full)
        self.known.take_ledger(rows, full=full)

    def _confirm(self, amount: int, which: int) -> None:
        order = {"order_no": f"S{len(self.lines)}", "customer_no": CUSTOMERS[which % 2],
                 "currency": CURRENCIES[which % 3], "status": "confirmed", "ship_date": None,
                 "shipped_minor": 0, "invoiced_minor": 0, "cancelled_minor": 0}  # fmt: skip
        for number in range(1 + which % 3):
            value = 1 + amount // (number + 1)
            self.lines.append(order | {"line_no": str(number + 1), "ordered_minor": value})

    def _line(self, which: int) -> dict[str, Any] | None:
        return self.lines[which % len(self.lines)] if self.lines else None

    def _change(self, which: int, **facts: Any) -> None:
        line = self._line(which)
        if line is not None:
            line.update(facts)

    def _ship(self, amount: int, which: int) -> None:
        line = self._line(which)
        if line and (rest := max(0, line["ordered_minor"] - line["cancelled_minor"]
                                 - line["shipped_minor"])):  # fmt: skip
            line["shipped_minor"] += 1 + amount % rest

    def _ship_over(self, amount: int, which: int) -> None:
        if line := self._line(which):
            line["shipped_minor"] = line["ordered_minor"] + 1 + amount // 10

    def _invoice(self, amount: int, which: int) -> None:
        line = self._line(which)
        if line and (rest := line["shipped_minor"] - line["invoiced_minor"]) > 0:
            self._bill(line, 1 + amount % rest)

    def _invoice_ahead(self, amount: int, which: int) -> None:
        line = self._line(which)
        if line and (rest := line["ordered_minor"] - line["cancelled_minor"]
                     - line["invoiced_minor"]) > 0:  # fmt: skip
            self._bill(line, 1 + amount % rest)

    def _bill(self, line: dict[str, Any], value: int) -> None:
        line["invoiced_minor"] += value
        self._write("invoice", line, value, line["order_no"])

    def _give_back(self, amount: int, which: int) -> None:
        line = self._line(which)
        if line and line["invoiced_minor"]:
            self._write("credit_note", line, 1 + amount % line["invoiced_minor"], line["order_no"])

    def _write(self, kind: str, line: dict[str, Any], value: int, order: str) -> None:
        self.documents.append(
            {"document_no": f"D{len(self.documents)}", "kind": kind, "order_no": order,
             "customer_no": line["customer_no"], "currency": line["currency"],
             "amount_minor": value, "open_minor": value, "disputed": False}
        )  # fmt: skip

    def _cancel(self, amount: int, which: int) -> None:
        line = self._line(which)
        if line and (rest := line["ordered_minor"] - line["cancelled_minor"]
                     - max(line["shipped_minor"], line["invoiced_minor"])) > 0:  # fmt: skip
            line["cancelled_minor"] += 1 + amount % rest

    def _redate(self, amount: int, which: int) -> None:
        self._change(which, ship_date=self.day + timedelta(days=55 + amount % 12))

    def _hold(self, amount: int, which: int) -> None:
        self._change(which, status="on hold")

    def _reopen(self, amount: int, which: int) -> None:
        self._change(which, status=("confirmed", "shipped")[amount % 2])

    def _close(self, amount: int, which: int) -> None:
        self._change(which, status="closed")

    def _move(self, amount: int, which: int) -> None:
        """Change who is billed: all lines of the order, not the documents written before."""
        if line := self._line(which):
            other = {"C1": "C2", "C2": "C1"}[line["customer_no"]]
            for each in self.lines:
                if each["order_no"] == line["order_no"]:
                    each["customer_no"] = other

    def _pay(self, amount: int, which: int) -> None:
        if self.documents:
            document = self.documents[which % len(self.documents)]
            document["open_minor"] -= min(document["open_minor"], 1 + amount)

    def _pay_ahead(self, amount: int, which: int) -> None:
        if line := self._line(which):
            self._write("cash", line, 1 + amount, "")

    def _dispute(self, amount: int, which: int) -> None:
        if self.documents:
            document = self.documents[which % len(self.documents)]
            document["disputed"] = not document["disputed"]

    def _pass_days(self, amount: int, which: int) -> None:
        """Let days pass, rates move, and the book count anew for the day."""
        self.day += timedelta(days=1 + which % 5)
        self._state_rates(amount)
        self.company.count_anew(self.day)

    def _state_rates(self, amount: int) -> None:
        cents = 10_000 + amount % 1_000
        told = {"EUR": f"1.{cents}", "JPY": f"0.0{cents}"}
        rows = [{"from": code, "to": "USD", "rate": rate, "date": self.day}
                for code, rate in told.items()]  # fmt: skip
        self.company.take("rates", *rows, day=self.day)
        digits = {"EUR": 1, "JPY": 100}
        self.rates = {code: Fraction(rate) * digits[code] for code, rate in told.items()}


def _live(line: dict[str, Any]) -> bool:
    open_value = max(line["ordered_minor"] - line["cancelled_minor"], line["shipped_minor"])
    return bool(open_value > line["invoiced_minor"])
