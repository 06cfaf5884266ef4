"""Words of cells: ageing labels, disputes, kinds, countries, identifiers, scores."""

from __future__ import annotations

import pytest

from tradeline.files import labels
from tradeline.files.countries import code_of


@pytest.mark.parametrize(
    ("text", "bucket"),
    [
        ("0-30", "0-30"), ("0-30 days", "0-30"), ("1-30", "0-30"), ("0 \u2013 30 Days", "0-30"),
        ("Current", "0-30"), ("Not due", "0-30"), ("1 - 30 days past due", "0-30"),
        ("<30", "0-30"), ("02 1-30", "0-30"), ("01 <1", "0-30"), ("31-60", "31-60"),
        ("31 to 60 days", "31-60"), ("61 \u2013 90", "61-90"), ("61-90 days overdue", "61-90"),
        (">90", "90+"), ("90+", "90+"), ("Over 90", "90+"), ("91+", "90+"), ("> 90 days", "90+"),
        ("91 and over", "90+"), ("91-120", "90+"), ("Older than 90 days", "90+"),
        ("06 181-366", "90+"), ("07 >366", "90+"), ("90 days and over", "90+"), ("121-180", "90+"),
        ("30-60", "31-60"), ("60-90 days", "61-90"), ("90-120", "90+"),
    ],
)  # fmt: skip
def test_bucket(text, bucket):
    """The labels of the common systems name one of the four buckets."""
    assert labels.bucket(text) == bucket


@pytest.mark.parametrize("text", ["old", "0-60", "31-90", ">30", "60", "60-31", "Over 60", "total"])
def test_label_of_no_bucket(text):
    """A label across two buckets, or of none, is not guessed."""
    assert labels.bucket(text) is None


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("yes", True), ("Y", True), ("TRUE", True), ("1", True), ("Disputed", True),
        ("no", False), ("N", False), ("false", False), ("0", False), ("-", False),
        ("\u2013", False),
        ("maybe", None), ("2", None),
    ],
)  # fmt: skip
def test_disputed(text, flag):
    """Yes and no in their usual forms; all else is a fault."""
    assert labels.disputed(text) is flag


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Invoice", "invoice"), ("INV", "invoice"), ("IN", "invoice"), ("Bill", "invoice"),
        ("Credit Note", "credit_note"), ("CR", "credit_note"), ("Credit Memo", "credit_note"),
        ("Receipt", "cash"), ("UC", "cash"), ("Payment", "cash"), ("Deposit", "deposit"),
        ("Advance", "deposit"), ("Debit Note", "debit_note"), ("DN", "debit_note"),
        ("Interest", "interest"), ("credit_note", "credit_note"), ("XYZ", None),
    ],
)  # fmt: skip
def test_document_kind(text, kind):
    """Kinds by the words of the common systems."""
    assert labels.document_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "code"),
    [("India", "IN"), ("IN", "IN"), ("germany", "DE"), ("United States", "US"), ("UK", "GB"),
     ("Côte d\u2019Ivoire", "CI"), ("Atlantis", None), ("United Arab Emirates", "AE")],
)  # fmt: skip
def test_country(text, code):
    """English names and codes give ISO 3166; an unknown one gives nothing."""
    assert code_of(text) == code


def test_fields_of_an_account(desk):
    """Unknown label and flag are faults; scores are hundredths and pass through unjudged."""
    rows = desk.master(
        """customer_no,credit_limit,outstanding,ageing_bucket,dso_days,track_record,disputed,country
        C1,9,5,old,-3.5,101,maybe,Atlantis
        C2,9,5,,12.345,49.99,,India
        C3,9,5,0-30,n/a,good,no,"""
    )
    first, second, third = rows
    assert (first["ageing_bucket"], first["ageing_bucket_fault"]) == (None, "old")
    assert (first["dso_days_x100"], first["track_record_x100"]) == (-350, 10100)
    assert (first["disputed"], first["disputed_fault"], first["country"]) == (None, "maybe", None)
    assert (second["ageing_bucket"], second["ageing_bucket_fault"]) == (None, None)
    assert (second["dso_days_x100"], second["track_record_x100"]) == (1235, 4999)
    assert (second["disputed"], second["disputed_fault"], second["country"]) == (None, None, "IN")
    assert (third["dso_days_fault"], third["track_record_fault"]) == ("n/a", "good")
    assert third["disputed"] is False


def test_unknown_country_is_noted(desk):
    """The row stays; a finding says what to write."""
    path = desk.csv(
        "customer_no,credit_limit,outstanding,ageing_bucket,country\nC1,9,5,0-30,Atlantis"
    )
    findings = desk.read(path, currency="INR").findings.to_pylist()
    assert [
        (f["code"], f["source_row"], f["customer_no"]) for f in findings if f["source_row"]
    ] == [("COUNTRY_UNKNOWN", 2, "C1")]


def test_gst_header_tells_the_country(desk):
    """A tax id column headed GSTIN, without a country column, is Indian."""
    rows = desk.master(
        "customer_no,credit_limit,outstanding,ageing_bucket,GSTIN/UIN\nC1,9,5,0-30,27AAPFU0939F1ZV"
    )
    assert (rows[0]["country"], rows[0]["tax_id"]) == ("IN", "27AAPFU0939F1ZV")


def test_identifiers_are_text(desk):
    """Leading zeros stay in text; whole numbers lose .0; control characters go; formulas stay."""
    rows = desk.master(
        "customer_no,customer_name,credit_limit,outstanding,ageing_bucket\n"
        '000123,"=HYPERLINK(""http://x"")",9,5,0-30\n45,A\u0007cme\u00a0 Ltd ,9,5,0-30'
    )
    assert [row["customer_no"] for row in rows] == ["000123", "45"]
    assert [row["customer_name"] for row in rows] == ['=HYPERLINK("http://x")', "Acme Ltd"]


def test_numbers_as_identifiers_in_a_spreadsheet(desk):
    """A number cell 1001 is the customer 1001, not 1001.0."""
    path = desk.xlsx(
        [["customer_no", "credit_limit", "outstanding", "ageing_bucket"], [1001, 9, 5, "0-30"],
         [10**12, 9, 5, "0-30"]]
    )  # fmt: skip
    rows = desk.read(path, currency="INR").master.to_pylist()
    assert [row["customer_no"] for row in rows] == ["1001", "1000000000000"]


def test_eaten_identifier_is_an_error(desk):
    """1E+12 in a text file is an identifier that a spreadsheet has destroyed."""
    path = desk.csv("customer_no,credit_limit,outstanding,ageing_bucket\n1E+12,9,5,0-30")
    findings = desk.read(path, currency="INR").findings.to_pylist()
    assert [(f["severity"], f["code"]) for f in findings if f["source_row"]] == [
        ("ERROR", "EATEN_ID")
    ]
