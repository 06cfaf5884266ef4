"""A release is for one order, one amount and one time; what it lets pass is in its decision.

How people sign a release is proven with the holds; here it is simply there.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.gate.kit import ask

OVER = 60_000_00  # of 50,000.00


def released(shop, order_no="A", minor=OVER, *, days=5):
    """Let an order be held, and release it up to an amount."""
    assert shop.ask("authorise", order_no, OVER).decision == "held"
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")  # past the guard of holds
        done = connection.execute(
            "UPDATE hold SET state = 'released', released_minor = %s, settled_at = now(), "
            "usable_until = now() + make_interval(days => %s) WHERE organisation_id = %s "
            "AND order_no = %s AND state = 'open'",
            [minor, days, shop.actor.organisation_id, order_no],
        )
        assert done.rowcount == 1


def test_a_released_order_passes(shop):
    """It passes beyond the limit by its release, and by nothing else."""
    released(shop)
    assert shop.ask("authorise", "A", OVER).passed
    assert shop.line("C0")["exposure_minor"] == OVER
    assert shop.value("SELECT count(release_id) FROM decision WHERE organisation_id = %s") == 1
    assert shop.ask("authorise", "B", 1).decision == "held"
    shop.sound()


@pytest.mark.parametrize(("minor", "passes"), [(66_000_00, True), (66_000_01, False)])
def test_a_release_bears_a_tenth_more(minor, passes, shop):
    """60,000.00 released bears 66,000.00, and not a cent more."""
    released(shop)
    assert shop.ask("authorise", "A", minor).passed == passes
    shop.sound()


def test_a_release_of_a_part_bears_the_part(shop):
    """Less may be released than was asked for."""
    released(shop, minor=52_000_00)
    assert shop.ask("authorise", "A", OVER).decision == "held"
    shop.sound()


def test_a_release_whose_time_is_over(shop):
    """It lets nothing pass any more."""
    released(shop, days=-1)
    assert shop.ask("authorise", "A", OVER).decision == "held"
    shop.sound()


def test_a_release_is_not_for_another_order(shop):
    """Neither for another number, nor for this number under another customer."""
    released(shop)
    assert shop.ask("authorise", "B", OVER).decision == "held"
    shop.sound()


def test_a_release_is_not_for_what_it_did_not_name(shop):
    """A release of the limit lets no blocked customer buy."""
    from tradeline.models import Account
    from tradeline.models.context import acting

    released(shop)
    with acting(shop.actor):
        Account.objects.update(status="blocked")
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("UPDATE standing SET day = NULL WHERE organisation_id = %s",
                           [shop.actor.organisation_id])  # fmt: skip
    reply = shop.ask("authorise", "A", OVER)
    assert {each["code"] for each in reply.body["reasons"]} == {"CL02", "CL06", "ST01"}
    assert reply.decision == "held"
    shop.sound()


@pytest.mark.parametrize("verb", ["cancel", "close"])
def test_a_release_ends_with_its_order(verb, shop):
    """Cancelled and asked for anew, the order is held as any other."""
    released(shop)
    assert shop.ask("authorise", "A", OVER).passed
    assert shop.ask(verb, "A").decision == "done"
    assert shop.ask("authorise", "A", OVER).decision == "held"
    shop.sound()


def test_case_25_a_release_used_twice_in_parallel(shop):
    """Two calls for one released order, in two versions: the order counts once, by the later."""
    released(shop)
    with shop.client() as one, shop.client() as other, ThreadPoolExecutor(1) as threads:
        calls = [ask("authorise", "A", customer="C0", amount_minor=OVER) for _ in range(2)]
        with one.held_open(calls[0]) as first:
            late = threads.submit(other.one, calls[1])
            assert shop.until_waiting(late)
        assert first[0].passed
        assert late.result(20).passed
    assert shop.line("C0")["exposure_minor"] == OVER
    shop.sound()
