"""The three results as files."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from portfolio import portfolio

from tradeline.engine.results import ReviewTables
from tradeline.files import results

ACCOUNT_COLUMNS = (
    "entity,customer_no,customer_name,tax_id,currency,credit_limit,outstanding,ar_utilisation_pct,"
    "ageing_bucket,dso_days,days_since_payment,track_record,disputed,status,band,limit_action,"
    "recommended_limit,account_actions,stage,composite"
)
CHECK_COLUMNS = "entity,customer_no,customer_name,check,status,measured,threshold,comment"


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_files_and_columns(tmp_path, small):
    """Six files; the columns are the documented ones, in the documented order."""
    results.write_results(tmp_path, small, currency="INR")
    names = {f"{n}.{e}" for n in ("accounts", "checks", "findings") for e in ("csv", "parquet")}
    assert {p.name for p in tmp_path.iterdir()} == names
    assert (tmp_path / "accounts.csv").read_text("utf-8").split("\n")[0] == ACCOUNT_COLUMNS
    assert (tmp_path / "checks.csv").read_text("utf-8").split("\n")[0] == CHECK_COLUMNS
    assert pq.read_schema(tmp_path / "accounts.parquet").names == ACCOUNT_COLUMNS.split(",")


def test_without_csv(tmp_path, small):
    """Very large runs may leave the CSV away."""
    results.write_results(tmp_path, small, currency="INR", csv=False)
    assert {p.suffix for p in tmp_path.iterdir()} == {".parquet"}


@pytest.mark.parametrize(
    ("currency", "shown"), [("JPY", "-12345"), ("USD", "-123.45"), ("KWD", "-12.345")]
)
def test_money_has_the_currencys_digits(tmp_path, currency, shown):
    """-12345 minor units read as the currency writes them; the Parquet type says so too."""
    tables = _with(portfolio(3, currency=currency), "outstanding_minor", [-12345, 0, None])
    results.write_results(tmp_path, tables, currency=currency)
    column = [row["outstanding"] for row in _rows(tmp_path / "accounts.csv")]
    assert (column[0], column[2]) == (shown, "")
    kind = pq.read_schema(tmp_path / "accounts.parquet").field("outstanding").type
    assert kind == pa.decimal128(18, max(-Decimal(shown).as_tuple().exponent, 0))


def _with(tables: ReviewTables, name: str, values: list) -> ReviewTables:
    at = tables.accounts.schema.get_field_index(name)
    column = pa.chunked_array([values[:1], values[1:]], type=tables.accounts.schema.types[at])
    accounts = tables.accounts.set_column(at, name, column)
    return ReviewTables(accounts=accounts, checks=tables.checks, findings=tables.findings)


def test_values_agree_with_the_tables(tmp_path, small):
    """Every cell of the CSV and the Parquet is the table's, nulls empty and never 0."""
    results.write_results(tmp_path, small, currency="INR")
    table = pq.read_table(tmp_path / "accounts.parquet").to_pylist()
    for got, text, given in zip(
        table, _rows(tmp_path / "accounts.csv"), small.accounts.to_pylist(), strict=True
    ):
        assert got["dso_days"] == _scaled(given["dso_days_x100"])
        assert got["credit_limit"] == _scaled(given["credit_limit_minor"])
        assert text["credit_limit"] == (
            "" if got["credit_limit"] is None else str(got["credit_limit"])
        )
        assert text["disputed"] == str(given["disputed"]).lower()
        assert text["customer_name"].lstrip("'") == given["customer_name"]


def _scaled(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(-2)


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212"],
)
def test_formulas_get_an_apostrophe(start):
    """Whatever a spreadsheet may run is text after an apostrophe."""
    column = pa.chunked_array([[start + "1+1", "safe", None]])
    assert results.guard_text(column).to_pylist() == ["'" + start + "1+1", "safe", None]


def test_genuine_numbers_stay_numbers(tmp_path, small):
    """A measured value of -3 is a number; a comment that starts with = is guarded."""
    results.write_results(tmp_path, small, currency="INR")
    row = next(r for r in _rows(tmp_path / "checks.csv") if r["check"] == "recent_payment_activity")
    assert (row["measured"], row["comment"]) == ("-3", "'=Paid lately")


def test_chunking_leaves_no_trace(tmp_path, small):
    """The same rows give the same bytes, however the tables were cut."""
    cut = ReviewTables(
        accounts=pa.concat_tables([small.accounts.slice(0, 7), small.accounts.slice(7)]),
        checks=pa.concat_tables([small.checks.slice(0, 100), small.checks.slice(100)]),
        findings=small.findings.replace_schema_metadata({"pandas": "x"}),
    )
    for name, tables in (("a", small), ("b", cut)):
        (tmp_path / name).mkdir()
        results.write_results(tmp_path / name, tables, currency="INR")
    assert _digests(tmp_path / "a") == _digests(tmp_path / "b")


def test_batches_join_seamlessly(tmp_path, small, monkeypatch):
    """Rows that span several batches come out once each and in order."""
    monkeypatch.setattr(results, "ROWS_PER_BATCH", 64)
    results.write_results(tmp_path, small, currency="INR")
    rows = _rows(tmp_path / "checks.csv")
    assert [r["customer_no"] for r in rows] == small.checks["customer_no"].to_pylist()
    assert pq.ParquetFile(tmp_path / "checks.parquet").num_row_groups == -(-len(rows) // 64)


def test_no_accounts(tmp_path):
    """An empty review still writes readable files with their headers."""
    results.write_results(tmp_path, portfolio(0), currency="USD")
    assert (tmp_path / "accounts.csv").read_text("utf-8") == ACCOUNT_COLUMNS + "\n"
    assert pq.read_table(tmp_path / "findings.parquet").num_rows == 0


WRITE = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from portfolio import portfolio
from tradeline.files.results import write_results
write_results(Path(sys.argv[1]), portfolio(60, currency="INR", seed=3), currency="INR")
"""


def test_same_bytes_in_every_process(tmp_path):
    """Hash seeds of the process do not reach the files."""
    for seed in ("1", "2"):
        (tmp_path / seed).mkdir()
        subprocess.run(
            [sys.executable, "-c", WRITE, str(tmp_path / seed), str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
        )
    assert _digests(tmp_path / "1") == _digests(tmp_path / "2")
