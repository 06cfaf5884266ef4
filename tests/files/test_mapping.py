"""Columns are found under the names the common systems give them, or asked for by name."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tradeline.errors import ArgumentFault, FileFault, MappingFault
from tradeline.files.header import distinct_headers, find_header, normalise
from tradeline.files.profile import save_profile

if TYPE_CHECKING:
    from tradeline.files.intake import Intake

IMPORTS = Path(__file__).parents[2] / "examples" / "imports"


def accounts(intake: Intake) -> list[tuple[object, ...]]:
    """Return what matters of each account."""
    names = (
        "customer_no",
        "customer_name",
        "credit_limit_minor",
        "outstanding_minor",
        "ageing_bucket",
    )
    assert intake.master is not None
    return [tuple(row[name] for name in names) for row in intake.master.to_pylist()]


MASTERS = {
    "tally_sundry_debtors.csv": [
        (None, "Sharma Steel Traders", 50000000, 28000050, "31-60"),
        (None, "Gupta & Sons", 20000000, -500000, "0-30"),
    ],
    "tally_ageing.csv": [
        (None, "Sharma Steel Traders", 50000000, 30000000, "90+"),
        (None, "Gupta & Sons", 20000000, 500000, "0-30"),
    ],
    "sap_credit.csv": [
        ("0000100234", "Muster Maschinenbau GmbH", 250000000, 123456789, "61-90"),
        ("0000100235", "Weber AG", 100000, 0, None),
    ],
    "netsuite_ar_aging.csv": [
        ("1042", "Northwind Supply", 1500000, 1275025, "61-90"),
        ("1043", "Blue Ridge Tools", 500000, 120000, "0-30"),
    ],
    "quickbooks_ar_aging.csv": [
        (None, "Amy's Bird Sanctuary", 500000, 239000, "31-60"),
        (None, "Bill's Windsurf Shop", 300000, 8500, "0-30"),
    ],
    "xero_aged_receivables.csv": [
        ("ABC1", "ABC Furniture", 1000000, 108750, "61-90"),
        ("BOO2", "Boom FM", 500000, 100, "0-30"),
    ],
    "dynamics_customers.csv": [
        ("10000", "Adatum Corporation", 5000000, 1250000, "31-60"),
        ("20000", "Trey Research", 2000000, 0, "0-30"),
    ],
}


@pytest.mark.parametrize("name", MASTERS)
def test_master_of_each_family(desk, name):
    """Each system's export needs no mapping; its total rows are left out."""
    currency = {"tally": "INR", "sap_c": "EUR"}.get(name[:5], "USD")
    intake = desk.read(IMPORTS / name, currency=currency)
    assert accounts(intake) == MASTERS[name]
    assert all(match.confidence >= 70 for match in intake.reports[0].matches)


@pytest.mark.parametrize(
    ("name", "field", "first"),
    [
        ("tally_ageing.csv", "ageing_bucket", ("< 30 days", "amounts aged 0-30")),
        ("xero_aged_receivables.csv", "ageing_bucket", ("Current", "amounts aged 0-30")),
    ],
)
def test_columns_of_amounts_by_age_are_listed(desk, name, field, first):
    """They decide the bucket, so the reading says so; they are not called unused."""
    report = desk.read(IMPORTS / name, currency="USD").reports[0]
    assert {match.field for match in report.spread} == {field}
    assert (report.spread[0].header, report.spread[0].why) == first
    assert len(report.spread) >= 4
    assert not {match.header for match in report.spread} & {*report.unused}


def test_columns_of_amounts_by_age_may_be_what_is_owed(desk):
    """Without a column of its own the sum is owed; with both columns they count for nothing."""
    path = desk.csv("Customer,Limit,0-30,31-60\nC1,9,5,3")
    report = desk.read(path, currency="INR").reports[0]
    assert [match.field for match in report.spread] == ["outstanding and ageing_bucket"] * 2
    path = desk.csv("Customer,Limit,Balance,Ageing,0-30,31-60\nC1,9,5,31-60,5,3")
    assert desk.read(path, currency="INR").reports[0].spread == ()


ITEMS = {
    "sap_fbl5n.csv": ("4711", "invoice", date(2026, 3, 15), 1234567, 1234567),
    "netsuite_open_invoices.csv": ("INV1001", "invoice", date(2026, 4, 30), 500000, 125000),
    "quickbooks_open_invoices.csv": ("1032", "invoice", date(2026, 4, 25), 41472, 41472),
    "xero_invoices.csv": ("INV-0007", "invoice", date(2026, 4, 22), 108750, 8750),
    "dynamics_ledger_entries.csv": ("SI-103001", "invoice", date(2026, 5, 31), 1250000, 250000),
    "tally_bills.csv": ("BILL/12", "invoice", date(2026, 5, 1), 11800000, 1800000),
}


@pytest.mark.parametrize("name", ITEMS)
def test_items_of_each_family(desk, name):
    """Documents are told from accounts by their columns."""
    currency = {"tally": "INR", "sap_f": "EUR"}.get(name[:5], "USD")
    intake = desk.read(IMPORTS / name, currency=currency)
    first = intake.items.to_pylist()[0]
    wanted = ("document_no", "kind", "due_date", "amount_minor", "open_minor")
    assert tuple(first[key] for key in wanted) == ITEMS[name]
    assert first["fault"] is None
    assert intake.reports[0].role == "items"


def test_canonical_names_need_no_question(desk):
    """A file in our own names is read without mapping; every match is certain."""
    intake = desk.read(IMPORTS / "canonical.csv")
    assert intake.currency == "INR"
    assert intake.findings.num_rows == 0
    assert {match.confidence for match in intake.reports[0].matches} == {100}


def test_columns_in_any_order_below_a_banner(desk):
    """Banner rows, a title, blank columns and a repeated header name."""
    path = desk.xlsx(
        [
            ["Acme Private Limited"],
            ["AR as of", date(2026, 6, 30)],
            [],
            [
                None,
                "Segment",
                "Outstanding",
                "Party Name",
                None,
                "Credit Limit",
                "Segment",
                "Ageing",
            ],
            [None, "A", 5, "Sharma", None, 9, "B", "0-30"],
            [None, "A", 6.5, "Gupta", None, 9, "B", ">90"],
        ]
    )
    intake = desk.read(path, currency="INR")
    assert accounts(intake) == [
        (None, "Sharma", 900, 500, "0-30"), (None, "Gupta", 900, 650, "90+"),
    ]  # fmt: skip
    report = intake.reports[0]
    assert (report.header_row, report.unused) == (4, ("Segment", "Segment (2)"))
    assert intake.master["source_row"].to_pylist() == [5, 6]


@pytest.mark.parametrize("blank_rows", [0, 2])
@pytest.mark.parametrize("rows", [3, 21_000])
def test_row_numbers_are_those_of_the_sheet(desk, blank_rows, rows):
    """Small and large sheets, with and without rows above the header."""
    import xlsxwriter

    path = desk.folder / "big.xlsx"
    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        page = book.add_worksheet("AR")
        page.write_row(
            blank_rows, 0, ["customer_no", "credit_limit", "outstanding", "ageing_bucket"]
        )
        for index in range(rows):
            page.write_row(blank_rows + 1 + index, 0, [f"C{index}", 1000.5, 5, "0-30"])
    intake = desk.read(path, currency="INR")
    assert intake.master.num_rows == rows
    assert intake.master["source_row"].to_pylist()[:2] == [blank_rows + 2, blank_rows + 3]
    assert intake.master["credit_limit_minor"].to_pylist()[-1] == 100050


@pytest.mark.parametrize(
    "mapping", [{"Zeta": "current_outstanding"}, {"current_outstanding": "Zeta"}]
)
def test_map_option_in_either_direction(desk, mapping):
    """`--map "Zeta=current_outstanding"`: one side is the column, the other the field."""
    path = desk.csv("Customer,Limit,Zeta,Ageing\nC1,9,5,0-30")
    intake = desk.read(path, currency="INR", mapping=mapping)
    assert accounts(intake)[0][3] == 500
    match = next(m for m in intake.reports[0].matches if m.field == "outstanding")
    assert (match.header, match.confidence, match.why) == ("Zeta", 100, "given by --map")


def test_map_option_goes_before_names(desk):
    """A given column replaces the one a synonym would have taken."""
    path = desk.csv("Customer,Limit,Balance,Overdue part,Ageing\nC1,9,5,3,0-30")
    intake = desk.read(path, currency="INR", mapping={"Overdue part": "outstanding"})
    assert accounts(intake)[0][3] == 300


def test_map_option_that_fits_nothing(desk):
    """Neither side is a column of the file."""
    path = desk.csv("Customer,Limit,Balance,Ageing\nC1,9,5,0-30")
    with pytest.raises(ArgumentFault) as caught:
        desk.read(path, currency="INR", mapping={"Nope": "outstanding"})
    assert "Customer, Limit, Balance, Ageing" in caught.value.mend


def test_missing_columns_are_listed(desk):
    """The error says what was seen, what is missing and which option mends it."""
    path = desk.csv("Customer,Cred Lim,Saldo,Ageing\nC1,9,5,0-30")
    with pytest.raises(MappingFault) as caught:
        desk.read(path, currency="INR")
    assert "Customer, Cred Lim, Saldo, Ageing" in caught.value.what
    assert "credit_limit" in caught.value.what
    assert '--map "Cred Lim=credit_limit"' in caught.value.mend


def test_master_alone_needs_ageing_but_not_beside_items(desk):
    """Without an ageing column the open items must come too."""
    master = desk.csv("Customer,Limit,Balance\nC1,9,5", "master.csv")
    items = desk.csv("customer_no,document_no,due_date,amount\nC1,I1,2026-05-01,5", "items.csv")
    with pytest.raises(MappingFault) as caught:
        desk.read(master, currency="INR")
    assert "open items" in caught.value.mend
    intake = desk.read(master, items, currency="INR")
    assert (intake.master.num_rows, intake.items.num_rows) == (1, 1)


def test_absent_optional_columns_are_noted(desk):
    """An optional column that is not there is an informative finding, not a fault."""
    path = desk.csv("Customer,Limit,Balance,Ageing\nC1,9,5,0-30")
    found = desk.read(path, currency="INR").findings.to_pylist()
    absent = {f["field"] for f in found if f["code"] == "COLUMN_ABSENT"}
    assert {"dso_days", "last_payment_date", "track_record", "disputed"} <= absent
    assert {f["severity"] for f in found} == {"INFO"}


def test_values_tell_a_column(desk):
    """GSTINs and ageing labels are known by their shape."""
    path = desk.csv(
        "Customer,Limit,Balance,Foo,Bar\nC1,9,5,27AAPFU0939F1ZV,0-30\nC2,9,5,29AAGCB7383J1Z4,>90"
    )
    intake = desk.read(path, currency="INR")
    why = {match.field: match.why for match in intake.reports[0].matches}
    assert why["tax_id"] == "values look like GSTINs"
    assert why["ageing_bucket"] == "values look like ageing labels"


def test_profile_round_trip(desk):
    """A saved reading answers next time what had to be answered this time."""
    path = desk.csv("Cust;Lim X;Bal X;Old;Last payment\nC1;9,5;1.234;0-30;03/04/2026", "a.csv")
    answers = {"Cust": "customer_no", "Lim X": "credit_limit", "Bal X": "outstanding"}
    first = desk.read(path, currency="INR", mapping=answers, date_order="dmy", decimal=",")
    profile = desk.folder / "mine.yaml"
    save_profile(profile, first.reports[0])
    again = desk.read(path, currency="INR", profile=profile)
    assert again.master.equals(first.master)
    assert str(desk.folder) not in profile.read_text("utf-8")


def test_a_profile_keeps_a_unit_that_was_given(desk):
    """One that a header states is not kept: the next file may state another."""
    path = desk.csv("Customer,Limit (in lakhs),Balance (in lakhs),Ageing\nC1,9,5,0-30")
    report = desk.read(path, currency="INR", unit="crore").reports[0]
    profile = desk.folder / "mine.yaml"
    for unit, minor in (("crore", 9_00_00_000_00), (None, 9_00_000_00)):
        save_profile(profile, report, unit=unit)
        again = desk.read(path, currency="INR", profile=profile)
        assert again.master["credit_limit_minor"].to_pylist() == [minor]


@pytest.mark.parametrize(
    "text",
    [
        "- a\n- b",
        "{",
        "columns: [1]",
        "date_order: ydm",
        "header_row: x",
        "unit: dozen",
        "colour: red",
    ],
)
def test_broken_profile_is_refused(desk, text):
    """A profile says what is wrong with it."""
    path = desk.csv("Customer,Limit,Balance,Ageing\nC1,9,5,0-30")
    profile = desk.csv(text, "p.yaml")
    with pytest.raises(ArgumentFault):
        desk.read(path, currency="INR", profile=profile)


def test_total_rows_are_left_out_with_a_finding(desk):
    """A total is no customer; a customer called Total Energies is one."""
    intake = desk.read(
        desk.csv(
            """Customer,Limit,Balance,Ageing
            Total Energies,9,5,0-30
            Grand Total,9,5,
            Opening Balance,,5,
            ,9,5,0-30"""
        ),
        currency="INR",
    )
    assert [row[1] for row in accounts(intake)] == ["Total Energies"]
    codes = [(f["code"], f["source_row"]) for f in intake.findings.to_pylist() if f["source_row"]]
    assert codes == [("TOTAL_ROW_SKIPPED", 3), ("TOTAL_ROW_SKIPPED", 4), ("NO_IDENTITY", 5)]


def test_empty_table(desk):
    """A header without rows gives an empty master; the engine judges that."""
    intake = desk.read(
        desk.csv("customer_no,credit_limit,outstanding,ageing_bucket"), currency="INR"
    )
    assert intake.master.num_rows == 0


def test_negative_documents_become_credits(desk):
    """Sign and word agree on the kind; amounts are positive."""
    path = desk.csv(
        """customer_no,document_no,kind,due_date,amount
        C1,I1,Invoice,2026-05-01,100
        C1,C1,Credit Note,2026-05-01,-40
        C1,C2,,2026-05-01,-30
        C1,U1,UC,2026-05-01,-20
        C1,X1,Strange,2026-05-01,10
        C1,D1,Invoice,31/31/2026,10"""
    )
    rows = desk.read(path, currency="INR").items.to_pylist()
    assert [(r["kind"], r["amount_minor"]) for r in rows[:4]] == [
        ("invoice", 10000), ("credit_note", 4000), ("credit_note", 3000), ("cash", 2000),
    ]  # fmt: skip
    assert rows[4]["fault"] == "kind: Strange"
    assert rows[5]["fault"] == "due_date: 31/31/2026"


def test_payments(desk):
    """A file of payments is told by its columns."""
    path = desk.csv(
        """customer_no,payment_no,date,amount,document_no,kind
        C1,P1,2026-05-01,100.00,I1,
        C1,P2,2026-05-02,50,,bounced"""
    )
    intake = desk.read(path, currency="INR")
    rows = intake.payments.to_pylist()
    assert [(r["kind"], r["amount_minor"], r["document_no"]) for r in rows] == [
        ("payment", 10000, "I1"), ("returned", 5000, None),
    ]  # fmt: skip


def test_document_dump_with_limits_is_items(desk):
    """One row per document with the limit repeated is a file of items (KNOWN_ANSWERS 9)."""
    path = desk.csv(
        """AR dump,,,,,
        Customer No,Customer Name,Doc No,Due Date,Amount,Credit Limit
        1001,Acme,IN1,2026-05-01,100,5000
        1001,Acme,UC1,2026-05-01,-40,5000"""
    )
    intake = desk.read(path, currency="INR")
    assert intake.reports[0].role == "items"
    assert intake.reports[0].unused == ()
    assert [r["kind"] for r in intake.items.to_pylist()] == ["invoice", "credit_note"]


def test_header_words():
    """A header is compared without signs, case and currency."""
    assert normalise("Outstanding (INR)") == "outstanding"
    assert normalise("Invoice #") == "invoice no"
    assert normalise("Party's Name") == "partys name"
    assert distinct_headers(["A", None, "A"]) == ["A", "(column B)", "A (2)"]
    assert find_header([["Report"], ["Customer", "Limit"]], {"customer", "limit"}) == 1
    assert find_header([["1", "2"]], {"customer"}) is None


def test_no_header(desk):
    """A file of numbers only has no header; the option is named."""
    with pytest.raises(FileFault) as caught:
        desk.read(desk.csv("1,2\n3,4"), currency="INR")
    assert "--header-row" in caught.value.mend


def test_map_option_may_fit_only_one_of_the_files(desk):
    """An answer for the master does not have to fit the items."""
    master = desk.csv("Customer,Limit,Zeta,Ageing\nC1,9,5,0-30", "master.csv")
    items = desk.csv("customer_no,document_no,due_date,amount\nC1,I1,2026-05-01,5", "items.csv")
    intake = desk.read(master, items, currency="INR", mapping={"Zeta": "outstanding"})
    assert accounts(intake)[0][3] == 500
    with pytest.raises(ArgumentFault):
        desk.read(master, items, currency="INR", mapping={"Zeta": "outstanding", "Q": "dso_days"})
