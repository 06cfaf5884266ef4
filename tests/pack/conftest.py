"""Portfolios of any size for the pack, the same for the same seed."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from portfolio import identity, portfolio

from tradeline.policy.schema import Policy

INPUTS = (("ar_march.xlsx", "ab" * 32), ("payments.csv", "cd" * 32))
WORDS = (
    ("Use of the limit", ("Above 90 % of the limit the check warns.", "Above 100 % it fails.")),
    ("Age of debt", ("Items 61 to 90 days late warn.", "=Items over 90 days late fail.")),
)


@pytest.fixture(scope="session")
def small():
    """Two hundred accounts in rupees, with every awkward kind."""
    return portfolio(200, currency="INR", seed=1)


@pytest.fixture
def given(small):
    """Everything write_pack asks for, in rupees and lakh grouping."""
    return arguments(small, "INR", "en-IN")


def arguments(tables, currency, locale="en-US", **policy):
    """Return the arguments of write_pack but the folder."""
    return {
        "tables": tables,
        "currency": currency,
        "policy": Policy(locale=locale, **policy),
        "identity": identity(date(2026, 3, 31)),
        "inputs": INPUTS,
        "policy_words": WORDS,
    }


@pytest.fixture
def pack_arguments():
    """Give tests the builder of arguments."""
    return arguments
