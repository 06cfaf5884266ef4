"""The tree of customers: every account below a parent counts there, once."""

from __future__ import annotations

import pytest

from tests.book.company import DAY


@pytest.fixture
def three(company):
    """Return a company whose customers TOP, MID and LEAF owe 1, 20 and 300."""
    company.take(
        "ar", *({"customer_no": no, "document_no": no, "amount_minor": owed}
                for no, owed in (("TOP", 1), ("MID", 20), ("LEAF", 300))),
    )  # fmt: skip
    return company


def group(company, code):
    """Return a group's exposure and how many members it has."""
    from tradeline.queries.accounts import group_exposure

    return company.ask(group_exposure, code, as_of=DAY, currency="USD")


MID = {"customer_no": "MID", "parent_no": "TOP"}
LEAF = {"customer_no": "LEAF", "parent_no": "MID"}


@pytest.mark.parametrize("files", [[(MID, LEAF)], [(MID,), (LEAF,)], [(LEAF,), (MID,)]])
def test_parents_in_any_order(three, files):
    """Parents stated in one file or several, top first or last, make the same tree."""
    for rows in files:
        three.take("customers", *rows)
    assert group(three, "MID") == (320, 2)
    assert group(three, "TOP") == (321, 3)


def test_cycle_over_two_files(three):
    """A parent that is its own grandchild by two files is set aside, and nothing breaks."""
    three.take("customers", MID)
    result = three.take("customers", {"customer_no": "TOP", "parent_no": "MID"})
    assert result.rows_quarantined == 1
    assert group(three, "TOP") == (21, 2)


def test_affiliates_count_in_no_group(three):
    """An intercompany account is no exposure of the group it stands in."""
    three.take("customers", MID, LEAF | {"intercompany": True})
    assert group(three, "TOP") == (21, 2)
