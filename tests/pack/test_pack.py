"""The pack as a whole: two files, the same bytes for the same inputs."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from portfolio import portfolio

from tradeline.files.pack import write_pack


def _digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir())}


def test_two_files_and_progress(tmp_path, given):
    """A workbook and a PDF; who waits is told which is being written."""
    told = []
    write_pack(tmp_path, **given, on_progress=told.append)
    assert {p.name for p in tmp_path.iterdir()} == {"pack.xlsx", "pack.pdf"}
    assert told == ["pack.xlsx", "pack.pdf"]


WRITE = """
import sys; sys.path.insert(0, sys.argv[2])
from pathlib import Path
from conftest import arguments
from portfolio import portfolio
from tradeline.files.pack import write_pack
write_pack(Path(sys.argv[1]), **arguments(portfolio(80, currency="INR", seed=3), "INR", "en-IN"))
"""


def test_same_bytes_in_every_process(tmp_path):
    """Neither the clock, the time zone nor the hash seed of the process reaches the files."""
    for seed, zone in (("1", "UTC"), ("2", "Asia/Kolkata")):
        (tmp_path / seed).mkdir()
        subprocess.run(
            [sys.executable, "-c", WRITE, str(tmp_path / seed), str(Path(__file__).parent)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone},
            check=True,
        )
    assert _digests(tmp_path / "1") == _digests(tmp_path / "2")


def test_document_dates_are_the_reviews(tmp_path, given):
    """The workbook was made, so it says, on the as-of date."""
    write_pack(tmp_path, **given)
    properties = openpyxl.load_workbook(tmp_path / "pack.xlsx").properties
    assert properties.created == properties.modified == datetime(2026, 3, 31)  # noqa: DTZ001
    assert given["identity"].run_id in properties.description


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
@pytest.mark.parametrize("locale", ["en-US", "de-DE", "en-IN"])
def test_currencies_and_locales(tmp_path, pack_arguments, currency, locale):
    """Every combination gives both files."""
    write_pack(tmp_path, **pack_arguments(portfolio(30, currency=currency), currency, locale))
    assert all(path.stat().st_size > 10_000 for path in tmp_path.iterdir())


@pytest.mark.slow
def test_a_hundred_thousand_accounts(tmp_path, pack_arguments):
    """The largest usual portfolio opens with all its rows."""
    tables = portfolio(100_000, currency="INR", seed=1)
    write_pack(tmp_path, **pack_arguments(tables, "INR", "en-IN"))
    book = openpyxl.load_workbook(tmp_path / "pack.xlsx", read_only=True)
    live = sum(s != "quarantined" for s in tables.accounts["status"].to_pylist())
    assert book["Portfolio"].max_row == live + 1
