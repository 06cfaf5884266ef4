"""R4: whatever calls and facts come in whatever turn, the gate does what a plain model says.

A few runs in the suite; 500 runs of 50 steps in `make torture`, with other ones each time. A
failure prints the steps, and the seed with which they come again.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.gate import kit
from tests.gate.kit import TORTURE, ask, digest
from tests.gate.model import Model, replace

RUNS, STEPS = (500, 50) if TORTURE else (12, 30)
RUNS = int(os.environ.get("TRADELINE_MACHINE_RUNS", RUNS))
LIMIT = 20_000_00
ORDERS = tuple("ABCDE")
AMOUNT = st.integers(1, 12_000_00)
PART = st.integers(1, 5_000_00)
ORDER = st.sampled_from(ORDERS)
WHO = st.integers(0, 1)
VERSION = st.one_of(st.none(), st.integers(1, 9))
SERIAL = itertools.count()
KEPT = {"reserved": "reserved", "orders_later": "later", "shipped_not_billed": "shipped",
        "billed_not_posted": "billed", "held": "held"}  # fmt: skip


class Ask(RuleBasedStateMachine):
    """Two customers, five orders, and everything that may happen to them."""

    shop = gate = None  # of the subclass that a test makes

    def __init__(self):
        super().__init__()
        number = next(SERIAL)
        self.run, self.customers = f"run {number} ", (f"M{number}", f"N{number}")
        self.model = Model(limits=dict.fromkeys(self.customers, LIMIT))
        self.shop.limits(self.model.limits)
        self.calls, self.posted = [], Counter()

    def name(self, order):
        """Return the order's number in this run."""
        return self.run + order

    def call(self, verb, order, **facts):
        """Make a call and hold its answer against the model's."""
        told = ask(verb, self.name(order), **facts)
        self.calls.append(told)
        self.hold(told)

    def hold(self, told):
        """Hold the answer to a call against the model's."""
        reply = self.gate.one({name: value for name, value in told.items() if name != "later"})
        assert (reply.status, reply.decision) == self.model.settle(told), (told, reply)
        return reply

    def asks(self, verb, order, who, amount, version, later):
        """Ask for an order, due at once or beyond the horizon."""
        facts = {"ship_date": kit.far()} if later else {}
        self.call(verb, order, customer=self.customers[who], amount_minor=amount, version=version,
                  later=later, **facts)  # fmt: skip

    @rule(order=ORDER, who=WHO, amount=AMOUNT, version=VERSION, later=st.booleans())
    def authorise(self, order, who, amount, version, later):
        """Ask for an order, new or known."""
        self.asks("authorise", order, who, amount, version, later)

    @rule(order=ORDER, who=WHO, amount=AMOUNT, version=VERSION, later=st.booleans())
    def amend(self, order, who, amount, version, later):
        """Ask for another amount of a known order."""
        self.asks("amend", order, who, amount, version, later)

    @rule(order=ORDER, who=WHO, amount=PART)
    def prepay(self, order, who, amount):
        """Ask for an order that is paid in advance."""
        self.call("authorise", order, customer=self.customers[who], amount_minor=amount,
                  prepaid=True)  # fmt: skip

    @rule(who=WHO, amount=PART)
    def sale(self, who, amount):
        """Sell without an order."""
        self.call("sale", f"sale {next(SERIAL)}", customer=self.customers[who], amount_minor=amount)

    @rule(order=ORDER, amount=PART, version=VERSION)
    def ship(self, order, amount, version):
        """Ship some of an order, maybe more than was authorised."""
        self.call("ship", order, amount_minor=amount, version=version)

    @rule(order=ORDER, amount=PART)
    def invoice(self, order, amount):
        """Invoice, with freight or ahead of the goods as it comes."""
        self.call("invoice", order, amount_minor=amount)

    @rule(order=ORDER, amount=st.one_of(st.none(), PART))
    def cancel(self, order, amount):
        """Cancel some or all of what is not shipped."""
        self.call("cancel", order, amount_minor=amount)

    @rule(order=ORDER)
    def close(self, order):
        """Close an order."""
        self.call("close", order)

    @rule(order=ORDER, amount=PART)
    def give_back(self, order, amount):
        """Return goods that are not invoiced."""
        self.call("return", order, amount_minor=amount)

    @rule(order=ORDER, over=st.booleans())
    def expire(self, order, over):
        """Sweep an order, before or after its time."""
        number = self.name(order)
        if over and number in self.model.orders:
            self.model.orders[number] = replace(self.model.orders[number], overdue=True)
            self.shop.rows(
                "UPDATE commitment SET expires_at = now() - interval '1 s' "
                "WHERE organisation_id = %s AND order_no = %s RETURNING id", number,
            )  # fmt: skip
        self.call("expire", order)

    @rule(order=ORDER, who=WHO)
    def move(self, order, who):
        """Bill another customer for an order."""
        self.call("move", order, customer=self.customers[who])

    @rule(data=st.data())
    def void(self, data):
        """Void a call that came, or one that never did."""
        keys = [call["key"] for call in self.calls] or [f"never {next(SERIAL)}"]
        self.hold(ask("void", key=data.draw(st.sampled_from(keys))))

    @rule(data=st.data(), changed=st.booleans())
    def repeat(self, data, changed):
        """Make a call again, with the same body or another."""
        if self.calls:
            call = data.draw(st.sampled_from(self.calls))
            other = {"body_sha256": digest(call | {"other": 1})} if changed else {}
            self.hold(call | other)

    @rule(who=WHO, minor=st.integers(0, 2 * LIMIT))
    def set_limit(self, who, minor):
        """Import a limit, up or down."""
        customer = self.customers[who]
        self.shop.limits({customer: minor})
        self.model.limits[customer] = minor
        self.model.let_go()

    @rule(who=WHO, minor=PART, order=st.one_of(st.none(), ORDER))
    def post(self, who, minor, order):
        """Import an invoice of the ledger, of an order or of none."""
        customer = self.customers[who]
        number = self.name(order) if order else ""
        self.shop.owes(customer, f"D{next(SERIAL)}", minor, order_no=number)
        self.model.debts[customer] = self.model.debts.get(customer, 0) + minor
        self.posted[customer, number] += minor
        known = self.model.orders.get(number)
        if known and known.customer == customer:
            posted = self.posted[customer, number]
            self.model.orders[number] = replace(known, posted=posted)
        self.model.let_go()

    @invariant()
    def counts(self):
        """The lines count what the model counts, and the orders stand where it has them."""
        for customer in self.customers:
            line = self.shop.line(customer)
            assert line["exposure_minor"] == self.model.exposure(customer)
            assert line["limit_minor"] == self.model.limits[customer]
        for number, order in self.model.orders.items():
            found = self.shop.order(number)
            assert (found["state"], found["version"]) == (order.state, order.version), number
            wanted = order.counts()
            assert {name: found[f"counted_{kept}_minor"] for name, kept in KEPT.items()} == wanted

    def teardown(self):
        """The outside checker finds nothing."""
        self.shop.sound()


@pytest.fixture(scope="module")
def machine(book):
    """Return the machine on a shop of its own."""
    shop = kit.shop(book)
    gate = kit.Gate(shop)
    with psycopg.connect(shop.superuser_url, autocommit=True) as eye:
        yield type("Machine", (Ask,), {"shop": replace(shop, eye=eye), "gate": gate})
    gate.close()


def test_the_gate_agrees_with_a_plain_model(machine):
    """Answers, counters, orders and history, after every step.

    The suite only finds what is wrong; `make torture` makes it small as well.
    """
    run_state_machine_as_test(machine, settings=settings(
        max_examples=RUNS, stateful_step_count=STEPS, deadline=None, derandomize=not TORTURE,
        database=None, print_blob=True, suppress_health_check=list(HealthCheck),
        phases=tuple(Phase) if TORTURE else (Phase.generate,),
    ))  # fmt: skip
