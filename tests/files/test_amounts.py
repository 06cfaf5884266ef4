"""Amounts as people and systems write them, and what is no amount."""

from __future__ import annotations

import pytest

from tradeline.errors import QuestionForUser
from tradeline.files import amounts

READABLE = [
    ("28,00,000", ".", 280000000),
    ("1,234,567.89", ".", 123456789),
    ("1.234.567,89", ",", 123456789),
    ("1 234,50", ",", 123450),
    ("1\u00a0234,50", ",", 123450),
    ("1'234.50", ".", 123450),
    ("1\u2019234.50", ".", 123450),
    ("₹ 5,000.00 Dr", ".", 500000),
    ("5,000.00 Cr", ".", -500000),
    ("Rs. 5,000.00", ".", 500000),
    ("Rs 12,34,567/-", ".", 123456700),
    ("(1,250.00)", ".", -125000),
    ("₹(1,250.00)", ".", -125000),
    ("(₹1,250.00)", ".", -125000),
    ("-50", ".", -5000),
    ("\u221250.00", ".", -5000),
    ("1,250.00-", ".", -125000),
    ("-₹50.25", ".", -5025),
    ("INR 1,000", ".", 100000),
    ("1,000.5 INR", ".", 100050),
    ("+7.5", ".", 750),
    (".5", ".", 50),
    ("0.10", ".", 10),
    ("1234.5600", ".", 123456),
    ("0.30000000000000004", ".", 30),
    ("1234.", ".", 123400),
    ("9000000000000.00", ".", 900000000000000),
]
UNREADABLE = [
    "abc", "1,2,3", "12,34", "1.2.3.4", "1E+06", "N/A", "(5) Cr", "-5 Cr", "5 000.5 000", "--5",
    "12 Dr Cr", "1.005", "0x10", "NaN", "inf", "1,000 XX", "()", "9000000000000.01", "#REF!",
]  # fmt: skip


@pytest.mark.parametrize(("text", "mark", "minor"), READABLE)
def test_amount_is_read_exactly(amount, text, mark, minor):
    """Every usual way of writing gives the amount in paise, without a fault."""
    assert amount(text, decimal=mark) == (minor, None)


@pytest.mark.parametrize("text", UNREADABLE)
def test_unreadable_amount_keeps_its_text(amount, text):
    """What is no amount becomes null and its text stays as the fault."""
    assert amount(text, decimal=".") == (None, text)


def test_blank_and_dash_are_missing_not_faulty(amount):
    """A blank limit is not zero and not a fault (METHODS 0)."""
    assert amount("") == (None, None)
    assert amount("-") == (None, None)


@pytest.mark.parametrize("text", ["1.234", "1,234"])
def test_open_decimal_mark_is_asked(desk, text):
    """A header by another name and only three digits after one mark: both readings stand."""
    with pytest.raises(QuestionForUser) as caught:
        desk.master(f"Customer|Limit|Balance|Ageing\nC1|9|{text}|0-30\n")
    assert "--decimal" in caught.value.mend


def test_question_is_answered_by_option(desk):
    """The same text is 1,234 rupees or 1.234, which a rupee amount cannot be."""
    text = "Customer|Limit|Balance|Ageing\nC1|9|1.234|0-30\n"
    assert desk.master(text, decimal=",")[0]["outstanding_minor"] == 123400
    assert desk.master(text, decimal=".")[0]["outstanding_fault"] == "1.234"


def test_proof_in_another_row_settles_the_mark(desk):
    """One unmistakable amount shows how the whole file is written."""
    rows = desk.master("Customer|Limit|Balance|Ageing\nC1|1.500|1.234|0-30\nC2|2.000,50|10|0-30\n")
    assert [row["outstanding_minor"] for row in rows] == [123400, 1000]
    assert rows[1]["credit_limit_minor"] == 200050


def test_two_marks_in_one_file_are_asked(desk):
    """1.234,56 beside 1,234.56 proves both; nothing is guessed."""
    with pytest.raises(QuestionForUser):
        desk.master("Customer|Limit|Balance|Ageing\nC1|1.234,56|1,234.56|0-30\n")


def test_plain_numbers_are_no_question(desk):
    """1234.56 and 1234 are never asked about."""
    rows = desk.master("Customer|Limit|Balance|Ageing\nC1|1234.56|1234|0-30\n")
    assert rows[0]["credit_limit_minor"] == 123456


@pytest.mark.parametrize(
    ("currency", "text", "minor"),
    [
        ("JPY", "5000", 5000),
        ("KWD", "5000.125", 5000125),
        ("USD", "0.29", 29),
        ("USD", "1.15", 115),
    ],
)
def test_minor_units_follow_the_currency(amount, currency, text, minor):
    """JPY has no decimals, KWD three (ISO 4217)."""
    assert amount(text, currency=currency, decimal=".") == (minor, None)


def test_marks_prove_what_they_prove():
    """Two different marks, repeated marks and odd lengths are proof; three digits are not."""
    assert amounts.marks(["1,234.5"]) == {"."}
    assert amounts.marks(["28,00,000"]) == {"."}
    assert amounts.marks(["1.234.567"]) == {","}
    assert amounts.marks(["12,5"]) == {","}
    assert amounts.marks(["1,234"]) == {"?,"}
    assert amounts.marks(["0.125"]) == {"."}
    assert amounts.marks(["Rs. 500"]) == set()


def test_spreadsheet_number_is_rounded_half_up(desk):
    """A float cell may carry binary noise or too many digits: half-up at the paisa."""
    path = desk.xlsx(
        [
            ["customer_no", "credit_limit", "outstanding", "ageing_bucket"],
            ["C1", 0.1 + 0.2, 1.005, "0-30"],
            ["C2", 1e14, 2.675, "0-30"],
        ]
    )
    rows = desk.read(path, currency="INR").master.to_pylist()
    assert [row["credit_limit_minor"] for row in rows] == [30, None]
    assert [row["outstanding_minor"] for row in rows] == [101, 268]


def test_too_large_amount_is_an_error_finding(desk):
    """Beyond the accepted maximum the amount is null, its text stays, a finding says so."""
    path = desk.csv(
        "customer_no,credit_limit,outstanding,ageing_bucket\nC1,99999999999999999,5,0-30"
    )
    intake = desk.read(path, currency="INR")
    assert intake.master.to_pylist()[0]["credit_limit_fault"] == "99999999999999999"
    assert [
        (f["severity"], f["code"]) for f in intake.findings.to_pylist() if f["severity"] != "INFO"
    ] == [("ERROR", "AMOUNT_TOO_LARGE")]
