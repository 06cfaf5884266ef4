"""Stage 1 to 3 as a monitoring label; the allowance on trade receivables is lifetime always."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from tradeline.engine.exact import x100
from tradeline.policy.schema import BANDS

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy


def stage(t: ir.Table, policy: Policy) -> ir.Value:
    """Return 3, 2 or 1, first match; null for rows without a band."""
    rules = policy.stages
    impaired = t.ageing_bucket.isin(rules.impaired_buckets).fill_null(False) | (
        t.disputed & (t.band_rank >= BANDS.index(rules.impaired_dispute_band))
    ).fill_null(False)
    risen = t.ageing_bucket.isin(rules.risen_buckets).fill_null(False) | (
        t.score < x100(rules.risen_track_below)
    ).fill_null(False)
    if rules.sicr_30dpd_backstop:
        risen |= (t.ageing_bucket == "31-60").fill_null(False)
    return ibis.cases(
        (t.status == "not_assessed", ibis.null("int64")), (impaired, 3), (risen, 2), else_=1
    )
