"""Every two writers of one line, one after the other by force: the second waits, then sees it all.

The first runs its statement and keeps its transaction open; the second starts and is seen to wait;
then the first commits or takes all back. What both come to is what a plain model says of the second
after the first, or of the second alone.
"""

from __future__ import annotations

import itertools
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest

from tests.gate import kit, sabotage
from tests.gate.kit import TORTURE, ask
from tests.gate.model import Model

LIMIT, CUT = 55_000_00, 38_000_00
OWN = ("authorise", "amend_up", "amend_down", "ship", "invoice", "cancel", "close", "return",
       "expire", "void")  # fmt: skip
FILES = ("limit_cut", "ledger")
WRITERS = OWN + FILES
PAIRS = tuple(itertools.combinations_with_replacement(WRITERS, 2))


class Undone(Exception):
    """The first writer takes everything back."""


class Scene:
    """A customer with the orders X and V, its model, and the writers that meet on its line."""

    def __init__(self, shop, customer):
        self.shop, self.customer = shop, customer
        self.model = Model(limits={customer: LIMIT}, debts={customer: 0})
        self.void_key = f"V {customer}"

    def name(self, order):
        """Return the order's number at this customer."""
        return f"{order}-{self.customer}"

    def begin(self, gate):
        """Let X be part shipped and part invoiced, its reservation over; V be just authorised."""
        told = {"customer": self.customer}
        asks = [
            ask("authorise", self.name("X"), amount_minor=30_000_00, **told),
            ask("ship", self.name("X"), amount_minor=12_000_00),
            ask("invoice", self.name("X"), amount_minor=4_000_00),
            ask("authorise", self.name("V"), amount_minor=5_000_00, key=self.void_key, **told),
        ]
        for call, reply in zip(asks, gate.settle(*asks), strict=True):
            assert (reply.status, reply.decision) == self.model.settle(call)

    def writer(self, what):
        """Return what one writer does: a call of the gate, or facts of a file."""
        x, told = self.name("X"), {"customer": self.customer}
        return {
            "authorise": lambda: ask("authorise", self.name(f"Y{time.perf_counter_ns()}"),
                                     amount_minor=15_000_00, **told),
            "amend_up": lambda: ask("amend", x, amount_minor=45_000_00, **told),
            "amend_down": lambda: ask("amend", x, amount_minor=20_000_00, **told),
            "ship": lambda: ask("ship", x, amount_minor=10_000_00),
            "invoice": lambda: ask("invoice", x, amount_minor=3_000_00),
            "cancel": lambda: ask("cancel", x, amount_minor=6_000_00),
            "close": lambda: ask("close", x),
            "return": lambda: ask("return", x, amount_minor=5_000_00),
            "expire": lambda: ask("expire", x),
            "void": lambda: ask("void", key=self.void_key),
            "limit_cut": lambda: {"verb": "limit_cut", "to": CUT},
            "ledger": lambda: {"verb": "ledger", "owed": 15_000_00,
                               "document": f"D{time.perf_counter_ns()}"},
        }[what]()  # fmt: skip

    def expects(self, does):
        """Return what the model says to a writer."""
        if does["verb"] == "limit_cut":
            self.model.limits[self.customer] = does["to"]
        elif does["verb"] == "ledger":
            self.model.debts[self.customer] += does["owed"]
        else:
            return self.model.settle(does)
        return None

    def write(self, does, pause=None):
        """Let a writer write, pausing before it commits; return status and decision."""
        if does["verb"] in FILES:
            return self._import(does, pause)
        with self.shop.client() as gate:
            for _ in range(5):
                try:
                    return self._call(gate, does, pause)
                except psycopg.errors.UniqueViolation:
                    continue  # the same key: it is answered now
        raise AssertionError

    def _call(self, gate, does, pause):
        with gate.connection.transaction():
            gate.tell()
            (reply,) = gate.call(does)
            if pause:
                pause()
        return reply.status, reply.decision

    def _import(self, does, pause):
        from django.db import connection

        def tell(step, done, _):
            if pause and (step, done) == ("Recording", 1):
                pause()

        try:
            if does["verb"] == "limit_cut":
                self.shop.limits({self.customer: does["to"]}, tell=tell)
            else:
                self.shop.owes(self.customer, does["document"], does["owed"], tell=tell)
        finally:
            connection.close()

    def agrees(self):
        """Hold the book against the model."""
        line = self.shop.line(self.customer)
        found = {name.removesuffix("_minor"): minor for name, minor in line.items()
                 if minor and name.endswith("_minor")}  # fmt: skip
        limit, exposure = found.pop("limit"), found.pop("exposure", 0)
        assert found == self.model.counters(self.customer)
        assert (limit, exposure) == (
            self.model.limits[self.customer], self.model.exposure(self.customer)
        )  # fmt: skip
        for number in (self.name("X"), self.name("V")):
            order, wanted = self.shop.order(number), self.model.orders[number]
            assert order["state"] == wanted.state
            assert order["version"] == wanted.version


def forced(scene, first, second, *, undo):
    """Run the first to before its commit, start the second, see it wait, end the first."""
    inside, leave = threading.Event(), threading.Event()

    def pause():
        inside.set()
        assert leave.wait(20)
        if undo:
            raise Undone

    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(scene.write, first, pause)
        assert inside.wait(20), one.exception(timeout=1)
        two = threads.submit(scene.write, second)
        waited = scene.shop.until_waiting(two)
        leave.set()
        answers = (None if undo and isinstance(one.exception(20), Undone) else one.result(20),
                   two.result(20))  # fmt: skip
    return waited, answers


@pytest.fixture(scope="module")
def scenes(book):
    """Return an endless row of scenes at one shop, each with a customer of its own."""
    count = len(PAIRS) * (4 if TORTURE else 2)
    shop = kit.shop(book, count, limit_minor=LIMIT)

    def made():
        with shop.client() as gate:
            for customer in shop.customers:
                scene = Scene(shop, customer)
                scene.begin(gate)
                with psycopg.connect(shop.superuser_url) as connection:
                    connection.execute(
                        "UPDATE commitment SET expires_at = now() - interval '1 minute' "
                        "WHERE organisation_id = %s AND order_no = %s",
                        [shop.actor.organisation_id, scene.name("X")],
                    )
                order = scene.model.orders[scene.name("X")]
                scene.model.orders[scene.name("X")] = replace(order, overdue=True)
                yield scene

    row = made()
    yield row
    row.close()
    shop.sound()


def play(scene, first, second, *, undo):
    """Force two writers through, and hold answers and book against the model."""
    one, two = scene.writer(first), scene.writer(second)
    waited, answers = forced(scene, one, two, undo=undo)
    assert waited, "the second did not wait for the first"
    wanted = (None if undo else scene.expects(one), scene.expects(two))
    assert answers == wanted
    scene.agrees()


@pytest.mark.parametrize(("one", "other"), PAIRS, ids=["_".join(pair) for pair in PAIRS])
def test_the_second_waits_for_the_first(one, other, scenes):
    """Commit and then the other, take back and then the other; in torture both ways round."""
    play(next(scenes), one, other, undo=False)
    play(next(scenes), other, one, undo=True)
    if TORTURE:
        play(next(scenes), other, one, undo=False)
        play(next(scenes), one, other, undo=True)


def test_without_locks_the_second_knows_nothing_of_the_first(book):
    """The control: the second decides by what was before the first, and both are let go."""
    shop = kit.shop(book, limit_minor=LIMIT)
    with sabotage.copied(shop) as naive:
        sabotage.without_locks(naive)
        naive.ask("authorise", "first of the day", 1)
        call = {"customer": "C0", "amount_minor": 30_000_00}
        with (
            naive.client() as one, naive.client() as other, ThreadPoolExecutor(1) as threads,
            one.held_open(ask("authorise", "A", **call)) as first,
        ):  # fmt: skip
            late = threads.submit(other.one, ask("authorise", "B", **call))
            naive.until_waiting(late)  # to write, when all is decided
            one.connection.execute("COMMIT; BEGIN")
            assert first[0].passed
            assert late.result(20).passed
        assert naive.line("C0")["reserved_minor"] > LIMIT
