"""Orders live at random: asked for, amended, proposed, signed, cancelled, swept; the rules hold."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.holds.desk import now
from tradeline.errors import TradelineError

PEOPLE = ("analyst", "manager", "controller", "admin", "auditor", "seller")
AMOUNTS = st.sampled_from([100_000, 490_000, 600_000, 2_600_000, 11_000_000])
WHO = st.sampled_from(PEOPLE)

ALONE = """
SELECT p.id FROM proposal p WHERE p.state = 'applied' AND (
    (SELECT count(DISTINCT s.human) FROM sign_off s WHERE s.proposal_id = p.id
        AND s.decision = 'sign' AND s.human <> p.maker_human) <> cardinality(p.levels)
    OR (SELECT count(*) FROM hold h WHERE h.proposal_id = p.id) <> 1)"""
UNSIGNED = """
SELECT id FROM hold WHERE released_minor IS NOT NULL AND NOT EXISTS (SELECT FROM proposal p
    WHERE p.id = proposal_id AND p.state = 'applied')"""
SUMS = """
SELECT l.reserved_minor - c.reserved, l.held_minor - c.held,
    l.exposure_minor - l.reserved_minor - l.shipped_not_billed_minor - l.billed_not_posted_minor
FROM credit_line l, LATERAL (SELECT coalesce(sum(counted_reserved_minor), 0) AS reserved,
    coalesce(sum(counted_held_minor), 0) AS held FROM commitment WHERE line_id = l.id) c
WHERE l.id = %s"""
HELD = """
SELECT c.order_no FROM commitment c WHERE (c.held_minor > 0) <> EXISTS (SELECT FROM hold h
    WHERE h.commitment_id = c.id AND h.state = 'open' AND h.delta_minor > 0)"""
LET_GO = """
SELECT answer FROM decision WHERE outcome LIKE 'approved%%' AND release_id IS NULL
    AND verb IN ('authorise', 'recheck')"""


class Lives(RuleBasedStateMachine):
    """A desk with a few orders; every step is one that some person or clock can take."""

    def __init__(self) -> None:
        super().__init__()
        from tests.holds.desk import desk

        self.desk = desk()
        self.orders: list[str] = []
        self.asked: list = []

    @rule(amount=AMOUNTS)
    def ask(self, amount):
        """Ask for a new order."""
        self.orders.append(self.desk.ask(amount)["order_no"])

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), amount=AMOUNTS, verb=st.sampled_from(["amend", "cancel", "ship"]))
    def change(self, data, amount, verb):
        """Change an order, as far as it can be."""
        number = data.draw(st.sampled_from(self.orders))
        self.desk.call(verb=verb, order_no=number, amount_minor=amount)

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), who=WHO, part=st.sampled_from([None, 500_001, 600_000]),
          rejecting=st.booleans())  # fmt: skip
    def propose(self, data, who, part, rejecting):
        """Propose what becomes of a held order."""
        number = data.draw(st.sampled_from(self.orders))
        facts = {"reason": "so", "by": getattr(self.desk.people, who), "at": now()}
        with suppress(TradelineError, ValueError):  # such as an order that was never held
            hold = self.desk.hold_of(number)["id"]
            self.asked.append(
                self.desk.holds.propose_reject(hold_id=hold, **facts) if rejecting
                else self.desk.holds.propose_release(hold_id=hold, amount_minor=part, **facts)
            )

    @precondition(lambda self: self.asked)
    @rule(data=st.data(), who=WHO, word=st.sampled_from(["sign", "sign", "sign", "refuse"]))
    def settle(self, data, who, word):
        """Say one's word on a proposal."""
        asked = data.draw(st.sampled_from(self.asked))
        with suppress(TradelineError):
            getattr(self.desk.proposals, word)(
                proposal_id=asked.proposal_id, payload_sha256=asked.payload_sha256, reason="so",
                by=getattr(self.desk.people, who), at=now(),
            )  # fmt: skip

    @rule(limit=st.sampled_from([500_000, 1_200_000, 3_000_000]))
    def give_room(self, limit):
        """Change the limit, and let go what fits."""
        self.desk.rows("UPDATE credit_line SET limit_minor = %s WHERE id = %s RETURNING 1",
                       [limit, self.desk.line.pk])  # fmt: skip
        self.desk.holds.release_what_fits(by=self.desk.people.analyst, at=now())

    @invariant()
    def nobody_was_alone(self):
        """What was applied was signed on every level by different people, and used once."""
        assert self.desk.rows(ALONE) == []
        assert self.desk.rows(UNSIGNED) == []

    @invariant()
    def sums_hold(self):
        """The line counts what its orders count."""
        assert self.desk.rows(SUMS, [self.desk.line.pk]) == [(0, 0, 0)]
        assert self.desk.rows(HELD) == []

    @invariant()
    def nothing_passed_the_limit_without_a_release(self):
        """Whatever was let go without one stayed within the limit of its moment."""
        for (answer,) in self.desk.rows(LET_GO):
            exposure = json.loads(answer)["exposure"]
            assert float(exposure["after"]) <= float(exposure["limit"]), answer


@pytest.mark.slow
def test_orders_live_by_the_rules(book):
    """Six desks, fifteen steps each."""
    run_state_machine_as_test(Lives, settings=settings(
        max_examples=6, stateful_step_count=15, deadline=None,
        suppress_health_check=list(HealthCheck),
    ))  # fmt: skip
