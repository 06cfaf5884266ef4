"""The three results as files: CSV for people and sheets, Parquet for programs.

The engine speaks integers; here money becomes decimals with the currency's own digits. The bytes
depend on the rows alone: not on how the tables were chunked, nor on the machine's clock.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from tradeline import money
from tradeline.engine import tables as forms

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tradeline.engine.results import ReviewTables

ROWS_PER_BATCH: Final = 131_072
"""Rows handled at a time, and rows of a Parquet row group: bounds memory, fixes the bytes."""

DECIMAL_DIGITS: Final = 18
"""Digits of every decimal column; the largest amount has 15 in minor units."""

FORMULA_START: Final = "^[=+\\-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20\u2212]"
"""What a spreadsheet may take for the start of a formula, full-width forms included."""

_PLAIN_NUMBER: Final = r"^[+-]?[0-9]+(\.[0-9]+)?$"
_REPEATING: Final = frozenset({
    "entity", "currency", "ageing_bucket", "status", "band", "limit_action", "account_actions",
    "check", "threshold", "severity", "code", "field", "source_file", "source_sheet",
})  # fmt: skip
"""Columns of few values: a dictionary makes them small; for others it is tried in vain."""

_MEASURES: Final = ("measured", "threshold", "ar_utilisation_pct")  # text that may be a number


def present_accounts(table: pa.Table, currency: str) -> pa.Table:
    """Return the accounts with money as decimals in the currency's own digits.

    Unknown amounts stay null. Column names lose their units (`_minor`, `_x100`); order is kept.
    """
    digits = money.exponent(currency)
    columns = {
        _plain_name(field.name): _presented(table[field.name], field, digits)
        for field in forms.ACCOUNTS
    }
    return pa.table(columns)


def write_results(folder: Path, tables: ReviewTables, *, currency: str, csv: bool = True) -> None:
    """Write accounts, checks and findings into the folder, as Parquet and, if asked, as CSV.

    Rows stream in batches, so memory does not grow with the tables, and the files are written side
    by side. Text that a spreadsheet could take for a formula gets a leading apostrophe in the CSV
    only.
    """
    files = (
        ("checks", tables.checks, _conform(forms.CHECK_ROWS)),
        ("accounts", tables.accounts, lambda part: present_accounts(part, currency)),
        ("findings", tables.findings, _conform(forms.FINDINGS)),
    )
    with ThreadPoolExecutor(2) as pool:
        work = [pool.submit(_write, folder, *file, csv=csv) for file in files]
    for each in work:
        each.result()


def guard_text(column: pa.Array | pa.ChunkedArray, *, numbers: bool = False) -> pa.Array:
    """Return text with an apostrophe before whatever a spreadsheet could run as a formula.

    With `numbers`, text that is a plain number such as -50.00 stays as it is.
    """
    risky = pc.match_substring_regex(column, FORMULA_START)
    if numbers:
        risky = pc.and_not(risky, pc.match_substring_regex(column, _PLAIN_NUMBER))
    if not pc.any(risky).as_py():
        return column
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)


def as_decimal(column: pa.ChunkedArray, digits: int) -> pa.ChunkedArray:
    """Return integers as decimals with so many digits: 12345 and 2 give 123.45."""
    whole = column.cast(pa.decimal128(19, 0))
    kind = pa.decimal128(DECIMAL_DIGITS, digits)
    chunks = [
        pa.Array.from_buffers(kind, len(chunk), chunk.buffers(), offset=chunk.offset)
        for chunk in whole.chunks
    ]
    return pa.chunked_array(chunks, type=kind)


def _plain_name(name: str) -> str:
    return name.removesuffix("_minor").removesuffix("_x100")


def _presented(column: pa.ChunkedArray, field: pa.Field, digits: int) -> pa.ChunkedArray:
    if field.name.endswith("_minor"):
        return as_decimal(column.cast(pa.int64()), digits)
    if field.name.endswith("_x100"):
        return as_decimal(column.cast(pa.int64()), 2)
    return column.cast(field.type)


def _conform(schema: pa.Schema) -> Callable[[pa.Table], pa.Table]:
    return lambda part: part.select(schema.names).cast(schema)


def _write(
    folder: Path,
    name: str,
    table: pa.Table,
    shape: Callable[[pa.Table], pa.Table],
    *,
    csv: bool,
) -> None:
    schema = shape(table.slice(0, 0)).schema
    with _parquet(folder / f"{name}.parquet", schema) as parquet:
        if not csv:
            _each_batch(table, shape, parquet.write_table)
            return
        with _csv(folder / f"{name}.csv", schema) as text:

            def both(part: pa.Table) -> None:
                parquet.write_table(part)
                text.write_table(_guarded(part))

            _each_batch(table, shape, both)


def _each_batch(
    table: pa.Table, shape: Callable[[pa.Table], pa.Table], take: Callable[[pa.Table], None]
) -> None:
    for start in range(0, table.num_rows, ROWS_PER_BATCH):
        take(shape(table.slice(start, ROWS_PER_BATCH).combine_chunks()))


def _guarded(part: pa.Table) -> pa.Table:
    columns = [
        guard_text(part[field.name], numbers=field.name in _MEASURES)
        if pa.types.is_string(field.type)
        else part[field.name]
        for field in part.schema
    ]
    return pa.table(columns, schema=part.schema)


def _parquet(path: Path, schema: pa.Schema) -> pa.parquet.ParquetWriter:
    import pyarrow.parquet as pq

    few = [name for name in schema.names if name in _REPEATING]
    return pq.ParquetWriter(
        path, schema, compression="zstd", version="2.6", store_schema=True, use_dictionary=few
    )


def _csv(path: Path, schema: pa.Schema) -> pa.csv.CSVWriter:
    import pyarrow.csv as arrow_csv

    options = arrow_csv.WriteOptions(
        quoting_style="needed", quoting_header="none", batch_size=16_384, eol="\n"
    )
    return arrow_csv.CSVWriter(path, schema, write_options=options)
