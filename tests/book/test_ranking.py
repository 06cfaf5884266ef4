"""The ranked list goes through an index of whole percents, and is in the order of the exact use."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradeline.money import AMOUNT_MINOR_MAX

EXACT = "app.utilisation(exposure, lim) DESC NULLS LAST, id"
LINES = "FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[]) AS l (id, exposure, lim)"

IDS = st.one_of(st.uuids(), st.integers(0, 3).map(lambda low: UUID(int=low)))
AMOUNTS = st.one_of(st.integers(0, 3), st.integers(99, 101), st.integers(0, AMOUNT_MINOR_MAX))
LINE = st.tuples(IDS, st.one_of(AMOUNTS, AMOUNTS.map(lambda owed: -owed)),
                 st.one_of(st.none(), AMOUNTS))  # fmt: skip


@pytest.fixture(scope="module")
def cursor(book):
    """Return a cursor of the program's own role."""
    with psycopg.connect(book.urls["app"], autocommit=True) as connection:
        yield connection.cursor()


@given(st.lists(LINE, unique_by=lambda line: line[0], min_size=2, max_size=30))
def test_the_order_is_that_of_the_exact_use(cursor, lines):
    """Unknown use comes last, infinite use first, equal use by id, whatever the amounts."""
    columns = [list(column) for column in zip(*lines, strict=True)]
    orders = [
        cursor.execute(f"SELECT id {LINES} ORDER BY {order}", columns).fetchall()
        for order in (EXACT, f"app.use_rank(id, exposure, lim) DESC, {EXACT}")
    ]
    assert orders[0] == orders[1]


@pytest.mark.parametrize(
    ("exposure", "limit", "rank"),
    [(0, 100, -1), (99, 10_000, 0), (100, 10_000, 1), (9_999, 10_000, 99), (10_000, 10_000, 100),
     (-5, 0, -1), (5, 0, 2**31 - 1), (5, None, -(2**30) - 1), (10**17, 1, 2**30 - 1),
     (1, 200_000_000, 0), (1, 200_000_001, -1), (4_499_999, 9 * 10**14, -1)],
)  # fmt: skip
def test_the_rank_is_the_whole_percent(cursor, exposure, limit, rank):
    """What is infinite, nothing or unknown stands apart from every percent."""
    sql = "SELECT app.use_rank(%s, %s, %s)"
    assert cursor.execute(sql, [UUID(int=0), exposure, limit]).fetchone() == (rank,)
