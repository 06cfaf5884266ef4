"""Who must sign follows from the exposure that results, never from the size of a part of it."""

from __future__ import annotations

import pytest

from tradeline.policy.schema import Policy

A, M, C = "analyst", "manager", "controller"


@pytest.mark.parametrize(("amount_minor", "levels"), [
    (500_001, (A,)), (2_500_000, (A,)), (2_500_001, (M,)), (10_000_000, (M,)),
    (10_000_001, (M, C)), (900_000_000_000_000, (M, C)),
])  # fmt: skip
def test_bounds_are_inclusive(desk, amount_minor, levels):
    """25,000.00 is the analyst's, a cent more the manager's; above 100,000.00 both sign."""
    assert desk.propose(desk.held(amount_minor)).levels == levels


@pytest.mark.parametrize(("owed", "levels"), [(1_900_000, (A,)), (1_900_001, (M,))])
def test_the_result_counts_and_not_the_order(desk, owed, levels):
    """6,000.00 on 19,000.00 is 25,000.00; what is owed already counts."""
    desk.rows("UPDATE credit_line SET receivables_minor = %s, exposure_minor = %s WHERE id = %s "
              "RETURNING 1", [owed, owed, desk.line.pk])  # fmt: skip
    assert desk.propose(desk.held(600_000)).levels == levels


def test_part_of_an_order_is_judged_by_the_part(desk):
    """30,000.00 is the manager's, 20,000.00 of it the analyst's."""
    hold = desk.held(3_000_000)
    assert desk.propose(hold, amount_minor=2_000_000).levels == (A,)


def test_splitting_lowers_no_level(book):
    """The releases of 90 days are added up, though the exposure was paid down between them."""
    from tests.holds.desk import desk as founded

    desk = founded()
    for _ in range(3):
        row = desk.hold(desk.held(800_000))
        desk.release(row["id"], desk.people.manager)
        desk.call(verb="cancel", order_no=row["order_no"], amount_minor=None)
    assert desk.counters()[0] == 0
    asked = desk.propose(desk.held(600_000))
    assert asked.levels == (M,)
    releases = next(each for each in asked.evidence["measures"] if each["what"] == "releases")
    assert releases["minor"] == 3_000_000


def test_old_releases_are_forgotten(book):
    """After 90 days they do not count."""
    from tests.holds.clock import age
    from tests.holds.desk import desk as founded

    desk = founded()
    row = desk.hold(desk.held(2_400_000))
    asked = desk.propose(row["id"])
    desk.sign(asked, desk.people.manager)
    desk.call(verb="cancel", order_no=row["order_no"], amount_minor=None)
    age(book, "proposal", asked.proposal_id, 90.1, "settled_at", "created_at")
    assert desk.propose(desk.held(600_000)).levels == (A,)


@pytest.mark.parametrize(("amount_minor", "levels"), [
    (600_000, (A, M)), (2_500_001, (M, C)), (10_000_001, (M, C)),
])  # fmt: skip
def test_a_signal_from_outside_needs_two(desk, amount_minor, levels):
    """EX01 is signed by two people at least."""
    desk.ask(1)
    desk.rows("UPDATE standing SET flags = '{bureau}' WHERE line_id = %s RETURNING 1",
              [desk.line.pk])  # fmt: skip
    assert desk.propose(desk.held(amount_minor)).levels == levels


def test_a_currency_without_bounds_is_the_highest_levels(book):
    """The matrix names no yen: manager and controller sign, however little it is."""
    from tests.holds.desk import desk as founded

    desk = founded()
    desk.rows("UPDATE credit_line SET currency = 'JPY' WHERE id = %s RETURNING 1", [desk.line.pk])
    assert desk.propose(desk.held(500_001, currency="JPY")).levels == (M, C)


def test_what_cannot_be_converted_is_the_highest_levels(desk):
    """An order in a currency without a rate is judged as the largest."""
    asked = desk.propose(desk.held(100, currency="EUR"))
    assert asked.levels == (M, C)
    assert "DT02" in asked.evidence["codes"]


def test_the_group_counts_too(desk):
    """What the group would owe decides where it is more: 90,000.00 beside 25,000.00."""
    from tests import book_builders as build

    controller = desk.people.controller
    group = build.group(controller)
    build.write(build.models.CreditLine, controller, group=group, currency="USD",
                limit_minor=20_000_000)  # fmt: skip
    sister = build.account(controller, desk.people.entity, group=group)
    build.line(controller, sister, receivables_minor=9_000_000, exposure_minor=9_000_000)
    desk.rows("UPDATE account SET group_id = %s WHERE id = %s RETURNING 1",
              [group.pk, desk.account.pk])  # fmt: skip
    assert desk.propose(desk.held(600_000)).levels == (M,)
    assert desk.propose(desk.held(1_000_001)).levels == (M, C)


def gate(*levels):
    """Return a policy with these levels."""
    return Policy.model_validate({"gate": {"levels": list(levels)}})


@pytest.mark.parametrize(("currency", "minor", "level"), [
    ("USD", 1_000_000, 1), ("USD", 1_000_001, None), ("EUR", 1, 1), ("USD", None, 1),
    ("USD", -1, 1),
])  # fmt: skip
def test_beyond_the_last_bound_is_nobodys(book, currency, minor, level):
    """A matrix whose last level is bounded, which no policy has, reaches to its bound."""
    from tests.holds.clock import root

    matrix = '[{"role": "manager", "up_to": {"USD": "10000"}}]'
    with root(book) as connection:
        told = connection.execute("SELECT app.level_for(%s, %s, %s), app.roles_up_to(%s, "
                                  "app.level_for(%s, %s, %s), 1)",
                                  [matrix, currency, minor, matrix, matrix, currency,
                                   minor]).fetchone()  # fmt: skip
    assert told == (level, ["manager"] if level else None)


def test_two_sign_where_there_is_one_level(book):
    """EX01 asks for two people of the only level."""
    from tests.holds.desk import desk as founded

    desk = founded(policy=gate({"role": "manager"}))
    desk.ask(1)
    desk.rows("UPDATE standing SET flags = '{fraud}' WHERE line_id = %s RETURNING 1",
              [desk.line.pk])  # fmt: skip
    assert desk.propose(desk.held()).levels == (M, M)


def test_a_changed_matrix_is_for_later_proposals(desk):
    """A proposal keeps the levels of its day, whatever the policy says since."""
    from tests.holds.desk import now
    from tradeline.actions.policies import activate_policy

    asked = desk.propose(desk.held(600_000))
    activate_policy(policy=gate({"role": "controller"}), reason="stricter", day=now().date(),
                    by=desk.people.controller, at=now())  # fmt: skip
    assert desk.sign(asked, desk.people.manager).state == "applied"
    assert desk.propose(desk.held(700_000)).levels == (C,)
