"""What a proposal was judged by must still be so when it is signed, else it is asked for anew."""

from __future__ import annotations

import pytest

from tests.holds.clock import age

LINE = "UPDATE credit_line SET {} WHERE id = %s RETURNING 1"
STANDING = "UPDATE standing SET {} WHERE line_id = %s RETURNING 1"

MOVES = {
    "the exposure has moved": LINE.format("exposure_minor = exposure_minor + 25001"),
    "the exposure has moved ": LINE.format("exposure_minor = exposure_minor - 25001"),
    "the limit has changed": LINE.format("limit_minor = limit_minor + 1"),
    "the limit has changed ": LINE.format("limit_minor = NULL"),
    "there is a new signal from outside": STANDING.format("flags = '{fraud}'"),
    "the account's status has changed": STANDING.format("status = 'credit_hold'"),
    "another rule stops the order": STANDING.format("dunning_level = 3"),
}


@pytest.mark.parametrize("because", MOVES)
def test_what_moved_makes_it_stale(desk, because):
    """The signature is not taken, the proposal ends as stale and says why; the order stays held."""
    asked = desk.propose(desk.held())
    desk.rows(MOVES[because], [desk.line.pk])
    done = desk.sign(asked, desk.people.manager)
    assert done.state == "stale"
    assert because.strip() in done.because
    assert desk.hold(asked.hold_id)["state"] == "open"
    assert desk.rows("SELECT state, outcome FROM proposal WHERE id = %s", [asked.proposal_id]) == [
        ("stale", "; ".join(done.because))
    ]
    assert desk.rows("SELECT FROM sign_off") == []
    assert "PROPOSAL_STALE" in desk.actions()


@pytest.mark.parametrize("sql", [
    LINE.format("exposure_minor = exposure_minor + 25000"),
    LINE.format("exposure_minor = exposure_minor - 25000"), LINE.format("version = version + 1"),
])  # fmt: skip
def test_a_little_may_move(desk, sql):
    """Five percent of the limit, 250.00, is not much."""
    asked = desk.propose(desk.held())
    desk.rows(sql, [desk.line.pk])
    assert desk.sign(asked, desk.people.manager).state == "applied"


def test_after_it_was_stale_it_is_asked_for_anew(desk):
    """The next proposal is judged by what is so now."""
    hold = desk.held()
    asked = desk.propose(hold)
    desk.rows(MOVES["the limit has changed"], [desk.line.pk])
    desk.sign(asked, desk.people.manager)
    assert desk.release(hold, desk.people.manager).state == "applied"


def test_signatures_given_before_do_not_carry_over(desk):
    """Both levels sign anew, for what is so now."""
    asked = desk.propose(desk.held(10_000_001))
    assert desk.sign(asked, desk.people.manager).next_role == "controller"
    desk.rows(MOVES["the limit has changed"], [desk.line.pk])
    assert desk.sign(asked, desk.people.controller).state == "stale"
    again = desk.propose(asked.hold_id)
    assert again.next_role == "manager"


@pytest.mark.parametrize(("days", "state"), [(6.9, "applied"), (7.1, "stale")])
def test_evidence_is_a_week_old_at_most(book, desk, days, state):
    """By the database's clock, from when the proposal was made."""
    asked = desk.propose(desk.held())
    age(book, "proposal", asked.proposal_id, days, "created_at")
    assert desk.sign(asked, desk.people.manager).state == state


def test_an_amended_order_is_another_case(desk):
    """Its hold ended; a signature for the old version lets nothing go."""
    row = desk.hold(desk.held())
    asked = desk.propose(row["id"])
    assert desk.call(verb="amend", order_no=row["order_no"],
                     amount_minor=700_000)["decision"] == "held"  # fmt: skip
    done = desk.sign(asked, desk.people.manager)
    assert (done.state, done.because) == ("stale", ("the order is not held as it was",))
    assert desk.order(row["order_no"])["state"] == "held"


def test_a_cancelled_order_is_not_released(desk):
    """Nor does it come back."""
    row = desk.hold(desk.held())
    asked = desk.propose(row["id"])
    desk.call(verb="cancel", order_no=row["order_no"], amount_minor=None)
    assert desk.sign(asked, desk.people.manager).state == "stale"
    assert desk.order(row["order_no"])["state"] == "cancelled"


def test_releases_side_by_side_are_added_up(desk):
    """Four proposals under the analyst's bound: those that would pass it together go stale."""
    desk.ask(1)  # the standing of the day is resolved
    desk.rows(LINE.format("limit_minor = 100000000"), [desk.line.pk])
    desk.rows(STANDING.format("dunning_level = 3"), [desk.line.pk])
    asked = [desk.propose(desk.held(900_000)) for _ in range(4)]
    assert {each.levels for each in asked} == {("analyst",)}
    done = [desk.sign(each, desk.people.manager) for each in asked]
    assert [each.state for each in done] == ["applied", "applied", "stale", "stale"]
    assert done[2].because == ("others must sign by now",)
