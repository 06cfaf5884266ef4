"""What the counters must be, worked out a second time: plain Python, row by row, exact fractions.

It is written from the definitions and shares nothing with the statements that it checks. Each unit
of an order's value is unshipped, shipped and not billed, invoiced, or cancelled.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

HORIZON = timedelta(days=60)
MEANINGS = {"confirmed": "open", "shipped": "open", "on hold": "held", "closed": "none"}
LEDGER = {"invoice": "receivables", "debit_note": "receivables", "credit_note": "unapplied_credits",
          "cash": "unapplied_cash"}  # fmt: skip
PLUS = ("receivables", "shipped_not_billed", "orders")
MINUS = ("unapplied_credits", "unapplied_cash")


@dataclass
class Known:
    """What the files have told so far: documents and order lines by their keys."""

    documents: dict[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)
    orders: dict[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)

    def take_ledger(self, rows: list[Mapping[str, Any]], *, full: bool) -> None:
        """Learn documents; a full extract closes what it lacks."""
        told = {(row["customer_no"], row["document_no"], row["kind"]): row for row in rows}
        if full and told:
            for key in self.documents.keys() - told.keys():
                self.documents[key] = {**self.documents[key], "open_minor": 0}
        self.documents.update(told)

    def take_orders(self, rows: list[Mapping[str, Any]], *, full: bool) -> None:
        """Learn order lines; what a full extract lacks, or what moved, is over."""
        told = {(row["customer_no"], row["order_no"], row["line_no"]): row for row in rows}
        for key in self.orders.keys() - told.keys():
            if (full and told) or any(self._moved(key, new, row) for new, row in told.items()):
                self.orders[key] = _over(self.orders[key])
        self.orders.update(told)

    def _moved(self, key: tuple[str, str, str], new: tuple[str, str, str], row: Any) -> bool:
        same = ("ordered_minor", "currency")
        return (
            key[1:] == new[1:] and new not in self.orders
            and all(self.orders[key][name] == row[name] for name in same)
        )  # fmt: skip

    def buckets(self, customer: str, day: date, rates: Mapping[str, Fraction]) -> dict[str, int]:
        """Return the counters of a customer that are not nothing, in dollars and cents."""
        found: Counter[str] = Counter()
        for document in self.documents.values():
            if document["customer_no"] == customer:
                bucket = LEDGER[document["kind"]]
                amount = _dollars(document["open_minor"], document["currency"], rates)
                found[bucket] += amount
                if document["disputed"] and bucket == "receivables":
                    found["disputed"] += amount
        for order in {key[1] for key in self.orders}:
            found.update(self._order(customer, order, day, rates))
        return {bucket: amount for bucket, amount in found.items() if amount}

    def _order(
        self, customer: str, order: str, day: date, rates: Mapping[str, Fraction]
    ) -> Counter[str]:
        found: Counter[str] = Counter()
        mine = sorted(key for key in self.orders if key[:2] == (customer, order))
        for currency in {self.orders[key]["currency"] for key in mine}:
            lines = [self.orders[key] for key in mine if self.orders[key]["currency"] == currency]
            surplus = self._billed(customer, order, currency)
            surplus -= sum(line["invoiced_minor"] for line in lines)
            for bucket, amount in _counted(lines, max(surplus, 0), day):
                found[bucket] += _dollars(amount, currency, rates)
        return found

    def _billed(self, customer: str, order: str, currency: str) -> int:
        """Return what the ledger has invoiced for an order, less what it credited."""
        sign = {"invoice": 1, "credit_note": -1}
        return sum(
            sign.get(document["kind"], 0) * document["amount_minor"]
            for document in self.documents.values()
            if (document["customer_no"], document["order_no"], document["currency"])
            == (customer, order, currency)
        )


def exposure(buckets: Mapping[str, int]) -> int:
    """Return what counts: the three that add less the two that reduce."""
    return sum(buckets.get(name, 0) for name in PLUS) - sum(buckets.get(name, 0) for name in MINUS)


def _over(line: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a line of which nothing is open any more; one that was complete stays as it is."""
    ordered, shipped = line["ordered_minor"], line["shipped_minor"]
    if max(ordered - line["cancelled_minor"], shipped) <= line["invoiced_minor"]:
        return line
    ended = {"invoiced_minor": max(ordered, shipped), "cancelled_minor": max(ordered - shipped, 0)}
    return {**line, **ended}


def _dollars(minor: int, currency: str, rates: Mapping[str, Fraction]) -> int:
    exact = minor if currency == "USD" else minor * rates[currency]
    return int(exact + Fraction(1, 2))


def _counted(
    lines: list[Mapping[str, Any]], surplus: int, day: date
) -> list[tuple[str, int]]:
    """Return buckets and amounts of an order's lines, the surplus of invoices taken off."""
    shipped, unshipped = [], []
    for line in lines:
        ahead = max(line["shipped_minor"], line["invoiced_minor"])
        shipped.append(("shipped_not_billed",
                        max(line["shipped_minor"] - line["invoiced_minor"], 0)))  # fmt: skip
        rest = max(line["ordered_minor"] - line["cancelled_minor"] - ahead, 0)
        unshipped.append((_bucket(line, day), rest))
    unshipped = [each for each in unshipped if each[0] != "none"]
    unshipped.sort(key=lambda each: each[0] == "held")
    counted = []
    for bucket, amount in shipped + unshipped:
        taken = min(surplus, amount)
        surplus -= taken
        counted.append((bucket, amount - taken))
    return counted


def _bucket(line: Mapping[str, Any], day: date) -> str:
    meaning = MEANINGS[line["status"]]
    if meaning != "open":
        return meaning
    beyond = line["ship_date"] is not None and line["ship_date"] > day + HORIZON
    return "orders_later" if beyond else "orders"
