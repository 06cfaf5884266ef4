"""Portfolios full of oddities, drawn from a seed: what every engine must agree about."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.builders import VALID_GSTIN, account
from tradeline.money import AMOUNT_MINOR_MAX

if TYPE_CHECKING:
    from tests.engine.reference import Row

NAMES = (
    "Acme", "Müller & Söhne", "पारस ट्रेडर्स", "O'Neill \"Quoted\" Ltd",
    "東京商事", "Zoë; DROP",
    "a\\b%c_", "{braces}", "🏭 Works", "  spaced  ", "ßtraße", "İstanbul", "line\nbreak", "tab\there", "",
    "~;3:abc", "-1", "=1+1",
)  # fmt: skip
NUMBERS = (
    "C-1", "c-1", "Ä-1", "A-1", "_1", "001", "1", "10", "2", " 3", "ä-1", "Z", "É", "한", "'", None,
)  # fmt: skip
TAX_IDS = (
    None, "", VALID_GSTIN, VALID_GSTIN.lower(), "27AAPFU0939F1ZO", "38AAPFU0939F1ZS", "bad'id",
    "98AAPXU0939F1ZV", "91-1144442", "BE0697449992", "ÄÖÜ",
)  # fmt: skip
AMOUNTS = (
    0, 1, 2, 3, 99, 100, 999, 100_000, 123_456_789, 7**17, AMOUNT_MINOR_MAX - 1, AMOUNT_MINOR_MAX,
)  # fmt: skip
FAULTS = ("?", "n/a", "1,2,3", "{x}", "it's", "½", "")


def odd_rows(seed: int, count: int) -> list[Row]:
    """Return rows of all kinds of trouble; about one in ten repeats or contradicts another."""
    draw = random.Random(seed)
    rows = [_odd_row(draw, number) for number in range(count)]
    for number in range(count // 10):
        twin = dict(draw.choice(rows)) | {"source_row": count + number}
        if draw.random() < 0.5:
            twin["disputed"] = draw.choice((True, False, None))
        rows.append(twin)
    draw.shuffle(rows)
    return rows


def _odd_row(draw: random.Random, number: int) -> Row:
    limit = draw.choice((None, -5, *AMOUNTS))
    row = account(
        entity=draw.choice(("MAIN", "main", "Ünit", "2")),
        customer_no=draw.choice((*NUMBERS, *[f"N{number}"] * 30)),
        customer_name=draw.choice(NAMES),
        tax_id=draw.choice(TAX_IDS),
        country=draw.choice(("IN", "US", "DE", "BE", "XX", None)),
        ageing_bucket=draw.choice(("0-30", "0-30", "31-60", "61-90", "90+", None)),
        dso=draw.choice((None, -1, 0, 30, 45, "60.01", "90.01", 119, 500)),
        gap=draw.choice((None, -3, 0, 59, 60, 61, 120, 121, 180, 181, 5000)),
        track_record=draw.choice((None, -1, 0, "33.33", "49.99", 50, 80, "86.5", 100, 101)),
        disputed=draw.choice((True, False, False, None)),
        risk_class=draw.choice((None, "A", "B'", "")),
        onboarded=draw.choice((None, None, -1, 0, 183, 184, 2000)),
        increased=draw.choice((None, 89, 90)),
        source_row=number + 2,
    )
    row["credit_limit_minor"] = limit
    row["outstanding_minor"] = draw.choice((None, *_balances(limit or 0)))
    for name in [name for name in row if name.endswith("_fault")]:
        if draw.random() < 0.04:
            row[name] = draw.choice(FAULTS)
            row |= {_field(name): None}
    return row


def _balances(limit: int) -> list[int]:
    near = [limit * pct // 100 + more for pct in (70, 75, 90, 100) for more in (-1, 0, 1)]
    return [owed for owed in (*near, 0, -1, -limit, 5, AMOUNT_MINOR_MAX)
            if abs(owed) <= AMOUNT_MINOR_MAX]  # fmt: skip


def _field(fault: str) -> str:
    """Return the column that a fault column speaks of."""
    name = fault.removesuffix("_fault")
    return {
        "credit_limit": "credit_limit_minor", "outstanding": "outstanding_minor",
        "dso_days": "dso_days_x100", "track_record": "track_record_x100",
    }.get(name, name)  # fmt: skip
