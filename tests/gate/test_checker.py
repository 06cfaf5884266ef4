"""The outside checker finds nothing in an honest book, and names each direct damage to one.

A promise without a saboteur here fails the test: what never fails proves nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.gate import kit
from tests.gate.kit import ask
from tools.gate_checker import checked
from tools.gate_promises import PROMISES

ROOT = Path(__file__).resolve().parents[2]
LINE = "WHERE organisation_id = %(of)s AND id = %(line)s"
MINE = "WHERE organisation_id = %(of)s"
ORDER = f"{MINE} AND order_no = 'A'"
EVENT = f"{MINE} AND line_id = %(line)s AND version"
LATEST = f"{EVENT} = (SELECT version FROM credit_line {LINE})"
APPROVED = f"{MINE} AND order_no = 'A' AND verb = 'authorise'"

SABOTEURS = {
    "versions without gap": f"DELETE FROM line_event {EVENT} = 2",
    "counters are sums of changes":
        f"UPDATE line_event SET change = change || '{{\"reserved\": 7}}' {EVENT} = 2",
    "exposure after is exposure before and the changes":
        f"UPDATE line_event SET exposure_minor = exposure_minor + 1 {EVENT} = 3",
    "the gate leaves limits alone":
        f"UPDATE line_event SET limit_minor = limit_minor + 1 {EVENT} = 3",
    "a line is as its last event left it":
        f"UPDATE credit_line SET exposure_minor = exposure_minor - 1 {LINE}",
    "exposure counts as the policy says":
        f"UPDATE credit_line SET exposure_minor = exposure_minor - 1 {LINE}",
    "counters are sums of what they count":
        f"UPDATE credit_line SET reserved_minor = reserved_minor + 5 {LINE}",
    "nothing is negative":
        "ALTER TABLE commitment DROP CONSTRAINT commitment_amounts;"
        f"UPDATE commitment SET counted_later_minor = -1 {ORDER}",
    "no authorisation beyond the limit":
        f"UPDATE line_event SET limit_minor = 5 {MINE} AND line_id = %(line)s",
    "no authorisation beyond a group's limit":
        """UPDATE decision SET facts = (facts::jsonb ||
           '{"groups": [["G"], [900], [800], ["USD"]]}')::text """ + APPROVED,
    "an order's parts make up what was authorised":
        "ALTER TABLE commitment DROP CONSTRAINT commitment_conserves;"
        f"UPDATE commitment SET shipped_minor = authorised_minor + 1 {ORDER}",
    "an order counts what its parts say":
        f"UPDATE commitment SET counted_reserved_minor = counted_reserved_minor - 1 {ORDER}",
    "an order stands where its amounts put it":
        f"UPDATE commitment SET state = 'closed' {ORDER}",
    "what is held waits in a hold":
        f"UPDATE hold SET state = 'expired', settled_at = now() {MINE}",
    "an order waits in one hold":
        "DROP INDEX hold_open_once; INSERT INTO hold (SELECT (jsonb_populate_record(h, "
        f"jsonb_build_object('id', gen_random_uuid()))).* FROM hold h {MINE})",
    "an order's version was decided": f"UPDATE commitment SET version = version + 1 {ORDER}",
    "one decision for a key":
        "ALTER TABLE decision DROP CONSTRAINT decision_call; INSERT INTO decision "
        "(SELECT (jsonb_populate_record(d, jsonb_build_object('id', gen_random_uuid()))).* "
        f"FROM decision d {APPROVED})",
    "a decision says what was answered": f"UPDATE decision SET outcome = 'held' {APPROVED}",
    "an event of the gate has its decision":
        f"UPDATE line_event SET decision_id = gen_random_uuid() {LATEST}",
    "a release is used for one order":
        f"UPDATE decision SET release_id = (SELECT id FROM hold {MINE} LIMIT 1) {MINE} "
        "AND order_no IN ('A', 'B') AND verb = 'authorise'",
    "a release covers what it is used for":
        f"UPDATE decision SET release_id = gen_random_uuid() {APPROVED}",
    "a decision is in the trail": f"DELETE FROM decision {APPROVED}",
}  # fmt: skip


@pytest.fixture(scope="module")
def lived(book):
    """Return a shop in which orders passed, were held, shipped, invoiced and cancelled."""
    made = kit.shop(book, 2)
    made.ask("authorise", "A", 2_000_00)
    made.ask("authorise", "B", 1_000_00)
    made.ask("amend", "B", 1_500_00)
    made.ask("authorise", "H", 90_000_00)
    made.ask("ship", "A", 500_00)
    made.ask("invoice", "A", 400_00)
    made.ask("cancel", "B", 100_00)
    made.ask("authorise", "O", 1_00, customer="C1")
    return made


def damage(shop, sql):
    """Return what the checker says of a book that the superuser has damaged; it is undone."""
    values = {"of": shop.actor.organisation_id, "line": shop.line("C0")["id"]}
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")  # no trigger stands by
        cursor = psycopg.ClientCursor(connection)
        cursor.execute(sql, values)
        assert cursor.rowcount != 0
        found = checked(connection, shop.actor.organisation_id)
        connection.rollback()
    return found


def test_an_honest_book_is_sound(lived):
    """Nothing is found, and everything was looked at."""
    found = lived.sound()
    assert found["looked_at"]["decision"] == 8
    assert found["looked_at"]["hold"] == 1
    assert found["promises"] == len(SABOTEURS)


@pytest.mark.parametrize("promise", PROMISES)
def test_each_damage_is_named(promise, lived):
    """What a superuser breaks is named, with where."""
    found = damage(lived, SABOTEURS[promise])
    assert promise in found["breaches"], found
    assert found["breaches"][promise]["subject"]


@pytest.mark.parametrize("counter", ["receivables", "held", "orders_later", "billed_not_posted"])
def test_a_counter_moved_by_hand_is_named(counter, lived):
    """A counter that moved without an event differs from its changes and from what it counts."""
    found = damage(lived, f"UPDATE credit_line SET {counter}_minor = {counter}_minor + 1 {LINE}")
    assert {"counters are sums of changes", "counters are sums of what they count"} <= set(
        found["breaches"]
    )
    assert found["breaches"]["counters are sums of changes"]["detail"].startswith(counter)


def program(url, *arguments, **environ):
    """Run the checker as a program; return its exit code and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.gate_checker", url, *arguments], cwd=ROOT, text=True,
        capture_output=True, check=False, env=os.environ | environ, timeout=60,
    )  # fmt: skip
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_the_program_prints_a_line_and_ends_with_a_code(lived):
    """0 for an honest book; it imports nothing of the program that it checks."""
    code, found = program(lived.superuser_url, "--organisation", str(lived.actor.organisation_id))
    assert (code, found["breach"]) == (0, None)
    source = "".join((ROOT / "tools" / f"gate_{name}.py").read_text() for name in
                     ("checker", "promises"))  # fmt: skip
    assert "import tradeline" not in source
    assert "from tradeline" not in source


def test_the_program_works_as_a_reader(lived, book):
    """With the key, a reader's rights are enough; without it, a reader sees nothing at all."""
    reader = make_conninfo(book.urls["reader"], dbname="tradeline")
    one = ("--organisation", str(lived.actor.organisation_id))
    code, found = program(reader, *one, TRADELINE_CONTEXT_KEY=book.context_key)
    assert (code, found["looked_at"]["decision"]) == (0, 8)
    assert program(reader, *one)[1]["looked_at"]["decision"] == 0


def test_the_program_ends_with_one_on_a_breach(book):
    """A damaged book: exit code 1, the breach by name."""
    shop = kit.shop(book)
    shop.ask("authorise", "A", 100)
    with psycopg.connect(shop.superuser_url) as connection:
        connection.execute("UPDATE credit_line SET exposure_minor = 1 WHERE organisation_id = %s",
                           [shop.actor.organisation_id])  # fmt: skip
    code, found = program(shop.superuser_url, "--organisation", str(shop.actor.organisation_id))
    assert (code, found["breach"]) == (1, "a line is as its last event left it")


def test_it_reads_while_orders_are_decided(lived):
    """An order in flight is either all there or not at all."""
    with lived.client() as gate, gate.connection.transaction(force_rollback=True):
        gate.tell()
        gate.call(ask("authorise", "in flight", customer="C0", amount_minor=100))
        assert lived.sound()["looked_at"]["decision"] == 8
