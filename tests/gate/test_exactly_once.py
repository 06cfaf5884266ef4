"""R2: a key has one effect and one answer, however often and however late its call is made.

`make torture` tries 10,000 keys with up to 160 repeats from 80 clients. The control is a build
without the unique key: two lines then settle one key twice.
"""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.gate import kit, sabotage
from tests.gate.kit import TORTURE, ask, digest

CLIENTS, KEYS = (80, 10_000) if TORTURE else (20, 40)  # the server takes 100
TURNS = 2 if TORTURE else 1
DAY = "interval '24 hours'"
YESTERDAY = (
    f"UPDATE decision SET at = at - {DAY} WHERE organisation_id = %s",
    f"UPDATE commitment SET created_at = created_at - {DAY}, changed_at = changed_at - {DAY}, "
    f"expires_at = expires_at - {DAY} WHERE organisation_id = %s",
    f"UPDATE hold SET created_at = created_at - {DAY}, expires_at = expires_at - {DAY} "
    "WHERE organisation_id = %s",
    "UPDATE standing SET day = day - 1 WHERE organisation_id = %s",
    f"UPDATE line_event SET at = at - {DAY}, day = day - 1 WHERE organisation_id = %s",
)  # fmt: skip


@pytest.fixture
def crowd(book):
    """Return a shop of ten customers and as many clients as there are repeats at most."""
    shop = kit.shop(book, 10, limit_minor=20_000_00)
    gates = [kit.Gate(shop) for _ in range(CLIENTS)]
    yield shop, gates
    for gate in gates:
        gate.close()


def drawn(dice, shop, number):
    """Draw a call: most are new orders, a tenth of them beyond any limit; some are events."""
    customer = dice.choice(shop.customers)
    known = f"K{dice.randrange(max(number, 1))}"
    amount = 90_000_00 if dice.random() < 0.1 else dice.randrange(1, 2_000_00)
    return dice.choice((
        ask("authorise", f"K{number}", customer=customer, amount_minor=amount),
        ask("authorise", f"K{number}", customer=customer, amount_minor=amount),
        ask("sale", f"K{number}", customer=customer, amount_minor=amount),
        ask("ship", known, amount_minor=1_00), ask("invoice", known, amount_minor=1_00),
        ask("close", known),
    ))  # fmt: skip


def repeated(gates, call, times):
    """Make one call from so many clients at once, by turns; return the answers."""
    barrier = threading.Barrier(times)

    def one(gate):
        barrier.wait(60)
        return [gate.one(call) for _ in range(TURNS)]

    with ThreadPoolExecutor(times) as threads:
        return [reply for replies in threads.map(one, gates[:times]) for reply in replies]


def test_case_11_many_at_once_are_one(crowd):
    """Repeats at once: one decision, equal bytes; a changed body: 422; a day later: the same."""
    shop, gates = crowd
    dice = random.Random(20260630)
    told = {}
    for number in range(KEYS):
        call = drawn(dice, shop, number)
        times = CLIENTS if number % 10 == 0 else dice.randrange(2, 2 + CLIENTS // 4)
        replies = repeated(gates, call, times)
        assert len({(each.status, each.text, each.facts) for each in replies}) == 1
        told[call["key"]] = call, replies[0]
    assert effects(shop, told) == {(1,)}
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")  # past the guards
        for statement in YESTERDAY:
            connection.execute(statement, [shop.actor.organisation_id])
    for call, reply in told.values():
        assert gates[0].one(call) == reply
        other = call | {"body_sha256": digest(call | {"amount_minor": 5})}
        assert gates[1].one(other).status == 422
        assert gates[0].one(call) == reply
    assert effects(shop, told) == {(1,)}
    shop.sound()


def effects(shop, keys):
    """Return how many decisions keys have."""
    sql = "SELECT count(*) FROM decision WHERE organisation_id = %s AND key = ANY(%s) GROUP BY key"
    counts = shop.rows(sql, list(keys))
    assert len(counts) == len(keys)
    return set(counts)


def test_case_12_another_amount_under_the_same_key(shop):
    """422, and the first stays as it is."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    with shop.client() as gate:
        first = gate.one(call)
        changed = call | {"amount_minor": 2_00}
        assert gate.one(changed | {"body_sha256": digest(changed)}).status == 422
        assert gate.one(call) == first
    assert shop.order("A")["authorised_minor"] == 1_00
    shop.sound()


def test_case_13_the_key_of_another_organisation(shop_of):
    """Two organisations use one key: each has its own decision, and neither hears of the other."""
    one, other = shop_of(1), shop_of(1)
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    changed = call | {"amount_minor": 9_00}
    changed["body_sha256"] = digest(changed)
    with one.client() as first, other.client() as second:
        mine, theirs = first.one(call), second.one(changed)
        assert mine.passed
        assert theirs.passed
        assert mine.body["decision_id"] != theirs.body["decision_id"]
        assert (first.one(call), second.one(changed)) == (mine, theirs)
    assert other.order("A")["authorised_minor"] == 9_00


def test_keys_of_clients_do_not_run_together(shop):
    """The client `a b` with key `c` is another than the client `a` with key `b c`."""
    with shop.client() as gate:
        said = {"customer": "C0", "amount_minor": 1_00}
        one = gate.one(ask("authorise", "A", client="a b", key="c", **said))
        other = gate.one(ask("authorise", "B", client="a", key="b c", **said))
    assert (one.body["order_no"], other.body["order_no"]) == ("A", "B")
    shop.sound()


def on_two_lines(shop):
    """Let one key come on two lines at once; return both answers, the first first."""
    said = {"key": "the same", "amount_minor": 1_00}
    with shop.client() as first, shop.client() as second, ThreadPoolExecutor(1) as threads:
        with first.held_open(ask("authorise", "A", customer="C0", **said)) as answers:
            late = threads.submit(second.one, ask("authorise", "B", customer="C1", **said))
            shop.until_waiting(late)
        return answers[0], late.result(20)


def test_one_key_on_two_lines_is_settled_once(shop_of):
    """The second waits at the key, asks again, and hears that the key was used for another call."""
    shop = shop_of(2)
    first, second = on_two_lines(shop)
    assert first.passed
    assert second.status == 422
    assert shop.line("C1")["reserved_minor"] == 0
    shop.sound()


def test_without_the_unique_key_there_are_two_effects(shop_of):
    """The control: nothing but the key stands between two lines; the checker names the breach."""
    shop = shop_of(2)
    with sabotage.copied(shop) as spoiled:
        sabotage.without_unique_keys(spoiled)
        first, second = on_two_lines(spoiled)
        assert first.passed
        assert second.passed
        with pytest.raises(AssertionError, match="one decision for a key"):
            spoiled.sound()


def test_case_19_a_call_that_comes_after_its_void(shop):
    """The caller gives up and voids by key: a late first call is refused and holds nothing."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    with shop.client() as gate:
        voided = gate.one(ask("void", key=call["key"]))
        assert voided.decision == "voided"
        assert gate.one(ask("void", key=call["key"])).text == voided.text
        assert gate.one(call).status == 409
    assert shop.line("C0")["reserved_minor"] == 0
    shop.sound()


def test_case_19_a_void_that_comes_after_the_call(shop):
    """What the first call held is free; the call itself is refused from then on."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    with shop.client() as gate:
        assert gate.one(call).passed
        assert gate.one(ask("void", key=call["key"])).decision == "done"
        assert gate.one(ask("void", key=call["key"])).status == 200
        assert gate.one(call).status == 409
    assert shop.line("C0")["exposure_minor"] == 0
    shop.sound()


def test_only_the_call_that_made_an_order_is_voided(shop):
    """Of calls of one batch for one order none but the first is voided, and that one too late."""
    said = {"customer": "C0", "version": 1}
    calls = [ask("authorise", "A", amount_minor=minor, **said | {"version": version})
             for minor, version in ((1_00, 1), (2_00, 2), (3_00, 2))]  # fmt: skip
    with shop.client() as gate:
        assert [reply.status for reply in gate.settle(*calls)] == [201, 201, 409]
        for call in calls:
            assert gate.one(ask("void", key=call["key"])).status == 409
    assert shop.order("A")["authorised_minor"] == 2_00
    assert shop.line("C0")["reserved_minor"] == 2_00
    shop.sound()
