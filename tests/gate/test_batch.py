"""A batch comes out as its calls would alone, one after the other, whatever they have in common."""

from __future__ import annotations

import random

import pytest

from tests.gate import kit
from tests.gate.kit import ask, today

CUSTOMERS = ("C0", "C1", "C2", "C3")  # the last two in a group
COUNTED = ("reserved_minor", "held_minor", "exposure_minor", "version", "alert_armed")


@pytest.fixture(scope="module")
def twins(book):
    """Return two shops alike: four customers, a group of two of them."""
    made = [kit.shop(book, 4, limit_minor=100_00) for _ in range(2)]
    for shop in made:
        shop.take("customers", [{"customer_no": no, "parent_no": "TOP"} for no in CUSTOMERS[2:]])
        shop.take("limits", [{"customer_no": "TOP", "entity": "", "scope": "group",
                              "limit_minor": 120_00, "valid_from": today()}])  # fmt: skip
    return made


def drawn(dice, serial):
    """Return a call; orders, customers and keys come more than once in a batch."""
    verb = dice.choice(("authorise",) * 8 + ("sale", "amend", "dry_run", "ship", "cancel", "void"))
    key = f"{serial} {dice.randrange(9)}"
    number = f"{serial}-{dice.randrange(8)}"
    if verb == "void":
        return ask("void", key=key)
    if verb == "cancel":
        return ask("cancel", number, key=key)
    facts = {"customer": dice.choice(CUSTOMERS)} if verb != "ship" else {}
    return ask(verb, number, key=key, amount_minor=dice.randrange(1, 30_00), **facts)


@pytest.mark.parametrize("seed", range(4))
def test_a_batch_is_its_calls_in_turn(twins, seed):
    """Same answers, same lines, and both books are sound."""
    alone, together = twins
    dice = random.Random(seed)
    with alone.client() as one, together.client() as many:
        for serial in range(12):
            calls = [drawn(dice, f"{seed}.{serial}") for _ in range(dice.randrange(2, 14))]
            wanted = [one.one(call) for call in calls]
            got = many.settle(*calls)
            assert [(r.status, r.decision) for r in got] == [(r.status, r.decision) for r in wanted]
    for customer in CUSTOMERS:
        lines = [shop.line(customer) for shop in twins]
        assert {name: lines[0][name] for name in COUNTED} == {
            name: lines[1][name] for name in COUNTED}  # fmt: skip
    for shop in twins:
        shop.sound()


def test_new_orders_of_many_lines_are_written_together(twins):
    """Each table that they are written to is written once, however many they are."""
    shop = twins[1]
    with shop.client() as gate, gate.connection.transaction():
        gate.tell()
        calls = [ask("authorise", f"t{n}", customer=no, amount_minor=1)
                 for n, no in enumerate(CUSTOMERS[:2])]  # fmt: skip
        gate.call(*calls)
        [(count,)] = gate.connection.execute(
            "SELECT count(DISTINCT cmin::text) FROM decision WHERE order_no IN ('t0', 't1')"
        ).fetchall()
    assert count == 1
