"""A held order is let go when the right people signed, and no further than they signed."""

from __future__ import annotations

import pytest

from tests.holds.clock import age


def test_a_signed_release_lets_the_order_go(desk):
    """One signature up to 25,000.00: the order is authorised under the release."""
    hold = desk.held(600_000)
    done = desk.release(hold, desk.people.manager)
    assert (done.state, done.answer.decision) == ("applied", "approved_with_warning")
    row = desk.hold(hold)
    assert (row["state"], row["released_minor"]) == ("released", 600_000)
    assert desk.order(row["order_no"])["state"] == "authorised"
    assert desk.counters() == (600_000, 600_000, 0)


def test_until_it_is_signed_nothing_moves(desk):
    """A proposal alone changes neither hold nor order nor line."""
    hold = desk.held(600_000)
    before = desk.hold(hold), desk.counters()
    desk.propose(hold)
    assert (desk.hold(hold), desk.counters()) == before


def test_the_trail_tells_each_step(desk):
    """Proposal, signature and application each leave an event."""
    desk.release(desk.held(), desk.people.manager)
    told = [action for action in desk.actions() if action.startswith("PROPOSAL")]
    assert sorted(told) == ["PROPOSAL_APPLIED", "PROPOSAL_MADE", "PROPOSAL_SIGNED"]


def test_a_limit_stays_as_it_was(desk):
    """A release raises no limit."""
    desk.release(desk.held(), desk.people.manager)
    assert desk.rows("SELECT limit_minor FROM credit_line WHERE id = %s", [desk.line.pk]) == [
        (500_000,)
    ]


@pytest.mark.parametrize(("amount_minor", "decision"), [
    (660_000, "approved_with_warning"), (660_001, "held"), (599_999, "approved"),
])  # fmt: skip
def test_it_covers_ten_percent_more(desk, amount_minor, decision):
    """An order that rises by 10 % goes on under its release; one cent more is held anew."""
    row = desk.hold(desk.held(600_000))
    desk.release(row["id"], desk.people.manager)
    told = desk.call(verb="amend", order_no=row["order_no"], amount_minor=amount_minor)
    assert told["decision"] == decision
    if decision == "held":
        assert desk.hold(row["id"])["state"] == "used"
        assert desk.order(row["order_no"])["authorised_minor"] == 600_000


def test_it_is_for_its_own_order(desk):
    """A copy of the order under another number is held."""
    desk.release(desk.held(600_000), desk.people.manager)
    assert desk.ask(600_000)["decision"] == "held"


def test_it_is_for_its_own_customer(desk):
    """An order that moves to another customer without a limit does not take its release along."""
    from tests import book_builders as build
    from tests.holds.desk import opened

    controller = desk.people.controller
    other = build.account(controller, desk.people.entity)
    opened(controller, other, 500_000)
    row = desk.hold(desk.held(600_000))
    desk.release(row["id"], desk.people.manager)
    told = desk.call(verb="move", order_no=row["order_no"], of=other)
    assert told["decision"] == "held"
    assert desk.order(row["order_no"])["account_id"] == str(desk.account.pk)


def test_it_ends_when_its_time_is_over(book, desk):
    """After five days by the database's clock the release covers nothing more."""
    row = desk.hold(desk.held(600_000))
    desk.release(row["id"], desk.people.manager)
    age(book, "hold", row["id"], 5.1, "usable_until", "settled_at", "created_at")
    told = desk.call(verb="amend", order_no=row["order_no"], amount_minor=610_000)
    assert told["decision"] == "held"


def test_it_covers_no_other_rule(desk):
    """A rule that was not hit when people signed stops the order again."""
    row = desk.hold(desk.held(600_000))
    desk.release(row["id"], desk.people.manager)
    desk.rows("UPDATE standing SET status = 'blocked' WHERE line_id = %s RETURNING 1",
              [desk.line.pk])  # fmt: skip
    told = desk.call(verb="amend", order_no=row["order_no"], amount_minor=610_000)
    assert told["decision"] == "held"
    assert "ST01" in {reason["code"] for reason in told["reasons"]}


def test_it_is_used_up_when_the_order_is_closed(desk):
    """Shipped and invoiced under the release, the order leaves it used; it comes back for none."""
    row = desk.hold(desk.held(600_000))
    desk.release(row["id"], desk.people.manager)
    desk.call(verb="ship", order_no=row["order_no"], amount_minor=600_000)
    desk.call(verb="invoice", order_no=row["order_no"], amount_minor=600_000)
    assert desk.hold(row["id"])["state"] == "used"


def test_part_of_an_order(desk):
    """Up to the signed amount the order goes; the rest is given up, not left behind."""
    row = desk.hold(desk.held(900_000))
    done = desk.release(row["id"], desk.people.manager, amount_minor=550_000)
    assert done.state == "applied"
    order = desk.order(row["order_no"])
    assert (order["authorised_minor"], order["held_minor"]) == (550_000, 0)
    assert desk.hold(row["id"])["released_minor"] == 550_000
    assert desk.counters() == (550_000, 550_000, 0)


def test_a_part_that_fits_needs_no_release_further_on(desk):
    """What goes by the rules alone leaves the release used."""
    row = desk.hold(desk.held(900_000))
    done = desk.release(row["id"], desk.people.manager, amount_minor=400_000)
    assert done.answer.decision == "approved"
    assert desk.hold(row["id"])["state"] == "used"


@pytest.mark.parametrize("amount_minor", [0, -1, 600_001])
def test_no_part_is_too_small_or_too_large(desk, amount_minor):
    """More than was asked for, or nothing, is no part of an order."""
    from tradeline.errors import ArgumentFault

    hold = desk.held(600_000)
    with pytest.raises(ArgumentFault, match="lets nothing of order"):
        desk.propose(hold, amount_minor=amount_minor)


def test_a_rise_is_released_over_what_was_authorised(desk):
    """A held rise leaves the old authorisation; released, the whole order is authorised."""
    number = desk.ask(450_000)["order_no"]
    assert desk.call(verb="amend", order_no=number, amount_minor=620_000)["decision"] == "held"
    row = desk.hold_of(number)
    assert (row["amount_minor"], row["delta_minor"]) == (620_000, 170_000)
    desk.release(row["id"], desk.people.manager)
    assert desk.counters() == (620_000, 620_000, 0)


def test_a_rise_is_released_in_part(desk):
    """An amount at or below what is authorised lets nothing go; one above it does."""
    from tradeline.errors import ArgumentFault

    number = desk.ask(450_000)["order_no"]
    desk.call(verb="amend", order_no=number, amount_minor=620_000)
    hold = desk.hold_of(number)["id"]
    with pytest.raises(ArgumentFault):
        desk.propose(hold, amount_minor=450_000)
    desk.release(hold, desk.people.manager, amount_minor=550_000)
    assert desk.counters() == (550_000, 550_000, 0)


def test_goods_leave_under_a_release(desk):
    """A delivery that standing stops goes when it is asked for again under the release."""
    number = desk.ask(450_000)["order_no"]
    desk.rows("UPDATE standing SET status = 'credit_hold' WHERE line_id = %s RETURNING 1",
              [desk.line.pk])  # fmt: skip
    assert desk.call(verb="ship", order_no=number, amount_minor=450_000)["decision"] == "held"
    row = desk.hold_of(number)
    assert row["delta_minor"] == 0
    done = desk.release(row["id"], desk.people.manager)
    assert (done.state, done.answer) == ("applied", None)
    assert desk.call(verb="ship", order_no=number, amount_minor=450_000)["decision"] == "done"


def test_what_a_rule_rejects_is_not_released(desk):
    """Where a rule rejects, people have nothing to sign."""
    from tradeline.errors import StateFault

    hold = desk.held()
    desk.rows("UPDATE standing SET status = 'closed' WHERE line_id = %s RETURNING 1",
              [desk.line.pk])  # fmt: skip
    with pytest.raises(StateFault, match="a rule rejects the order"):
        desk.propose(hold)


def test_a_rejection_frees_what_was_held(desk):
    """One other person signs: order and hold are rejected, the memo of what is held goes down."""
    from tests.holds.desk import now
    from tradeline.actions import holds

    row = desk.hold(desk.held(600_000))
    assert desk.counters() == (0, 0, 600_000)
    asked = holds.propose_reject(hold_id=row["id"], reason="too late", by=desk.people.manager,
                                 at=now())  # fmt: skip
    assert asked.levels == ("analyst",)
    done = desk.sign(asked, desk.people.analyst)
    assert (done.state, done.answer.decision) == ("applied", "rejected")
    assert desk.hold(row["id"])["state"] == "rejected"
    assert desk.order(row["order_no"])["state"] == "rejected"
    assert desk.counters() == (0, 0, 0)
    [(kind, change)] = desk.rows("SELECT kind, change FROM line_event WHERE line_id = %s "
                                 "ORDER BY version DESC LIMIT 1", [desk.line.pk])  # fmt: skip
    assert (kind, change) == ("freed", '{"held": -600000}')


def test_a_rejected_rise_leaves_the_order(desk):
    """What was authorised before stays authorised."""
    from tests.holds.desk import now
    from tradeline.actions import holds

    number = desk.ask(450_000)["order_no"]
    desk.call(verb="amend", order_no=number, amount_minor=620_000)
    asked = holds.propose_reject(hold_id=desk.hold_of(number)["id"], reason="no", at=now(),
                                 by=desk.people.manager)  # fmt: skip
    desk.sign(asked, desk.people.analyst)
    assert desk.order(number)["state"] == "authorised"
    assert desk.counters() == (450_000, 450_000, 0)


def test_a_rejected_order_can_be_asked_for_anew(desk):
    """The gate decides on it again."""
    from tests.holds.desk import now
    from tradeline.actions import holds

    row = desk.hold(desk.held(600_000))
    asked = holds.propose_reject(hold_id=row["id"], reason="no", by=desk.people.manager, at=now())
    desk.sign(asked, desk.people.analyst)
    told = desk.call(verb="amend", order_no=row["order_no"], amount_minor=400_000)
    assert told["decision"] == "approved"
