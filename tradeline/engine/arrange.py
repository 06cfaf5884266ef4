"""The wide rows as three tables in their final order."""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.quality import findings
from tradeline.engine.results import ReviewTables
from tradeline.engine.tables import ACCOUNTS, CHECK_ROWS, CHECKS, RUN_CHECK

PREFIXES: Final = ("tax", "util", "age", "recency", "track", "dispute")
_SEVERITY: Final = {"NOT_APPLICABLE": 0, "PASS": 1, "WARNING": 2, "NOT_EVALUATED": 3, "FAIL": 4}
_PLACE: Final = {"assessed": 0, "not_assessed": 1, "quarantined": 2}
_BATCH_ROWS: Final = 50_000


def arrange(wide: pa.Table) -> ReviewTables:
    """Return accounts, checks and findings from one wide row per input row."""
    ordered = wide.take(_order(wide))
    kept = ordered.filter(pc.fill_null(pc.not_equal(ordered["duplicate"], "REPEAT"), True))
    return ReviewTables(
        accounts=kept.select(ACCOUNTS.names).cast(ACCOUNTS),
        checks=_checks(kept),
        findings=findings(ordered),
    )


def _order(wide: pa.Table) -> pa.Array:
    """Return row numbers: assessed first, then band, worst status, composite, balance, key."""
    frame = pl.from_arrow(
        wide.select(
            ["status", "band_rank", "composite_x100", "outstanding_minor", "entity", "account_key",
             "seq", *(f"{prefix}_status" for prefix in PREFIXES)]
        )
    )  # fmt: skip
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


def _checks(accounts: pa.Table) -> pa.Table:
    """Return the long table: the run check, then six rows per account in the accounts' order."""
    starts = range(0, accounts.num_rows, _BATCH_ROWS)
    parts = (accounts.slice(start, _BATCH_ROWS).combine_chunks() for start in starts)
    return pa.concat_tables([_run_check(accounts.num_rows), *map(_check_batch, parts)])


def _run_check(rows: int) -> pa.Table:
    status = "PASS" if rows else "FAIL"
    comment = f"The portfolio has {rows} accounts." if rows else "The portfolio has no accounts."
    row = {"check": RUN_CHECK, "status": status, "measured": str(rows), "threshold": "1"}
    return pa.Table.from_pylist([row | {"comment": comment}], schema=CHECK_ROWS)


def _check_batch(part: pa.Table) -> pa.Table:
    count, kinds = part.num_rows, len(CHECKS)
    owner = pa.array(np.repeat(np.arange(count), kinds))
    columns = {name: part[name].take(owner) for name in ("entity", "customer_no", "customer_name")}
    columns["check"] = pa.array(list(CHECKS) * count, pa.string())
    turn = pa.array((np.arange(count * kinds) % kinds) * count + np.arange(count * kinds) // kinds)
    for name in ("status", "measured", "threshold", "comment"):
        stacked = pa.concat_arrays(
            [part[f"{prefix}_{name}"].combine_chunks().cast(pa.string()) for prefix in PREFIXES]
        )
        columns[name] = stacked.take(turn)
    return pa.table(columns, schema=CHECK_ROWS)
