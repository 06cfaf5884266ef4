"""Which account a row belongs to, when some tables carry numbers and others only names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir

ACCOUNT = ("entity", "account_key")


def plain_name(name: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Return names in lower case with single spaces, for comparison."""
    return pc.replace_substring_regex(pc.utf8_lower(pc.utf8_trim_whitespace(name)), r"\s+", " ")


def with_account_keys(tables: Sequence[pa.Table]) -> list[pa.Table]:
    """Return the tables with `account_key`: the customer number, else that of the same name.

    A name leads to a number where any of the tables shows both in one row, and only one number per
    legal entity. Names that lead nowhere are keys of their own.
    """
    if all(table["customer_no"].null_count == 0 for table in tables):
        return [_keyed(table, table["customer_no"]) for table in tables]
    numbers = _numbers_by_name(tables)
    return [_keyed(table, _found(table, numbers)) for table in tables]


def _keyed(table: pa.Table, key: pa.ChunkedArray) -> pa.Table:
    return table.append_column("account_key", key.cast(pa.string()))


def _named(table: pa.Table) -> pl.DataFrame:
    columns = {name: table[name] for name in ("entity", "customer_no")}
    frame = pl.from_arrow(pa.table(columns | {"plain": plain_name(table["customer_name"])}))
    assert isinstance(frame, pl.DataFrame)
    return frame


def _numbers_by_name(tables: Sequence[pa.Table]) -> pl.DataFrame:
    """Return entity, plain name and customer number, for names that have one number."""
    every = pl.concat([_named(table).drop_nulls().unique() for table in tables]).unique()
    alone = every.group_by("entity", "plain").agg(pl.col("customer_no").first(), rows=pl.len())
    return alone.filter(pl.col("rows") == 1).select("entity", "plain", number="customer_no")


def _found(table: pa.Table, numbers: pl.DataFrame) -> pa.ChunkedArray:
    named = _named(table).join(numbers, on=("entity", "plain"), how="left", maintain_order="left")
    key = pl.coalesce("customer_no", "number", pl.format("name:{}", "plain"))
    return pa.chunked_array([named.select(key.alias("key"))["key"].to_arrow()])


def join_account(t: ir.Table, other: ir.Table) -> ir.Table:
    """Return every row of `t` with what `other` knows of its account, the key once."""
    renamed = other.rename({f"other_{name}": name for name in ACCOUNT})
    pairs = [t[name] == renamed[f"other_{name}"] for name in ACCOUNT]
    return t.left_join(renamed, pairs).drop(*(f"other_{name}" for name in ACCOUNT))
