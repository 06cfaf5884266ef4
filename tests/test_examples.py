"""The bundled examples: the generator gives their bytes, the review their recorded output."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tools import examples, pictures
from tradeline.actions.reviews import (
    Outputs,
    ReviewRequest,
    ReviewRun,
    replay_run,
    review_portfolio,
)
from tradeline.files.records import ReadOptions, Source
from tradeline.policy.load import load_preset

ROOT = Path(__file__).resolve().parents[1]
PORTFOLIOS = ROOT / "examples" / "portfolios"
RECORDED = ROOT / "examples" / "recorded"


def run(name: str, out: Path) -> ReviewRun:
    """Return a run of an example."""
    invoices = PORTFOLIOS / "invoices"
    sources = {
        "credit_master": [Source(path=PORTFOLIOS / "credit_master.xlsx")],
        "invoices": [
            *(Source(path=invoices / f"{part}.csv") for part in ("limits", "items", "payments")),
            Source(path=invoices / "rates.csv", role="rates"),
        ],
    }[name]
    request = ReviewRequest(
        sources=sources,
        options=ReadOptions(currency="USD" if name == "invoices" else None),
        policy=load_preset("india" if name == "credit_master" else "standard"),
        as_of=date(2026, 6, 30),
        outputs=Outputs(),
    )
    return review_portfolio(request, out=out, at=datetime(2026, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize("name", ["credit_master", "invoices"])
def test_recorded_output(name: str, tmp_path: Path) -> None:
    """Each example gives its recorded tables, byte for byte, and its run replays."""
    made = run(name, tmp_path)
    for table in ("accounts.csv", "checks.csv", "findings.csv"):
        assert (made.path / table).read_bytes() == (RECORDED / name / table).read_bytes(), table
    assert replay_run(made.path).proven


def test_the_generator_gives_the_files(tmp_path: Path) -> None:
    """The committed examples are what tools/examples.py writes."""
    examples.write_credit_master(tmp_path / "credit_master.xlsx")
    examples.write_invoices(tmp_path)
    for path in tmp_path.iterdir():
        place = PORTFOLIOS if path.suffix == ".xlsx" else PORTFOLIOS / "invoices"
        assert path.read_bytes() == (place / path.name).read_bytes(), path.name


def test_the_readme_picture_is_current(tmp_path: Path) -> None:
    """The terminal picture shows what the command prints today."""
    made = pictures.demo(tmp_path)
    assert pictures.terminal(made) == (pictures.PICTURES / "terminal.svg").read_text(
        encoding="utf-8"
    )
