"""A master from documents that repeat the credit limit: one row per account (KNOWN_ANSWERS 9)."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.engine.tables import MASTER
from tradeline.files import findings
from tradeline.files.convert import money, same
from tradeline.money import exponent

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tradeline.files.convert import Conversion

_KEY: Final = ("entity", "customer_no", "name")
_SHOWN_MAX: Final = 5


def limits_of(work: Conversion) -> pl.DataFrame:
    """Return the limit that each document states, with its account and place."""
    limit, fault = money(work, "credit_limit")
    frame = pl.DataFrame(
        {**work.identity, "currency": same(work.functional, work.height), "limit": limit,
         "fault": fault, **work.source()}
    )  # fmt: skip
    return frame.filter(pl.any_horizontal(pl.col("customer_no", "customer_name").is_not_null()))


def master_of(parts: Sequence[pl.DataFrame], notes: list[pl.DataFrame]) -> pa.Table:
    """Return one row per account; a limit that varies is a fault that shows its values.

    A blank cell beside stated limits of the same account changes nothing. What the account owes
    stays null: the engine completes it from the documents.
    """
    rows = pl.concat(parts).with_columns(
        name=pl.when(pl.col("customer_no").is_null()).then("customer_name")
    )
    accounts = rows.group_by(_KEY, maintain_order=True).agg(
        pl.col("customer_name").drop_nulls().first(),
        pl.col("currency", "source_file", "source_sheet", "source_row").first(),
        pl.col("limit").drop_nulls().unique().sort().alias("limits"),
        pl.col("fault").drop_nulls().first(),
    )
    alone = (pl.col("limits").list.len() == 1) & pl.col("fault").is_null()
    accounts = accounts.with_columns(
        credit_limit_minor=pl.when(alone).then(pl.col("limits").list.first()),
        credit_limit_fault=pl.coalesce("fault", _several(accounts)),
    )
    notes += [_note(part) for part in parts if part.height]
    blank = [pl.lit(None).alias(name) for name in MASTER.names if name not in accounts.columns]
    return findings.to_schema(accounts.with_columns(blank), MASTER)


def _several(accounts: pl.DataFrame) -> pl.Series:
    texts = [
        _shown(limits, currency) if len(limits) > 1 else None
        for limits, currency in zip(
            accounts["limits"].to_list(), accounts["currency"].to_list(), strict=True
        )
    ]
    return pl.Series(texts, dtype=pl.String)


def _shown(limits: Sequence[int], currency: str) -> str:
    """Return several limits as texts in the currency: `5000.00 and 6000.00`."""
    digits = exponent(currency)
    texts = [str(Decimal(limit).scaleb(-digits)) for limit in limits[:_SHOWN_MAX]]
    more = f" and {len(limits) - _SHOWN_MAX} more" if len(limits) > _SHOWN_MAX else ""
    return " and ".join(texts) + more


def _note(part: pl.DataFrame) -> pl.DataFrame:
    where = {name: part[name][0] for name in ("source_file", "source_sheet")}
    return findings.note(
        where, code="LIMIT_FROM_ITEMS", field="credit_limit",
        message="No master was given; the limits were taken from the documents, which repeat "
        "them, one per account.",
    )  # fmt: skip
