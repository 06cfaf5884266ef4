"""What a file adds up to, to hold against the total that its system states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.engine.feed_checks import DEBITS

if TYPE_CHECKING:
    from collections.abc import Mapping

Totals = dict[str, dict[str, int]]

NAMES: Final = ("in", "debits", "credits", "kind_unknown", "quarantined")
"""What came in, its two sides where it has sides, what has none, and what was set aside."""


def control_totals(
    rows: pl.DataFrame, aside: pl.DataFrame, column: str | None, *, sided: bool
) -> Totals:
    """Return sums by name and currency in minor units, over all rows and over those set aside.

    Where rows have sides (`kind`, a ledger's), debits add and all other kinds subtract. Of a row
    whose kind cannot be read the side is not known: it is in neither, and summed by itself.
    """
    if column is None:
        return {name: {} for name in NAMES}
    amount = pl.col(column)
    if not sided:
        return {name: {} for name in NAMES} | {
            "in": _sums(rows, amount), "quarantined": _sums(aside, amount)
        }  # fmt: skip
    debit = pl.col("kind").is_in(DEBITS)
    net = pl.when(debit).then(amount).otherwise(-amount)
    known = pl.col("kind").is_not_null()
    return {
        "in": _sums(rows.filter(known), net),
        "debits": _sums(rows.filter(debit), amount),
        "credits": _sums(rows.filter(known & ~debit), amount),
        "kind_unknown": _sums(rows.filter(~known), amount),
        "quarantined": _sums(aside.filter(known), net),
    }


def as_texts(totals: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, str]]:
    """Return the sums as texts, for a record that knows no large numbers."""
    return {name: {code: str(v) for code, v in sums.items()} for name, sums in totals.items()}


def _sums(rows: pl.DataFrame, amount: pl.Expr) -> dict[str, int]:
    currency = pl.col("currency").fill_null("unknown").alias("currency")
    sums = rows.group_by(currency).agg(amount.sum().alias("sum"), amount.count().alias("count"))
    return dict(sums.filter(pl.col("count") > 0).sort("currency").drop("count").rows())
