"""The ladder of alerts on use of the limit: known answers, and a plain model of it."""

from __future__ import annotations

from fractions import Fraction

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo

LADDER, REARM = [8000, 9000, 9500, 10000], 200
STEP = "SELECT armed_after, crossed FROM app.alert_step(%s, %s, %s::smallint, %s, %s)"
DUE = "SELECT app.alert_due(%s, %s, %s::smallint, %s, %s)"
HUGE = 9_000_000_000_000_000_000


@pytest.fixture(scope="module")
def ask(book):
    """Return what asks the database for a step, and whether one is due."""
    with psycopg.connect(make_conninfo(book.superuser_url, dbname="tradeline")) as connection:

        def step(armed, exposure, limit, ladder=LADDER, rearm=REARM):
            values = (ladder, rearm, armed, exposure, limit)
            armed_after, crossed = connection.execute(STEP, values).fetchone()
            (due,) = connection.execute(DUE, values).fetchone()
            assert due == (armed_after != armed)
            return armed_after, crossed

        yield step


@pytest.mark.parametrize(
    ("armed", "exposure", "limit", "expected"),
    [
        (0, 70_000, 100_000, (0, [])),
        (0, 79_999, 100_000, (0, [])),
        (0, 80_000, 100_000, (1, [8000])),  # on the level, as in the methods' example 2c
        (0, 101_000, 100_000, (4, LADDER)),  # 70 -> 101: one message of four levels
        (1, 95_000, 100_000, (3, [9000, 9500])),
        (1, 78_000, 100_000, (1, [])),  # exactly 2 points below: not yet
        (1, 77_999, 100_000, (0, [])),
        (3, 89_000, 100_000, (2, [])),  # 95 re-armed, 90 kept
        (4, 97_999, 100_000, (3, [])),
        (4, 0, 100_000, (0, [])),
        (4, -5, 100_000, (0, [])),  # a credit balance uses nothing
        (0, 1, 0, (4, LADDER)),  # cash only, and something is owed
        (4, 1, 0, (4, [])),
        (0, 0, 0, (0, [])),
        (4, 0, 0, (0, [])),
        (2, 500, None, (2, [])),  # no limit known: nothing is known
        (0, HUGE, HUGE, (4, LADDER)),
        (0, HUGE, 1, (4, LADDER)),
        (6, 100, 100, (4, [])),  # of a longer ladder
    ],
)
def test_known_answers(ask, armed, exposure, limit, expected):
    """Levels are reached at them, re-armed beyond the points, and sent together."""
    assert ask(armed, exposure, limit) == expected


def test_no_ladder(ask):
    """A policy without levels sends nothing."""
    assert ask(0, 100, 10, ladder=[]) == (0, [])


def test_fine_levels_are_exact(ask):
    """A level of 33.33 % is reached at 33.33 % and not a cent before."""
    assert ask(0, 33_329_999, 100_000_000, ladder=[3333]) == (0, [])
    assert ask(0, 33_330_000, 100_000_000, ladder=[3333]) == (1, [3333])


class Model:
    """Each level by itself: sends when reached while armed, armed again when far enough below."""

    def __init__(self, ladder, rearm):
        self.rearm, self.sent = rearm, dict.fromkeys(ladder, False)

    def step(self, exposure, limit):
        """Return the levels that send."""
        if limit is None:
            return []
        use = Fraction(0)
        if exposure > 0:
            use = Fraction(exposure, limit) * 10_000 if limit else None  # None: beyond all
        crossed = []
        for level in self.sent:
            if use is not None and use < level - self.rearm:
                self.sent[level] = False
            if (use is None or use >= level) and not self.sent[level]:
                self.sent[level] = True
                crossed.append(level)
        return crossed


limits = st.none() | st.sampled_from([0, 1, 100_000]) | st.integers(0, 10**15)
moves = st.lists(st.tuples(st.integers(0, 13_000), st.integers(-2, 2), limits), max_size=30)
ladders = st.lists(st.integers(301, 100_000), max_size=8, unique=True).map(sorted)


@settings(max_examples=60)
@given(ladders, st.integers(0, 300), moves)
def test_any_walk_is_that_of_the_model(ask, ladder, rearm, moves):
    """Whatever exposure and limit do, the levels that send are those of the model."""
    model, armed = Model(ladder, rearm), 0
    for use, cents, limit in moves:
        exposure = (limit or 100_000) * use // 10_000 + cents
        expected = model.step(exposure, limit)
        armed, crossed = ask(armed, exposure, limit, ladder, rearm)
        assert crossed == expected
        assert armed == sum(model.sent.values())
