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
    if not parts:
        return FINDINGS.empty_table()
    return to_schema(pl.concat(parts), FINDINGS)


def to_schema(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return the frame as an Arrow table of exactly this schema."""
    return frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
