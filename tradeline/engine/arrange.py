"""The wide rows as three tables in their final order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.quality import SHOWN, findings
from tradeline.engine.results import ReviewTables
from tradeline.engine.tables import ACCOUNTS, CHECK_ROWS, CHECKS, RUN_CHECK

PREFIXES: Final = ("tax", "util", "age", "recency", "track", "dispute")
_SEVERITY: Final = {"NOT_APPLICABLE": 0, "PASS": 1, "WARNING": 2, "NOT_EVALUATED": 3, "FAIL": 4}
_PLACE: Final = {"assessed": 0, "not_assessed": 1, "quarantined": 2}
_BATCH_ROWS: Final = 50_000
_OWNER: Final = ("entity", "customer_no", "customer_name")
_REPORTED: Final = ("status", "measured", "threshold", "comment")
_RANKED: Final = (
    "status",
    "band_rank",
    "composite_x100",
    "outstanding_minor",
    "entity",
    "account_key",
    "seq",
    *(f"{prefix}_status" for prefix in PREFIXES),
)
WIDE: Final = tuple(
    dict.fromkeys(
        (
            *ACCOUNTS.names,
            *_RANKED,
            *SHOWN,
            *(f"{prefix}_{name}" for prefix in PREFIXES for name in _REPORTED),
            "duplicate",
        )
    )
)
"""The columns that the tables are made of; an engine need not hand over any other."""


def arrange(wide: pa.Table) -> ReviewTables:
    """Return accounts, checks and findings from one wide row per input row; WIDE is enough."""
    order = _order(wide)
    told = order.filter(pc.not_equal(wide["remarks"], "").take(order))
    kept = order.filter(pc.fill_null(pc.not_equal(wide["duplicate"], "REPEAT"), True).take(order))
    accounts = _taken(wide.select(ACCOUNTS.names), kept).cast(ACCOUNTS)
    return ReviewTables(
        accounts=accounts,
        checks=_checks(wide, accounts, kept),
        findings=findings(wide.select(SHOWN).take(told)),
    )


def _taken(table: pa.Table, rows: pa.Array) -> pa.Table:
    """Return the rows in this order; columns go side by side, as Arrow takes one at a time."""
    with ThreadPoolExecutor() as pool:
        columns = list(pool.map(lambda column: _flat(column).take(rows), table.columns))
    return pa.table(columns, names=table.column_names)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)


def _order(wide: pa.Table) -> pa.Array:
    """Return row numbers: assessed first, then band, worst status, composite, balance, key."""
    frame = pl.from_arrow(wide.select(_RANKED))
    assert isinstance(frame, pl.DataFrame)
    worst = pl.max_horizontal(
        pl.col(f"{prefix}_status").replace_strict(_SEVERITY, return_dtype=pl.Int8)
        for prefix in PREFIXES
    )
    place = pl.col("status").replace_strict(_PLACE, return_dtype=pl.Int8)
    keys = [
        place,
        pl.when(pl.col("status") != "not_assessed").then(-pl.col("band_rank").cast(pl.Int8)),
        -worst,
        -pl.col("composite_x100"),
        -pl.col("outstanding_minor"),
        pl.col("entity"),
        pl.col("account_key"),
        pl.col("seq"),
    ]
    return frame.select(pl.arg_sort_by(keys, nulls_last=True)).to_series().to_arrow()


def _checks(wide: pa.Table, accounts: pa.Table, rows: pa.Array) -> pa.Table:
    """Return the long table: the run check, then six rows per account in the accounts' order."""
    reports = wide.select([f"{prefix}_{name}" for prefix in PREFIXES for name in _REPORTED])
    reports = reports.combine_chunks()

    def batch(start: int) -> pa.Table:
        part = reports.take(rows.slice(start, _BATCH_ROWS))
        return _check_batch(accounts.slice(start, _BATCH_ROWS).combine_chunks(), part)

    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(batch, range(0, accounts.num_rows, _BATCH_ROWS)))
    return pa.concat_tables([_run_check(accounts.num_rows), *parts])


def _run_check(rows: int) -> pa.Table:
    status = "PASS" if rows else "FAIL"
    comment = f"The portfolio has {rows} accounts." if rows else "The portfolio has no accounts."
    row = {"check": RUN_CHECK, "status": status, "measured": str(rows), "threshold": "1"}
    return pa.Table.from_pylist([row | {"comment": comment}], schema=CHECK_ROWS)


def _check_batch(accounts: pa.Table, reports: pa.Table) -> pa.Table:
    count, kinds = accounts.num_rows, len(CHECKS)
    turn = np.arange(count * kinds)
    owner, place = pa.array(turn // kinds), pa.array(turn % kinds * count + turn // kinds)
    columns = {name: accounts[name].take(owner) for name in _OWNER}
    kind = pa.array((turn % kinds).astype(np.int8))
    columns["check"] = pa.DictionaryArray.from_arrays(kind, list(CHECKS)).cast(pa.string())
    for name in _REPORTED:
        stacked = pa.concat_arrays(
            [_flat(reports[f"{prefix}_{name}"]).cast(pa.string()) for prefix in PREFIXES]
        )
        columns[name] = stacked.take(place)
    return pa.table(columns, schema=CHECK_ROWS)
