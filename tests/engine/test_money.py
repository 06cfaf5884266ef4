"""Money in minor units and the one rounding rule."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest

from tradeline.money import (
    AMOUNT_MINOR_MAX,
    exponent,
    format_money,
    round_half_up,
    to_decimal,
    to_minor,
)


@pytest.mark.parametrize(
    ("currency", "digits"), [("JPY", 0), ("ISK", 0), ("USD", 2), ("INR", 2), ("KWD", 3), ("CLF", 4)]
)
def test_exponents(currency, digits):
    """ISO 4217 gives the digits of each currency."""
    assert exponent(currency) == digits


@pytest.mark.parametrize(
    ("value", "whole"),
    [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("-2.5", -3), ("0.49", 0), ("-0.49", 0)],
)
def test_ties_go_away_from_zero(value, whole):
    """Half-up for decimals and fractions alike, on both sides of zero."""
    assert round_half_up(Decimal(value)) == whole
    assert round_half_up(Fraction(value)) == whole


def test_large_values_round_exactly():
    """A value beyond the precision of a double keeps every digit."""
    assert round_half_up(Fraction(2 * 10**20 + 1, 2)) == 10**20 + 1
    assert to_minor(Decimal("8999999999999.995"), "USD") == AMOUNT_MINOR_MAX


def test_minor_units_and_back():
    """Amounts keep exactly the currency's digits."""
    assert to_minor(Decimal("12.345"), "KWD") == 12_345
    assert to_minor(Decimal("12.345"), "USD") == 1_235
    assert to_minor(Decimal("12.5"), "JPY") == 13
    assert str(to_decimal(1_230, "USD")) == "12.30"
    assert str(to_decimal(-5, "KWD")) == "-0.005"
    assert str(to_decimal(7, "JPY")) == "7"


@pytest.mark.parametrize(
    ("amount_minor", "currency", "locale", "words"),
    [
        (2_800_000_00, "INR", "en-IN", "28,00,000"),
        (2_800_000_50, "USD", "en-US", "2,800,000.50"),
        (-1_234_50, "USD", "en-US", "-1,234.50"),
        (1_234_50, "EUR", "de-DE", "1.234,50"),
        (0, "USD", "en-US", "0"),
        (1_234_567, "JPY", "en-US", "1,234,567"),
        (1, "KWD", "en-US", "0.001"),
    ],
)
def test_format_money(amount_minor, currency, locale, words):
    """Whole amounts drop their zero digits; grouping follows the locale."""
    assert format_money(amount_minor, currency, locale) == words


def test_largest_amount_fits():
    """Ten thousand times the largest amount fits 64 bits: percentages of it are exact."""
    assert AMOUNT_MINOR_MAX * 10_000 < 2**63
