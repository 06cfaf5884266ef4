"""Units of amounts: stated by a header or a line above it, they are applied exactly or asked."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradeline.errors import QuestionForUser
from tradeline.files import units
from tradeline.files.header import normalise


@pytest.mark.parametrize(
    ("header", "unit", "name"),
    [
        ("Limit (in lakhs)", "lakh", "limit"),
        ("Outstanding Rs. in lacs", "lakh", "outstanding"),
        ("Amount INR Cr", "crore", "amount"),
        ("Limit in crores", "crore", "limit"),
        ("Outstanding (USD '000)", "thousand", "outstanding"),
        ("Outstanding in thousands", "thousand", "outstanding"),
        ("Limit in millions", "million", "limit"),
        ("Limit USD m", "million", "limit"),
        ("Outstanding EUR k", "thousand", "outstanding"),
        ("Limit Rs. Cr", "crore", "limit"),
        ("Limit in Cr.", "crore", "limit"),
        ("Limit (\u20b9 Cr)", "crore", "limit"),
        ("Limit TEUR", "thousand", "limit"),
        ("credit_limit_lakhs", "lakh", "credit limit"),
        ("Total in \u00a3 millions", "million", "total"),
        ("Cr", None, "cr"),
        ("Credit limit", None, "credit limit"),
        ("Cr limit (INR)", None, "cr limit"),
        ("Closing Balance (Dr/Cr)", None, "closing balance"),
        ("Amount in local currency", None, "amount in local currency"),
        ("> 1000 days", None, "> 1000 days"),
    ],
)
def test_header_states_a_unit(header, unit, name):
    """The unit is told and the rest of the header still names the field."""
    found = units.in_header(header)
    assert (found.name if found else None, normalise(header)) == (unit, name)


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("Rs. in Lakhs", "lakh"),
        ("Amounts in USD thousands", "thousand"),
        ("As at 31 March 2026 (\u20b9 in crores)", "crore"),
        ("All amounts are stated in thousands of US dollars", "thousand"),
        ("(Lakhs)", "lakh"),
        ("Lakh Traders Pvt Ltd", None),
        ("Million Miles Logistics", None),
        ("Sales in Thousand Oaks", None),
        ("Balance (Dr/Cr)", None),
    ],
)
def test_line_above_the_header_states_a_unit(line, unit):
    """A company's name is no unit."""
    found = units.in_banner(line)
    assert (found.name if found else None) == unit


@pytest.mark.parametrize(
    ("header", "text", "minor"),
    [
        ("Limit (in lakhs)", "12.345", 123450000),  # 12,34,500.00
        ("Limit (in lakhs)", "0.0000001", 1),  # one paisa
        ("Limit INR Cr", "89.99999999", 89999999990),
        ("Limit Rs. Cr", "1,234.5", 1234500000000),
        ("Limit (INR '000)", "2500", 250000000),
        ("Limit INR m", "0.29", 29000000),
    ],
)
def test_money_is_scaled_exactly(desk, header, text, minor):
    """No float noise: to the paisa, in text and in a workbook; the other column keeps its own."""
    path = desk.csv(f"Customer|{header}|Outstanding (INR)|Ageing\nC1|{text}|7.5|0-30")
    row = desk.read(path).master.to_pylist()[0]
    assert (row["credit_limit_minor"], row["outstanding_minor"]) == (minor, 750)
    book = desk.xlsx(
        [
            ["Customer", header, "Outstanding (INR)", "Ageing"],
            ["C1", float(text.replace(",", "")), 7.5, "0-30"],
        ]
    )
    assert desk.read(book).master.to_pylist()[0]["credit_limit_minor"] == minor


def test_digits_below_the_minor_unit_are_a_fault(desk):
    """A tenth of a paisa is not rounded away in a text."""
    path = desk.csv("Customer,Limit (in lakhs),Outstanding (INR),Ageing\nC1,0.00000012,5,0-30")
    assert desk.read(path).master.to_pylist()[0]["credit_limit_fault"] == "0.00000012"


@pytest.mark.parametrize("number", [90_000_001, 9 * 10**13, 2**62])
def test_amounts_beyond_the_limit_are_faults(desk, number):
    """Scaling integers never wraps round: 9 crore crore and more is refused with its text."""
    book = desk.xlsx(
        [["Customer", "Limit (in crores)", "Outstanding", "Ageing"], ["C1", number, 5, "0-30"]]
    )
    row = desk.read(book, currency="INR").master.to_pylist()[0]
    assert row["credit_limit_minor"] is None or row["credit_limit_minor"] == number * 10**9
    assert (row["credit_limit_fault"] is None) == (number * 10**9 <= 900_000_000_000_000)


def test_unit_above_the_header_counts_for_every_amount(desk):
    """Limits, balances and ageing columns; days stay days; the currency is told as well."""
    rows = [
        ["Lakh Traders Pvt Ltd"],
        ["Amounts are in Rs. Lakhs"],
        ["Customer", "Limit", "0-30 days", "31-60 days", "DSO"],
        ["C1", 12.345, 1.5, 0.25, 45],
    ]
    for path in (
        desk.xlsx(rows),
        desk.csv("\n".join(",".join(map(str, row + [""] * (5 - len(row)))) for row in rows)),
    ):
        intake = desk.read(path)
        row = intake.master.to_pylist()[0]
        assert intake.currency == "INR"
        assert row["credit_limit_minor"] == 123450000
        assert (row["outstanding_minor"], row["ageing_bucket"]) == (17500000, "31-60")
        assert row["dso_days_x100"] == 4500
        report = intake.reports[0]
        why = {match.field: match.why for match in report.matches}
        assert report.unit == "lakh"
        assert why["credit_limit"].endswith("; in lakh")
        assert "lakh" not in why["dso_days"]


def test_bucket_headers_state_units(desk):
    """Amounts spread over buckets whose headers state the unit."""
    path = desk.csv("Customer,Limit INR k,0-30 (INR k),31-60 (INR k),>90 (INR k)\nC1,9,1.5,2,")
    row = desk.read(path, decimal=".").master.to_pylist()[0]
    assert (row["outstanding_minor"], row["ageing_bucket"]) == (350000, "31-60")


def test_items_and_payments_are_scaled(desk):
    """Documents state units too."""
    path = desk.csv("customer_no,document_no,due_date,Amount USD k\nC1,I1,2026-05-01,1.25")
    assert desk.read(path).items["amount_minor"].to_pylist() == [125000]


@pytest.mark.parametrize(
    ("above", "header", "words"),
    [
        ("Rs. in Lakhs", "Limit (in crores)", ["crore", "lakh"]),
        ("Rs. in Lakhs,Figures in thousands", "Limit", ["Rs. in Lakhs", "Figures in thousands"]),
        ("Report", "Limit (Cr)", ["crore or credit"]),
    ],
)
def test_contradicting_units_are_asked(desk, above, header, words):
    """A header against a line above it, two lines, or a `(Cr)` that may be either."""
    path = desk.csv(f"{above}\nCustomer,{header},Outstanding,Ageing\nC1,9,5,0-30")
    with pytest.raises(QuestionForUser) as caught:
        desk.read(path, currency="INR")
    assert all(word in caught.value.what for word in words)
    answers = re.findall(r"--unit (\w+)", caught.value.mend)
    assert len(answers) == 2
    limits = {answer: _limit(desk.read(path, currency="INR", unit=answer)) for answer in answers}
    assert limits == {answer: 900 * 10 ** units.POWERS.get(answer, 0) for answer in answers}


def _limit(intake):
    return intake.master["credit_limit_minor"][0].as_py()


def test_an_answered_unit_holds_for_every_amount(desk):
    """Ageing columns too, whatever a header says; days stay days, and the table says the unit."""
    path = desk.csv("Customer,Limit (in crores),0-30,31-60,DSO\nC1,9,1.5,2,45")
    intake = desk.read(path, currency="INR", unit="thousand", decimal=".")
    row = intake.master.to_pylist()[0]
    assert (row["credit_limit_minor"], row["outstanding_minor"]) == (900_000, 350_000)
    assert row["dso_days_x100"] == 4500
    report = intake.reports[0]
    assert report.unit == "thousand"
    assert [match.why for match in report.spread] == [
        "amounts aged 0-30; in thousand", "amounts aged 31-60; in thousand",
    ]  # fmt: skip


def test_an_answered_unit_goes_before_the_short_way(desk, monkeypatch):
    """Large typed Parquet is not taken as it is."""
    monkeypatch.setattr("tradeline.files.typed.ROWS_MIN", 0)
    path = desk.folder / "items.parquet"
    day, amount = pa.array([date(2026, 5, 1)]), pa.array([Decimal("1.25")], pa.decimal128(18, 2))
    words = {"entity": "A", "customer_no": "C1", "currency": "USD", "document_no": "I1"}
    table = {name: [word] for name, word in words.items()} | {
        "kind": ["invoice"], "document_date": day, "due_date": day, "amount": amount,
        "open_amount": amount, "disputed": [False],
    }  # fmt: skip
    pq.write_table(pa.table(table), path)
    assert desk.read(path).items["amount_minor"].to_pylist() == [125]
    assert desk.read(path, unit="thousand").items["amount_minor"].to_pylist() == [125000]


def test_credit_and_debit_columns_are_sides(desk):
    """`Balance INR Cr` beside `Balance INR Dr` means credit, not crore."""
    path = desk.csv("Customer,Limit,Balance INR Cr,Balance INR Dr,Ageing\nC1,9,5,,0-30")
    report = desk.read(path, currency="INR", mapping={"Balance INR Cr": "outstanding"}).reports[0]
    assert report.unit is None


def test_a_header_without_a_unit_beside_one_with_is_noted(desk):
    """Read as single units, and said so."""
    path = desk.csv("Customer,Limit (in lakhs),Outstanding,Ageing\nC1,9,5,0-30")
    intake = desk.read(path, currency="INR")
    assert intake.master.to_pylist()[0]["outstanding_minor"] == 500
    notes = [f for f in intake.findings.to_pylist() if f["code"] == "UNIT_PARTLY"]
    assert len(notes) == 1
    assert "Outstanding" in notes[0]["message"]


def test_lakhs_are_written_with_a_point(desk):
    """12.345 lakh is not open; 12,345 lakh is grouped."""
    path = desk.csv("Customer|Limit (in lakhs)|Balance (INR)|Ageing\nC1|12,345|1.234|0-30")
    row = desk.read(path).master.to_pylist()[0]
    assert (row["credit_limit_minor"], row["outstanding_fault"]) == (123450000000, "1.234")
