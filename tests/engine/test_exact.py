"""Whole-number arithmetic: exact on every engine, at the largest amounts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor

import ibis
import pyarrow as pa
import pytest

from tradeline.engine.backends import open_engine
from tradeline.engine.exact import (
    FACTOR_MAX,
    UNIT,
    exceeds,
    floor_div,
    half_up,
    percent,
    share,
    units,
    x100,
)
from tradeline.errors import PolicyFault
from tradeline.money import AMOUNT_MINOR_MAX

# Dividends around multiples of the divisor, where a double would fall on the wrong side.
DIVISORS = (1, 2, 3, 7, 97, 9_999, 10_240)
DIVIDENDS = sorted(
    {
        max(0, min(divisor * quotient + more, 2**63 - 1))
        for divisor in DIVISORS
        for quotient in (0, 1, 10**9, 10**14 + 1, 899_999_999_999_999)
        for more in (-1, 0, 1, divisor // 2)
    }
)


def computed(pairs, expression, kind, request):
    """Return an expression over columns a and b, as the engine gives it."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else None
    table = pa.table(
        {
            "n": pa.array(range(len(pairs)), pa.int64()),
            "a": pa.array([a for a, _ in pairs], pa.int64()),
            "b": pa.array([b for _, b in pairs], pa.int64()),
        }
    )
    with open_engine(kind, url) as engine:
        t = engine.load("pairs", table)
        rows = engine.fetch(t.mutate(found=expression(t)).select("n", "found"))
    return [row["found"] for row in sorted(rows.to_pylist(), key=lambda row: row["n"])]


ENGINES = pytest.mark.parametrize("kind", ["duckdb", "polars", "postgres"])


@ENGINES
def test_floor_div_is_exact(kind, request):
    """Quotients up to 1e15 of dividends up to 2**63 are those of Python's integers."""
    pairs = [(a, b) for a in DIVIDENDS for b in DIVISORS if a // b < 10**15]
    assert max(a for a, _ in pairs) > 2**53
    found = computed(pairs, lambda t: floor_div(t.a, t.b), kind, request)
    assert found == [a // b for a, b in pairs]


@ENGINES
def test_half_up_rounds_ties_upwards(kind, request):
    """Below 2**52 the nearest integer, ties up, as Fractions give it."""
    pairs = [
        (a, 9_000) for k in (0, 1, 10**11) for a in range(k * 9_000 + 4_498, k * 9_000 + 4_503)
    ]
    found = computed(pairs, lambda t: half_up(t.a, 9_000), kind, request)
    assert found == [floor(Fraction(a, b) + Fraction(1, 2)) for a, b in pairs]


@ENGINES
@pytest.mark.parametrize("pct", ["90", "100", "87.5", "0.01", "70.01", "1000"])
def test_exceeds_by_one_minor_unit(kind, pct, request):
    """One minor unit above the share of the largest limit exceeds it; the share itself does not."""
    line = Fraction(pct) / 100
    wholes = [AMOUNT_MINOR_MAX // 10, AMOUNT_MINOR_MAX // 10 - 1, 10_000, 1]
    pairs = [(floor(whole * line) + more, whole) for whole in wholes for more in (-1, 0, 1)]
    found = computed(pairs, lambda t: exceeds(t.a, t.b, Decimal(pct)), kind, request)
    assert found == [a > b * line for a, b in pairs]


@ENGINES
def test_share_counts_units(kind, request):
    """Thirds, halves and nothing as whole UNITs, the same on every engine."""
    pairs = [(1, 3), (1, 2), (0, 7), (7, 7), (AMOUNT_MINOR_MAX // 3, AMOUNT_MINOR_MAX)]
    found = computed(pairs, lambda t: share(t.a, t.b), kind, request)
    assert found == [UNIT // 3, UNIT // 2, 0, UNIT, UNIT // 3]


def test_percent_reduces():
    """87.5 % is seven eighths, 90 % nine tenths."""
    assert percent(Decimal("87.5")) == (7, 8)
    assert percent(Decimal("90.00")) == (9, 10)
    assert percent(Decimal(1000)) == (10, 1)


def test_percent_refuses_what_overflows():
    """A factor times the largest amount fits 64 bits, or the percentage is refused."""
    assert AMOUNT_MINOR_MAX * FACTOR_MAX < 2**63
    with pytest.raises(PolicyFault, match=r"90\.001"):
        percent(Decimal("90.001"))


@pytest.mark.xfail(
    strict=True, reason="two decimals and below 1000, as the message asks, yet the factor is 99999"
)
def test_percent_takes_what_its_message_promises():
    """At most two decimals and no more than 1000 is what the refusal tells the user to write."""
    assert percent(Decimal("999.99")) == (99_999, 10_000)


def test_hundredths_and_units():
    """Decimals become whole hundredths or are refused; shares become the nearest unit."""
    assert x100(Decimal("49.99")) == 4_999
    with pytest.raises(PolicyFault, match="more than two decimals"):
        x100(Decimal("49.999"))
    assert units(Fraction(1, 3)) * 3 == UNIT
    assert units(Decimal("0.5")) * 2 == UNIT


def test_greatest_is_not_trusted_with_blanks():
    """The reason for the guards in checks and composite: engines drop nulls from `greatest`."""
    with open_engine("duckdb") as engine:
        t = engine.load("one", pa.table({"a": pa.array([None], pa.int64())}))
        assert engine.fetch(t.select(b=ibis.greatest(t.a, 0)))["b"].to_pylist() == [0]
