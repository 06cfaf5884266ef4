"""The cases of the gate by number; each is proven where the table says.

| Case | Where |
|---|---|
| 1, 3 | test_overspend.py |
| 2 | test_deadlocks.py |
| 4-10 | here |
| 11, 12, 13, 19 | test_exactly_once.py |
| 14, 16 | test_killed.py |
| 15 | test_cut.py |
| 17 | tests/imports/test_killed.py |
| 18 | here, as an error of the database; over HTTP in tests/api |
| 20 | tests/api |
| 21 | test_clock.py |
| 22 | tests/alerts |
| 34 | here below HTTP; over HTTP in tests/api |
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.gate import sabotage
from tests.gate.kit import TORTURE, ask
from tests.gate.load import workers

CALLERS = 100 if TORTURE else 20


def shipped(shop, order_no="A", amount_minor=10_00, part=6_00):
    """Authorise an order and ship a part of it."""
    assert shop.ask("authorise", order_no, amount_minor).passed
    assert shop.ask("ship", order_no, part).decision == "done"


def set_over(shop):
    """Let all reservations be over."""
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("UPDATE commitment SET expires_at = now() - interval '1 second' "
                           "WHERE organisation_id = %s", [shop.actor.organisation_id])  # fmt: skip


@pytest.mark.parametrize("first", ["ship", "expire"])
def test_case_04_shipped_and_expired_at_once(shop, first):
    """Whoever comes first holds: expired goods are asked for anew, shipped ones do not expire."""
    shop.ask("authorise", "A", 10_00)
    set_over(shop)
    calls = {"ship": ask("ship", "A", amount_minor=10_00), "expire": ask("expire", "A")}
    with shop.client() as one, shop.client() as other, ThreadPoolExecutor(1) as threads:
        second = calls["expire" if first == "ship" else "ship"]
        with one.held_open(calls[first]) as answers:
            late = threads.submit(other.one, second)
            assert shop.until_waiting(late)
        reply = late.result(20)
    assert answers[0].decision == "done"
    if first == "ship":
        assert reply.status == 409
    else:
        assert [each["code"] for each in reply.body["reasons"]] == ["RS01"]
    assert shop.line("C0")["exposure_minor"] == 10_00
    assert shop.order("A")["state"] == "shipped"
    shop.sound()


@pytest.mark.parametrize("verb", ["ship", "invoice"])
def test_case_05_captured_by_many_at_once(verb, shop):
    """Many callers with one key: one effect, one answer."""
    shop.ask("authorise", "A", 10_00)
    call = ask(verb, "A", amount_minor=4_00)
    replies = workers(shop, CALLERS, lambda gate, _: gate.one(call))
    assert len(set(replies)) == 1
    assert replies[0].decision == "done"
    assert shop.order("A")[{"ship": "shipped_minor", "invoice": "invoiced_minor"}[verb]] == 4_00
    shop.sound()


def test_case_06_more_is_shipped_than_was_held(shop):
    """The difference asks for the limit: it passes inside, and is held beyond, nothing shipped."""
    shop.ask("authorise", "A", 40_000_00)
    assert shop.ask("ship", "A", 50_000_00).decision == "done"
    assert shop.order("A")["authorised_minor"] == 50_000_00
    shop.ask("authorise", "B", 10)
    assert shop.ask("ship", "A", 1).decision == "held"
    order = shop.order("A")
    assert (order["shipped_minor"], order["authorised_minor"]) == (50_000_00, 50_000_00)
    assert shop.line("C0")["exposure_minor"] == 50_000_00
    shop.sound()


def test_case_06_delivered_goods_are_always_invoiced(shop):
    """An invoice with freight passes the limit: it is a fact, and later orders are held."""
    shop.ask("authorise", "A", 50_000_00)
    shop.ask("ship", "A", 50_000_00)
    assert shop.ask("invoice", "A", 50_500_00).decision == "done"
    assert shop.line("C0")["exposure_minor"] == 50_500_00
    assert shop.ask("authorise", "B", 1).decision == "held"
    shop.sound()


@pytest.mark.parametrize("verb", ["cancel", "close", "expire"])
def test_case_07_only_the_rest_is_freed(verb, shop):
    """After a part was shipped the end of an order frees what was not."""
    shipped(shop)
    set_over(shop)
    assert shop.ask(verb, "A").decision == "done"
    assert shop.line("C0")["exposure_minor"] == 6_00
    order = shop.order("A")
    assert (order["state"], order["cancelled_minor"]) == ("shipped", 4_00)
    assert shop.ask(verb, "A").status == (409 if verb == "expire" else 200)
    assert shop.line("C0")["exposure_minor"] == 6_00
    shop.sound()


def test_case_07_what_was_shipped_is_not_voided(shop):
    """A void by key spares an order of which something was shipped since."""
    call = ask("authorise", "A", amount_minor=10_00, customer="C0")
    with shop.client() as gate:
        gate.one(call)
        gate.one(ask("ship", "A", amount_minor=6_00))
        assert gate.one(ask("void", key=call["key"])).status == 409
    assert shop.line("C0")["exposure_minor"] == 10_00
    shop.sound()


def test_case_08_a_closed_order_is_opened_again(shop):
    """Closed, its room given to another: opened again it passes the guard, and finds no room."""
    shop.ask("authorise", "A", 40_000_00)
    shop.ask("close", "A")
    shop.ask("authorise", "B", 40_000_00)
    for verb in ("authorise", "amend"):
        assert shop.ask(verb, "A", 40_000_00).decision == "held"
    assert shop.line("C0")["exposure_minor"] == 40_000_00
    shop.ask("close", "B")
    assert shop.ask("amend", "A", 40_000_00).passed
    shop.sound()


def test_case_09_one_order_split_into_many(shop):
    """A hundred small orders in one batch take no more than the limit; the rest is held."""
    calls = [ask("authorise", f"A{n}", customer="C0", amount_minor=600_00) for n in range(100)]
    with shop.client() as gate:
        replies = gate.settle(*calls)
    assert sum(reply.passed for reply in replies) == 83  # 50,000.00 / 600.00
    assert shop.line("C0")["exposure_minor"] == 83 * 600_00
    shop.sound()


ODD = {
    "negative": {"amount_minor": -1}, "too large": {"amount_minor": 10**30},
    "no number": {"amount_minor": "NaN"}, "a fraction": {"amount_minor": 0.001},
    "no currency": {"currency": None}, "no amount": {"amount_minor": None},
    "an unknown verb": {"verb": "approve"}, "no key": {"key": None},
    "no client": {"client": None},
}  # fmt: skip


@pytest.mark.parametrize("fault", ODD)
def test_case_10_what_cannot_be_asked(fault, shop):
    """Below HTTP, where fields are named, the database errs, and nothing is written."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00) | ODD[fault]
    with shop.client() as gate, pytest.raises(psycopg.Error):
        gate.one(call)
    for table in ("decision", "commitment", "audit_event"):
        sql = f"SELECT count(*) FROM {table} WHERE organisation_id = %s"
        if table == "audit_event":
            sql += " AND action = 'ORDER_DECIDED'"
        assert shop.value(sql) == 0, table
    shop.sound()


def test_case_10_the_largest_amounts_do_not_overflow(shop):
    """Orders of nearly all that fits are held; their sum is still a number or an error."""
    most = 2**62
    assert shop.ask("authorise", "A", most).decision == "held"
    with shop.client() as gate, pytest.raises(psycopg.errors.NumericValueOutOfRange):
        gate.one(ask("authorise", "B", customer="C0", amount_minor=most))
    assert shop.line("C0")["held_minor"] == most
    shop.sound()


def test_case_10_a_currency_without_a_rate(shop):
    """It is held, for what is not known must stop."""
    reply = shop.ask("authorise", "A", 1_00, currency="CHF")
    assert [each["code"] for each in reply.body["reasons"]] == ["DT02"]
    assert reply.decision == "held"
    shop.sound()


def test_case_18_the_disk_is_full_during_a_decision(shop):
    """Whatever cannot be written takes the whole decision back; when there is room it passes."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    with sabotage.copied(shop) as full:
        sabotage.run(
            full,
            "CREATE FUNCTION app.full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "RAISE 'no space left on device' USING ERRCODE = '53100'; END $$",
            "CREATE CONSTRAINT TRIGGER full_disk AFTER INSERT ON audit_event DEFERRABLE INITIALLY "
            "DEFERRED FOR EACH ROW EXECUTE FUNCTION app.full()",
        )
        with full.client() as gate:
            with pytest.raises(psycopg.errors.DiskFull):
                gate.one(call)
            assert full.rows("SELECT FROM commitment WHERE organisation_id = %s") == []
            sabotage.run(full, "DROP TRIGGER full_disk ON audit_event")
            assert gate.one(call).passed
        full.sound()


def test_case_34_what_is_not_a_callers_to_say(shop):
    """Fields of the book in a call change nothing: not the organisation, the limit, the state."""
    call = ask("authorise", "A", customer="C0", amount_minor=60_000_00, limit_minor=10**12,
               organisation_id=str(shop.actor.user_id), state="authorised", approved_by="me",
               outcome="approved", release_id=str(shop.actor.user_id))  # fmt: skip
    with shop.client() as gate:
        assert gate.one(call).decision == "held"
    assert shop.line("C0")["limit_minor"] == 50_000_00
    shop.sound()


@pytest.mark.parametrize("verb", ["ship", "invoice", "cancel", "return", "amend", "sale"])
def test_case_10_nothing_is_undone_by_a_negative_amount(verb, shop):
    """A negative amount is no way back from what was shipped, invoiced or cancelled."""
    shipped(shop)
    shop.ask("invoice", "A", 4_00)
    shop.ask("cancel", "A", 2_00)
    before = shop.order("A")
    with pytest.raises(psycopg.Error):
        shop.ask(verb, "A" if verb != "sale" else "B", -1)
    assert shop.order("A") == before
    shop.sound()


def test_nobody_acts_without_a_context(shop):
    """Without a signed context, and with one of another connection, nothing is decided."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    with shop.client() as gate, shop.client() as other:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            gate.call(call)
        with gate.connection.transaction():
            gate.tell()
            sql = "SELECT current_setting('tradeline.context')"
            told = gate.connection.execute(sql).fetchone()
            with other.connection.transaction(force_rollback=True):
                other.connection.execute("SELECT set_config('tradeline.context', %s, true)", told)
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    other.call(call)
    assert shop.rows("SELECT FROM decision WHERE organisation_id = %s") == []
