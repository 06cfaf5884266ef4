"""Money in PostgreSQL is money in Python: digits, texts, use of limits, rates and conversion."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import psycopg
import pytest
from babel.numbers import list_currencies
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gate import kit
from tradeline.engine.exposure import utilisation_text
from tradeline.errors import MissingRate
from tradeline.files.rates import Rate, Rates
from tradeline.money import exponent, round_half_up, to_decimal

AMOUNT = st.integers(-(10**15), 10**15)
CODES = ("USD", "EUR", "JPY", "KWD", "INR")


@pytest.fixture(scope="module")
def ask(book):
    """Return a function that asks the database for the values of an expression's rows."""
    shop = kit.shop(book, 1)
    with psycopg.connect(shop.superuser_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('tradeline.inside', %s, false)",
                           [str(shop.actor.organisation_id)])  # fmt: skip

        def run(sql, *values):
            return connection.execute(sql, values).fetchall()

        yield run


def test_every_currency_has_its_digits(ask):
    """The two tables of ISO 4217's exceptions say the same."""
    codes = sorted(list_currencies())
    assert ask("SELECT c, app.exponent(c) FROM unnest(%s::text[]) c", codes) == [
        (code, exponent(code)) for code in codes
    ]


@given(st.lists(st.tuples(AMOUNT, st.sampled_from(CODES)), min_size=1, max_size=50))
@settings(max_examples=20)
def test_amounts_as_text(ask, drawn):
    """Each amount has exactly its currency's digits."""
    amounts, codes = map(list, zip(*drawn, strict=True))
    found = ask("SELECT app.money(a, c) FROM unnest(%s::bigint[], %s::text[]) t (a, c)",
                amounts, codes)  # fmt: skip
    assert [text for (text,) in found] == [str(to_decimal(a, c)) for a, c in drawn]


LIMIT = st.one_of(st.none(), st.integers(0, 20), st.integers(0, 10**12))
USE = st.one_of(st.integers(-5, 25), st.integers(-(10**6), 10**12))


@given(st.lists(st.tuples(USE, LIMIT), min_size=1, max_size=100))
@settings(max_examples=30)
def test_use_of_a_limit_as_text(ask, drawn):
    """Two digits; four where two would hide a breach."""
    found = ask("SELECT app.use_text(e, l) FROM unnest(%s::bigint[], %s::bigint[]) t (e, l)",
                *map(list, zip(*drawn, strict=True)))  # fmt: skip
    assert [text for (text,) in found] == [utilisation_text(e, limit) for e, limit in drawn]


PAIR = st.tuples(st.sampled_from(CODES), st.sampled_from(CODES)).filter(lambda p: p[0] != p[1])
STATED = st.dictionaries(
    st.tuples(PAIR, st.integers(0, 7)),  # pair and age in days
    st.decimals("0.000001", "9999", places=6), max_size=6,
)  # fmt: skip


@given(STATED, PAIR, AMOUNT)
@settings(max_examples=60)
def test_conversion_by_the_same_rate(ask, stated, wanted, amount):
    """Direct, inverse or the freshest cross, within five days; exact and half-up."""
    today = kit.today()
    rates = tuple(
        Rate(day=today - timedelta(days=age), source=one, target=other, value=Fraction(rate))
        for ((one, other), age), rate in stated.items()
    )
    known = Rates(rates=rates, as_of=today, age_max_days=5, files=())
    one, other = wanted
    try:
        factor = known.factor(one, other) * Fraction(10) ** (exponent(other) - exponent(one))
    except MissingRate:
        factor = None
    [(found,)] = _with_rates(
        ask, rates, "SELECT app.converted(%s::bigint, r.above, r.below) "
        "FROM app.minor_rate(%s, %s, %s::date, 5) r", amount, one, other, today,
    )  # fmt: skip
    assert found == (None if factor is None else round_half_up(amount * factor))


def _with_rates(ask, rates, sql, *values):
    """Ask while the organisation has these rates and no others."""
    ask("DELETE FROM fx_rate WHERE organisation_id = app.inside() RETURNING id")
    for rate in rates:
        ask("INSERT INTO fx_rate (organisation_id, id, day, base, quote, rate) VALUES "
            "(app.inside(), gen_random_uuid(), %s, %s, %s, %s) RETURNING id",
            rate.day, rate.source, rate.target,
            Decimal(rate.value.numerator) / rate.value.denominator)  # fmt: skip
    return ask(sql, *values)
