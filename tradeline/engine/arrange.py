"""The wide rows as three tables in their final order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.quality import SHOWN, findings
from tradeline.engine.ranking import RANKED, order
from tradeline.engine.results import ReviewTables
from tradeline.engine.tables import ACCOUNTS, CHECK_ROWS, CHECKS, RUN_CHECK

REPORTED: Final = ("status", "measured", "threshold", "comment")
"""What is told of every check; the wide rows hold a list of each, in the order of CHECKS."""

_BATCH_ROWS: Final = 20_000
_PLAIN: Final = pl.CompatLevel.oldest()
_OWNER: Final = ("entity", "customer_no", "customer_name")
WIDE: Final = tuple(
    dict.fromkeys((*ACCOUNTS.names, *RANKED, *SHOWN, *(f"each_{n}" for n in REPORTED), "duplicate"))
)
"""The columns that the tables are made of; an engine need not hand over any other."""


def arrange(wide: pa.Table) -> ReviewTables:
    """Return accounts, checks and findings from one wide row per input row; WIDE is enough."""
    rows = order(wide)
    told = _where(rows, pc.not_equal(wide["remarks"], 0))
    kept = _where(rows, pc.fill_null(pc.not_equal(wide["duplicate"], "REPEAT"), True))
    accounts = _taken(wide.select(ACCOUNTS.names), kept).cast(ACCOUNTS)
    return ReviewTables(
        accounts=accounts,
        checks=_checks(wide, accounts, kept),
        findings=findings(wide.select(SHOWN).take(told)),
    )


def _where(rows: pa.Array, wanted: pa.ChunkedArray) -> pa.Array:
    return rows.filter(wanted.combine_chunks().take(rows))


def _taken(table: pa.Table, rows: pa.Array) -> pa.Table:
    """Return the rows in this order; Polars moves references to texts, and the texts once."""
    return pl.DataFrame(pl.from_arrow(table))[rows.to_numpy()].to_arrow(compat_level=_PLAIN)


def _checks(wide: pa.Table, accounts: pa.Table, rows: pa.Array) -> pa.Table:
    """Return the long table: the run check, then six rows per account in the accounts' order."""
    told = {name: _unfolded(wide[f"each_{name}"]) for name in REPORTED}
    first = rows.to_numpy() * len(CHECKS)
    places = (first[:, np.newaxis] + np.arange(len(CHECKS))).ravel()

    def batch(start: int) -> pa.Table:
        part = places[start * len(CHECKS) : (start + _BATCH_ROWS) * len(CHECKS)]
        columns = {name: told[name].gather(part).to_arrow(compat_level=_PLAIN) for name in REPORTED}
        return _check_batch(accounts.slice(start, _BATCH_ROWS), columns)

    with ThreadPoolExecutor() as pool:
        parts = list(pool.map(batch, range(0, accounts.num_rows, _BATCH_ROWS)))
    return pa.concat_tables([_run_check(accounts.num_rows), *parts])


def _unfolded(lists: pa.ChunkedArray) -> pl.Series:
    """Return the texts of all lists, one list after the other."""
    texts = pa.chunked_array([chunk.flatten() for chunk in lists.chunks], lists.type.value_type)
    return pl.Series(pl.from_arrow(texts))


def _run_check(rows: int) -> pa.Table:
    status = "PASS" if rows else "FAIL"
    comment = f"The portfolio has {rows} accounts." if rows else "The portfolio has no accounts."
    row = {"check": RUN_CHECK, "status": status, "measured": str(rows), "threshold": "1"}
    return pa.Table.from_pylist([row | {"comment": comment}], schema=CHECK_ROWS)


def _check_batch(owners: pa.Table, told: dict[str, pa.Array]) -> pa.Table:
    owner = pa.array(np.repeat(np.arange(owners.num_rows), len(CHECKS)))
    kind = pa.array(np.tile(np.arange(len(CHECKS), dtype=np.int8), owners.num_rows))
    columns = {name: owners[name].combine_chunks().take(owner) for name in _OWNER}
    columns["check"] = pa.DictionaryArray.from_arrays(kind, list(CHECKS)).cast(pa.string())
    columns |= {name: texts.cast(pa.string()) for name, texts in told.items()}
    return pa.table(columns, schema=CHECK_ROWS)
