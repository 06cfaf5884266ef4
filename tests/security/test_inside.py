"""Functions with the owner's rights act for whom they are told; nobody else can tell them."""

from __future__ import annotations

import json
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.types.json import Jsonb

from tests.security.sessions import fingerprint, session

HAND = "SELECT set_config('tradeline.inside', %s, true), set_config('tradeline.insider', %s, true)"
"""What the functions with the owner's rights say at their start, said by hand."""

READS = ("account", "credit_line", "commitment", "decision", "hold", "gate_policy", "line_rules",
         "standing", "line_event", "audit_event", "proposal", "sign_off")  # fmt: skip
WRITES = {"account": "name", "credit_line": "version", "commitment": "version",
          "hold": "reminded_at", "standing": "day", "proposal": "outcome"}  # fmt: skip


@pytest.fixture
def stranger(book, northwind):
    """Return a session of the stranger; he and Northwind have a customer C-1 each."""
    from tests.book_builders import account, limit, line

    for actor, entity in ((northwind.controller, northwind.entity),
                          (northwind.stranger, northwind.stranger_entity)):  # fmt: skip
        limit(actor, line(actor, account(actor, entity, customer_no="C-1")))
    with session(book.urls["app"], northwind.stranger) as opened:
        yield opened


def by_hand(cursor, northwind):
    """Say in a transaction that it is inside Northwind."""
    cursor.execute(HAND, [str(northwind.admin.organisation_id), str(northwind.admin.user_id)])


def asked(cursor):
    """Return status and answer to an order of customer C-1."""
    call = {"turn": 0, "verb": "authorise", "client": "hand", "key": uuid4().hex, "door": "api",
            "body_sha256": "", "customer": "C-1", "order_no": uuid4().hex, "amount_minor": 100,
            "currency": "USD"}  # fmt: skip
    told = cursor.execute("SELECT status, answer FROM app.check_orders(%s)", [Jsonb([call])])
    return told.fetchone()


def reached(cursor, organisation):
    """Return how many rows of an organisation can be read, and changed."""
    reads = [f"SELECT FROM {table} WHERE organisation_id = %s" for table in READS]
    writes = [f"UPDATE {table} SET {name} = {name} WHERE organisation_id = %s"
              for table, name in WRITES.items()]  # fmt: skip
    return tuple(
        sum(cursor.execute(sql, [organisation]).rowcount for sql in each)
        for each in (reads, writes)
    )


def test_nothing_is_read_or_changed(book, northwind, stranger):
    """Before a check and after it too: the application does not go by what is set by hand."""
    theirs = northwind.admin.organisation_id
    root = make_conninfo(book.superuser_url, dbname="tradeline")
    before = fingerprint(root, theirs)
    with stranger.acting() as cursor:
        by_hand(cursor, northwind)
        assert reached(cursor, theirs) == (0, 0)
        assert asked(cursor)[0] == 201
        assert reached(cursor, theirs) == (0, 0)
        by_hand(cursor, northwind)
        assert reached(cursor, theirs) == (0, 0)
    assert fingerprint(root, theirs) == before


def test_a_check_acts_for_who_signed(northwind, stranger):
    """Whatever was set by hand, the order stands in the book of the organisation that is signed."""
    with stranger.acting() as cursor:
        by_hand(cursor, northwind)
        status, answer = asked(cursor)
        found = cursor.execute("SELECT organisation_id, by_id, outcome FROM decision").fetchall()
    actor = northwind.stranger
    assert status == 201
    assert found == [(actor.organisation_id, actor.user_id, json.loads(answer)["decision"])]


@pytest.mark.parametrize("door", [
    "check_orders('[]')", "end_releases()", "stale_because(gen_random_uuid())",
    "release_case(gen_random_uuid(), 1)", "may_not_sign(gen_random_uuid())",
    "apply_proposal(gen_random_uuid(), 'api')",
])  # fmt: skip
def test_nobody_acts_by_hand(northwind, stranger, door):
    """Without a signed context each door is shut, however it is told."""
    with stranger.acting("") as cursor:
        by_hand(cursor, northwind)
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="nobody is acting"):
            cursor.execute(f"SELECT app.{door}")


def test_only_the_doors_may_be_run(stranger, superuser_url):
    """What stands behind them acts for whom it is told, so it is not for the application.

    The API's own functions run with the application's rights, behind the signed context.
    """
    from tradeline.queries.guard_clauses import DEFINERS

    with psycopg.connect(superuser_url) as root:
        found = root.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'app'::regnamespace "
            "AND has_function_privilege('tradeline_app', oid, 'EXECUTE') AND provolatile = 'v'"
        ).fetchall()
    told = {"app.check_orders_told(text,jsonb)", "app.roles_told(text)", "app.api_key_of(text)"}
    assert "app.check_orders(jsonb)" in {name for (name,) in found} <= {*DEFINERS, *told}
    with stranger.acting() as cursor, pytest.raises(psycopg.errors.InsufficientPrivilege):
        cursor.execute("SELECT app.act_inside()")


def test_the_hand_would_reach(book, northwind, stranger):
    """The control: were the policy `inside` for the application, it would get at Northwind."""
    with psycopg.connect(book.urls["owner"], autocommit=True) as owner:
        owner.execute("ALTER POLICY within ON account TO tradeline_app")
        try:
            with stranger.acting(undone=True) as cursor:
                by_hand(cursor, northwind)
                assert reached(cursor, northwind.admin.organisation_id) == (1, 1)
        finally:
            owner.execute("ALTER POLICY within ON account TO tradeline_owner")
