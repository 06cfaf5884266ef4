"""What stands in a feed's file as it is: raw cells for a person to mend, and sums to prove."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.files import cells

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tradeline.files.sandbox import RawTable

WHOLE_ROW: Final = "(row)"
_HALF: Final = 10**9  # sums of the two halves of an amount stay within 64 bits


def raw_rows(raw: RawTable, rows: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the cells of these rows as texts, by header; blank cells are left out."""
    first = raw.about["first_row"]
    broken = {row[0]: row[3] for row in raw.about.get("bad_rows", [])}
    before = sorted(broken)
    shown = {(r, c): text for r, c, text in raw.about.get("cell_faults", [])}
    wanted = sorted(set(rows))
    places = {row: row - first - bisect_left(before, row) for row in wanted if row not in broken}
    inside = {row: at for row, at in places.items() if 0 <= at < raw.table.num_rows}
    taken = _texts(raw, list(inside.values()))
    found = {row: {WHOLE_ROW: broken[row]} for row in wanted if row in broken}
    for line, (row, at) in enumerate(inside.items()):
        texts = [shown.get((at, index), column[line]) for index, column in enumerate(taken)]
        pairs = zip(raw.headers, texts, strict=False)
        found[row] = {header: text for header, text in pairs if text is not None}
    return dict(sorted(found.items()))


def _texts(raw: RawTable, places: list[int]) -> list[list[str | None]]:
    frame = cells.frame(raw.table.take(pa.array(places, pa.int64())))
    return [
        column.to_list() if column.dtype == pl.String else cells.text(column).to_list()
        for column in frame.get_columns()
    ]


def totals(table: pa.Table) -> dict[str, dict[str, int]]:
    """Return the exact sum of each column of amounts by currency, over all rows."""
    if "currency" not in table.schema.names:
        return {}
    names = [name for name in table.schema.names if name.endswith("_minor")]
    return {name: _sums(table["currency"], table[name]) for name in names}


def _sums(currency: pa.ChunkedArray, minor: pa.ChunkedArray) -> dict[str, int]:
    high = pc.divide(minor, _HALF)
    low = pc.subtract(minor, pc.multiply(high, _HALF))
    parts = pa.table({"currency": currency, "high": high, "low": low})
    sums = parts.group_by("currency").aggregate([("high", "sum"), ("low", "sum")]).to_pylist()
    return {
        each["currency"]: each["high_sum"] * _HALF + each["low_sum"]
        for each in sorted(sums, key=lambda each: each["currency"] or "")
        if each["currency"] is not None and each["high_sum"] is not None
    }
