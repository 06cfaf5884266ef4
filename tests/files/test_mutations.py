"""Three hundred broken files: each ends as a clear error, or every row is accounted for."""

from __future__ import annotations

import io
import tempfile
from datetime import date
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradeline.errors import TradelineError
from tradeline.files.intake import Intake, ReadOptions, Source, read_sources
from tradeline.policy.schema import Policy

HEAD = (
    "customer_no",
    "customer_name",
    "credit_limit",
    "outstanding",
    "ageing_bucket",
    "last_payment_date",
)
ROWS = [
    (f"C{i}", f"Name {i}", 1000.5 + i, 10 * i, "31-60", "2026-05-0" + str(i)) for i in range(1, 9)
]
LEFT_OUT = {"NO_IDENTITY", "TOTAL_ROW_SKIPPED", "WRONG_FIELD_COUNT"}


def _csv() -> bytes:
    return "\n".join(",".join(map(str, row)) for row in (HEAD, *ROWS)).encode() + b"\n"


def _xlsx() -> bytes:
    book = openpyxl.Workbook()
    for row in (HEAD, *ROWS):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _parquet() -> bytes:
    out = io.BytesIO()
    pl.DataFrame(ROWS, schema=list(HEAD), orient="row").write_parquet(
        out, compression="uncompressed"
    )
    return out.getvalue()


ORIGINALS = {"csv": _csv(), "xlsx": _xlsx(), "parquet": _parquet()}


@st.composite
def mutated(draw, form):
    """Return the file with bytes changed, cut, doubled or put in."""
    data = bytearray(ORIGINALS[form])
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        what = draw(st.sampled_from(["flip", "cut", "double", "insert", "end"]))
        piece = draw(
            st.sampled_from([b"\n", b",", b'"', b"\0", b"\xff", b"=", b"-", b"1", b"\r", b"e9"])
        )
        if what == "flip" and data:
            data[at] ^= draw(st.integers(1, 255))
        elif what == "cut":
            del data[at : at + draw(st.integers(1, 40))]
        elif what == "double":
            data[at:at] = data[at : at + 60]
        elif what == "insert":
            data[at:at] = piece
        else:
            del data[at:]
    return bytes(data)


def _read(data: bytes) -> Intake | None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        path.write_bytes(data)
        try:
            return read_sources(
                [Source(path=path)],
                ReadOptions(currency="INR"),
                policy=Policy(),
                as_of=date(2026, 6, 30),
            )
        except TradelineError as error:
            _check_error(error, folder)
            return None


def _check_error(error: TradelineError, folder: str) -> None:
    assert error.what
    assert error.mend
    assert folder not in str(error)


def _check(intake: Intake | None, rows_in: int | None) -> None:
    """Rows in are rows out and rows left out with a finding; no field is lost in silence."""
    if intake is None or intake.master is None:
        return
    left_out = [f for f in intake.findings.to_pylist() if f["code"] in LEFT_OUT]
    if rows_in is not None:
        assert intake.master.num_rows + len(left_out) == rows_in
    lines = intake.master["source_row"].to_pylist() + [f["source_row"] for f in left_out]
    assert len(set(lines)) == len(lines)
    for row in intake.master.to_pylist():
        for field in ("credit_limit", "outstanding"):
            assert row[f"{field}_minor"] is None or row[f"{field}_fault"] is None


def _rows(data: bytes) -> int | None:
    """Count the records of a CSV that a second reader sees below the header."""
    import csv

    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if '"' in text or "\0" in text:
        return None  # the two readers may differ on what a stray quotation mark means
    records = [
        row for row in csv.reader(io.StringIO(text, newline="")) if any(c.strip() for c in row)
    ]
    heads = [i for i, row in enumerate(records) if set(row) & set(HEAD)]
    return len(records) - heads[0] - 1 if heads and heads[0] == 0 else None


FAST = settings(
    max_examples=40, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


@FAST
@given(mutated("csv"))
def test_mutated_csv(data):
    """A hundred broken text files; rows are counted by a second reader."""
    _check(_read(data), _rows(data))


@FAST
@given(mutated("xlsx"))
def test_mutated_workbook(data):
    """A hundred broken workbooks."""
    _check(_read(data), None)


@FAST
@given(mutated("parquet"))
def test_mutated_parquet(data):
    """A hundred broken Parquet files."""
    _check(_read(data), None)


@pytest.mark.parametrize("form", ORIGINALS)
def test_the_originals_are_whole(form):
    """Positive control: unbroken, each file gives its eight rows with the same values."""
    intake = _read(ORIGINALS[form])
    assert intake is not None
    assert intake.master is not None
    rows = intake.master.to_pylist()
    assert [r["credit_limit_minor"] for r in rows] == [100050 + 100 * i for i in range(1, 9)]
    assert [r["last_payment_date"] for r in rows] == [date(2026, 5, i) for i in range(1, 9)]
    _check(intake, 8)


def test_a_silent_loss_would_be_seen():
    """Negative control: a row missing without a finding fails the check."""
    intake = _read(ORIGINALS["csv"])
    with pytest.raises(AssertionError):
        _check(intake, 9)
