"""The composite: 0 to 100, higher is riskier, for ranking inside a band only.

Terms are whole parts of a point, fine enough that under the standard policy only the share of the
limit in use is rounded before the sum is rounded half-up to hundredths.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import ibis

from tradeline.engine.exact import UNIT, half_up, share, units

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy

POINT = 900_000  # parts of a point; with UNIT it leaves whole weights in percent exact


def composite_x100(t: ir.Table, policy: Policy) -> ir.Value:
    """Return the composite in hundredths; null for rows without a band."""
    rules = policy.composite
    weights = rules.weights
    ageing, dso = _ageing_share(t, policy), _dso_share(t, policy)
    base = (
        _points(_utilisation_share(t, policy), weights.utilisation)
        + _points(ageing, weights.ageing)
        + _points(_recency_share(t, policy), weights.recency)
        + _points(_track_share(t, policy), weights.track_record)
        + _points(dso, weights.dso)
    )
    uplift = half_up(
        ibis.greatest(ageing, dso).cast("int64") * int(rules.dispute_uplift * 10_000), 10_000
    )
    raised = ibis.ifelse(t.disputed, base + half_up(base * uplift, UNIT), base)
    total = ibis.least(half_up(raised, POINT // 100), 10_000)
    return ibis.ifelse(t.status == "not_assessed", ibis.null("int64"), total)


def _points(term: ir.Value, weight: Any) -> ir.Value:
    """Return a share in UNITs times its weight, in parts of a point."""
    full = int(Fraction(weight) * 100 * POINT)
    return half_up(term.cast("int64") * full, UNIT)


def _clamped(part: ir.Value, whole: int) -> ir.Value:
    """Return part / whole between 0 and 1 in UNITs; null stays null (`greatest` drops it)."""
    bounded = ibis.least(ibis.greatest(part, 0), whole)
    return ibis.ifelse(part.isnull(), ibis.null("int64"), half_up(bounded * UNIT, whole))


def _utilisation_share(t: ir.Table, policy: Policy) -> ir.Value:
    rules = policy.composite
    low, high = rules.utilisation_from_pct, rules.utilisation_full_pct
    limit, owed = t.credit_limit_minor, t.owed
    inside = share(owed * 100 - limit * low, limit * (high - low))
    missing = units(rules.missing.utilisation)
    return ibis.cases(
        (~t.limit_usable, missing),
        (owed == 0, 0),
        (limit == 0, missing),
        (owed * 100 <= limit * low, 0),
        (owed * 100 >= limit * high, UNIT),
        else_=inside,
    )


def _ageing_share(t: ir.Table, policy: Policy) -> ir.Value:
    shares = [
        (t.ageing_bucket == name, units(rule.score)) for name, rule in policy.ageing.buckets.items()
    ]
    nothing = t.age_status == "PASS"
    return ibis.cases(*shares, (nothing, 0), else_=units(policy.composite.missing.ageing))


def _recency_share(t: ir.Table, policy: Policy) -> ir.Value:
    known = _clamped(t.gap_days, policy.composite.gap_full_days)
    return known.fill_null(units(policy.composite.missing.recency))


def _track_share(t: ir.Table, policy: Policy) -> ir.Value:
    known = (10_000 - t.score) * (UNIT // 10_000)
    return known.fill_null(units(policy.composite.missing.track_record))


def _dso_share(t: ir.Table, policy: Policy) -> ir.Value:
    rules = policy.composite
    start, full = rules.dso_from_days, rules.dso_full_days
    known = _clamped(t.dso - start * 100, (full - start) * 100)
    return known.fill_null(units(rules.missing.dso))
