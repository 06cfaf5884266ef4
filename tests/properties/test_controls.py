"""The properties bite: on a sabotaged engine each fails, on the honest one none does."""

from __future__ import annotations

import ibis
import pytest

from tests.engine.classes import rubric_rows
from tests.properties import test_comments, test_invariants
from tests.properties.strategies import numbered
from tradeline.engine import bands, checks, comments, limits, utilisation, wording

SABOTAGE = {
    "owing more lowers the tier": (
        test_invariants.test_band_rises_with_every_signal,
        (bands, "utilisation_tier", lambda t, policy: 2 - checks.utilisation_tier(t, policy)),
    ),
    "a weak record adds two levels": (
        test_invariants.test_weak_record_adds_exactly_one_level,
        (bands, "_upgrade", lambda t, policy: ibis.ifelse(t.weak, 2, 0)),
    ),
    "Critical is never reached": (
        test_invariants.test_invariants_of_the_rubric,
        (limits, "CRITICAL", 9),
    ),
    "a reduction keeps the limit": (
        test_invariants.test_recommended_limit_fits_its_action,
        (limits, "_cut", lambda limit, pct, step: limit),
    ),
    "two digits hide a breach": (
        test_invariants.test_shown_utilisation_never_hides_a_breach,
        (utilisation, "_beyond", lambda t, used, policy: ibis.null("int64")),
    ),
    "a comment cuts its figures short": (
        test_comments.test_comments_hold_the_figures_of_the_account,
        (comments, "text", lambda value: wording.text(value).substr(0, 1)),
    ),
}


def rows():
    """Return assessed accounts of the rubric's grid, readable in every field."""
    picked = [
        row
        for row in rubric_rows()[::97]
        if row["credit_limit_minor"] and row["ageing_bucket"] and row["disputed"] is not None
    ]
    return numbered([row | {"last_payment_date_fault": None} for row in picked])


@pytest.mark.parametrize("name", SABOTAGE)
def test_property_holds_and_can_fail(name, monkeypatch):
    """The property holds for the same accounts until the engine is sabotaged."""
    prove, sabotage = SABOTAGE[name]
    prove.hypothesis.inner_test(rows())
    monkeypatch.setattr(*sabotage)
    with pytest.raises(AssertionError):
        prove.hypothesis.inner_test(rows())
