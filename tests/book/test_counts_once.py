"""Each unit of value sits in exactly one bucket, whatever happens to an order and however it comes.

`TRADELINE_TORTURE=20` plays twenty times as many lives, and other ones each time.
"""

from __future__ import annotations

import os
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.book.lives import CUSTOMERS, REPORTS, STEPS, Life
from tests.book.reference import PLUS, exposure

TORTURE = int(os.environ.get("TRADELINE_TORTURE", "1"))
LONG = settings(
    max_examples=4 * TORTURE, deadline=None, derandomize=TORTURE == 1, database=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
STEP = st.tuples(
    st.sampled_from(STEPS), st.integers(0, 100_000), st.integers(0, 11), st.sampled_from(REPORTS)
)
BIRTHS = [("confirm", 70_000, 2, "orders"), ("confirm", 9_999, 1, "none"), ("ship", 5, 0, "both")]


def check(life):
    """Hold the book against the reference and against itself."""
    from tradeline.queries.drift import resum
    from tradeline.queries.exposure import bridge, of_account

    company = life.company
    assert company.ask(resum) == []
    for customer in CUSTOMERS:
        wanted = life.known.buckets(customer, life.day, life.rates)
        for row in company.ask(of_account, customer):
            found = {name: amount for name, amount in row.buckets_minor.items() if amount}
            assert found == wanted, customer
            assert row.exposure_minor == exposure(wanted)
            first = min(date(2026, 6, 3), life.day)
            crossed = company.ask(bridge, row.line_id, first=first, last=life.day)
            assert crossed.unexplained_minor == 0
            assert crossed.closing_minor == row.exposure_minor
            check_events(company, row)


def check_events(company, row):
    """Hold a line's history against its counters: no version is missing, the changes add up."""
    events = company.rows(
        "SELECT version, change, exposure_minor FROM line_event WHERE line_id = %s "
        "ORDER BY version",
        [row.line_id],
    )
    assert [version for version, *_ in events] == list(range(len(events)))
    for name in row.buckets_minor:
        moved = sum(_changed(change).get(name, 0) for _, change, _ in events)
        assert moved == row.buckets_minor[name]
    assert events[-1][2] == row.exposure_minor


def _changed(change):
    import json

    return json.loads(change) if isinstance(change, str) else change


@LONG
@given(steps=st.lists(STEP, min_size=8, max_size=24))
def test_each_unit_of_value_is_in_one_bucket(found, steps):
    """After every file counters, documents, history, bridge and an independent count agree."""
    life = Life(found())
    for name, amount, which, report in [*BIRTHS, *steps]:
        life.step(name, amount, which)
        life.report(report)
        if report != "none" or name == "pass_days":
            check(life)


@pytest.mark.parametrize("currency", range(3))
def test_shipping_and_invoicing_leave_gross_exposure_alone(found, currency):
    """Order, delivery and invoice at the order's price are one exposure, in whatever order told."""
    life = Life(found())
    life.step("confirm", 40_000, currency)
    life.report("orders")
    before = gross(life)
    for name, report in (("ship", "orders"), ("invoice", "ledger"), ("ship", "both"),
                         ("invoice", "orders"), ("invoice", "both"), ("ship", "full orders"),
                         ("invoice_ahead", "both")):  # fmt: skip
        if name == "invoice" and report == "orders":
            life.step("ship", 1, 0)  # the ledger tells of the invoice first
        else:
            life.step(name, 7_123, 0)
        life.report(report)
        check(life)
        assert abs(gross(life) - before) <= rounding(life)


def gross(life):
    """Return what adds to exposure, over both customers."""
    from tradeline.queries.exposure import of_account

    rows = [row for customer in CUSTOMERS for row in life.company.ask(of_account, customer)]
    return sum(row.buckets_minor[name] for row in rows for name in PLUS)


def rounding(life):
    """Return by how much conversions of the parts may differ from that of the whole, in cents."""
    foreign = {line["currency"] for line in life.lines} - {"USD"}
    return len(life.lines) + 2 * len(life.documents) if foreign else 0


def test_a_payment_lowers_receivables_by_what_is_applied(found):
    """A payment of 300.00 on an invoice of 1,000.00 leaves 700.00, to the cent."""
    life = Life(found())
    life.documents = [{"document_no": "D0", "kind": "invoice", "order_no": "", "customer_no": "C1",
                       "currency": "USD", "amount_minor": 1_000_00, "open_minor": 1_000_00,
                       "disputed": False}]  # fmt: skip
    life.report("ledger")
    life.step("pay", 300_00 - 1, 0)
    life.report("ledger")
    check(life)
    assert life.company.buckets() == {"receivables": 700_00}
