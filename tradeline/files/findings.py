"""Notes on the data, collected while reading, in the form of `engine.tables.FINDINGS`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.engine.tables import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

_SCHEMA: Final = {name: pl.Int64 if name == "source_row" else pl.String for name in FINDINGS.names}


def note(
    source: Mapping[str, str | None],
    *,
    code: str,
    message: str,
    severity: str = "INFO",
    **facts: str | int | None,
) -> pl.DataFrame:
    """Return one finding on a file; facts are other columns of FINDINGS, such as `field`."""
    row = {"severity": severity, "code": code, "message": message, **source, **facts}
    return pl.DataFrame([[row.get(name)] for name in _SCHEMA], schema=_SCHEMA)


def of_rows(
    rows: pl.DataFrame,
    *,
    code: str,
    severity: str,
    message: str | pl.Series,
    field: str | None = None,
) -> pl.DataFrame:
    """Return one finding per row; columns of FINDINGS that the rows have are taken over."""
    named = rows.select([name for name in _SCHEMA if name in rows.columns])
    words = message if isinstance(message, pl.Series) else pl.lit(message)
    named = named.with_columns(
        severity=pl.lit(severity), code=pl.lit(code), message=words,
        field=pl.lit(field, dtype=pl.String),
    )  # fmt: skip
    blank = [pl.lit(None, dtype=t).alias(n) for n, t in _SCHEMA.items() if n not in named.columns]
    return named.with_columns(blank).select(pl.col(n).cast(t) for n, t in _SCHEMA.items())


def table(parts: Sequence[pl.DataFrame]) -> pa.Table:
    """Return all findings as one table of the schema FINDINGS."""
    return to_schema(pl.concat(parts) if parts else pl.DataFrame(schema=_SCHEMA), FINDINGS)


def to_schema(
    frame: pl.DataFrame, schema: pa.Schema, ready: Mapping[str, pa.ChunkedArray] | None = None
) -> pa.Table:
    """Return the frame as an Arrow table of exactly this schema.

    `ready` holds columns that exist in Arrow already; those with one value are built anew, which
    costs less than to convert them.
    """
    import pyarrow as pa

    ready = ready or {}
    columns = [
        ready[name] if name in ready else _arrow(frame[name], schema.field(name).type)
        for name in schema.names
    ]
    return pa.table(columns, schema=schema)


def _arrow(column: pl.Series, dtype: pa.DataType) -> pa.Array:
    import pyarrow as pa

    length = len(column)
    if column.null_count() == length:
        return pa.nulls(length, dtype)
    if column.dtype == pl.String and not column.null_count():
        value = column[0]
        if value == column[-1] and bool((column == value).all()):
            # A scalar out of an array: one out of a Python value makes Arrow import pandas.
            return pa.repeat(_cast(column.head(1), dtype)[0], length)
    return _cast(column, dtype)


def _cast(column: pl.Series, dtype: pa.DataType) -> pa.Array:
    return column.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(dtype)
