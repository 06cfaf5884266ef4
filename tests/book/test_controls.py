"""The identity bites: one fixed life holds on the honest book and fails on each sabotaged one."""

from __future__ import annotations

import pytest

from tests.book.lives import Life
from tests.book.test_counts_once import check

LIFE = [
    ("confirm", 70_000, 2, "orders"), ("ship", 30_000, 0, "orders"),
    ("invoice", 9_000, 0, "ledger"), ("invoice_ahead", 4_000, 1, "both"),
    ("give_back", 500, 0, "ledger"), ("pay", 777, 0, "ledger"),
    ("invoice_ahead", 300, 2, "ledger"), ("give_back", 60, 2, "ledger"),
    ("redate", 11, 2, "orders"), ("hold", 0, 1, "orders"), ("pass_days", 123, 3, "none"),
    ("confirm", 5_001, 1, "orders"), ("move", 0, 3, "orders"), ("reopen", 0, 1, "both"),
    ("pay_ahead", 44, 0, "ledger"), ("dispute", 0, 0, "ledger"), ("cancel", 10, 2, "full orders"),
    ("ship_over", 999, 1, "both"), ("pay", 90_000, 1, "full ledger"),
]  # fmt: skip

SABOTAGE = {
    "what is invoiced ahead stays ordered": (
        "orders._RECOUNT", "greatest(o.shipped_minor, o.invoiced_minor)", "o.shipped_minor",
    ),
    "over-shipment is lost": (
        "orders._RECOUNT", "greatest(o.shipped_minor - o.invoiced_minor, 0)",
        "greatest(least(o.shipped_minor, o.ordered_minor) - o.invoiced_minor, 0)",
    ),
    "an invoice ahead of the order file counts twice": (
        "orders._RECOUNT", "coalesce(s.surplus, 0) AS surplus", "0 AS surplus",
    ),
    "a returned invoice stays an invoice": (
        "orders._RECOUNT", "ELSE -d.amount_minor END", "ELSE 0 END",
    ),
    "the horizon is forgotten": ("orders._RECOUNT", "<= %(horizon)s", "IS NOT NULL"),
    "a moved order stays": ("orders.LIVE", ">", "> 1000000000 +"),
    "a full extract closes nothing": (
        "documents._MISSING", "d.open_minor > 0", "d.open_minor > 1000000000",
    ),
}  # fmt: skip


def play(found):
    """Play the life and check the book after every file."""
    life = Life(found())
    for name, amount, which, report in LIFE:
        life.step(name, amount, which)
        life.report(report)
        check(life)


def test_life_holds(found):
    """The honest book keeps the identity."""
    play(found)


@pytest.mark.parametrize("name", SABOTAGE)
def test_life_fails_on_a_sabotaged_book(found, monkeypatch, name):
    """Each sabotage breaks the identity somewhere in that life."""
    from tradeline.actions import documents, orders

    place, old, new = SABOTAGE[name]
    module, constant = place.split(".")
    owner = {"orders": orders, "documents": documents}[module]
    honest = getattr(owner, constant)
    assert old in honest
    monkeypatch.setattr(owner, constant, honest.replace(old, new))
    with pytest.raises(AssertionError):
        play(found)
