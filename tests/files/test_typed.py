"""The short way for large typed Parquet gives what the usual way gives, or is not taken."""

from __future__ import annotations

import contextlib
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradeline.files import typed
from tradeline.files.intake import ReadOptions, Source, read_sources
from tradeline.policy.schema import Policy

if TYPE_CHECKING:
    from pathlib import Path

AS_OF = date(2026, 6, 30)
ROWS = 60


def items(**changes: list[Any]) -> dict[str, Any]:
    """Return columns of a canonical items file."""
    day = AS_OF - timedelta(days=40)
    base: dict[str, Any] = {
        "entity": ["MAIN"] * ROWS,
        "customer_no": [f"C{n % 7}" for n in range(ROWS)],
        "document_no": pa.array([f"INV-{n}" for n in range(ROWS)], pa.large_string()),
        "kind": [("invoice", "credit_note", "cash")[n % 3] for n in range(ROWS)],
        "document_date": pa.array([day + timedelta(days=n) for n in range(ROWS)], pa.date32()),
        "due_date": pa.array([None if n == 5 else day for n in range(ROWS)], pa.date32()),
        "currency": ["USD"] * ROWS,
        "amount": pa.array([Decimal(n * 1001) / 10 for n in range(ROWS)], pa.decimal128(18, 1)),
        "open_amount": pa.array(
            [Decimal(n * 1001) / 100 for n in range(ROWS)], pa.decimal128(12, 2)
        ),
        "disputed": [n % 9 == 0 for n in range(ROWS)],
    }
    return base | changes


def read(path: Path, *, short: bool, monkeypatch: pytest.MonkeyPatch, **options: Any) -> pa.Table:
    """Return the canonical items, read the short way or the usual way."""
    taken: list[bool] = []
    chosen = typed.typed

    def watched(*arguments: Any) -> Any:
        taken.append((found := chosen(*arguments)) is not None)
        return found

    monkeypatch.setattr(typed, "ROWS_MIN", 1 if short else 10**9)
    monkeypatch.setattr("tradeline.files.assembly.typed", watched)
    intake = read_sources([Source(path=path)], ReadOptions(**options), policy=Policy(), as_of=AS_OF)
    read.taken = taken == [True]  # type: ignore[attr-defined]
    assert intake.items is not None
    assert intake.findings.num_rows == 0
    return intake.items.combine_chunks(), intake.reports


def write(path: Path, columns: dict[str, Any]) -> Path:
    """Write columns in row groups of uneven size."""
    pq.write_table(pa.table(columns), path, row_group_size=17)
    return path


def test_both_ways_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables and reports are equal, over several row groups, nulls and scales."""
    path = write(tmp_path / "items.parquet", items())
    quick, said = read(path, short=True, monkeypatch=monkeypatch)
    assert read.taken  # type: ignore[attr-defined]
    usual, told = read(path, short=False, monkeypatch=monkeypatch)
    assert not read.taken  # type: ignore[attr-defined]
    assert quick.equals(usual)
    assert said == told


DOUBTS: dict[str, dict[str, Any]] = {
    "two currencies": {"currency": ["USD"] * (ROWS - 1) + ["EUR"]},
    "total row": {"customer_no": ["Total"] + ["C1"] * (ROWS - 1)},
    "outer blank": {"customer_no": [" C1"] * ROWS},
    "eaten number": {"customer_no": ["1E+12"] * ROWS},
    "no number": {"customer_no": [None] + ["C1"] * (ROWS - 1)},
    "other word": {"kind": ["Invoice"] * ROWS},
    "more digits": {"amount": pa.array([Decimal("1.001")] * ROWS, pa.decimal128(9, 3))},
    "sign": {"amount": pa.array([Decimal(-1)] * ROWS, pa.decimal128(9, 2))},
    "doubles": {"amount": [1.5] * ROWS},
    "dates as text": {"due_date": ["2026-06-01"] * ROWS},
    "too large": {"amount": pa.array([Decimal(10**13)] * ROWS, pa.decimal128(18, 2))},
    "other column": {"Remarks": ["x"] * ROWS},
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_any_doubt_takes_the_usual_way(
    doubt: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One unusual text, type, sign, size, currency or column is enough."""
    path = write(tmp_path / "items.parquet", items(**DOUBTS[doubt]))
    chosen, taken = typed.typed, []

    def watched(*arguments: Any) -> Any:
        taken.append(chosen(*arguments) is not None)
        return None

    monkeypatch.setattr(typed, "ROWS_MIN", 1)
    monkeypatch.setattr("tradeline.files.assembly.typed", watched)
    with contextlib.suppress(Exception):  # what the usual way says is tested elsewhere
        read_sources([Source(path=path)], ReadOptions(), policy=Policy(), as_of=AS_OF)
    assert taken == [False]


def test_another_functional_currency_is_converted_the_usual_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A typed file in USD under a EUR review asks for a rate; its nothing is taken as EUR."""
    from tradeline.errors import MissingRate

    path = write(tmp_path / "items.parquet", items())
    with pytest.raises(MissingRate):
        read(path, short=True, monkeypatch=monkeypatch, currency="EUR")
