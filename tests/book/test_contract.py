"""The data contract holds for the book: each answer has exactly the documented fields."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.reference_book import ANSWERS

BOOK = Path(__file__).parents[2] / "examples" / "book"
DAY = ("--as-of", "2026-06-30", "--user", "anna")
TOTALS = ("in", "debits", "credits", "kind_unknown", "quarantined")
OPEN = {*(f"totals.{name}" for name in TOTALS), "reasons", "people", "exposure"}  # keys are data
CALLS = {
    "demo --json": ("demo",),
    "people --json": ("people", "--user", "anna"),
    "import --json": ("import", "limits", BOOK / "crm_limits.xlsx", "--again", *DAY),
    "exposure --json": ("exposure", "--user", "anna"),
    "exposure show --json": ("exposure", "show", "C-1016", *DAY),
    "exposure groups --json": ("exposure", "groups", *DAY),
    "exposure groups CODE --json": ("exposure", "groups", "C-1010", *DAY),
    "exposure bridge --json": (
        "exposure", "bridge", "C-1042", "--from", "2026-06-01", "--to", "2026-06-30", "--user",
        "anna",
    ),
    "export exposure --json": ("export", "exposure", *DAY),
}  # fmt: skip


def paths(value, at=""):
    """Yield the path of every leaf: a.b for sections, a[].b for lists."""
    if isinstance(value, dict) and at not in OPEN:
        for name, inner in value.items():
            yield from paths(inner, f"{at}.{name}" if at else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict) and at not in OPEN:
        for each in value:
            yield from paths(each, f"{at}[]" if at else "")
    else:
        yield at


def test_every_answer_of_the_book_is_called():
    """No heading of the contract goes without a call here."""
    assert CALLS.keys() == ANSWERS.keys()


@pytest.mark.parametrize("heading", CALLS)
def test_the_answer_has_the_documented_fields(heading, terminal, tmp_path, monkeypatch):
    """No field is missing on the page, none is only there."""
    monkeypatch.chdir(tmp_path)
    answer = terminal.json(*CALLS[heading])
    if heading == "import --json":
        assert answer["repeated"] is False
    assert set(paths(answer)) == set(ANSWERS[heading][1])


def test_money_is_decimal_text(terminal):
    """Amounts are texts with the currency's digits, and the buckets make the exposure."""
    from decimal import Decimal

    for row in terminal.json("exposure", "--user", "anna"):
        amounts = {name: Decimal(text) for name, text in row["buckets"].items()}
        less = ("unapplied_cash", "unapplied_credits", "deposits")
        total = sum(-v if name in less else v for name, v in amounts.items())
        assert Decimal(row["exposure"]) == total
        assert row["exposure"].partition(".")[2].isdigit()
