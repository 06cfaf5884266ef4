"""Faults that other products had, each by name: none of them may come back here."""

from __future__ import annotations

from datetime import date

from tests.book.company import DAY


def test_delivery_note_beside_its_order(company):
    """ERPNext #47279: a delivered order counted twice, 60 shown as 120."""
    company.take("orders", {"order_no": "S1", "ordered_minor": 60_00, "shipped_minor": 60_00})
    assert company.buckets() == {"shipped_not_billed": 60_00}
    assert company.line().exposure_minor == 60_00


def test_order_in_the_currency_of_the_line(company):
    """Odoo #162770, #130014: an order was added in the document's currency, not the line's."""
    company.take("rates", {"from": "EUR", "to": "USD", "rate": "1.0850"},
                 {"from": "JPY", "to": "USD", "rate": "0.0119"})  # fmt: skip
    company.take(
        "orders", {"order_no": "S1", "currency": "EUR", "ordered_minor": 10_000_00},
        {"order_no": "S2", "currency": "JPY", "ordered_minor": 500_000},
    )  # fmt: skip
    assert company.buckets() == {"orders": 16_800_00}


def test_order_of_a_contact_counts_on_its_commercial_parent(company):
    """Odoo #210177: an order of a contact was not counted on the parent's credit."""
    from tradeline.queries.groups import group_row

    company.take("orders", {"customer_no": "PARENT", "order_no": "S1", "ordered_minor": 10_00})
    company.take("customers", {"customer_no": "CONTACT", "parent_no": "PARENT"})
    company.take("orders", {"customer_no": "CONTACT", "order_no": "S2", "ordered_minor": 50_00})
    group = company.ask(group_row, "PARENT", as_of=DAY)
    assert (group.exposure_minor, group.members) == (60_00, 2)


def test_orders_of_another_legal_entity_stay_there(company):
    """Odoo #162770: orders of the group's other companies were included."""
    company.entity("OTHER")
    company.take("orders", {"order_no": "S1", "ordered_minor": 10_00},
                 {"order_no": "S1", "entity": "OTHER", "ordered_minor": 70_00})  # fmt: skip
    assert company.buckets() == {"orders": 10_00}
    assert company.buckets(entity="OTHER") == {"orders": 70_00}


def test_credit_memo_never_pushes_an_item_below_zero(company):
    """What a credit note has beyond the invoice is an unapplied credit beside a receivable of 0."""
    company.take("ar", {"document_no": "1", "amount_minor": 30_00, "open_minor": 0},
                 {"document_no": "2", "kind": "credit_note", "amount_minor": 50_00,
                  "open_minor": 20_00})  # fmt: skip
    assert company.buckets() == {"unapplied_credits": 20_00}
    assert company.line().exposure_minor == -20_00
    refused = company.take("ar", {"document_no": "3", "amount_minor": 30_00, "open_minor": -5_00})
    assert refused.rows_quarantined == 1
    assert company.buckets() == {"unapplied_credits": 20_00}


def test_subsidiaries_net_only_by_agreement(company):
    """A credit of one subsidiary paid for another's debt where nobody had agreed to it."""
    from tradeline.models import CustomerGroup
    from tradeline.queries.groups import group_row

    numbers = ("A", "B", "C")
    company.take("customers", *({"customer_no": no, "parent_no": "TOP"} for no in numbers))
    company.take(
        "ar", {"customer_no": "A", "document_no": "1", "amount_minor": 50_00},
        {"customer_no": "B", "document_no": "2", "kind": "cash", "amount_minor": 10_00},
        {"customer_no": "C", "document_no": "3", "amount_minor": 30_00},
    )  # fmt: skip
    group = company.ask(group_row, "TOP", as_of=DAY)
    assert (group.exposure_minor, group.members) == (80_00, 3)
    company.ask(lambda: CustomerGroup.objects.filter(code="TOP").update(set_off=True))
    group = company.ask(group_row, "TOP", as_of=DAY)
    assert (group.exposure_minor, group.members) == (70_00, 3)


def test_affiliates_are_not_ranked(company):
    """An intercompany balance led the list of the most used limits."""
    from tradeline.queries.exposure import Wanted, ranked

    company.take("customers", {"customer_no": "OURS", "intercompany": True},
                 {"customer_no": "C1"})  # fmt: skip
    company.take("ar", {"customer_no": "OURS", "document_no": "1", "amount_minor": 900_00},
                 {"document_no": "2", "amount_minor": 1_00})  # fmt: skip
    assert [row.customer_no for row in company.ask(ranked, Wanted())] == ["C1"]


def test_example_2c(company):
    """An order shipped and invoiced in parts keeps its exposure until it is cancelled or paid."""
    order = {"order_no": "S1", "ordered_minor": 45_000_00}
    opening = {"document_no": "0", "amount_minor": 50_000_00}
    company.take("ar", opening)
    company.take("orders", order)
    assert company.line().exposure_minor == 95_000_00
    company.take("orders", order | {"shipped_minor": 20_000_00})
    assert company.buckets()["shipped_not_billed"] == 20_000_00
    assert company.line().exposure_minor == 95_000_00
    company.take("ar", {"document_no": "1", "amount_minor": 20_000_00, "order_no": "S1"})
    assert company.line().exposure_minor == 95_000_00
    invoiced = order | {"shipped_minor": 20_000_00, "invoiced_minor": 20_000_00}
    company.take("orders", invoiced)
    assert company.line().exposure_minor == 95_000_00
    company.take("orders", invoiced | {"cancelled_minor": 25_000_00})
    assert company.line().exposure_minor == 70_000_00
    company.take("ar", opening | {"open_minor": 0})
    assert company.line().exposure_minor == 20_000_00


def test_order_beyond_the_horizon_is_shown_beside(company):
    """A shipping date beyond the horizon leaves exposure, a nearer one brings it back."""
    order = {"order_no": "S1", "ordered_minor": 10_00}
    company.take("orders", order | {"ship_date": date(2026, 8, 29)})
    assert company.buckets() == {"orders": 10_00}
    company.take("orders", order | {"ship_date": date(2026, 8, 30)})
    assert company.buckets() == {"orders_later": 10_00}
