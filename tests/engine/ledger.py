"""A plain reference for accounts computed from items and payments, and builders for its ledgers.

Written from the method's text with fractions and dictionaries; shares no code with the engine.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pyarrow as pa

from tradeline.engine.tables import ITEMS, PAYMENTS

AS_OF = date(2026, 6, 30)
DEBITS = ("invoice", "debit_note", "interest")
CURVE = ((-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60), (30, 50), (60, 40), (90, 30),
         (120, 20), (180, 0))  # fmt: skip


def item(customer: str, number: str, due: date, amount: int, **changes: Any) -> dict[str, Any]:
    """Return an invoice on 30 days' terms, fully open unless said otherwise."""
    row: dict[str, Any] = dict.fromkeys(ITEMS.names)
    facts = {
        "entity": "MAIN", "customer_no": customer, "document_no": number, "kind": "invoice",
        "document_date": due - timedelta(days=30), "due_date": due, "currency": "USD",
        "amount_minor": amount, "open_minor": amount, "disputed": False,
    }  # fmt: skip
    return row | facts | changes


def payment(
    customer: str, number: str | None, day: date, amount: int, **changes: Any
) -> dict[str, Any]:
    """Return a payment that settles a document."""
    row: dict[str, Any] = dict.fromkeys(PAYMENTS.names)
    facts = {
        "entity": "MAIN", "customer_no": customer, "payment_no": f"P-{number}", "date": day,
        "currency": "USD", "amount_minor": amount, "document_no": number, "kind": "payment",
    }  # fmt: skip
    return row | facts | changes


def tables(
    items: list[dict[str, Any]], payments: list[dict[str, Any]]
) -> tuple[pa.Table, pa.Table]:
    """Return the two Arrow tables."""
    return pa.Table.from_pylist(items, schema=ITEMS), pa.Table.from_pylist(
        payments, schema=PAYMENTS
    )


def points(late: int) -> Fraction:
    """Return the points of a payment so many days beyond terms."""
    if late <= CURVE[0][0]:
        return Fraction(100)
    for (a, high), (b, low) in pairwise(CURVE):
        if late <= b:
            return Fraction(high) - Fraction((late - a) * (high - low), b - a)
    return Fraction(0)


def bucket(items: list[dict[str, Any]]) -> str | None:
    """Return the bucket of the oldest open debit item by due date."""
    ages = [(AS_OF - row["due_date"]).days for row in items
            if row["kind"] in DEBITS and row["open_minor"] > 0]  # fmt: skip
    if not ages:
        return None
    oldest = max(ages)
    return (
        "0-30" if oldest <= 30 else "31-60" if oldest <= 60 else "61-90" if oldest <= 90 else "90+"
    )


def balance(items: list[dict[str, Any]]) -> int:
    """Return open debits less open credits."""
    return sum(row["open_minor"] * (1 if row["kind"] in DEBITS else -1) for row in items)


def days_sales(items: list[dict[str, Any]]) -> Fraction | None:
    """Return balance / credit sales of the last 90 days x 90."""
    sign = {"invoice": 1, "debit_note": 1, "credit_note": -1}
    recent = [row for row in items if row["document_date"] > AS_OF - timedelta(days=90)]
    sales = sum(row["amount_minor"] * sign.get(row["kind"], 0) for row in recent)
    return Fraction(max(balance(items), 0) * 90, sales) if sales > 0 else None


def score(items: list[dict[str, Any]], payments: list[dict[str, Any]]) -> Fraction | None:
    """Return the track record of one account, unrounded."""
    window = AS_OF - timedelta(days=365)
    documents: dict[str, dict[str, Any]] = {}
    for row in items:
        if row["kind"] in ("invoice", "debit_note") and window < row["due_date"] <= AS_OF:
            documents[row["document_no"]] = row
    clean = {number: row for number, row in documents.items()
             if not (row["disputed"] and row["open_minor"] > 0)}  # fmt: skip
    lines: list[tuple[int, int]] = []
    taken: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in payments:
        document = clean.get(row["document_no"])
        if row["kind"] != "payment" or document is None or row["date"] > AS_OF:
            continue
        lines.append((row["amount_minor"], (row["date"] - document["due_date"]).days))
        days = max((row["date"] - document["document_date"]).days, 0)
        if row["date"] > AS_OF - timedelta(days=90):
            taken["recent"].append((row["amount_minor"], days))
        elif row["date"] > window:
            taken["prior"].append((row["amount_minor"], days))
    overdue = (row for row in clean.values() if row["open_minor"] > 0 and row["due_date"] < AS_OF)
    lines += [(row["open_minor"], (AS_OF - row["due_date"]).days) for row in overdue]
    weight = sum(amount for amount, _ in lines)
    first = min((row["document_date"] for row in documents.values()), default=AS_OF)
    if len(clean) < 3 or weight <= 0 or (AS_OF - first).days < 60:
        return None
    promptness = sum(amount * points(late) for amount, late in lines) / weight
    trend = Fraction(0)
    if all(sum(a for a, _ in taken[part]) for part in ("recent", "prior")):
        means = [Fraction(sum(a * d for a, d in taken[part]), sum(a for a, _ in taken[part]))
                 for part in ("recent", "prior")]  # fmt: skip
        trend = min(Fraction(15), max(Fraction(0), means[0] - means[1] - 5) / 2)
    disputed = sum(row["open_minor"] for row in documents.values() if row["disputed"])
    rate = Fraction(disputed, sum(row["amount_minor"] for row in documents.values()))
    disputes = min(Fraction(10), 50 * max(Fraction(0), rate - Fraction(2, 100)))
    failed = [row for row in payments if row["kind"] in ("returned", "broken_promise")
              and window < row["date"] <= AS_OF]  # fmt: skip
    failures = Fraction(min(9, 3 * len(failed)))
    on_time = sum(amount for amount, late in lines if late <= 0)
    bonus = 5 if Fraction(on_time, weight) >= Fraction(95, 100) and len(clean) >= 12 else 0
    return min(Fraction(100), max(Fraction(0), promptness - trend - disputes - failures + bonus))
