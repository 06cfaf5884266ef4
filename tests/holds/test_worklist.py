"""The worklist says what waits, for whom, and why."""

from __future__ import annotations

import pytest

from tests.holds.clock import age
from tests.holds.desk import now
from tradeline.errors import NotFound, Refused


def listed(desk, by=None, **wanted):
    """Return the worklist as somebody sees it."""
    from tradeline.queries.holds import worklist
    from tradeline.queries.reading import reading

    with reading(by or desk.people.analyst, "holds.read"):
        return worklist(at=now(), **wanted)


def test_a_held_order_is_listed(book, desk):
    """With reasons, age, value and account; nobody must sign before somebody proposes."""
    hold = desk.held(600_000)
    age(book, "hold", hold, 3, "created_at")
    (row,) = listed(desk)
    assert (row.customer_no, row.entity) == (desk.account.customer_no, "MAIN")
    assert (row.amount_minor, row.currency, row.age_days) == (600_000, "USD", 3)
    assert row.codes == ("CL02", "CL06")
    assert row.reasons[0]["message"] == "Exposure would pass the limit."
    assert row.next_role is None


def test_it_says_who_must_sign_next(desk):
    """First the manager, then the controller; an order that is settled leaves the list."""
    asked = desk.propose(desk.held(10_000_001))
    assert [row.next_role for row in listed(desk)] == ["manager"]
    desk.sign(asked, desk.people.manager)
    (row,) = listed(desk)
    assert (row.next_role, row.proposal.signed[0].level) == ("controller", 1)
    desk.sign(asked, desk.people.controller)
    assert listed(desk) == []


def test_it_stands_in_the_order_in_which_orders_go(desk):
    """Priority, ship date, arrival."""
    last, soon, urgent = (
        desk.hold(desk.held(600_000, **more))["order_no"]
        for more in ({}, {"ship_date": now().date().isoformat()}, {"priority": 1})
    )
    assert [row.order_no for row in listed(desk)] == [urgent, soon, last]
    assert [row.order_no for row in listed(desk, count=1)] == [urgent]


def test_it_can_be_of_one_customer(desk):
    """By number and legal entity."""
    desk.held()
    number = desk.account.customer_no
    assert len(listed(desk, customer_no=number, entity="MAIN")) == 1
    assert listed(desk, customer_no="other") == []
    assert listed(desk, entity="other") == []


def test_who_would_have_to_sign(desk):
    """The case is known before anybody proposes anything."""
    from tradeline.queries import holds
    from tradeline.queries.reading import reading

    hold = desk.held(10_000_001)
    with reading(desk.people.analyst, "holds.read"):
        row = holds.hold(hold, at=now())
        whole, part = holds.case_of(row), holds.case_of(row, 600_000)
    assert (whole.levels, part.levels) == (("manager", "controller"), ("analyst",))
    assert whole.decision == "held"
    assert [each["what"] for each in whole.measures] == ["exposure", "releases"]


def test_others_see_nothing(desk):
    """A stranger's list is empty, and neither hold nor proposal is found."""
    from tradeline.queries import holds, proposals
    from tradeline.queries.reading import reading

    asked = desk.propose(desk.held())
    assert listed(desk, by=desk.people.stranger) == []
    with reading(desk.people.stranger, "holds.read"):
        for question in (lambda: holds.hold(asked.hold_id, at=now()),
                         lambda: proposals.proposal(asked.proposal_id)):  # fmt: skip
            with pytest.raises(NotFound):
                question()


def test_a_seller_reads_no_worklist(desk):
    """It shows other sellers' customers."""
    with pytest.raises(Refused):
        listed(desk, by=desk.people.seller)


def test_what_waits_for_signatures(desk):
    """Proposals by age, with what is frozen in them."""
    from tradeline.queries import proposals
    from tradeline.queries.reading import reading

    first, second = (desk.propose(desk.held()) for _ in range(2))
    with reading(desk.people.auditor, "holds.read"):
        rows = proposals.waiting()
    assert [row.proposal_id for row in rows] == [first.proposal_id, second.proposal_id]
    assert rows[0].payload["amount"] == "6000.00"
    assert rows[0].evidence["rules"]["release_days"] == 5
