"""An order counts once, whether the gate, the order file or the ledger tells of it, in any turn."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

TODAY = datetime.now(UTC).date()  # the gate goes by the database's clock


@pytest.fixture
def shop(book):
    """Return a company whose customer C1 owes 50,000.00 of a limit of 100,000.00."""
    from tests.book.company import Company
    from tests.people import organisation

    actor, _ = organisation("Shop")
    company = Company(actor)
    company.take("limits", {"limit_minor": 10_000_000, "valid_from": TODAY - timedelta(days=90)},
                 day=TODAY)  # fmt: skip
    company.take("ar", {"document_no": "D1", "open_minor": 5_000_000, "due_date": TODAY}, day=TODAY)
    return company


def gate(company, verb, amount=None, order="SO-1", **more):
    """Return what the gate answers to a call."""
    ask = {"turn": 1, "verb": verb, "client": "test", "key": uuid4().hex, "body_sha256": "",
           "door": "cli", "customer": "C1", "order_no": order, "amount_minor": amount,
           "currency": "USD", **more}  # fmt: skip
    [(_, answer)] = company.rows(
        "SELECT status, answer FROM app.check_orders(%s)", [json.dumps([ask])]
    )
    return json.loads(answer)


def in_file(company, *, day=TODAY, order="SO-1", ordered=3_000_000, **more):
    """Let the order file tell of an order."""
    company.take("orders", {"order_no": order, "ordered_minor": ordered, **more}, day=day)


def exposure(company):
    """Return what the line counts for its orders, by bucket, and the exposure in all."""
    from tradeline.queries.drift import resum

    assert company.ask(resum) == []
    row = company.line()
    names = ("reserved", "orders", "shipped_not_billed", "billed_not_posted", "receivables")
    return {name: row.buckets_minor[name] for name in names if row.buckets_minor[name]}, (
        row.exposure_minor
    )


def test_an_order_that_comes_in_the_file_is_reserved_no_more(shop):
    """The file of the day speaks for it, as much as the gate or more."""
    gate(shop, "authorise", 3_000_000)
    assert exposure(shop) == ({"receivables": 5_000_000, "reserved": 3_000_000}, 8_000_000)
    in_file(shop)
    assert exposure(shop) == ({"receivables": 5_000_000, "orders": 3_000_000}, 8_000_000)


def test_an_order_the_file_knows_is_asked_for(shop):
    """The gate speaks from then on; the limit test sees the order once."""
    in_file(shop, ordered=4_000_000)
    answer = gate(shop, "authorise", 4_500_000)
    assert answer["decision"] == "approved_with_warning"
    assert exposure(shop) == ({"receivables": 5_000_000, "reserved": 4_500_000}, 9_500_000)


def test_a_file_of_the_same_day_that_knows_less_does_not_take_over(shop):
    """It was written before the amendment; tomorrow's does."""
    gate(shop, "authorise", 4_500_000)
    in_file(shop, ordered=3_000_000)
    assert exposure(shop) == ({"receivables": 5_000_000, "reserved": 4_500_000}, 9_500_000)
    in_file(shop, ordered=3_000_000, shipped_minor=1, day=TODAY + timedelta(days=1))
    assert exposure(shop)[1] == 8_000_000


def test_an_invoice_told_by_gate_and_ledger_counts_once(shop):
    """Freight comes on top; the ledger's invoice takes the place of the gate's."""
    gate(shop, "authorise", 3_000_000)
    gate(shop, "ship", 2_000_000)
    gate(shop, "invoice", 2_050_000)
    assert exposure(shop) == (
        {"receivables": 5_000_000, "reserved": 1_000_000, "billed_not_posted": 2_050_000},
        8_050_000,
    )
    shop.take("ar", {"document_no": "D2", "open_minor": 2_050_000, "order_no": "SO-1"}, day=TODAY)
    assert exposure(shop) == ({"receivables": 7_050_000, "reserved": 1_000_000}, 8_050_000)


def test_an_invoice_that_the_ledger_tells_first_counts_once(shop):
    """What it invoices is no longer shipped or reserved; the gate's event adds nothing."""
    gate(shop, "authorise", 3_000_000)
    gate(shop, "ship", 2_000_000)
    shop.take("ar", {"document_no": "D2", "open_minor": 2_000_000, "order_no": "SO-1"}, day=TODAY)
    assert exposure(shop) == ({"receivables": 7_000_000, "reserved": 1_000_000}, 8_000_000)
    gate(shop, "invoice", 2_000_000)
    assert exposure(shop) == ({"receivables": 7_000_000, "reserved": 1_000_000}, 8_000_000)


def test_an_invoice_told_to_the_gate_is_not_in_the_file_beside(shop):
    """While the file speaks and does not know it, the order is less by it."""
    gate(shop, "authorise", 3_000_000)
    gate(shop, "invoice", 1_000_000)
    in_file(shop, shipped_minor=1_000_000, day=TODAY + timedelta(days=1))
    assert exposure(shop)[1] == 8_000_000


def test_a_paid_invoice_leaves_the_order_as_it_is(shop):
    """Cash lowers what is owed by as much, and nothing else."""
    gate(shop, "authorise", 3_000_000)
    shop.take("ar", {"document_no": "D1", "amount_minor": 5_000_000, "open_minor": 0,
                     "due_date": TODAY}, day=TODAY)  # fmt: skip
    assert exposure(shop) == ({"reserved": 3_000_000}, 3_000_000)


def test_the_turn_of_the_day_brings_an_order_inside_the_horizon(shop):
    """A later order waits beside until it is near."""
    ship = str(TODAY + timedelta(days=61))
    gate(shop, "authorise", 9_000_000, ship_date=ship)
    assert exposure(shop) == ({"receivables": 5_000_000}, 5_000_000)
    shop.count_anew(TODAY + timedelta(days=1))
    assert exposure(shop)[1] == 14_000_000


def test_a_ledger_that_ages_is_seen_by_the_next_check(shop):
    """The day's first check resolved the standing; an import takes it away."""
    assert gate(shop, "authorise", 100)["decision"] == "approved"
    late = {"document_no": "D9", "open_minor": 600_000, "due_date": TODAY - timedelta(days=31)}
    shop.take("ar", late, day=TODAY)
    answer = gate(shop, "authorise", 100, order="SO-2")
    assert [reason["code"] for reason in answer["reasons"]] == ["OV01"]
    shop.take("ar", late | {"due_date": TODAY - timedelta(days=30)}, day=TODAY)
    assert gate(shop, "authorise", 100, order="SO-3")["decision"] == "approved"
