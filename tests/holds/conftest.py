"""The desk that most tests of held orders begin with."""

from __future__ import annotations

import pytest


@pytest.fixture
def desk(book):
    """Return a desk with one customer, whose limit is 5,000.00 USD."""
    from tests.holds.desk import desk

    return desk()


@pytest.fixture
def company(book):
    """Return a company that is fed by files."""
    from tests.book.company import Company
    from tests.people import organisation

    return Company(organisation("Fed")[0])
