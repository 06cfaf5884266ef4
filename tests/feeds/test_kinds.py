"""Each kind of feed: its canonical header, its rows, its faults."""

from __future__ import annotations

from datetime import date

import pytest

from tradeline.errors import MappingFault
from tradeline.files.feed_tables import FEEDS, HEADERS

DAY = date(2026, 6, 20)


@pytest.mark.parametrize("kind", FEEDS)
def test_the_canonical_header_needs_no_mapping_and_no_question(tray, kind):
    """Every name of the public contract is its field's own; the table has the documented form."""
    options = {"tax_included": True} if kind == "orders" else {}
    feed = tray.feed(kind, ",".join(HEADERS[kind]), **options)
    assert feed.report.unused == ()
    assert {match.confidence for match in feed.report.matches} == {100}
    assert feed.table.schema == FEEDS[kind]
    assert feed.table.num_rows == feed.rows_in == 0


def test_customers(tray):
    """Leading zeros stay; countries and yes/no are read; the other fields stand as written."""
    assert tray.rows(
        "customers",
        """customer_no,name,parent_no,segment,tier,tax_id,country,intercompany,terms,aliases
        000123,Muster GmbH,000100,Retail,A,DE1,Germany,no,30 days net,MG; Muster""",
    ) == [
        {
            "customer_no": "000123", "customer_name": "Muster GmbH", "parent_no": "000100",
            "segment": "Retail", "tier": "A", "tax_id": "DE1", "country": "DE",
            "intercompany": False, "terms": "30 days net", "aliases": "MG; Muster",
        }
    ]  # fmt: skip


def test_a_name_without_a_number_is_kept_with_a_fault(tray):
    """In every kind that has customers, the fault says which name stands there."""
    rows = tray.rows("customers", "customer_no,name,country\n,Nameless AG,Atlantis")
    assert rows[0]["customer_name"] == "Nameless AG"
    assert rows[0]["fault"] == (
        "customer_no: is blank; the row names Nameless AG; country: Atlantis"
    )
    rows = tray.rows("limits", "Customer Name,Limit,Currency\nNameless AG,5,USD")
    assert rows[0]["fault"] == "customer_no: is blank; the row names Nameless AG"


def test_limits(tray):
    """Each stays in its own currency, with the digits of that currency."""
    rows = tray.rows(
        "limits",
        """customer_no,entity,currency,limit,valid_from,valid_to,kind
        1,IN01,INR,1000.50,2026-06-20,,
        2,,JPY,1000,,2026-06-20,Temp
        3,,KWD,0.005,,,Standard
        4,,USD,0,,,""",
    )
    assert [(r["currency"], r["limit_minor"], r["kind"]) for r in rows] == [
        ("INR", 100050, "base"), ("JPY", 1000, "temporary"), ("KWD", 5, "base"), ("USD", 0, "base"),
    ]  # fmt: skip
    assert rows[0]["valid_from"] == rows[1]["valid_to"] == DAY
    assert not any("fault" in row for row in rows)


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        (",,", "limit: is blank"),
        ("-,,", "limit: is blank"),
        ("n/a,,", "limit: n/a"),
        ("-5,,", "limit: is negative"),
        ("5.001,,", "limit: 5.001"),
        ("9999999999999999,,", "limit: 9999999999999999"),
        ("5,2026-02-30,", "valid_from: 2026-02-30"),
        ("5,2026-02-03,2026-02-02", "valid_to: is before valid_from"),
    ],
)
def test_faults_of_limits(tray, cells, fault):
    """A blank limit is not zero; what cannot be read is named with its field."""
    text = f"customer_no,currency,limit,valid_from,valid_to\n1,USD,{cells}"
    assert tray.rows("limits", text)[0]["fault"] == fault


def test_a_kind_that_is_not_known_is_a_fault_and_no_default(tray):
    """Blank is the usual kind, an odd word is none."""
    rows = tray.rows("limits", "customer_no,currency,limit,kind\n1,USD,5,odd")
    assert rows == [{"customer_no": "1", "currency": "USD", "limit_minor": 500,
                     "fault": "kind: odd"}]  # fmt: skip


def test_ar(tray):
    """Amounts are positive; a negative invoice is a credit note; the kind's word is understood."""
    rows = tray.rows(
        "ar",
        """customer_no,document_no,kind,document_date,due_date,currency,amount,open_amount,disputed,order_no
        007,A,Tax Invoice,2026-06-20,2026-06-20,USD,10.00,5.00,yes,SO1
        007,B,invoice,2026-06-20,,USD,-10.00,-10.00,no,
        007,C,receipt,2026-06-20,,EUR,-3.00,-1.00,,""",
    )
    assert rows[0] == {
        "customer_no": "007", "document_no": "A", "kind": "invoice", "document_date": DAY,
        "due_date": DAY, "currency": "USD", "amount_minor": 1000, "open_minor": 500,
        "disputed": True, "order_no": "SO1",
    }  # fmt: skip
    assert [(r["kind"], r["amount_minor"], r["open_minor"]) for r in rows[1:]] == [
        ("credit_note", 1000, 1000),
        ("cash", 300, 100),
    ]


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("A,,2026-06-20,,5", "amount: is blank"),
        ("A,,2026-06-20,5,", "open_amount: is blank"),
        ("A,,2026-06-20,5,-5", "open_amount: has another sign than the amount"),
        (",,2026-06-20,5,5", "document_no: is blank"),
        ("A,,,5,5", "due_date: is blank"),
        ("A,,soon,5,5", "due_date: soon"),
        ("A,odd,2026-06-20,x,5", "kind: odd; amount: x"),
        ("3E+11,,2026-06-20,5,5", "document_no: 3E+11 has lost its digits in a spreadsheet"),
    ],
)
def test_faults_of_documents(tray, cells, fault):
    """Each field that cannot be used is named; the row is kept."""
    text = f"customer_no,document_no,kind,due_date,amount,open_amount,currency\n1,{cells},USD"
    rows = tray.rows("ar", text)
    assert rows[0]["fault"] == fault


def test_eaten_numbers_are_noted(tray):
    """5E10 may be somebody's number: it is noted as in the review, but is no fault."""
    feed = tray.feed("customers", "customer_no,name\n5E10,A\n1.2E+11,B")
    assert feed.findings["code"].to_pylist() == ["EATEN_ID", "EATEN_ID"]
    assert feed.findings["source_row"].to_pylist() == [2, 3]
    assert feed.table["fault"].is_valid().to_pylist() == [False, True]


def test_payments(tray):
    """Credit-side amounts are receipts; a minus is a fault, for the kind says the direction."""
    rows = tray.rows(
        "payments",
        """customer_no,payment_no,date,currency,amount,document_no,kind
        1,P1,2026-06-20,USD,10.00,INV1,
        1,P2,2026-06-20,USD,10 Cr,,Write-off
        1,P3,2026-06-20,USD,-10,,bounced
        1,P4,,USD,,,broken promise""",
    )
    assert [(r["kind"], r.get("amount_minor"), r.get("fault")) for r in rows] == [
        ("payment", 1000, None),
        ("write_off", 1000, None),
        ("returned", 1000, "amount: is negative"),
        ("broken_promise", None, "date: is blank; amount: is blank"),
    ]


def test_rates(tray):
    """A rate is an exact decimal text above 0; from and to are ISO codes."""
    rows = tray.rows(
        "rates",
        """date,from,to,rate
        2026-06-20,EUR,USD,1.08720
        2026-06-20,usd,INR,83.123456789012345678
        2026-06-20,$,XQ,0
        ,EUR,USD,""",
    )
    assert [r.get("rate") for r in rows] == ["1.0872", "83.123456789012345678", None, None]
    assert [r.get("fault") for r in rows[2:]] == [
        "from: $; to: XQ; rate: 0",
        "date: is blank; rate: is blank",
    ]
    assert rows[1]["from"] == "USD"


def test_what_is_missing_is_named(tray):
    """The error lists the fields of the kind that lack a column and how to name one."""
    with pytest.raises(MappingFault) as caught:
        tray.feed("payments", "customer_no,amount,foo\n1,5,6")
    assert "payment_no, date" in caught.value.what
    assert "--map" in caught.value.mend


def test_an_answer_names_a_field_of_the_kind(tray):
    """--map takes the fields of the feed, in either order."""
    text = "customer_no,Ceiling,currency\n1,5,USD"
    for answer in ({"Ceiling": "limit"}, {"limit": "Ceiling"}):
        assert tray.rows("limits", text, mapping=answer)[0]["limit_minor"] == 500


@pytest.mark.parametrize("kind", ["customers", "limits", "ar", "orders", "payments"])
def test_a_file_that_is_none_of_this_kind_says_what_lacks(tray, kind):
    """Not one column means anything: the columns that are missing are named."""
    options = {"tax_included": True} if kind == "orders" else {}
    with pytest.raises(MappingFault, match="customer_no"):
        tray.feed(kind, "apples,pears\n1,2\n3,4", **options)
