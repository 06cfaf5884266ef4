"""What an order counts: by status, by what is shipped and invoiced, and by whose order it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.book.company import DAY
from tradeline.money import AMOUNT_MINOR_MAX

EURO = {"from": "EUR", "to": "USD", "rate": "1.0850"}


@pytest.mark.parametrize("status", ["cancelled", "draft", "held", "confirmed"])
def test_shipped_goods_count_whatever_the_status(company, status):
    """What is shipped and not invoiced counts, also of an order that is over or held."""
    company.take("orders", {"order_no": "S1", "status": status, "ordered_minor": 100,
                            "shipped_minor": 60, "invoiced_minor": 20})  # fmt: skip
    rest = {"held": {"held": 40}, "confirmed": {"orders": 40}}.get(status, {})
    assert company.buckets() == {"shipped_not_billed": 40} | rest


def test_ended_order_of_a_file_without_invoices(company):
    """Where the file knows no invoices, an order that is invoiced has nothing left to invoice."""
    company.take(
        "orders",
        {"order_no": "S1", "status": "Invoiced", "ordered_minor": 100, "shipped_minor": 100,
         "invoiced_minor": None},
        {"order_no": "S2", "status": "Shipped", "ordered_minor": 50, "shipped_minor": 50,
         "invoiced_minor": None},
    )  # fmt: skip
    assert company.buckets() == {"shipped_not_billed": 50}


def test_invoiced_before_it_ships(company):
    """An order of 100 with 60 invoiced ahead is 40 of orders beside a receivable of 60."""
    company.take("ar", {"document_no": "1", "amount_minor": 60, "order_no": "S1"})
    company.take("orders", {"order_no": "S1", "ordered_minor": 100, "invoiced_minor": 60})
    assert company.buckets() == {"receivables": 60, "orders": 40}


def test_surplus_goes_over_lines_shipped_first(company):
    """An invoice of 120 that the order file misses: shipped 50, then unshipped of lines in turn."""
    line = {"order_no": "S1", "ordered_minor": 100}
    company.take("orders", line | {"line_no": "1", "shipped_minor": 30},
                 line | {"line_no": "2", "shipped_minor": 20})  # fmt: skip
    company.take("ar", {"document_no": "1", "amount_minor": 120, "order_no": "S1"})
    assert company.buckets() == {"receivables": 120, "orders": 80}
    (rest,) = company.rows("SELECT array_agg(counted_orders_minor ORDER BY line_no) "
                           "FROM order_line")  # fmt: skip
    assert rest == ([0, 80],)


def test_surplus_spares_lines_that_do_not_count(company):
    """A cancelled line takes nothing of an invoice, a held one only what is left."""
    company.take(
        "orders", {"order_no": "S1", "line_no": "1", "status": "cancelled", "ordered_minor": 100},
        {"order_no": "S1", "line_no": "2", "status": "held", "ordered_minor": 100},
        {"order_no": "S1", "line_no": "3", "ordered_minor": 60},
    )  # fmt: skip
    company.take("ar", {"document_no": "1", "amount_minor": 70, "order_no": "S1"})
    assert company.buckets() == {"receivables": 70, "held": 90}


def test_surplus_stays_in_its_currency(company):
    """An invoice takes from the order's lines in its own currency, none from the others."""
    company.take("rates", EURO)
    company.take(
        "orders", {"order_no": "S1", "line_no": "1", "currency": "EUR", "ordered_minor": 100_00},
        {"order_no": "S1", "line_no": "2", "ordered_minor": 100_00},
    )  # fmt: skip
    company.take("ar", {"document_no": "1", "amount_minor": 40_00, "order_no": "S1"})
    assert company.buckets() == {"receivables": 40_00, "orders": 60_00 + 108_50}


def test_paid_invoice_still_reduces_its_order(company):
    """Payment closes the invoice; the goods it was for are not ordered again."""
    invoice = {"document_no": "1", "amount_minor": 60, "order_no": "S1"}
    company.take("orders", {"order_no": "S1", "ordered_minor": 100})
    company.take("ar", invoice, {"document_no": "2", "amount_minor": 1})
    company.take("ar", {"document_no": "2", "amount_minor": 1}, full=True)
    assert company.buckets() == {"receivables": 1, "orders": 40}


def test_interest_and_debit_notes_are_no_part_of_the_order(company):
    """What is charged on top of an order lowers nothing of it."""
    company.take("orders", {"order_no": "S1", "ordered_minor": 100})
    company.take("ar", {"document_no": "1", "kind": "interest", "amount_minor": 7,
                        "order_no": "S1"},
                 {"document_no": "2", "kind": "debit_note", "amount_minor": 5,
                  "order_no": "S1"})  # fmt: skip
    assert company.buckets() == {"receivables": 12, "orders": 100}


def test_credit_note_takes_its_invoice_back(company):
    """Billed wrongly, credited, billed again: one invoice of the order is left."""
    company.take("orders", {"order_no": "S1", "ordered_minor": 100, "shipped_minor": 50})
    company.take(
        "ar", {"document_no": "1", "amount_minor": 50, "open_minor": 0, "order_no": "S1"},
        {"document_no": "2", "kind": "credit_note", "amount_minor": 50, "open_minor": 0,
         "order_no": "S1"},
        {"document_no": "3", "amount_minor": 50, "order_no": "S1"},
    )  # fmt: skip
    assert company.buckets() == {"receivables": 50, "orders": 50}


def test_document_that_names_another_order(company):
    """An invoice was booked on the wrong order: mended, it lowers the right one alone."""
    invoice = {"document_no": "1", "amount_minor": 30}
    company.take("orders", {"order_no": "S1", "ordered_minor": 100},
                 {"order_no": "S2", "ordered_minor": 10})  # fmt: skip
    company.take("ar", invoice | {"order_no": "S2"})
    assert company.buckets() == {"receivables": 30, "orders": 100}
    company.take("ar", invoice | {"order_no": "S1"})
    assert company.buckets() == {"receivables": 30, "orders": 80}


def test_order_that_moves_to_another_customer(company):
    """A change of the bill-to moves the order; a namesake of another value stays."""
    company.take("orders", {"order_no": "S1", "ordered_minor": 100},
                 {"order_no": "S2", "ordered_minor": 7})  # fmt: skip
    company.take("orders", {"customer_no": "C2", "order_no": "S1", "ordered_minor": 100},
                 {"customer_no": "C2", "order_no": "S2", "ordered_minor": 9})  # fmt: skip
    assert company.buckets() == {"orders": 7}
    assert company.buckets("C2") == {"orders": 109}


def test_order_stays_beside_the_same_number_of_another_entity(company):
    """Two entities number their orders alike: neither takes the other's."""
    company.entity("OTHER")
    company.take("orders", {"order_no": "S1", "ordered_minor": 100})
    company.take("orders", {"customer_no": "C2", "entity": "OTHER", "order_no": "S1",
                            "ordered_minor": 100})  # fmt: skip
    assert company.buckets() == {"orders": 100}


def test_status_in_any_script_and_case(company):
    """A status of the policy counts however it is written, one outside ASCII too."""
    from tradeline.actions.policies import activate_policy
    from tradeline.policy.exposure import Exposure
    from tradeline.policy.schema import Policy

    statuses = {"geprüft": "open", "zurückgestellt": "held"}
    policy = Policy(exposure=Exposure(order_statuses=statuses))
    now = next(company.clock)
    activate_policy(policy=policy, reason="words", day=DAY, by=company.actor, at=now)
    company.take("orders", {"order_no": "S1", "status": " GEPRÜFT\t", "ordered_minor": 100},
                 {"order_no": "S2", "status": "Zurückgestellt", "ordered_minor": 30})  # fmt: skip
    assert company.buckets() == {"orders": 100, "held": 30}


def test_ledger_does_not_stumble_over_an_order_in_another_currency(company):
    """An invoice in dollars for an order in euros applies, whatever rates the day has."""
    company.take("rates", EURO)
    company.take("orders", {"order_no": "S1", "currency": "EUR", "ordered_minor": 100_00})
    late = DAY + timedelta(days=30)
    company.take("ar", {"document_no": "1", "amount_minor": 5_00, "order_no": "S1"}, day=late)
    assert company.buckets() == {"receivables": 5_00, "orders": 108_50}


@pytest.mark.parametrize("kind", ["orders", "ar"])
def test_the_largest_amounts(company, kind):
    """Amounts of 900 trillion cents add up; one that is too large in dollars goes aside alone."""
    company.take("rates", EURO)
    amount = "ordered_minor" if kind == "orders" else "amount_minor"
    number = "order_no" if kind == "orders" else "document_no"
    result = company.take(
        kind, *({number: str(n), amount: AMOUNT_MINOR_MAX} for n in range(5)),
        {number: "6", "currency": "EUR", amount: AMOUNT_MINOR_MAX},
    )  # fmt: skip
    assert company.line().exposure_minor == 5 * AMOUNT_MINOR_MAX
    assert result.reasons == {"an amount is too large in USD": 1}


def test_a_status_is_shown_as_it_is_spelt(company):
    """The order system's own spelling is kept; another spelling of it moves nothing."""
    row = {"order_no": "S1", "status": " Confirmed ", "ordered_minor": 100}
    company.take("orders", row, row | {"status": "CONFIRMED"})
    assert company.rows("SELECT status FROM order_line") == [("Confirmed",)]
    done = company.take("orders", row | {"status": "confirmed"})
    assert (done.rows_applied, done.lines_moved) == (1, 0)
    assert company.rows("SELECT status FROM order_line") == [("confirmed",)]
    company.take("ar", {"document_no": "1", "amount_minor": 40, "order_no": "S1"})
    assert company.buckets() == {"orders": 60, "receivables": 40}


def test_an_unknown_status_is_named_as_it_is_spelt(company):
    """The reason holds the word to look for in the order system."""
    done = company.take("orders", {"order_no": "S1", "status": "On Ice", "ordered_minor": 100})
    assert list(done.reasons) == ["the policy does not say what the status 'On Ice' means"]
