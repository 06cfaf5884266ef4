"""The order of the accounts: whole numbers from the engine, texts compared byte by byte here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ibis
import polars as pl

from tradeline.policy.schema import BANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import ibis.expr.types as ir
    import pyarrow as pa

RANKED: Final = ("rank", "rank_minor", "entity", "account_key", "seq")
"""Columns that give the order, smallest first; no two rows share a `seq`."""

_PLACE: Final = ("assessed", "not_assessed", "quarantined")
_SEVERITY: Final = ("FAIL", "NOT_EVALUATED", "WARNING", "PASS")
_LAST: Final = 2**63 - 1
_COMPOSITES: Final = 10_001  # 0 to 10,000 hundredths; one more stands for none


def rank(t: ir.Table, statuses: Sequence[ir.Value]) -> dict[str, ir.Value]:
    """Return `rank` and `rank_minor` of the figured rows, as 64-bit whole numbers.

    The rank counts place, then band from Critical down, then the worst status, then the composite
    from the top; the second is the balance turned round. Rows without a figure come last.
    """
    band = ibis.ifelse(t.status == "not_assessed", len(BANDS), len(BANDS) - 1 - t.band_rank)
    composite = (_COMPOSITES - 1 - t.composite_x100).fill_null(_COMPOSITES)
    place = _position(t.status, _PLACE).cast("int64")
    worst = ibis.least(*(_position(status, _SEVERITY) for status in statuses))
    parts = ((band, len(BANDS) + 1), (worst, len(_SEVERITY) + 1), (composite, _COMPOSITES + 1))
    for part, values in parts:
        place = place * values + part
    turned = (-t.outstanding_minor).fill_null(_LAST)
    return {"rank": place.cast("int64"), "rank_minor": turned.cast("int64")}


def _position(value: ir.Value, names: Sequence[str]) -> ir.Value:
    """Return where the text stands among the names, or after them."""
    branches = ((value == name, place) for place, name in enumerate(names))
    return ibis.cases(*branches, else_=len(names))


def order(wide: pa.Table) -> pa.Array:
    """Return the row numbers of the wide rows in their final order."""
    frame = pl.from_arrow(wide.select(RANKED))
    assert isinstance(frame, pl.DataFrame)
    return frame.select(pl.arg_sort_by(RANKED)).to_series().to_arrow()
