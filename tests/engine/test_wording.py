"""Figures as text inside expressions."""

from __future__ import annotations

import pyarrow as pa
import pytest

from tradeline.engine.backends import open_engine
from tradeline.engine.wording import Writer, padded, plain_hundredths, say, text
from tradeline.money import AMOUNT_MINOR_MAX


def written(values, expression, kind="duckdb"):
    """Return the texts that an expression gives for the values."""
    table = pa.table({"n": pa.array(range(len(values))), "v": pa.array(values, pa.int64())})
    with open_engine(kind) as engine:
        t = engine.load("figures", table)
        rows = engine.fetch(t.mutate(words=expression(t.v)).select("n", "words")).to_pylist()
    return [row["words"] for row in sorted(rows, key=lambda row: row["n"])]


@pytest.mark.parametrize(
    ("locale", "currency", "amount_minor", "words"),
    [
        ("en-IN", "INR", 2_800_000_00, "INR 28,00,000"),
        ("en-IN", "INR", 100_00, "INR 100"),
        ("en-IN", "INR", 1_000_00, "INR 1,000"),
        ("en-IN", "INR", 99_999_05, "INR 99,999.05"),
        ("en-IN", "INR", 1_00_000_00, "INR 1,00,000"),
        ("en-IN", "INR", AMOUNT_MINOR_MAX, "INR 90,00,00,00,00,000"),
        ("en-US", "USD", 2_800_000_50, "USD 2,800,000.50"),
        ("en-US", "USD", 0, "USD 0"),
        ("en-US", "USD", 1, "USD 0.01"),
        ("de-DE", "EUR", 2_800_000_50, "EUR 2.800.000,50"),
        ("en-US", "JPY", 1_234_567, "JPY 1,234,567"),
        ("en-US", "KWD", 1_234_567, "KWD 1,234.567"),
        ("de-DE", "KWD", 5, "KWD 0,005"),
    ],
)
def test_money(locale, currency, amount_minor, words):
    """Grouping and decimal sign follow the locale, digits the currency; zero digits drop."""
    assert written([amount_minor], Writer.of(currency, locale).money) == [words]


def test_money_of_nothing_known():
    """A blank amount has no words."""
    assert written([None], Writer.of("USD", "en-US").money) == [None]


@pytest.mark.parametrize("kind", ["duckdb", "polars"])
def test_hundredths_keep_the_sign(kind):
    """Two digits always, the sign in front, also for values between -1 and 0."""
    values = [0, 5, -5, 12_345, -12_345, None]
    german = ["0,00", "0,05", "-0,05", "123,45", "-123,45", None]
    assert written(values, Writer.of("EUR", "de-DE").hundredths, kind) == german
    plain = [words and words.replace(",", ".") for words in german]
    assert written(values, plain_hundredths, kind) == plain


def test_padded_keeps_leading_zeros():
    """7 as three digits is 007."""
    assert written([0, 7, 999], lambda v: padded(v, 3)) == ["000", "007", "999"]


def test_say_joins_and_a_blank_blanks_the_sentence():
    """A sentence around an unknown figure is unknown; the caller chooses another."""
    assert written([3, None], lambda v: say("in ", text(v), " days")) == ["in 3 days", None]
