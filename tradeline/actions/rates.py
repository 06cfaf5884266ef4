"""Exchange rates: kept as stated, and brought into statements as exact factors."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions.staging import Load, Outcome, stage
from tradeline.engine.feed_checks import set_aside, settle_repeats, without_blanks
from tradeline.money import exponent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradeline.actions.acting import Work
    from tradeline.files.rates import Rates

KEY: Final = ("date", "from", "to")
TABLE: Final = "fx_rate"
TOTAL: Final = None
DECIMALS_MAX: Final = 12


def check(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside rates that cannot be kept exactly."""
    frame = without_blanks(frame, ("date", "from", "to", "rate"))
    long = pl.col("rate").str.contains(rf"\.\d{{{DECIMALS_MAX + 1},}}$")
    return set_aside(frame, long, f"the rate has more than {DECIMALS_MAX} decimals")


def settle(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out equal repeats and set aside two rates for one day."""
    return settle_repeats(frame, KEY, ("rate",))


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Add the rates; one that is there with another value is refused, for it was used."""
    stage(load.work, rows.select("date", "from", "to", "rate", "source_row"), KEY, ids=())
    refused = load.work.rows(
        """SELECT s.source_row FROM staged s JOIN fx_rate r ON r.day = s.date
            AND r.base = s."from" AND r.quote = s."to"
        WHERE r.organisation_id = %(organisation)s AND r.rate <> s.rate::numeric""",
        load.values,
    )
    applied = load.run(
        """INSERT INTO fx_rate (organisation_id, id, day, base, quote, rate, batch_id)
        SELECT %(organisation)s, gen_random_uuid(), s.date, s."from", s."to", s.rate::numeric,
            %(batch)s
        FROM staged s ON CONFLICT (organisation_id, base, quote, day) DO NOTHING"""
    )
    return Outcome(
        applied=applied, unchanged=rows.height - applied - len(refused),
        refused={row: "the book has another rate for this day" for (row,) in refused},
    )  # fmt: skip


def begin_factors(work: Work) -> None:
    """Make the temporary table `factor`: minor units of one currency in another, as a fraction."""
    work.run(
        'CREATE TEMP TABLE IF NOT EXISTS factor (currency text COLLATE "C", '
        'line_currency text COLLATE "C", '
        "above numeric NOT NULL, below numeric NOT NULL, PRIMARY KEY (currency, line_currency)) "
        "ON COMMIT DROP"
    )


def add_factors(work: Work, rates: Rates, pairs: Iterable[tuple[str, str]]) -> None:
    """Add the factors of these pairs to `factor`; raises MissingRate where there is none."""
    for one, other in pairs:
        factor = minor_factor(rates, one, other)
        work.run(
            "INSERT INTO factor VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [one, other, factor.numerator, factor.denominator],
        )


def minor_factor(rates: Rates, one: str, other: str) -> Fraction:
    """Return the minor units of `other` that one minor unit of `one` is worth."""
    return rates.factor(one, other) * Fraction(10) ** (exponent(other) - exponent(one))


def converted_sql(amount: str, same: str = "currency = line_currency") -> str:
    """Return an amount in the line's currency as SQL, half-up and exact, over a joined `factor f`.

    The caller sees to it that a factor is there wherever the currencies differ; were it not, the
    result is null and the column refuses it. Nothing is nothing in every currency.
    """
    exact = f"div(2 * {amount} * f.above + f.below, 2 * f.below)::bigint"
    return f"CASE WHEN {same} OR {amount} = 0 THEN {amount} ELSE {exact} END"
