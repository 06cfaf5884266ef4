"""R3: calls that touch many lines, groups' among them, never wait in a circle, nor for long.

`make torture` makes 50,000 decisions of several lines. The control locks lines as calls come.
"""

from __future__ import annotations

import random
from pathlib import Path

import psycopg
import pytest

from tests.gate import kit, sabotage
from tests.gate.kit import TORTURE, ask, grouped
from tests.gate.load import workers

CLIENTS, BATCHES = (8, 1_600) if TORTURE else (4, 20)
SIZE = 4
CUSTOMERS = 9


@pytest.fixture
def family(book):
    """Return a shop of nine customers in two groups of one parent, all three with limits."""
    shop = kit.shop(book, CUSTOMERS, limit_minor=20_000_00)
    grouped(shop, shop.customers[:4], 50_000_00, code="G1")
    grouped(shop, shop.customers[4:8], 50_000_00, code="G2")
    parent_of_both(shop)
    return shop


def parent_of_both(shop):
    """Put both groups under one that has a limit too."""
    from tradeline.models import CustomerGroup
    from tradeline.models.context import acting

    grouped(shop, (), 80_000_00, code="ALL")
    with acting(shop.actor):
        parent = CustomerGroup.objects.get(code="ALL")
        CustomerGroup.objects.filter(code__in=["G1", "G2"]).update(parent=parent)


def batches(shop, *, count, again=True):
    """Let clients settle batches over all customers, in any order; return what deadlocked."""

    def work(gate, turn):
        dice, circles, known = random.Random(turn), 0, []
        for number in range(count):
            names = [f"{turn} {number} {place}" for place in range(SIZE)]
            calls = [drawn(dice, name, known) for name in names]
            try:
                (gate.settle if again else gate.once)(*calls)
            except psycopg.errors.DeadlockDetected:
                circles += 1
            known += [call["key"] for call in calls]
        return circles

    return sum(workers(shop, CLIENTS, work))


def drawn(dice, name, known):
    """Draw a call that names a customer, an order, or only an earlier key."""
    number = f"{dice.randrange(CUSTOMERS)}"
    amount = dice.randrange(1, 3_000_00)
    kind = dice.randrange(6)
    if kind < 3:
        order = f"O{number}" if kind else name
        return ask("authorise", order, customer=f"C{number}", amount_minor=amount)
    if kind == 3 and known:
        return ask("void", key=dice.choice(known))
    verb = dice.choice(("ship", "invoice", "cancel", "move"))
    more = {"customer": f"C{dice.randrange(CUSTOMERS)}"} if verb == "move" else {}
    return ask(verb, f"O{number}", amount_minor=1 + amount // 20, **more)


def told(shop):
    """Return how many deadlocks the server counted, and how many waits of a second it wrote of."""
    with psycopg.connect(shop.superuser_url, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_force_next_flush()")
        sql = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        (circles,) = connection.execute(sql).fetchone()
        (data,) = connection.execute("SHOW data_directory").fetchone()
    return circles, (Path(data) / "log").read_text(errors="replace").count("still waiting for")


@pytest.fixture
def waits_are_written(book):
    """Let the server write of each wait for a lock that lasts a second, then no more."""
    url = kit.make_conninfo(book.superuser_url, dbname="tradeline")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER DATABASE tradeline SET log_lock_waits = on")
        yield
        connection.execute("ALTER DATABASE tradeline RESET log_lock_waits")


def test_case_02_no_circle_and_no_long_wait(family, waits_are_written):
    """Batches over groups and customers in any order: none deadlocks, none waits for a second."""
    before = told(family)
    assert batches(family, count=BATCHES) == 0
    circles, waits = told(family)
    assert circles == before[0]
    assert waits == before[1]
    family.sound()
    for code, most in (("G1", 50_000_00), ("G2", 50_000_00), ("ALL", 80_000_00)):
        assert owed(family, code) <= most


def owed(shop, code):
    """Return what the members of a group and of those below it owe together."""
    return int(shop.value(
        """SELECT coalesce(sum(greatest(l.exposure_minor, 0)), 0) FROM credit_line l
        JOIN account a ON a.id = l.account_id JOIN customer_group g ON g.id = a.group_id
        LEFT JOIN customer_group p ON p.id = g.parent_id
        WHERE l.organisation_id = %s AND %s IN (g.code, p.code)""", code,
    ))  # fmt: skip


def test_case_02_a_group_is_never_over(family):
    """Order on a member and its group while another member orders: both decided, never beyond."""

    def work(gate, turn):
        return sum(
            gate.one(ask("authorise", f"S{turn} {number}", customer=f"C{turn % 8}",
                         amount_minor=5_000_00)).passed for number in range(4)
        )  # fmt: skip

    passed = sum(workers(family, 8, work))
    assert passed == 16  # 80,000.00 for both groups, 50,000.00 for each
    assert owed(family, "ALL") == 80_000_00
    family.sound()


def test_locks_as_they_come_wait_in_a_circle(family):
    """The control: batches that lock lines as calls come to them deadlock."""
    with sabotage.copied(family) as spoiled:
        sabotage.without_order(spoiled)
        sabotage.run(spoiled, sabotage.soon(spoiled))
        assert any(batches(spoiled, count=6, again=False) for _ in range(5))
