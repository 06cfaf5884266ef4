"""Drift: what somebody changed past the program is named by line, bucket and cause."""

from __future__ import annotations

import pytest

DOCUMENTS = "documents or orders were changed without an event on the line"
COUNTER = "the counter was changed without an event"


@pytest.fixture
def fed(company):
    """Return a company whose customer C1 owes 100 and has ordered 40."""
    company.take("ar", {"document_no": "1", "amount_minor": 100},
                 {"customer_no": "C2", "document_no": "2", "amount_minor": 9})  # fmt: skip
    company.take("orders", {"order_no": "S1", "ordered_minor": 40})
    return company


def tamper(company, sql):
    """Change the book as the owner of its tables, row security told to look away."""
    import psycopg
    from django.conf import settings

    with psycopg.connect(settings.DATABASE.urls["owner"]) as connection:
        for table in ("document", "order_line", "credit_line", "account"):
            connection.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        connection.execute(sql + " AND organisation_id = %s", [company.actor.organisation_id])
        for table in ("document", "order_line", "credit_line", "account"):
            connection.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


CASES = {
    "a counter": (
        "UPDATE credit_line SET receivables_minor = 60 WHERE receivables_minor = 100",
        {("receivables", 60, 100, 100, COUNTER)},
    ),
    "the exposure": (
        "UPDATE credit_line SET exposure_minor = 60 WHERE exposure_minor = 140",
        {("exposure", 60, 140, 140, COUNTER)},
    ),
    "what a document counts": (
        "UPDATE document SET open_minor = 30, counted_minor = 30 WHERE document_no = '1'",
        {("receivables", 100, 30, 100, DOCUMENTS), ("exposure", 140, 70, 140, DOCUMENTS)},
    ),
    "what is open of a document": (
        "UPDATE document SET open_minor = 30 WHERE document_no = '1'",
        {("receivables", 100, 30, 100, DOCUMENTS), ("exposure", 140, 70, 140, DOCUMENTS)},
    ),
    "an order": (
        "UPDATE order_line SET counted_orders_minor = 0 WHERE order_no = 'S1'",
        {("orders", 40, 0, 40, DOCUMENTS), ("exposure", 140, 100, 140, DOCUMENTS)},
    ),
    "a dispute": (
        "UPDATE document SET disputed = true WHERE document_no = '1'",
        {("disputed", 0, 100, 0, DOCUMENTS)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_drift_is_named(fed, name):
    """The full re-sum names the line, the bucket, the three figures and why they differ."""
    from tradeline.queries.drift import resum

    assert fed.ask(resum) == []
    sql, wanted = CASES[name]
    tamper(fed, sql)
    found = fed.ask(resum)
    assert {drift.customer_no for drift in found} == {"C1"}
    assert {drift.line_id for drift in found} == {fed.line().line_id}
    assert {(drift.bucket, drift.counter_minor, drift.summed_minor, drift.events_minor,
             drift.cause) for drift in found} == wanted  # fmt: skip


def test_another_company_sees_none_of_it(fed, found):
    """Drift of one organisation is no other's business."""
    from tradeline.queries.drift import resum

    tamper(fed, CASES["a counter"][0])
    assert found().ask(resum) == []


def test_bridge_tells_of_a_changed_exposure(fed):
    """An exposure that no event explains is the bridge's unexplained rest."""
    from tests.book.company import DAY
    from tradeline.queries.exposure import bridge

    tamper(fed, CASES["the exposure"][0])
    assert fed.ask(bridge, fed.line().line_id, first=DAY, last=DAY).unexplained_minor == -80
