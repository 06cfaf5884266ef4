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


def expected(path, kind, *, rates=()):
    """Return what importing the file into an empty book must come to."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = defaultdict(list)
    found = Expected(rows_in=len(rows))
    for row in rows:
        read = READERS[kind](row)
        if read is None:
            found.quarantined += 1
        else:
            groups[read[0]].append(read)
    for same in groups.values():
        if any(each[1:] != same[0][1:] for each in same):
            found.quarantined += len(same)
            continue
        found.unchanged += len(same) - 1
        _key, _facts, currency, minor = same[0]
        if kind in CONVERTED and currency not in ("INR", *rates):
            found.quarantined += 1
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


READERS = {"ar": ar, "orders": orders, "limits": limits, "payments": payments}
