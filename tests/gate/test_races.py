"""Races that one order, one line or one moment makes: each was a fault once, or nearly."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

import psycopg
import pytest

from tests.gate.kit import ask, grouped, today


@contextmanager
def behind(shop, job):
    """Run a job in a thread that is seen to wait by the time the block is entered."""
    with ThreadPoolExecutor(1) as threads:
        done = threads.submit(job)
        assert shop.until_waiting(done), "it waits for nobody"
        yield done


def authorised(shop, order_no, amount_minor=1_000_00, **facts):
    """Authorise an order and return the call."""
    call = ask("authorise", order_no, amount_minor=amount_minor,
               **{"customer": shop.customers[0]} | facts)  # fmt: skip
    with shop.client() as gate:
        assert gate.one(call).passed
    return call


def test_a_void_spares_what_was_changed_meanwhile(shop):
    """A void that waits while its order is amended finds that the order has moved on."""
    call = authorised(shop, "A")
    with shop.client() as first, shop.client() as second:
        more = ask("amend", "A", customer="C0", amount_minor=2_000_00)
        with first.held_open(more), ThreadPoolExecutor(1) as threads:
            late = threads.submit(second.one, ask("void", key=call["key"]))
            assert shop.until_waiting(late)
            first.connection.execute("COMMIT; BEGIN")  # the amendment stands; the void goes on
            assert late.result(20).status == 409
    assert shop.order("A")["authorised_minor"] == 2_000_00
    assert shop.order("A")["state"] == "authorised"
    shop.sound()


def test_a_void_in_flight_beats_the_first_call(shop):
    """A call that comes while its void is being written is refused; one effect: none."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    with (
        shop.client() as first, shop.client() as second,
        first.held_open(ask("void", key=call["key"])), ThreadPoolExecutor(1) as threads,
    ):  # fmt: skip
        late = threads.submit(second.settle, call)
        assert shop.until_waiting(late)
        first.connection.execute("COMMIT; BEGIN")
        (reply,) = late.result(20)
    assert reply.status == 409
    assert shop.rows("SELECT FROM commitment WHERE organisation_id = %s") == []
    shop.sound()


def test_a_move_to_the_same_customer_is_refused(shop):
    """There is nothing to move: a problem that says so, and nothing is written but the refusal."""
    authorised(shop, "A")
    reply = shop.ask("move", "A", customer="C0")
    assert reply.status == 409
    assert shop.order("A")["version"] == 1
    shop.sound()


def of_file(order_no, minor, **facts):
    """Return an open order of the order file."""
    return {"customer_no": "C0", "order_no": order_no, "ordered_minor": minor} | facts


@pytest.mark.parametrize("held_first", [False, True], ids=["let go", "held first"])
def test_an_order_of_the_file_counts_once(shop, held_first):
    """What the file counts for an order gives way to the gate, when the gate lets it go."""
    shop.take("orders", [of_file("A", 20_000_00)])
    assert shop.line("C0")["exposure_minor"] == 20_000_00
    if held_first:
        assert shop.ask("authorise", "A", 60_000_00).decision == "held"
        assert shop.line("C0")["exposure_minor"] == 20_000_00
        shop.owes("C0", "D1", 1_00, order_no="A")  # the file is counted anew
        assert shop.line("C0")["exposure_minor"] == 20_000_00
        shop.sound()
    assert shop.ask("authorise", "A", 30_000_00).passed
    assert shop.line("C0")["exposure_minor"] == 30_000_00
    shop.sound()


def test_less_of_an_order_keeps_its_rate(shop):
    """An order that asks for no more counts by the rate it was let go with, or by none that is old.

    A newer rate is a fact of the day's count; taken here it would pass the limit without a check.
    """
    rate = {"customer_no": None, "from": "EUR", "to": "USD", "date": today()}
    shop.take("rates", [rate | {"rate": "1.1"}])
    authorised(shop, "A", 40_000_00, currency="EUR")
    assert shop.line("C0")["exposure_minor"] == 44_000_00
    for change in ("SET rate = 1.5", "SET day = day - 100"):  # no file has counted these yet
        with psycopg.connect(shop.superuser_url) as connection:
            connection.execute(f"UPDATE fx_rate {change} WHERE organisation_id = %s",
                               [shop.actor.organisation_id])  # fmt: skip
        assert shop.ask("amend", "A", 39_000_00, currency="EUR").decision == "approved"
        assert shop.line("C0")["exposure_minor"] == 42_900_00
    assert shop.ask("amend", "A", 39_500_00, currency="EUR").decision == "held"
    shop.sound()


def test_a_flag_is_seen_however_it_meets_the_first_check(shop):
    """A signal that comes while the first check of the day resolves the line is not overlooked."""
    from tradeline.actions.acting import working
    from tradeline.actions.standing import mark_stale
    from tradeline.models import Account, ExternalFlag

    authorised(shop, "A", 1_00)
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("UPDATE standing SET day = day - 1 WHERE organisation_id = %s",
                           [shop.actor.organisation_id])  # fmt: skip
    at = datetime.now(UTC)
    call = ask("authorise", "B", customer="C0", amount_minor=1_00)
    with shop.client() as gate, ThreadPoolExecutor(1) as threads:
        with working(shop.actor, "mitigants.set", at=at) as work:
            account = Account.objects.get(customer_no="C0")
            mark_stale(work, "%s", [account.pk])
            ExternalFlag.objects.create(organisation_id=shop.actor.organisation_id, source="bureau",
                                        account=account, kind="fraud", raised_at=at)  # fmt: skip
            late = threads.submit(gate.one, call)
            shop.until_waiting(late)
        late.result(20)
        assert gate.one(ask("authorise", "C", customer="C0", amount_minor=1_00)).decision == "held"


def test_the_first_check_ever_sees_a_flag_too(shop):
    """The same for a line that no check has resolved before."""
    from tradeline.actions.acting import working
    from tradeline.actions.standing import mark_stale
    from tradeline.models import Account, ExternalFlag

    at = datetime.now(UTC)
    with shop.client() as gate, ThreadPoolExecutor(1) as threads:
        with working(shop.actor, "mitigants.set", at=at) as work:
            account = Account.objects.get(customer_no="C0")
            mark_stale(work, "%s", [account.pk])
            ExternalFlag.objects.create(organisation_id=shop.actor.organisation_id, source="bureau",
                                        account=account, kind="fraud", raised_at=at)  # fmt: skip
            late = threads.submit(gate.one, ask("authorise", "B", customer="C0", amount_minor=1_00))
            shop.until_waiting(late)
        late.result(20)
        assert gate.one(ask("authorise", "C", customer="C0", amount_minor=1_00)).decision == "held"


def test_an_order_file_and_an_order_wait_in_one_order(shop):
    """An import that rewrites an order and a check that takes the order over never deadlock."""
    from django.db import connections

    shop.take("orders", [of_file("A", 20_000_00)])

    def imported():
        try:
            shop.take("orders", [of_file("A", 21_000_00)])
        finally:
            connections.close_all()

    call = ask("authorise", "A", customer="C0", amount_minor=22_000_00)
    with (
        psycopg.connect(shop.superuser_url) as other, shop.client() as gate,
        ThreadPoolExecutor(2) as threads,
    ):  # fmt: skip
        other.execute("SELECT FROM credit_line WHERE organisation_id = %s FOR UPDATE",
                      [shop.actor.organisation_id])  # fmt: skip
        check = threads.submit(gate.once, call)
        assert shop.until_waiting(check)
        file = threads.submit(imported)
        assert shop.until_waiting(file, 2)
        other.commit()
        assert check.result(30)[0].passed
        file.result(30)
    shop.sound()


def test_a_batch_of_events_locks_groups_in_their_order(shop_of):
    """A batch of shipments waits for the group's line before it has those that come after it."""
    shop = shop_of(3)
    grouped(shop, shop.customers, 40_000_00)
    for customer in shop.customers:
        authorised(shop, f"O-{customer}", customer=customer)
    ids = dict(shop.rows(
        "SELECT coalesce(customer_no, 'G'), l.id::text FROM credit_line l "
        "LEFT JOIN account a ON a.id = l.account_id WHERE l.organisation_id = %s"
    ))  # fmt: skip
    above = [name for name in shop.customers if ids[name] > ids["G"]]
    assert len(ids) == 4
    with psycopg.connect(shop.superuser_url) as other, shop.client() as gate:
        other.execute("SELECT FROM credit_line WHERE id = %s FOR UPDATE", [ids["G"]])
        calls = [ask("ship", f"O-{name}", amount_minor=1_00) for name in shop.customers]
        with behind(shop, lambda: gate.once(*calls)) as late:
            for name in above:  # those after the group's line are still free
                other.execute("SELECT FROM credit_line WHERE id = %s FOR UPDATE NOWAIT",
                              [ids[name]])  # fmt: skip
            other.commit()
            assert [reply.decision for reply in late.result(20)] == ["done"] * 3
    shop.sound()
