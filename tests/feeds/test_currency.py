"""Whose currency: the column's, the amount's, the header's, the option's; else a question."""

from __future__ import annotations

import pytest

from tradeline.errors import QuestionForUser


def codes(tray, text, **options):
    """Return currency and fault of each limit."""
    return [(r.get("currency"), r.get("fault")) for r in tray.rows("limits", text, **options)]


def test_nothing_says_it(tray):
    """A question, which the option answers."""
    text = "customer_no,limit\n1,5"
    with pytest.raises(QuestionForUser, match="currency"):
        codes(tray, text)
    assert codes(tray, text, currency="INR") == [("INR", None)]


def test_the_header_or_the_amount_says_it(tray):
    """The amount wins over the header, the header over the option."""
    text = "customer_no,limit (INR)\n1,5\n2,EUR 5"
    assert codes(tray, text, currency="USD") == [("INR", None), ("EUR", None)]


def test_a_blank_cell_of_the_column(tray):
    """It takes what the amount or the option says; otherwise the row has a fault."""
    text = "customer_no,limit,currency\n1,5,USD\n2,GBP 5,\n3,5,"
    assert codes(tray, text) == [("USD", None), ("GBP", None), (None, "currency: is blank")]
    assert codes(tray, text, currency="INR")[2] == ("INR", None)


def test_an_unknown_word(tray):
    """It is a fault, never the option; the amount is then not known either."""
    rows = tray.rows("limits", "customer_no,limit,currency\n1,5,XQX", currency="USD")
    assert rows[0]["fault"] == "currency: XQX"
    assert "limit_minor" not in rows[0]


def test_a_shared_sign(tray):
    """A dollar is several currencies: a question, unless the option is one of them."""
    text = "customer_no,limit\n1,$5"
    with pytest.raises(QuestionForUser, match="several currencies"):
        codes(tray, text)
    assert codes(tray, text, currency="CAD") == [("CAD", None)]
    with pytest.raises(QuestionForUser):
        codes(tray, text, currency="INR")


def test_contradictions(tray):
    """Header against column is a question; amount against column is a fault."""
    with pytest.raises(QuestionForUser, match="names INR"):
        codes(tray, "customer_no,limit (INR),currency\n1,5,USD")
    text = "customer_no,limit,currency\n1,EUR 5,USD"
    assert codes(tray, text) == [("USD", "limit: names EUR, not USD")]
    with pytest.raises(QuestionForUser, match="different currencies"):
        tray.feed("ar", "customer_no,document_no,due_date,Amount (EUR),Open Amount (USD)\n"
                        "1,A,2026-06-20,5,5")  # fmt: skip


def test_units_are_scaled_exactly(tray):
    """Lakhs of rupees, thousands of yen, by header or banner."""
    rows = tray.rows("limits", "customer_no,limit (INR in lakhs)\n1,10.5")
    assert rows[0]["limit_minor"] == 105_000_000
    rows = tray.rows("limits", "All amounts in JPY thousands\ncustomer_no,limit\n1,7")
    assert (rows[0]["currency"], rows[0]["limit_minor"]) == ("JPY", 7000)


def test_open_decimal_marks_and_date_orders_are_questions(tray):
    """The options that answer are named; the answers are taken."""
    text = "Customer No;Document No;Due Date;Invoice Amount;Currency\n1;A;2026-06-20;1.234;EUR"
    with pytest.raises(QuestionForUser, match="decimal mark"):
        tray.feed("ar", text)
    assert tray.rows("ar", text, decimal=",")[0]["amount_minor"] == 123400
    text = text.replace("2026-06-20", "03/04/2026").replace("1.234", "1.23")
    with pytest.raises(QuestionForUser) as caught:
        tray.feed("ar", text)
    assert "--date-order" in caught.value.mend
    assert tray.rows("ar", text, date_order="dmy")[0]["due_date"].month == 4
