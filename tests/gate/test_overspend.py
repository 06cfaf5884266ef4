"""R1: no order is authorised beyond its limit, whatever else happens at the same moment.

`make torture` makes 200,000 tries from 64 clients. The controls are builds that read before they
lock, or do not lock: they must overspend.
"""

from __future__ import annotations

import random
import sys
import threading
import time

import pytest

from tests.gate import kit, sabotage
from tests.gate.kit import TORTURE, ask
from tests.gate.load import shared, stored, storm, workers

CLIENTS, TRIES = (64, 66_700) if TORTURE else (12, 700)
LINES = (1, 10, 2_000 if TORTURE else 200)
LIMIT = 40_000_00


class Meddler(threading.Thread):
    """Cuts and raises limits and posts invoices by import, until it is told to stop."""

    def __init__(self, shop, seed):
        super().__init__()
        self.shop, self.dice, self.done = shop, random.Random(seed), threading.Event()
        self.imports, self.fault = 0, None

    def run(self):
        """Import one file after the other."""
        from django.db import connections

        try:
            while not self.done.wait(0.05):
                self.meddle(self.dice.choice(self.shop.customers))
        except Exception as error:  # noqa: BLE001 - the test tells of it
            self.fault = error
        finally:
            connections.close_all()

    def met(self):
        """Return whether limits and an invoice came in between; after a fault nothing will."""
        return self.imports > 2 or self.fault is not None

    def meddle(self, customer):
        """Import one limit or one invoice; every other invoice is one of an order."""
        self.imports += 1
        if self.imports % 2:
            self.shop.limits({customer: self.dice.randrange(LIMIT // 2, LIMIT * 2)})
            return
        order = shared(self.dice, self.shop.customers, customer) if self.imports % 4 else ""
        self.shop.owes(customer, f"D{self.imports}", self.dice.randrange(1, 1_000_00),
                       order_no=order)  # fmt: skip

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.join(60)


@pytest.mark.parametrize("lines", LINES)
def test_nothing_is_authorised_beyond_a_limit(lines, book):
    """Mixed verbs, alone and in batches, while limits are cut and invoices come: all is sound."""
    seed = random.SystemRandom().randrange(10**6) if TORTURE else 20260630
    sys.stdout.write(f"seed {seed}\n")  # shown when it fails
    shop = kit.shop(book, lines, limit_minor=LIMIT if lines == 1 else LIMIT // 3)
    with Meddler(shop, seed) as meddler:
        answers = storm(shop, clients=CLIENTS, tries=TRIES, seed=seed, enough=meddler.met)
    assert meddler.fault is None
    assert meddler.met()
    assert answers.passed > TRIES // 20
    assert answers.decisions["done"] > TRIES // 50
    assert lines == LINES[-1] or answers.decisions["held"] > 0
    assert unlike(shop, answers) == []
    looked_at = shop.sound()["looked_at"]
    assert looked_at["decision"] >= len(stored(shop, answers.texts))


def unlike(shop, answers):
    """Return the keys whose stored answer is not what the client read; voids may replace none."""
    kept = stored(shop, answers.texts)
    return [key for key, text in answers.texts.items()
            if answers.calls[key]["verb"] != "void" and key in kept
            and kept[key] != text and '"status":4' not in text]  # fmt: skip


def rushed(shop, *, clients, orders, amount_minor):
    """Let clients authorise equal orders all at once; return how many were let go."""

    def work(gate, turn):
        calls = [ask("authorise", f"R{turn}-{number}", customer="C0", amount_minor=amount_minor)
                 for number in range(orders // clients)]  # fmt: skip
        return sum(gate.one(call).passed for call in calls)

    return sum(workers(shop, clients, work))


def test_case_01_a_limit_for_exactly_500(book):
    """A limit for exactly 500 of 640 orders: 500 are let go, 140 are held, the sum is the limit."""
    shop = kit.shop(book, 1, limit_minor=500_00)
    assert rushed(shop, clients=64 if TORTURE else 16, orders=640, amount_minor=1_00) == 500
    line = shop.line("C0")
    assert (line["reserved_minor"], line["held_minor"]) == (500_00, 140_00)
    shop.sound()


@pytest.mark.parametrize("build", [sabotage.without_locks, sabotage.before_the_lock])
def test_a_naive_build_overspends(build, book):
    """The control: reading before the lock, or without one, lets more go than the limit bears."""
    shop = kit.shop(book, 1, limit_minor=20_00)
    with sabotage.copied(shop) as naive:
        build(naive)
        passed = rushed(naive, clients=8, orders=80, amount_minor=1_00)
        assert passed > 20
        assert naive.line("C0")["reserved_minor"] == passed * 1_00
        with pytest.raises(AssertionError):
            naive.sound()
    assert rushed(shop, clients=8, orders=80, amount_minor=1_00) == 20


def test_case_03_a_limit_that_is_cut_holds_from_then_on(book):
    """After the cut nothing is let go beyond it; what was let go before stays."""
    shop = kit.shop(book, 1, limit_minor=60_00)
    cut = threading.Event()

    def work(gate, turn):
        passed = []
        for number in range(8):
            after = cut.is_set()
            call = ask("authorise", f"T{turn}-{number}", customer="C0", amount_minor=1_00)
            passed.append((after, gate.one(call).passed))
            time.sleep(0.001)
        return passed

    def cutting(_, turn):
        time.sleep(0.15)
        shop.limits({"C0": 30_00})
        cut.set()
        return []

    tries = workers(shop, 16, lambda gate, turn: (cutting if turn == 0 else work)(gate, turn))
    let_go = sum(passed for each in tries for _, passed in each)
    assert let_go * 1_00 == shop.line("C0")["reserved_minor"]
    events = shop.rows(
        "SELECT limit_minor, exposure_minor FROM line_event WHERE organisation_id = %s "
        "AND kind = 'authorised' ORDER BY version"
    )
    assert all(exposure <= limit for limit, exposure in events)
    shop.sound()
