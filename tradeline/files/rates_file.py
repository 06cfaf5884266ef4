"""The rate file: columns date, from, to, rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tradeline.files import amounts, cells, currencies, dates
from tradeline.files.rates import Rate, Rates, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tradeline.files.prepared import Prepared
    from tradeline.policy.schema import Policy


def rates_of(files: Sequence[Prepared], policy: Policy, as_of: date) -> Rates:
    """Return the rates of all rate files; a row that cannot be read raises FileFault."""
    return Rates(
        rates=tuple(rate for file in files for rate in _of_file(file)),
        as_of=as_of,
        age_max_days=policy.fx.rate_age_max_days,
        files=tuple(file.file for file in files),
    )


def _of_file(file: Prepared) -> list[Rate]:
    if not file.frame.height:
        return []
    days, _ = dates.read(_raw(file, "date"), file.date_order)
    codes = [
        cells.by_distinct(_raw(file, name), currencies.code_of, pl.String)[0].to_list()
        for name in ("from", "to")
    ]
    values = amounts.read(_raw(file, "rate"), file.decimal).value
    texts = [None if value is None else str(value) for value in values.to_list()]
    return rows_of(days.to_list(), codes[0], codes[1], texts, file.file)


def _raw(file: Prepared, field: str) -> pl.Series:
    column = file.column(field)
    assert column is not None, field
    return column
