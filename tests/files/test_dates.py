"""Dates: ISO and real ones pass, other orders are proven by the column or asked for."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from tradeline.errors import QuestionForUser
from tradeline.files.dates import order_of, read_text

HEAD = "Customer|Limit|Balance|Ageing|Last payment date\n"


def days(desk, *texts, **options):
    """Return the last payment dates and faults read from texts."""
    rows = "".join(f"C{i}|9|5|0-30|{text}\n" for i, text in enumerate(texts))
    return [
        (row["last_payment_date"], row["last_payment_date_fault"])
        for row in desk.master(HEAD + rows, **options)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-01", "2026/04/01", "20260401", "1-Apr-26", "01-Apr-2026", "1 April 2026",
        "Apr 1, 2026", "April 1 2026", "2026-04-01 00:00:00", "2026-04-01T10:15:00Z", "46113",
        "/Date(1775001600000)/", "01.04.2026 00:00",
    ],
)  # fmt: skip
def test_readable(text):
    """All of these are 1 April 2026."""
    assert read_text(text, "dmy") == date(2026, 4, 1)


@pytest.mark.parametrize(
    "text", ["31/02/2026", "2026-13-01", "0", "7", "soon", "1-Foo-26", "305 days overdue", "99999"]
)
def test_impossible_is_a_fault(desk, text):
    """A date that is none stays as text."""
    assert days(desk, text, date_order="dmy") == [(None, text)]


def test_open_order_is_asked(desk):
    """03/04/2026 alone can be two days (METHODS 4.7)."""
    with pytest.raises(QuestionForUser) as caught:
        days(desk, "03/04/2026")
    assert "--date-order dmy" in caught.value.mend
    assert "03/04/2026" in caught.value.what


@pytest.mark.parametrize(("order", "day"), [("dmy", date(2026, 4, 3)), ("mdy", date(2026, 3, 4))])
def test_option_answers(desk, order, day):
    """The option settles the order."""
    assert days(desk, "03/04/2026", date_order=order) == [(day, None)]


def test_another_row_settles_the_order(desk):
    """A part above 12 anywhere in the column tells which part is the day."""
    assert days(desk, "03/04/2026", "25/04/2026")[0] == (date(2026, 4, 3), None)
    assert days(desk, "03/04/2026", "04/25/2026")[0] == (date(2026, 3, 4), None)


def test_both_orders_in_one_column_are_asked(desk):
    """25/04 and 04/25 in one column: no order holds."""
    with pytest.raises(QuestionForUser):
        days(desk, "25/04/2026", "04/25/2026")


def test_order_of():
    """Both while open, one when proven, None without such texts."""
    assert order_of(["01/02/2026"]) == {"dmy", "mdy"}
    assert order_of(["13/02/2026"]) == {"dmy"}
    assert order_of(["2026-02-13"]) is None


def test_date_cells_and_serials_of_a_spreadsheet(desk):
    """Date cells are dates; a serial number in the column is one too; text stays a fault."""
    path = desk.xlsx(
        [
            ["customer_no", "credit_limit", "outstanding", "ageing_bucket", "last_payment_date"],
            ["C1", 9, 5, "0-30", date(2026, 4, 1)],
            ["C2", 9, 5, "0-30", datetime.fromisoformat("2026-04-02 13:05")],
            ["C3", 9, 5, "0-30", 46115],
            ["C4", 9, 5, "0-30", "soon"],
        ]
    )
    rows = desk.read(path, currency="INR").master.to_pylist()
    assert [r["last_payment_date"] for r in rows] == [
        date(2026, 4, 1), date(2026, 4, 2), date(2026, 4, 3), None,
    ]  # fmt: skip
    assert rows[3]["last_payment_date_fault"] == "soon"


def test_number_column_of_serials(desk):
    """A column of plain serial numbers is read as dates."""
    path = desk.xlsx(
        [
            ["customer_no", "credit_limit", "outstanding", "ageing_bucket", "last_payment_date"],
            ["C1", 9, 5, "0-30", 46113],
        ]
    )
    assert desk.read(path, currency="INR").master.to_pylist()[0]["last_payment_date"] == date(
        2026, 4, 1
    )


def test_two_digit_year_first(desk):
    """26/04/01 under ymd is 1 April 2026."""
    assert days(desk, "26/04/01", date_order="ymd") == [(date(2026, 4, 1), None)]
