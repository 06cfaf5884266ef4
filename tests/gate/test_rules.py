"""PostgreSQL's rules against outside answers, against the reference, and against broken ones."""

from __future__ import annotations

from contextlib import contextmanager

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

from tests.engine.gate_cases import cases, facts_of, found_by_python, found_by_sql, rules_of
from tests.gate.drawn_checks import checks
from tests.gate.mutants import HELPERS, MUTANTS
from tradeline.engine.gate import verdict
from tradeline.engine.gate_facts import converted
from tradeline.files.audit_json import compact

CASES = [case.values[0] for case in cases()]
VERDICT = "app.verdict(app.gate_numbers,standing,line_rules)"


@contextmanager
def superuser(book):
    """Open a superuser's transaction on the book that is undone."""
    url = make_conninfo(book.superuser_url, dbname="tradeline")
    with psycopg.connect(url) as connection, connection.transaction(force_rollback=True):
        yield connection.cursor()


def differing(cursor):
    """Return the names of the cases in which PostgreSQL does not say what it should."""
    pairs = [(facts_of(case), rules_of(case)) for case in CASES]
    return [
        case["name"]
        for case, (_, found) in zip(CASES, found_by_sql(cursor, pairs), strict=True)
        if found != [compact(reason) for reason in found_by_python(case)]
    ]


def test_postgresql_answers_every_case(book):
    """Each known case, which the reference answers right, has the same words in PostgreSQL."""
    with superuser(book) as cursor:
        assert differing(cursor) == []


def broken(cursor, function, right, wrong):
    """Put a function with one text changed in the place of the right one."""
    cursor.execute("SELECT pg_get_functiondef(%s::regprocedure)", [function])
    (text,) = cursor.fetchone()
    assert text.count(right) == 1, (text.count(right), right)
    cursor.execute(text.replace(right, wrong))


@pytest.mark.parametrize(
    ("function", "right", "wrong"),
    [*((VERDICT, *each) for each in MUTANTS.values()), *HELPERS.values()],
    ids=[*MUTANTS, *HELPERS],
)
def test_a_moved_threshold_is_noticed(book, function, right, wrong):
    """Each rule that is broken in PostgreSQL fails at least one known case."""
    with superuser(book) as cursor:
        broken(cursor, function, right, wrong)
        assert differing(cursor)


@settings(max_examples=60)
@given(asked=st.lists(checks(), min_size=1, max_size=10))
def test_reference_and_postgresql_agree(book, asked):
    """For any standing, rules and order both give the same reasons, word for word."""
    with superuser(book) as cursor:
        found = found_by_sql(cursor, asked)
    for (facts, by), (worst, reasons) in zip(asked, found, strict=True):
        wanted = verdict(facts, by)
        assert reasons == [compact(reason.as_json()) for reason in wanted.reasons]
        assert worst == wanted.reaction


def test_conversion_is_the_same_for_debts_and_credits(book):
    """Half-up with ties away from zero: a credit in another currency mirrors the debt."""
    asked = [(minor, above, 6) for minor in range(-20, 21) for above in (1, 3, 5, 6, 9)]
    with superuser(book) as cursor:
        cursor.execute(
            "SELECT app.converted(m, a, b) FROM unnest(%s::bigint[], %s::numeric[], %s::numeric[])"
            " WITH ORDINALITY x (m, a, b, turn) ORDER BY turn",
            [list(column) for column in zip(*asked, strict=True)],
        )
        found = [minor for (minor,) in cursor.fetchall()]
    assert found == [converted(*each) for each in asked]
    assert dict(zip(asked, found, strict=True))[-1, 3, 6] == -1
