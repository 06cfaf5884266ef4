"""Exports of the common systems need no mapping: each family names the fields its own way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

DAY = date(2026, 6, 20)

CASES = {
    "tally customers": (
        "customers",
        "Ledger Code,Name of Ledger,Group,GSTIN/UIN,Country,Default Credit Period\n"
        "L1,Sharma Steel,South,29QDQCS0397V1ZB,India,45 Days",
        {},
        {"customer_no": "L1", "customer_name": "Sharma Steel", "segment": "South",
         "tax_id": "29QDQCS0397V1ZB", "country": "IN", "terms": "45 Days"},
    ),
    "sap customers": (
        "customers",
        "Customer\tName 1\tCountry Key\tVAT Registration No.\tCustomer Group\tIndustry Key\t"
        "Terms of Payment\tSearch Term\n0000100234\tMuster AG\tDE\tDE1\t01\tMECH\tZ030\tMUSTER",
        {},
        {"customer_no": "0000100234", "customer_name": "Muster AG", "country": "DE",
         "tax_id": "DE1", "segment": "01", "industry": "MECH", "terms": "Z030",
         "aliases": "MUSTER"},
    ),
    "netsuite customers": (
        "customers",
        "ID,Company Name,Top Level Parent,Category,Terms,Billing Country\n"
        "1042,Northwind,Northwind Group,Wholesale,Net 30,United States",
        {},
        {"customer_no": "1042", "customer_name": "Northwind", "parent_no": "Northwind Group",
         "segment": "Wholesale", "terms": "Net 30", "country": "US"},
    ),
    "quickbooks customers": (
        "customers",
        "Account No.,Display Name,Customer Type,Terms,Billing Country\n7,Amy's,Retail,Net 15,US",
        {},
        {"customer_no": "7", "customer_name": "Amy's", "segment": "Retail", "terms": "Net 15",
         "country": "US"},
    ),
    "xero customers": (
        "customers",
        "Account Number,Contact Name,Tax Number,PO Country\nABC1,ABC Furniture,GB1,United Kingdom",
        {},
        {"customer_no": "ABC1", "customer_name": "ABC Furniture", "tax_id": "GB1",
         "country": "GB"},
    ),
    "dynamics customers": (
        "customers",
        "No.,Name,Customer Posting Group,Payment Terms Code,Country/Region Code\n"
        "10000,Adatum,DOMESTIC,1M(8D),US",
        {},
        {"customer_no": "10000", "customer_name": "Adatum", "segment": "DOMESTIC",
         "terms": "1M(8D)", "country": "US"},
    ),
    "sap limits": (
        "limits",
        "Business Partner;Credit Limit;Currency;Valid From;Limit Valid To\n"
        "0000100234;2.500.000,00;EUR;20.06.2026;31.12.2026",
        {},
        {"customer_no": "0000100234", "limit_minor": 250_000_000, "currency": "EUR",
         "valid_from": DAY, "valid_to": date(2026, 12, 31), "kind": "base"},
    ),
    "tally limits": (
        "limits",
        'Ledger Code,Credit Limit\nL1,"5,00,000.00 Dr"',
        {"currency": "INR"},
        {"customer_no": "L1", "limit_minor": 50_000_000, "currency": "INR", "kind": "base"},
    ),
    "dynamics limits": (
        "limits",
        "No.,Credit Limit (LCY),Currency Code,Credit Limit Expiry Date\n10000,50000,USD,2026-06-20",
        {},
        {"customer_no": "10000", "limit_minor": 5_000_000, "currency": "USD", "valid_to": DAY,
         "kind": "base"},
    ),
    "sap ar": (
        "ar",
        "Customer;Document Number;Document Type;Document Date;Net Due Date;"
        "Amount in Document Currency;Document Currency;Terms of Payment\n"
        "100234;4711;RV;20.06.2026;31.07.2026;1.234,50;EUR;Z030",
        {},
        {"customer_no": "100234", "document_no": "4711", "kind": "invoice", "document_date": DAY,
         "due_date": date(2026, 7, 31), "amount_minor": 123450, "open_minor": 123450,
         "currency": "EUR", "terms": "Z030"},
    ),
    "netsuite ar": (
        "ar",
        "Customer ID,Document Number,Type,Date,Due Date,Currency,Amount (Foreign Currency),"
        "Foreign Amount Remaining,Created From\n"
        "1042,INV1,Invoice,2026-06-20,2026-06-20,EUR,10.00,2.50,SO7",
        {},
        {"customer_no": "1042", "document_no": "INV1", "kind": "invoice", "document_date": DAY,
         "due_date": DAY, "currency": "EUR", "amount_minor": 1000, "open_minor": 250,
         "order_no": "SO7"},
    ),
    "sap orders": (
        "orders",
        "Sold-to party;Sales Document;Item;Net value;Document Currency;Overall status;"
        "Requested deliv.date;Document Date\n"
        "0000100234;90001;000010;1.000,10;EUR;Not yet processed;31.07.2026;20.06.2026",
        {"tax_included": False, "tax_rate": Decimal(19)},
        {"customer_no": "0000100234", "order_no": "90001", "line_no": "000010",
         "ordered_minor": 119012, "cancelled_minor": 0, "currency": "EUR",
         "status": "Not yet processed", "ship_date": date(2026, 7, 31), "order_date": DAY},
    ),
    "netsuite orders": (
        "orders",
        "Customer ID,Document Number,Line ID,Status,Date,Ship Date,Quantity,Quantity Fulfilled,"
        "Quantity Billed,Item Rate,Currency\n"
        "1042,SO7,1,Pending Fulfillment,2026-06-20,2026-06-20,10,4,2,2.505,USD",
        {"tax_included": True},
        {"customer_no": "1042", "order_no": "SO7", "line_no": "1", "status": "Pending Fulfillment",
         "order_date": DAY, "ship_date": DAY, "ordered_minor": 2505, "shipped_minor": 1002,
         "invoiced_minor": 501, "cancelled_minor": 0, "currency": "USD"},
    ),
    "quickbooks orders": (
        "orders",
        "Date,Num,Customer,Status,Qty,Sales Price,Amount\n2026-06-20,S1,Amy's Shop,Open,2,5.00,10",
        {"tax_included": True, "currency": "USD"},
        {"fault": "customer_no: is blank; the row names Amy's Shop", "order_no": "S1",
         "order_date": DAY, "status": "Open", "ordered_minor": 1000, "cancelled_minor": 0,
         "currency": "USD"},
    ),
    "xero orders": (
        "orders",
        "Account Number,Quote Number,Status,Date,Delivery Date,Total,Currency,Line Amount Types\n"
        "ABC1,QU-1,Accepted,2026-06-20,2026-06-20,108.75,GBP,Exclusive",
        {"tax_rate": Decimal(20)},
        {"customer_no": "ABC1", "order_no": "QU-1", "status": "Accepted", "order_date": DAY,
         "ship_date": DAY, "ordered_minor": 13050, "cancelled_minor": 0, "currency": "GBP"},
    ),
    "dynamics orders": (
        "orders",
        "Sell-to Customer No.,Document No.,Line No.,Quantity,Qty. Shipped,Qty. Invoiced,"
        "Unit Price Excl. VAT,Currency Code,Shipment Date\n"
        "10000,SO-1,10000,10,5,0,99.99,EUR,2026-06-20",
        {"tax_included": False, "tax_rate": Decimal(19)},
        {"customer_no": "10000", "order_no": "SO-1", "line_no": "10000", "ordered_minor": 118988,
         "shipped_minor": 59494, "invoiced_minor": 0, "cancelled_minor": 0, "currency": "EUR",
         "ship_date": DAY},
    ),
    "tally orders": (
        "orders",
        "Date,Party Name,Order No.,Ordered Qty,Rate,Value,Due On\n"
        "20-Jun-26,Sharma Steel,PO/1,10,50,500,20-Jun-26",
        {"tax_included": False, "tax_rate": Decimal(18), "currency": "INR"},
        {"fault": "customer_no: is blank; the row names Sharma Steel", "order_no": "PO/1",
         "order_date": DAY, "ship_date": DAY, "ordered_minor": 59000, "cancelled_minor": 0,
         "currency": "INR"},
    ),
    "sap payments": (
        "payments",
        "Customer;Document Number;Document Type;Posting Date;Amount in Doc. Curr.;Currency;"
        "Invoice Reference\n100234;14000001;DZ;20.06.2026;1.234,50;EUR;4711",
        {},
        {"customer_no": "100234", "payment_no": "14000001", "kind": "payment", "date": DAY,
         "amount_minor": 123450, "currency": "EUR", "document_no": "4711"},
    ),
    "tally payments": (
        "payments",
        'Date,Party Name,Vch Type,Vch No.,Credit\n20-Jun-26,Sharma Steel,Receipt,R1,"5,000.00"',
        {"currency": "INR"},
        {"fault": "customer_no: is blank; the row names Sharma Steel", "payment_no": "R1",
         "kind": "payment", "date": DAY, "amount_minor": 500_000, "currency": "INR"},
    ),
    "dynamics payments": (
        "payments",
        "Customer No.,Voucher,Posting Date,Document Type,Amount,Currency Code\n"
        "10000,V1,2026-06-20,Refund,10,USD",
        {},
        {"customer_no": "10000", "payment_no": "V1", "date": DAY, "kind": "refund",
         "amount_minor": 1000, "currency": "USD"},
    ),
    "sap rates": (
        "rates",
        "Valid from;FCURR;TCURR;Exchange Rate\n20.06.2026;EUR;USD;1,08720",
        {},
        {"date": DAY, "from": "EUR", "to": "USD", "rate": "1.0872"},
    ),
    "dynamics rates": (
        "rates",
        "Starting Date,Currency Code,Relational Currency Code,Exchange Rate\n"
        "2026-06-20,EUR,USD,1.0872",
        {},
        {"date": DAY, "from": "EUR", "to": "USD", "rate": "1.0872"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_export_of_each_family(tray, name):
    """The first row holds what the export says, and nothing else."""
    kind, text, options, wanted = CASES[name]
    assert tray.rows(kind, text, **options) == [wanted]


def test_words_of_feeds_do_not_reach_the_review():
    """The review knows the four roles and the headers it knew: no feed's word is among them."""
    from tradeline.files.synonyms import FIELDS, feed_words, known_words

    assert set(FIELDS) == {"master", "items", "payments", "rates"}
    assert "sales document" in feed_words("orders")
    assert "shipped amount" not in known_words()
