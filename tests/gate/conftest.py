"""Fixtures of the gate's proof: a shop of one's own, and databases that may be sabotaged."""

from __future__ import annotations

import pytest

from tests.gate import kit


@pytest.fixture
def shop(book):
    """Return a fresh shop with one customer, C0, and a limit of 50,000.00."""
    return kit.shop(book)


@pytest.fixture
def shop_of(book):
    """Return what makes a shop with so many customers."""
    return lambda *args, **options: kit.shop(book, *args, **options)
