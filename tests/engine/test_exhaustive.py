"""Every combination of the input classes, held against the reference; and proof that it bites."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import ibis
import pytest

from tests.builders import account, standard
from tests.engine import classes
from tests.engine.comparison import KNIFE_EDGE, differences, hard, judge, tell
from tradeline.engine import account_actions, bands, checks, composite, limits, ranking, stages

CAPPED = {"increase": {"class_caps": {"A": {"USD": 200_000}, "B": {"USD": 1}}}}


@pytest.mark.parametrize(
    ("rows", "least"),
    [
        (classes.unusable_rows, 5_000),
        (classes.gate_rows, 4_000),
        (classes.start_rows, 14_000),
        (classes.limit_rows, 40_000),
    ],
)
def test_engine_agrees_with_reference(rows, least):
    """Statuses, band, action, limit, codes, stage, composite and order are equal for all rows."""
    judged = judge(rows(), caps=classes.CAPS)
    assert len(judged) >= least
    found = differences(judged, standard(**CAPPED))
    assert not found, tell(found)


def test_engine_agrees_with_reference_on_the_rubric():
    """The same for over 40,000 combinations of the six checks; composites part only at an edge.

    An edge is an exact composite within three millionths of a point of a half hundredth, and only
    where the used share of the limit has no exact form in the engine's parts.
    """
    judged = judge(classes.rubric_rows())
    assert len(judged) > 40_000
    found = differences(judged)
    assert not hard(found), tell(hard(found))
    edges = [row["outstanding_minor"] for field, _, _, row in found if field == KNIFE_EDGE]
    assert set(edges) <= {699_999_99}, tell(found)
    assert len(edges) < len(judged) / 150


def test_classes_reach_every_outcome():
    """Every band meets every limit action and stage that METHODS allows it to meet."""
    results = [result for _, result in judge(classes.rubric_rows()[::7]).values()]
    results += [result for _, result in judge(classes.limit_rows()[::7]).values()]
    met = {(result["band"], result["limit_action"]) for result in results}
    assert met == {
        ("Low", "RETAIN"), ("Low", "INCREASE"), ("Medium", "RETAIN"), ("Medium", "CUT_TO_ZERO"),
        ("High", "RETAIN"), ("High", "REDUCE"), ("High", "CUT_TO_ZERO"), ("Critical", "SUSPEND"),
        ("Critical", "CUT_TO_ZERO"),
    }  # fmt: skip
    assert {result["stage"] for result in results} == {1, 2, 3}


def test_composite_ties_round_up():
    """A third of 30 (31-60) and T 86.50 make exactly 12.025, which rounds half-up to 12.03."""
    row = account(ageing_bucket="31-60", track_record="86.50", dso=30, gap=0)
    judged = judge([row])
    assert judged["C-1"][1]["composite"] == Fraction("12.025")
    assert not differences(judged)


@pytest.fixture(scope="module")
def sample():
    """Return about 2,200 rows of the grids that still stand on every line, judged once."""
    many = classes.limit_rows()
    rows = classes.rubric_rows()[::47] + many[::97] + classes.start_rows()[::131]
    high = [row for row in many if row["credit_limit_minor"] > 1_000_00]
    return judge(rows + [row for row in high[::23] if row not in rows], caps=classes.CAPS)


def test_sample_agrees_when_nothing_is_broken(sample):
    """The sample that the sabotage below is tried on has no difference of its own."""
    found = hard(differences(sample, standard(**CAPPED), kind="polars"))
    assert not found, tell(found)


MIDDLE = {"check": "WARNING", "tier": "Medium", "score": "1/3"}
BUCKETS = {
    "0-30": {"score": 0},
    "31-60": {"score": "1/3"},
    "61-90": {"check": "WARNING", "tier": "Medium", "score": "2/3"},
    "90+": {"check": "FAIL", "tier": "High", "score": 1},
}
BROKEN_POLICIES = [
    {"utilisation": {"watch_above_pct": "90.01"}},
    {"utilisation": {"watch_above_pct": "89.99"}},
    {"utilisation": {"limit_pct": "100.1"}},
    {"utilisation": {"tier_above_watch": "Medium"}},
    {"utilisation": {"tier_above_limit": "Medium", "tier_above_watch": "Medium"}},
    {"ageing": {"buckets": BUCKETS | {"31-60": MIDDLE}}},
    {"ageing": {"buckets": BUCKETS | {"61-90": MIDDLE}}},
    {"ageing": {"tier_unknown": "Low"}},
    {"recency": {"recent_days": 119}},
    {"recency": {"recent_days": 121}},
    {"recency": {"dormant_days": 179}},
    {"recency": {"dormant_days": 181}},
    {"recency": {"tier_unknown": "Low"}},
    {"recency": {"tier_dormant_with_balance": "Medium"}},
    {"recency": {"tier_dormant_without_balance": "High"}},
    {"track_record": {"pass_min": "49.99"}},
    {"track_record": {"pass_min": "50.01"}},
    {"track_record": {"tier_missing": "Low"}},
    {"track_record": {"upgrade_levels": 2}},
    {"dispute": {"combination_levels": 0}},
    {"dispute": {"combines_with_dso_above_days": "89.99"}},
    {"dispute": {"combines_with_dso_above_days": "90.01"}},
    {"dispute": {"combines_with_buckets": ["90+"]}},
    {"dispute": {"tier_unknown": "Low"}},
    {"reduction": {"severe_keep_pct": "50.01"}},
    {"reduction": {"high_keep_pct": "74.99"}},
    {"increase": {"raise_to_pct": "124"}},
    {"increase": {"utilisation_min_pct": "70.01"}},
    {"increase": {"utilisation_max_pct": "89.99"}},
    {"increase": {"track_record_min": "80.01"}},
    {"increase": {"track_record_min": "79.99"}},
    {"increase": {"dso_max_days": "60.01"}},
    {"increase": {"gap_max_days": 59}},
    {"increase": {"gap_max_days": 61}},
    {"increase": {"on_book_min_months": 7}},
    {"increase": {"on_book_min_months": 5}},
    {"increase": {"after_increase_min_days": 91}},
    {"increase": {"after_increase_min_days": 89}},
    {"increase": {"class_caps": {}}},
    {"limit_step": {"USD": 100}},
    {"composite": {"dispute_uplift": "0.26"}},
    {"composite": {"gap_full_days": 181}},
    {"composite": {"dso_from_days": 31}},
    {"composite": {"missing": {"dso": 0}}},
    {"stages": {"risen_track_below": "49.99"}},
    {"stages": {"sicr_30dpd_backstop": True}},
    {"actions": {"payment_slow": []}},
    {"actions": {"reduced_below_balance": []}},
]


@pytest.mark.parametrize("change", BROKEN_POLICIES, ids=str)
def test_a_moved_threshold_is_noticed(sample, change):
    """Each number of the policy, moved by its smallest step, makes the comparison fail."""
    policy = standard(**{**CAPPED, **{name: CAPPED.get(name, {}) | value
                                      for name, value in change.items()}})  # fmt: skip
    assert hard(differences(sample, policy, kind="polars"))


BROKEN_ENGINES = {
    "limits are not stepped": (limits, "_stepped", lambda limit, step: limit),
    "reductions may round to nothing": (
        limits,
        "_cut",
        lambda limit, pct, step: limits._stepped(limits._share(limit, pct), step),
    ),
    "a weak record does not upgrade": (bands, "_upgrade", lambda t, policy: ibis.literal(0)),
    "something may be due when nothing is owed": (
        checks,
        "nothing_due",
        lambda t: t.seq < 0,
    ),
    "no share of the track record": (composite, "_track_share", lambda t, policy: ibis.literal(0)),
    "a new account is old enough": (limits, "_long_enough", lambda t, *_: t.seq >= 0),
    "at least means more than": (
        limits,
        "_at_least",
        limits.exceeds,
    ),
    "nobody is dormant for actions": (account_actions, "ACTIONS", account_actions.ACTIONS[:-1]),
    "worst first is worst last": (
        ranking,
        "_SEVERITY",
        ranking._SEVERITY[::-1],
    ),
    "Critical is High": (stages, "BANDS", ("Low", "Medium", "Critical", "High")),
    "percent of the policy is rounded": (
        checks,
        "exceeds",
        lambda part, whole, pct: part * 100 // whole > int(Decimal(pct)),
    ),
}


@pytest.mark.parametrize("name", BROKEN_ENGINES)
def test_a_sabotaged_engine_is_noticed(sample, name, monkeypatch):
    """Each sabotage of the engine itself makes the comparison fail."""
    module, attribute, replacement = BROKEN_ENGINES[name]
    monkeypatch.setattr(module, attribute, replacement)
    assert hard(differences(sample, standard(**CAPPED), kind="polars"))
