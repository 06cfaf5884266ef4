"""Whatever the application's role sends to the database, nobody lets an order go alone."""

from __future__ import annotations

import psycopg
import pytest

from tests.holds.clock import root
from tests.holds.ways_round import SIGN, scene, ways
from tests.security.sessions import session

REFUSED = ("42501", "23514", "23505", "23503", "23001", "22P02")
"""States of errors that refuse: privilege, check, unique, foreign key, kept key, no uuid."""


@pytest.fixture(scope="module")
def made(book):
    """Return a scene with proposals in every state; nothing of it is changed."""
    from tests.holds.desk import desk

    return scene(desk())


def outcome(cursor, way):
    """Return the state of the error a statement makes, or what it did."""
    try:
        cursor.execute(way.sql, way.values)
    except psycopg.Error as error:
        return error.sqlstate
    return cursor.fetchall() if cursor.description else cursor.rowcount


def got_through(connection, each):
    """Return what a statement did that it may not; nothing where it was refused or idle."""
    try:
        with connection.acting(undone=True) as cursor:
            told = outcome(cursor, each)
    except psycopg.Error as error:
        told = error.sqlstate
    if told in REFUSED or told == 0 or "about:blank" in str(told):
        return None
    return each.name, each.who, told


def test_no_way_leads_round(book, made):
    """Over 1,000 statements by eight people: each is refused, or does nothing."""
    tried, found = ways(made), []
    for who, actor in made.people.items():
        with session(book.urls["app"], actor) as connection:
            found += [got_through(connection, each) for each in tried if each.who == who]
    assert [each for each in found if each] == []
    assert len(found) == len(tried) > 1_000


def test_what_people_may_do_gets_through(book, made):
    """A positive control: the same statements by those whose turn it is."""
    people, asked = made.people, made.asked
    for who, state, level in (("manager", "fresh", 1), ("controller", "half", 2),
                              ("analyst", "rejecting", 1)):  # fmt: skip
        me = people[who]
        with session(book.urls["app"], me) as connection, connection.acting(undone=True) as cursor:
            cursor.execute(SIGN, [me.organisation_id, asked[state].proposal_id, level, me.user_id,
                                  me.user_id, me.user_id, "sign",
                                  asked[state].payload_sha256])  # fmt: skip
            assert cursor.rowcount == 1


def test_two_steps_lead_nowhere_either(book, made):
    """One of two signatures does not approve; both do, and then it is carried out once."""
    asked, controller = made.asked["half"], made.people["controller"]
    approve = "UPDATE proposal SET state = 'approved' WHERE id = %s"
    carry_out = "SELECT app.apply_proposal(%s, 'api')"
    key = [asked.proposal_id]
    me = controller.user_id
    sign = [controller.organisation_id, *key, 2, me, me, me, "sign", asked.payload_sha256]
    both = [(SIGN, sign), (approve, key), (carry_out, key)]
    with session(book.urls["app"], controller) as connection:
        for steps in (both[1:2], both[2:], both[1:], [*both, (carry_out, key)]):
            with pytest.raises(psycopg.errors.CheckViolation):
                all_of(connection, steps)


def all_of(connection, steps):
    """Run statements in one transaction."""
    with connection.acting() as cursor:
        for sql, values in steps:
            cursor.execute(sql, values)


@pytest.mark.parametrize("statement", [
    "DELETE FROM proposal", "TRUNCATE proposal CASCADE", "DELETE FROM sign_off",
    "TRUNCATE sign_off",
    "UPDATE sign_off SET reason = 'better'", "UPDATE proposal SET payload = '{}'",
    "UPDATE proposal SET state = 'applied'", "UPDATE proposal SET levels = '{analyst}'",
    "UPDATE hold SET state = 'rejected', settled_at = now() WHERE state = 'open'",
    "UPDATE hold SET state = 'expired', settled_at = now() WHERE state = 'open'",
    "UPDATE hold SET amount_minor = 1", "UPDATE hold SET account_id = gen_random_uuid()",
    "UPDATE hold SET released_minor = amount_minor, usable_until = now() WHERE state = 'open'",
    "UPDATE hold SET state = 'released', released_minor = 1, usable_until = now(), "
    "settled_at = now()",
])  # fmt: skip
def test_the_guards_hold_against_those_who_bypass_row_security(book, made, statement):
    """Even a superuser is stopped by the triggers, unless they are put to sleep first."""
    with root(book) as connection, pytest.raises(psycopg.Error) as refused:
        connection.execute(statement)
    assert refused.value.sqlstate in REFUSED
