"""What holds for every portfolio: the invariants of METHODS 4.2, and what must change nothing.

One example is one portfolio of a few dozen accounts and one review, so a few examples check
hundreds of accounts. What is compared stands side by side in the same review.
"""

from __future__ import annotations

import random
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import account, by_account, days_ago, reviewed
from tests.properties.strategies import BUCKETS, accounts, numbered, portfolios
from tradeline.money import AMOUNT_MINOR_MAX
from tradeline.policy.schema import BANDS

RANK = {band: rank for rank, band in enumerate(BANDS)}
LITTLE = settings(max_examples=7)


def results(rows, **how):
    """Return the rows paired with their results, in the rows' order."""
    found = by_account(reviewed(rows, kind="polars", **how))
    return [(row, found[row["entity"], row["customer_no"]]) for row in rows]


GAPS = (0, 60, 61, 119, 120, 121, 180, 181, 400)
SHARES = (0, 70, 90, 95, 100, 101, 150)
LADDERS = {
    "more owed": lambda row: [
        {"outstanding_minor": min(row["credit_limit_minor"] * share // 100, AMOUNT_MINOR_MAX)}
        for share in SHARES
    ],
    "older": lambda row: [{"ageing_bucket": bucket} for bucket in BUCKETS],
    "longer silent": lambda row: [{"last_payment_date": days_ago(gap)} for gap in GAPS],
    "disputed": lambda row: [{"disputed": flag} for flag in (False, True)],
}


@LITTLE
@given(st.lists(accounts(), min_size=8, max_size=16))
def test_band_rises_with_every_signal(rows):
    """More utilisation, age or silence, or a dispute, never lowers the band, step by step."""
    steps = [
        row | step | {"entity": f"{at} {name}"}
        for at, row in enumerate(rows)
        for name, ladder in LADDERS.items()
        for step in ladder(row)
    ]
    ladders = {}
    for row, found in results(numbered(steps)):
        ladders.setdefault(row["entity"], []).append(RANK[found["band"]])
    for name, ranks in ladders.items():
        assert ranks == sorted(ranks), name


@LITTLE
@given(st.lists(accounts(), min_size=10, max_size=30))
def test_weak_record_adds_exactly_one_level(rows):
    """T 49.99 stands one band above T 50, unless that one is Critical already."""
    pairs = [row | {"track_record_x100": score} for row in rows for score in (5_000, 4_999)]
    ranks = [RANK[found["band"]] for _, found in results(numbered(pairs))]
    for strong, weak in zip(ranks[::2], ranks[1::2], strict=True):
        assert weak == min(strong + 1, 3)


@LITTLE
@given(portfolios())
def test_invariants_of_the_rubric(rows):
    """Low is all checks passed; u > 90 or 90+ is High; dormant is cut; Critical loses its limit."""
    for row, found in results(rows):
        statuses = {check["status"] for check in found["checks"].values()}
        assert (found["band"] == "Low") == (statuses <= {"PASS", "NOT_APPLICABLE"})
        high = row["outstanding_minor"] * 100 > row["credit_limit_minor"] * 90
        if high or row["ageing_bucket"] == "90+":
            assert RANK[found["band"]] >= RANK["High"]
        dormant = (found["days_since_payment"] or 0) > 180
        assert (found["limit_action"] == "CUT_TO_ZERO") == dormant
        if found["band"] == "Critical":
            assert found["limit_action"] in {"SUSPEND", "CUT_TO_ZERO"}


@LITTLE
@given(portfolios())
def test_recommended_limit_fits_its_action(rows):
    """Each action says which way the limit goes; a reduction never ends at 0."""
    for row, found in results(rows):
        before, after = row["credit_limit_minor"], found["recommended_limit_minor"]
        match found["limit_action"]:
            case "CUT_TO_ZERO":
                assert after == 0
            case "REDUCE":
                assert 0 < after <= before
                assert before == 1 or after < before
            case "INCREASE":
                assert before < after <= before * 5 // 4
            case other:
                assert other in {"RETAIN", "SUSPEND"}
                assert after == before


@LITTLE
@given(portfolios(), st.randoms(use_true_random=False))
def test_order_of_rows_changes_nothing(rows, shuffler):
    """A shuffled file gives the same three tables, order included."""
    shuffled = list(rows)
    random.Random(shuffler.random()).shuffle(shuffled)
    one, other = (reviewed(given_rows, kind="polars") for given_rows in (rows, shuffled))
    for name in ("accounts", "checks", "findings"):
        assert getattr(one, name).equals(getattr(other, name)), name


@LITTLE
@given(portfolios())
def test_band_knows_no_unit_of_money(rows):
    """Ten times the limit and the balance leave checks, band, utilisation and composite alone."""
    small = [row for row in rows if row["credit_limit_minor"] <= AMOUNT_MINOR_MAX // 20]
    small = [row for row in small if row["outstanding_minor"] <= AMOUNT_MINOR_MAX // 20]
    larger = [
        row | {"customer_no": row["customer_no"] + "x"}
        | {name: row[name] * 10 for name in ("credit_limit_minor", "outstanding_minor")}
        for row in small
    ]  # fmt: skip
    found = [result for _, result in results(small + larger)]
    kept = ("band", "ar_utilisation_pct", "composite_x100", "stage", "limit_action")
    for row, one, ten in zip(small, found[: len(small)], found[len(small) :], strict=True):
        if row["credit_limit_minor"] >= 100_000:  # below, the step decides about an increase
            assert one["limit_action"] == ten["limit_action"] or "INCREASE" in {
                one["limit_action"], ten["limit_action"]
            }  # fmt: skip
        assert [one[name] for name in kept[:4]] == [ten[name] for name in kept[:4]]


@LITTLE
@given(portfolios())
def test_shown_utilisation_never_hides_a_breach(rows):
    """Read back, the text is above 90 (100) exactly when the ratio is; else it is within 0.005."""
    for row, found in results(rows):
        exact = Fraction(row["outstanding_minor"] * 100, row["credit_limit_minor"])
        shown = Fraction(found["ar_utilisation_pct"])
        assert (shown > 90) == (exact > 90)
        assert (shown > 100) == (exact > 100)
        if abs(exact) < 10**13:  # the figure stays at 10^11 times the limit
            assert abs(shown - exact) <= Fraction(1, 200)


def near_lines():
    """Draw limits with balances within three minor units of the lines, up to the largest amount."""
    edges = st.tuples(
        st.integers(1, AMOUNT_MINOR_MAX),
        st.sampled_from((50, 70, 90, 100)),
        st.integers(-3, 3),
    )
    return st.lists(edges, min_size=20, max_size=60)


@LITTLE
@given(near_lines())
def test_large_amounts_are_compared_exactly(edges):
    """Up to the largest amount a minor unit decides between PASS, WARNING and FAIL."""
    rows = numbered(
        [
            account()
            | {
                "credit_limit_minor": limit,
                "outstanding_minor": min(max(limit * line // 100 + more, 0), AMOUNT_MINOR_MAX),
            }
            for limit, line, more in edges
        ]
    )
    for row, found in results(rows):
        used = Fraction(row["outstanding_minor"], row["credit_limit_minor"])
        wanted = "FAIL" if used > 1 else "WARNING" if used > Fraction(9, 10) else "PASS"
        assert found["checks"]["utilisation_within_limit"]["status"] == wanted, row
        raised = found["limit_action"] == "INCREASE"
        step = 100_000
        higher = row["credit_limit_minor"] * 5 // 4 // step * step
        fits = Fraction(7, 10) <= used <= Fraction(9, 10) and higher > row["credit_limit_minor"]
        assert raised == fits
        if raised:
            assert found["recommended_limit_minor"] == higher
