"""What a file must come to, read a second time and simply: the csv module and decimals."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation

CONVERTED = ("ar", "orders")  # into the line's currency
STATUSES = ("open", "cancelled", "held")


@dataclass
class Expected:
    """Counts of rows, and the amounts of those that are applied, by currency, in minor units."""

    rows_in: int = 0
    applied: int = 0
    unchanged: int = 0
    quarantined: int = 0
    amounts: dict = field(default_factory=lambda: defaultdict(int))
    totals: dict = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))


MINUS = {"credit_note": -1, "cash": -1, "deposit": -1}  # what the customer has with us


def add_up(found, kind, row, *names):
    """Add a row's readable amount to the control totals: a ledger's by side, others' as it is."""
    minor = _minor(row[TOTAL[kind]])
    if minor is None:
        return
    sign = MINUS.get(row["kind"], 1) if kind == "ar" else 1
    sides = ("credits",) if sign < 0 else ("debits",)
    for name in names:
        found.totals[name][row["currency"]] += sign * minor
    for name in sides if kind == "ar" and "in" in names else ():
        found.totals[name][row["currency"]] += minor


def expected(path, kind, *, rates=()):
    """Return what importing the file into an empty book must come to."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = defaultdict(list)
    found = Expected(rows_in=len(rows))
    for row in rows:
        add_up(found, kind, row, "in")
        read = READERS[kind](row)
        if read is None:
            found.quarantined += 1
            add_up(found, kind, row, "quarantined")
        else:
            groups[read[0]].append((*read, row))
    for same in groups.values():
        if any(each[1:4] != same[0][1:4] for each in same):
            found.quarantined += len(same)
            for each in same:
                add_up(found, kind, each[-1], "quarantined")
            continue
        found.unchanged += len(same) - 1
        _key, _facts, currency, minor, row = same[0]
        if kind in CONVERTED and currency not in ("INR", *rates):
            found.quarantined += 1
            add_up(found, kind, row, "quarantined")
            continue
        found.applied += 1
        found.amounts[currency] += minor
    return found


def _minor(text):
    try:
        return int(Decimal(text) * 100)
    except InvalidOperation:
        return None


def _day(text):
    if not text:
        return "blank"
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def ar(row):
    """Return key, facts, currency and open amount of a document; None where it cannot be used."""
    amount, left = _minor(row["amount"]), _minor(row["open_amount"])
    days = (_day(row["document_date"]), _day(row["due_date"]))
    if not row["customer_no"] or not row["document_no"] or None in (amount, left, *days):
        return None
    if left > amount:
        return None
    facts = (amount, days, row["disputed"] == "true", row["order_no"])
    return (row["customer_no"], row["document_no"], row["kind"]), facts, row["currency"], left


def orders(row):
    """Return the same of an order line."""
    amounts = [_minor(row[name] or "0")
               for name in ("ordered_amount", "shipped_amount", "invoiced_amount")]  # fmt: skip
    day = _day(row["ship_date"])
    if not row["customer_no"] or not row["order_no"] or None in (*amounts, day):
        return None
    if not row["ordered_amount"] or row["status"] not in STATUSES:
        return None
    facts = (tuple(amounts), day, row["status"])
    return (row["customer_no"], row["order_no"], row["line_no"]), facts, row["currency"], amounts[0]


def limits(row):
    """Return the same of a limit."""
    limit, first = _minor(row["limit"]), _day(row["valid_from"])
    if not row["customer_no"] or limit is None or first is None:
        return None
    return (row["customer_no"], row["valid_from"]), (limit,), row["currency"], limit


def payments(row):
    """Return the same of a payment."""
    amount, day = _minor(row["amount"]), _day(row["date"])
    if not row["customer_no"] or not row["payment_no"] or amount is None or day in (None, "blank"):
        return None
    key = (row["customer_no"], row["payment_no"], row["document_no"])
    return key, (amount, day), row["currency"], amount


TOTAL = {"ar": "open_amount", "orders": "ordered_amount", "limits": "limit", "payments": "amount"}
READERS = {"ar": ar, "orders": orders, "limits": limits, "payments": payments}
