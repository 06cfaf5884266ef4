"""The band: worst tier, raised by a dispute that meets age, raised by a weak record, capped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from tradeline.engine.checks import utilisation_tier
from tradeline.engine.exact import x100
from tradeline.engine.utilisation import utilisation_columns

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy

CRITICAL = 3


def grade(t: ir.Table, policy: Policy) -> ir.Table:
    """Return the checked rows with status, band rank (0..3) and the rank without utilisation."""
    other = ibis.greatest(t.age_tier, t.recency_tier, t.track_tier, t.dispute_tier)
    levels = _combination(t, policy) + _upgrade(t, policy)
    quarantined = (t.tax_status == "FAIL") | (t.duplicate == "CONFLICT").fill_null(False)
    return t.mutate(
        status=ibis.cases(
            (quarantined, "quarantined"), (~t.limit_usable, "not_assessed"), else_="assessed"
        ),
        band_rank=ibis.least(CRITICAL, ibis.greatest(other, utilisation_tier(t, policy)) + levels),
        band_rank_without_utilisation=ibis.least(CRITICAL, other + levels),
        over_minor=ibis.greatest(t.owed - t.credit_limit_minor, 0),
        credit_minor=ibis.greatest(-t.outstanding_minor, 0),
        **utilisation_columns(t, policy),
    )


def _combination(t: ir.Table, policy: Policy) -> ir.Value:
    """Return the levels that a dispute adds when the ledger is old or slow."""
    rules = policy.dispute
    old = t.ageing_bucket.isin(rules.combines_with_buckets)
    slow = t.dso > x100(rules.combines_with_dso_above_days)
    meets = t.disputed & (old.fill_null(False) | slow.fill_null(False))
    return ibis.ifelse(meets, rules.combination_levels, 0)


def _upgrade(t: ir.Table, policy: Policy) -> ir.Value:
    return ibis.ifelse(t.weak, policy.track_record.upgrade_levels, 0)
