"""Shapes of real exports: sections, repeated limits, repeated headers, blank currencies, XLS."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tradeline.errors import QuestionForUser
from tradeline.files.labels import bucket

IMPORTS = Path(__file__).parents[2] / "examples" / "imports"
HEAD = "customer_no,credit_limit,outstanding,ageing_bucket"


def documents(intake, *names):
    """Return what matters of each document."""
    return [tuple(row[name] for name in names) for row in intake.items.to_pylist()]


def codes(intake):
    """Return the codes of the findings with their rows."""
    return [(f["code"], f["source_row"]) for f in intake.findings.to_pylist()]


def test_quickbooks_sections_by_age(desk):
    """Section rows that name an age are left out; empty sections too; documents stay whole."""
    intake = desk.read(IMPORTS / "quickbooks_ar_aging_detail.csv", currency="USD")
    assert documents(intake, "customer_name", "document_no", "open_minor", "source_row") == [
        ("Shara Barnett:Barnett Design", "1012", 27450, 9),
        ("Bill's Windsurf Shop", "1019", 8500, 12),
        ("Bill's Windsurf Shop", "CM1026", 10000, 13),
        ("Mark Cho", "1035", 31428, 16),
    ]
    assert {code for code, _ in codes(intake)} == {"TOTAL_ROW_SKIPPED"}
    assert len(codes(intake)) == 9


def test_quickbooks_sections_by_customer(desk):
    """The name is carried down; a customer inside another bears both names."""
    intake = desk.read(IMPORTS / "quickbooks_customer_balance_detail.csv", currency="USD")
    assert documents(intake, "customer_name", "document_no") == [
        ("Bill's Windsurf Shop", "1019"),
        ("Freeman Sporting Goods:0969 Ocean View Road", "1036"),
        ("Freeman Sporting Goods:55 Twin Lane", "1005"),
        ("Freeman Sporting Goods:55 Twin Lane", "2064"),
        ("Freeman Sporting Goods", "1041"),
    ]
    carried = [f for f in intake.findings.to_pylist() if f["code"] == "SECTION_CARRIED"]
    assert [f["severity"] for f in carried] == ["INFO"]
    assert carried[0]["message"].startswith("4 rows name only a customer")


def test_xero_sections(desk):
    """The section row stands in the date column; `Total Energies` is a customer, not a total."""
    intake = desk.read(IMPORTS / "xero_aged_receivables_detail.csv", currency="USD")
    assert documents(intake, "customer_name", "document_no", "due_date", "kind", "open_minor") == [
        ("ABC Furniture", "INV-0007", date(2026, 4, 22), "invoice", 108750),
        ("Total Energies", "INV-0031", date(2026, 7, 1), "invoice", 100),
        ("Total Energies", "CN-0014", date(2026, 6, 3), "credit_note", 40),
    ]
    assert intake.reports[0].matches[0].why == "named once above its documents"
    assert [row for code, row in codes(intake) if code == "TOTAL_ROW_SKIPPED"] == [10, 15, 17, 18]


def test_sap_sections(desk):
    """A list by customer number, in a workbook, without totals."""
    path = desk.xlsx(
        [
            ["Document Number", "Document Date", "Net due date", "Amount in local currency"],
            ["Customer 100234"],
            ["4711", date(2026, 2, 13), date(2026, 3, 15), 12345.67],
            ["4712", date(2026, 2, 14), date(2026, 3, 16), -5],
            ["Customer: 100235"],
            ["4713", date(2026, 2, 15), date(2026, 3, 17), 1],
        ]
    )
    intake = desk.read(path, currency="EUR")
    assert documents(intake, "customer_no", "document_no", "due_date", "source_row") == [
        ("100234", "4711", date(2026, 3, 15), 3),
        ("100234", "4712", date(2026, 3, 16), 4),
        ("100235", "4713", date(2026, 3, 17), 6),
    ]


def test_documents_after_a_closed_section_have_no_customer(desk):
    """The last customer's name is not carried beyond its total."""
    path = desk.csv(
        """,Date,Num,Due date,Amount
        Acme,,,,
        ,2026-05-01,I1,2026-06-01,5
        Total for Acme,,,,5
        ,2026-05-02,I2,2026-06-02,6"""
    )
    intake = desk.read(path, currency="INR")
    assert documents(intake, "customer_name", "document_no") == [("Acme", "I1")]
    assert ("NO_IDENTITY", 5) in codes(intake)


def test_a_gap_in_a_customer_column_is_not_filled(desk):
    """Only sections are carried down; a blank cell among filled ones is left out with a note."""
    path = desk.csv(
        """customer_name,document_no,due_date,amount
        Acme,I1,2026-05-01,5
        ,I2,2026-05-01,6
        Beta,,,"""
    )
    assert ("NO_IDENTITY", 3) in codes(desk.read(path, currency="INR"))


def test_erp_dump_gives_a_master(desk):
    """One row per document with the limit repeated (KNOWN_ANSWERS 9)."""
    intake = desk.read(IMPORTS / "erp_ar_dump.xlsx")
    report = intake.reports[0]
    assert (report.role, report.header_row, intake.currency) == ("items", 6, "USD")
    assert report.unused == (
        "Segment", "Available Credit", "Terms", "Overdue Days", "Bucket", "Segment (2)",
    )  # fmt: skip
    names = ("customer_no", "credit_limit_minor", "credit_limit_fault", "outstanding_minor")
    assert [tuple(row[name] for name in names) for row in intake.master.to_pylist()] == [
        ("100123", 5000000, None, None),
        ("100124", None, None, None),
        ("100125", None, "20000.00 and 25000.00", None),
    ]
    assert [(kind, amount) for kind, amount in documents(intake, "kind", "amount_minor")] == [
        ("invoice", 1200025), ("invoice", 3925025), ("cash", 80000), ("debit_note", 3550),
        ("invoice", 500000), ("credit_note", 25075), ("invoice", 900000), ("credit_note", 1000),
    ]  # fmt: skip
    assert [bucket(text) for text in ("01 <1", "02 1-30", "06 181-366", "07 >366")] == [
        "0-30", "0-30", "90+", "90+",
    ]  # fmt: skip
    assert {f["code"] for f in intake.findings.to_pylist()} == {"LIMIT_FROM_ITEMS"}


def test_erp_dump_is_completed_by_the_engine(desk):
    """The derived master gets its balances and ages from the same documents."""
    from tradeline.engine.backends import open_engine
    from tradeline.engine.complete import complete_master
    from tradeline.policy.schema import Policy

    intake = desk.read(IMPORTS / "erp_ar_dump.xlsx")
    with open_engine("duckdb") as engine:
        full = complete_master(
            intake.master, intake.items, None, Policy(),
            currency="USD", as_of=date(2026, 6, 30), engine=engine,
        )  # fmt: skip
    names = ("customer_no", "credit_limit_minor", "outstanding_minor")
    assert [tuple(row[name] for name in names) for row in full.to_pylist()] == [
        ("100123", 5000000, 1200025 + 3825025 - 80000 + 3550),
        ("100124", None, 500000 - 25075),
        ("100125", None, 900000 - 1000),
    ]


def test_a_master_goes_before_limits_on_documents(desk):
    """With a master, the limit that documents repeat is a column not used."""
    master = desk.csv("Customer No,Limit\n100123,7", "master.csv")
    intake = desk.read(master, IMPORTS / "erp_ar_dump.xlsx", currency="USD")
    assert intake.master["credit_limit_minor"].to_pylist() == [700]
    assert "Credit Limit" in intake.reports[1].unused


@pytest.mark.parametrize("name", ["legacy.xls", "legacy.ods"])
def test_legacy_workbooks_read_like_their_twin(desk, name):
    """XLS and ODS give the same accounts as XLSX."""
    twin = desk.read(IMPORTS / "legacy.xlsx", currency="INR")
    intake = desk.read(IMPORTS / name, currency="INR")
    assert intake.reports[0].format == name[-3:]
    assert intake.master.drop_columns("source_file").equals(twin.master.drop_columns("source_file"))
    assert intake.master["last_payment_date"].to_pylist()[0] == date(2026, 6, 10)


@pytest.mark.parametrize(
    ("head", "row", "seen"),
    [
        ("Party,Limit,Balance,Ageing,Balance", "C1,9,5,0-30,6", ['C "Balance"', 'E "Balance (2)"']),
        ("Customer,Limit,Balance,Ageing,Total due", "C1,9,5,0-30,6", ["Balance", "Total due"]),
        ("Party,Credit limit,Credit limit,Balance,Ageing", "C1,9,8,5,0-30", ["Credit limit (2)"]),
        ("Customer,Limit (INR),Limit (USD),Balance,Ageing", "C1,9,8,5,0-30", ["Limit (USD)"]),
    ],
)  # fmt: skip
def test_two_columns_for_a_deciding_field_are_asked(desk, head, row, seen):
    """Both columns are named, and the answer that settles it works."""
    path = desk.csv(f"{head}\n{row}")
    with pytest.raises(QuestionForUser) as caught:
        desk.read(path, currency="INR")
    assert all(word in caught.value.what for word in seen)
    answer = caught.value.mend.split(" or ")[1]
    header, field = answer.split('"')[1].rsplit("=", 1)
    if "USD" not in head:
        intake = desk.read(path, currency="INR", mapping={header: field})
        wanted = {"outstanding": 600, "credit_limit": 800}[field]
        assert intake.master[f"{field}_minor"].to_pylist() == [wanted]


def test_letters_are_those_of_the_sheet(desk):
    """A table that does not begin in column A."""
    rows = [
        [None, "Customer", "Limit", "Balance", "Ageing", "Balance"],
        [None, "C1", 9, 5, "0-30", 6],
    ]
    with pytest.raises(QuestionForUser) as caught:
        desk.read(desk.xlsx(rows), currency="INR")
    assert 'D "Balance" and F "Balance (2)"' in caught.value.what


@pytest.mark.parametrize("second", ["5", ""])
def test_equal_or_blank_columns_are_not_asked(desk, second):
    """Where nothing differs the first is taken, the other is shown as not used."""
    path = desk.csv(f"Customer,Limit,Balance,Ageing,Balance\nC1,9,5,0-30,{second}")
    intake = desk.read(path, currency="INR")
    assert intake.reports[0].unused == ("Balance (2)",)


def test_a_repeated_optional_column_is_not_asked(desk):
    """The first is kept, the other is shown as not used."""
    path = desk.csv("Customer,Limit,Balance,Ageing,DSO,DSO\nC1,9,5,0-30,10,20")
    intake = desk.read(path, currency="INR")
    assert intake.master["dso_days_x100"].to_pylist() == [1000]
    assert intake.reports[0].unused == ("DSO (2)",)


def test_repeated_amounts_of_documents_are_asked(desk):
    """The same name twice; a document and a local amount are different names, the first counts."""
    path = desk.csv("customer_no,document_no,due_date,Amount,Amount\nC1,I1,2026-05-01,5,6")
    with pytest.raises(QuestionForUser):
        desk.read(path, currency="INR")


def test_blank_currency_among_several_is_a_fault(desk):
    """Never assumed to be the functional one; an amount that names its own currency is read."""
    rates = desk.csv("date,from,to,rate\n2026-06-30,USD,INR,80", "rates.csv")
    path = desk.csv(
        f"{HEAD},currency\nC1,9,5,0-30,INR\nC2,1,5,0-30,USD\nC3,9,5,0-30,\nC4,,Rs. 5,0-30,"
    )
    rows = desk.read(path, rates, currency="INR").master.to_pylist()
    assert [r["outstanding_minor"] for r in rows] == [500, 40000, None, 500]
    assert [r["outstanding_fault"] for r in rows] == [None, None, "currency is blank", None]
    assert [r["credit_limit_fault"] for r in rows] == [None, None, "currency is blank", None]


@pytest.mark.parametrize(("functional", "minor"), [("USD", 500), ("INR", 40000)])
def test_blank_currency_in_a_column_of_one(desk, functional, minor):
    """It takes the only currency stated, not the functional one, with one finding per file."""
    rates = desk.csv("date,from,to,rate\n2026-06-30,USD,INR,80", "rates.csv")
    path = desk.csv(f"{HEAD},currency\nC1,9,5,0-30,USD\nC2,9,5,0-30,\nC3,9,5,0-30,")
    intake = desk.read(path, rates, currency=functional)
    assert intake.master["outstanding_minor"].to_pylist() == [minor] * 3
    notes = [f for f in intake.findings.to_pylist() if f["code"] == "CURRENCY_ASSUMED"]
    assert [(f["severity"], f["message"][:6]) for f in notes] == [("INFO", "2 rows")]


def test_a_blank_currency_column_states_nothing(desk):
    """As if it were not there."""
    intake = desk.read(desk.csv(f"{HEAD},currency\nC1,9,5,0-30,"), currency="INR")
    assert intake.master["outstanding_minor"].to_pylist() == [500]
    assert "CURRENCY_ASSUMED" not in {code for code, _ in codes(intake)}
