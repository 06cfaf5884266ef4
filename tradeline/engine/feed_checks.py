"""Which rows of a feed can be used: pure, on frames, the reason beside each row that cannot.

A frame has the feed's columns (files/feed_tables.py). `reason` is null while a row is usable; the
first reason that is found stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DEBITS: Final = ("invoice", "debit_note", "interest")
CODE_MAX: Final = 64  # characters of a number or word of the user's systems
_CODES: Final = (
    "customer_no", "parent_no", "segment", "tier", "industry", "tax_id", "document_no", "order_no",
    "line_no", "status", "payment_no",
)  # fmt: skip


def with_faults(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with `reason`, which is the reader's fault where it found one."""
    return frame.with_columns(
        reason=pl.when(pl.col("fault").is_not_null()).then("cannot be read: " + pl.col("fault"))
    )


def set_aside(frame: pl.DataFrame, condition: pl.Expr, reason: pl.Expr | str) -> pl.DataFrame:
    """Return the frame with a reason on the usable rows that meet the condition."""
    found = pl.lit(reason) if isinstance(reason, str) else reason
    usable = pl.col("reason").is_null() & condition.fill_null(value=False)
    return frame.with_columns(reason=pl.when(usable).then(found).otherwise(pl.col("reason")))


def without_blanks(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Set aside the rows that lack one of the columns."""
    for name in columns:
        frame = set_aside(frame, pl.col(name).is_null(), f"{name.removesuffix('_minor')} is blank")
    return frame


def without_overlong(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside the rows with a number or word that is too long; cut, it could be another's."""
    for name in _CODES:
        if name in frame.columns:
            reason = f"{name} has more than {CODE_MAX} characters"
            frame = set_aside(frame, pl.col(name).str.len_chars() > CODE_MAX, reason)
    return frame


def settle_repeats(
    frame: pl.DataFrame, key: Sequence[str], facts: Sequence[str]
) -> tuple[pl.DataFrame, int]:
    """Return the frame with one row per key, and how many equal repeats were left out.

    Rows that share a key but not their facts are set aside together: which one is right is not
    ours to guess, and adding them up would double. Rows that are set aside already count for
    neither: what they say is not known.
    """
    usable = frame.filter(pl.col("reason").is_null())
    if usable.height == usable.select(pl.struct(key).n_unique()).item():
        return frame, 0
    rows = pl.col("source_row").cast(pl.String).implode().list.join(", ").over(key)
    usable = set_aside(
        usable, pl.struct(facts).n_unique().over(key) > 1,
        "stands more than once with different figures, in rows " + rows,
    )  # fmt: skip
    first = pl.col("reason").is_not_null() | pl.struct(key).is_first_distinct()
    kept = pl.concat([usable.filter(first), frame.filter(pl.col("reason").is_not_null())])
    return kept.sort("source_row"), frame.height - kept.height


def without_larger(
    frame: pl.DataFrame, columns: Sequence[str], pair: tuple[str, str], most_minor: int
) -> pl.DataFrame:
    """Set aside rows of a pair of currencies with an amount that is too large once converted."""
    one, other = pair
    large = pl.max_horizontal(*columns) > most_minor
    return set_aside(
        frame, large & (pl.col("currency") == one) & (pl.col("line_currency") == other),
        f"an amount is too large in {other}",
    )  # fmt: skip


def without_rate(
    frame: pl.DataFrame, convertible: Callable[[str, str], bool]
) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    """Set aside rows whose currency cannot be converted into their line's; return the pairs found.

    The frame has `currency` and `line_currency`; equal ones need no rate.
    """
    foreign = pl.col("reason").is_null() & (pl.col("currency") != pl.col("line_currency"))
    pairs = frame.filter(foreign).select("currency", "line_currency").unique().sort(pl.all()).rows()
    for one, other in pairs:
        if not convertible(one, other):
            frame = set_aside(
                frame, (pl.col("currency") == one) & (pl.col("line_currency") == other),
                f"no exchange rate from {one} to {other} that is recent enough: import one, then "
                "apply the row again",
            )  # fmt: skip
    return frame, [pair for pair in pairs if convertible(*pair)]
