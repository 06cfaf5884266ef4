"""Whatever part of a customer a file changes is counted as news; the rest is none."""

from __future__ import annotations

import pytest

from tests.book.company import DAY


def counts(result):
    """Return how many rows were applied, unchanged and set aside."""
    return result.rows_applied, result.rows_unchanged, result.rows_quarantined


@pytest.mark.parametrize("row", [{}, {"customer_name": "One"}], ids=str)
def test_a_new_customer_is_applied(company, row):
    """A customer that did not exist and now does is news, though nothing else is to be set."""
    assert counts(company.take("customers", row)) == (1, 0, 0)
    assert counts(company.take("customers", row)) == (0, 1, 0)


def test_a_new_customer_that_stands_twice(company):
    """It is applied once; its equal repeat changes nothing."""
    assert counts(company.take("customers", {}, {})) == (1, 1, 0)


def test_terms_alone_are_news(company):
    """A row that changes nothing but the terms of a known customer is applied."""
    company.take("customers", {})
    assert counts(company.take("customers", {"terms": "30 days net"})) == (1, 0, 0)
    assert counts(company.take("customers", {"terms": "30 days net"}, day=DAY)) == (0, 1, 0)


def test_a_new_parent_of_a_head_is_news(company):
    """A customer that heads its own group is hung below another one: it stays in its group."""
    head = {"customer_no": "MID"}
    company.take("customers", {"customer_no": "LEAF", "parent_no": "MID"}, head)
    assert counts(company.take("customers", {**head, "parent_no": "TOP"})) == (1, 0, 0)
    assert counts(company.take("customers", {**head, "parent_no": "TOP"})) == (0, 1, 0)
