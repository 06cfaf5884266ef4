"""Currencies and entities: told, converted exactly, or asked; never assumed."""

from __future__ import annotations

from datetime import date

import pytest

from tradeline.errors import FileFault, MissingRate, QuestionForUser
from tradeline.files.intake import ReadOptions, Source, read_sources
from tradeline.policy.schema import Policy

HEAD = "customer_no,credit_limit,outstanding,ageing_bucket"


def test_no_currency_is_asked(desk):
    """Nothing states the currency: the question names the option."""
    with pytest.raises(QuestionForUser) as caught:
        desk.read(desk.csv(f"{HEAD}\nC1,9,5,0-30"))
    assert "--currency" in caught.value.mend


def test_several_currencies_are_asked(desk):
    """Two currencies and no functional one."""
    with pytest.raises(QuestionForUser) as caught:
        desk.read(desk.csv(f"{HEAD},currency\nC1,9,5,0-30,INR\nC2,9,5,0-30,USD"))
    assert "INR, USD" in caught.value.what


@pytest.mark.parametrize(
    "text",
    [
        "Customer,Limit,Outstanding (INR),Ageing\nC1,9,5,0-30",
        "Customer,Limit,Outstanding ₹,Ageing\nC1,9,5,0-30",
        "Customer,Limit,Outstanding in INR,Ageing\nC1,9,5,0-30",
        "Customer,Limit,Outstanding,Ageing\nC1,9,₹ 5.00,0-30",
        "Customer,Limit,Outstanding,Ageing\nC1,9,Rs. 5.00,0-30",
        "Customer,Limit,Outstanding,Ageing,Currency\nC1,9,5,0-30,INR",
    ],
)
def test_currency_is_told(desk, text):
    """A column, a header or a sign tells the currency."""
    intake = desk.read(desk.csv(text))
    assert intake.currency == "INR"
    assert intake.master.to_pylist()[0]["outstanding_minor"] == 500


def test_policy_and_option_name_it(desk):
    """The option goes before the policy."""
    path = desk.csv(f"{HEAD}\nC1,9,5,0-30")
    assert desk.read(path, policy=Policy(currency="EUR")).currency == "EUR"
    assert desk.read(path, policy=Policy(currency="EUR"), currency="GBP").currency == "GBP"


def test_shared_sign_is_asked_unless_the_run_settles_it(desk):
    """A bare $ is a US dollar only in a run of US dollars."""
    path = desk.csv('customer_no,credit_limit,outstanding,ageing_bucket\nC1,9,"$1,005.50",0-30')
    with pytest.raises(QuestionForUser):
        desk.read(path)
    with pytest.raises(QuestionForUser):
        desk.read(path, currency="INR")
    assert desk.read(path, currency="USD").master.to_pylist()[0]["outstanding_minor"] == 100550


def rates(desk, *rows):
    """Write a rate file."""
    return desk.csv("date,from,to,rate\n" + "\n".join(rows), "rates.csv")


def converted(desk, money, functional, *rows):
    """Return an outstanding balance in the functional currency."""
    amount, currency = money.split()
    path = desk.csv(f"{HEAD},currency\nC1,0,{amount},0-30,{currency}")
    intake = desk.read(path, rates(desk, *rows), currency=functional, decimal=".")
    return intake.master.to_pylist()[0]["outstanding_minor"]


@pytest.mark.parametrize(
    ("money", "functional", "row", "minor"),
    [
        ("10000 EUR", "USD", "2026-06-30,EUR,USD,1.0850", 1085000),  # METHODS 1e
        ("500000 JPY", "USD", "2026-06-29,JPY,USD,0.0119", 595000),  # METHODS 1e
        ("100 USD", "INR", "2026-06-25,USD,INR,83.125", 831250),
        ("1 USD", "JPY", "2026-06-30,USD,JPY,150.5", 151),  # half-up at the yen
        ("-1 USD", "JPY", "2026-06-30,USD,JPY,150.5", -151),
        ("300 USD", "EUR", "2026-06-30,EUR,USD,3", 10000),  # inverse
        ("1 KWD", "USD", "2026-06-30,KWD,USD,3.25555", 326),
    ],
)
def test_conversion_is_exact(desk, money, functional, row, minor):
    """Direct, inverse, and across different numbers of decimals."""
    assert converted(desk, money, functional, row) == minor


def test_cross_rate(desk):
    """One third currency may stand between."""
    rows = ("2026-06-30,GBP,USD,1.25", "2026-06-30,INR,USD,0.0125")
    assert converted(desk, "1 GBP", "INR", *rows) == 10000


def test_latest_rate_on_or_before_the_day(desk):
    """A later rate is not used, of earlier ones the latest is."""
    rows = ("2026-06-28,EUR,USD,2", "2026-06-29,EUR,USD,3", "2026-07-01,EUR,USD,4")
    assert converted(desk, "1 EUR", "USD", *rows) == 300


@pytest.mark.parametrize(
    "rows",
    [
        ("2026-06-24,EUR,USD,2",),  # six days old
        ("2026-07-01,EUR,USD,2",),  # not yet
        ("2026-06-30,GBP,USD,2",),  # another pair
    ],
)
def test_missing_rate_is_an_error_never_one(desk, rows):
    """The error names the pair, the day and the file."""
    with pytest.raises(MissingRate) as caught:
        converted(desk, "1 EUR", "USD", *rows)
    assert "from EUR to USD for 2026-06-30" in caught.value.what
    assert caught.value.where == "rates.csv"


def test_no_rate_file(desk):
    """Without a rate file the error says how one looks."""
    with pytest.raises(MissingRate) as caught:
        desk.read(desk.csv(f"{HEAD},currency\nC1,9,5,0-30,USD"), currency="INR")
    assert "date, from, to, rate" in caught.value.mend


@pytest.mark.parametrize("row", ["2026-06-30,EUR,USD,0", "2026-06-30,EUR,USD,x", "x,EUR,USD,1"])
def test_unusable_rate_is_refused(desk, row):
    """A rate that cannot be read stops the run."""
    with pytest.raises(FileFault):
        converted(desk, "1 EUR", "USD", row)


def test_two_rates_for_one_day_are_refused(desk):
    """Contradicting rates are not chosen between."""
    with pytest.raises(FileFault):
        converted(desk, "1 EUR", "USD", "2026-06-30,EUR,USD,2", "2026-06-30,EUR,USD,3")


def test_unknown_currency_is_a_fault(desk):
    """A currency nobody knows leaves the amount unread."""
    row = desk.master(f"{HEAD},currency\nC1,9,5,0-30,QQQ")[0]
    assert (row["outstanding_minor"], row["outstanding_fault"]) == (None, "currency QQQ")


def test_entities(desk):
    """The column goes before the source, the source before the policy."""
    path = desk.csv(f"{HEAD},entity\nC1,9,5,0-30,A\nC2,9,5,0-30,")
    assert entities(path, None) == ["A", "MAIN"]
    assert entities(path, "B") == ["A", "B"]


def entities(path, name):
    """Return the entities of a file that is read with a name for its entity."""
    source = Source(path=path, entity=name)
    intake = read_sources(
        [source], ReadOptions(currency="INR"), policy=Policy(), as_of=date(2026, 6, 30)
    )
    return intake.master["entity"].to_pylist()


def test_each_currency_has_its_own_digits(desk):
    """Rows of each currency are scaled by its own exponent."""
    path = desk.csv(f"{HEAD},currency\nC1,9,5,0-30,USD\nC2,9,500,0-30,JPY\nC3,9,7,0-30,USD")
    intake = desk.read(path, rates(desk, "2026-06-30,JPY,USD,0.01"), currency="USD")
    assert [r["outstanding_minor"] for r in intake.master.to_pylist()] == [500, 500, 700]
