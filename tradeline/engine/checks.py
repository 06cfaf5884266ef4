"""The six checks and the tiers they lend: which status, from which figures, against which line.

Every comparison is exact; nothing here depends on how a figure is displayed. Source: the rubric's
decision tables (docs/methods.md, checks and tiers).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from tradeline.engine.exact import exceeds, x100
from tradeline.engine.tax_ids import tax_id_status

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy

TIERS = ("Low", "Medium", "High")


def tier_rank(name: str) -> int:
    """Return 0, 1 or 2 for Low, Medium or High."""
    return TIERS.index(name)


def measure(t: ir.Table, policy: Policy, as_of_day: int) -> ir.Table:
    """Return the rows with the figures that the checks look at.

    Adds owed (outstanding, at least 0), gap_days and where it counts from, dormancy, and usable
    forms of the score and the DSO.
    """
    paid = t.last_payment_day
    future = (paid > as_of_day).fill_null(False)
    never_paid = paid.isnull() & t.last_payment_date_fault.isnull()
    since_start = as_of_day - t.onboarded_day
    start_known = never_paid & (since_start >= 0).fill_null(False)
    gap = ibis.cases(
        (future, ibis.null("int64")),
        (paid.notnull(), as_of_day - paid),
        (start_known, since_start),
        else_=ibis.null("int64"),
    )
    scored = t.track_record_x100.between(0, 10_000)
    t = t.mutate(
        owed=ibis.ifelse(t.outstanding_minor < 0, 0, t.outstanding_minor),  # null stays null
        gap_days=gap,
        days_since_payment=ibis.ifelse(future, ibis.null("int64"), as_of_day - paid),
        payment_in_future=future,
        faults=_fault_count(t) + ibis.ifelse(future, 1, 0),
        gap_from_start=start_known,
        score=ibis.ifelse(scored, t.track_record_x100, ibis.null("int64")),
        dso=ibis.ifelse(t.dso_days_x100 >= 0, t.dso_days_x100, ibis.null("int64")),
        limit_usable=(t.credit_limit_minor >= 0).fill_null(False) & t.outstanding_minor.notnull(),
    )
    return t.mutate(
        dormant=(t.gap_days > policy.recency.dormant_days).fill_null(False),
        weak=(t.score < x100(policy.track_record.pass_min)).fill_null(False),
    )


def _fault_count(t: ir.Table) -> ir.Value:
    """Return how many of the row's fields could not be read."""
    names = [name for name in t.columns if name.endswith("_fault")]
    return sum((ibis.ifelse(t[name].notnull(), 1, 0) for name in names), start=ibis.literal(0))


def check(t: ir.Table, policy: Policy) -> ir.Table:
    """Return the measured rows with one status and one tier (0 to 2) per check."""
    utilisation = _utilisation(t, policy)
    ageing = _ageing(t, policy)
    return t.mutate(
        tax_status=tax_id_status(t, policy.tax_id),
        util_status=utilisation,
        age_status=ageing,
        recency_status=ibis.ifelse(
            t.gap_days.notnull() & (t.gap_days <= policy.recency.recent_days), "PASS", "WARNING"
        ),
        track_status=ibis.cases(
            (t.score.isnull(), "NOT_EVALUATED"), (t.weak, "WARNING"), else_="PASS"
        ),
        dispute_status=ibis.cases(
            (t.disputed_fault.notnull(), "NOT_EVALUATED"), (t.disputed, "WARNING"), else_="PASS"
        ),
        age_tier=_ageing_tier(t, policy),
        recency_tier=_recency_tier(t, policy),
        track_tier=ibis.ifelse(t.score.isnull(), tier_rank(policy.track_record.tier_missing), 0),
        dispute_tier=ibis.cases(
            (t.disputed_fault.notnull(), tier_rank(policy.dispute.tier_unknown)),
            (t.disputed, tier_rank(policy.dispute.tier)),
            else_=0,
        ),
    )


def _utilisation(t: ir.Table, policy: Policy) -> ir.Value:
    rules = policy.utilisation
    return ibis.cases(
        (~t.limit_usable, "NOT_EVALUATED"),
        (t.owed == 0, "PASS"),
        (t.credit_limit_minor == 0, "FAIL"),
        (exceeds(t.owed, t.credit_limit_minor, rules.limit_pct), "FAIL"),
        (exceeds(t.owed, t.credit_limit_minor, rules.watch_above_pct), "WARNING"),
        else_="PASS",
    )


def utilisation_tier(t: ir.Table, policy: Policy) -> ir.Value:
    """Return the tier of the utilisation check; unusable limits have none."""
    return ibis.cases(
        (t.util_status == "FAIL", tier_rank(policy.utilisation.tier_above_limit)),
        (t.util_status == "WARNING", tier_rank(policy.utilisation.tier_above_watch)),
        else_=0,
    )


def nothing_due(t: ir.Table) -> ir.Value:
    """Return whether a blank ageing is right because nothing is owed."""
    return (t.owed == 0).fill_null(False) & t.ageing_bucket_fault.isnull()


def _ageing(t: ir.Table, policy: Policy) -> ir.Value:
    rules = [(t.ageing_bucket == name, rule.check) for name, rule in policy.ageing.buckets.items()]
    return ibis.cases(*rules, (nothing_due(t), "PASS"), else_="NOT_EVALUATED")


def _ageing_tier(t: ir.Table, policy: Policy) -> ir.Value:
    rules = [
        (t.ageing_bucket == name, tier_rank(rule.tier))
        for name, rule in policy.ageing.buckets.items()
    ]
    return ibis.cases(*rules, (nothing_due(t), 0), else_=tier_rank(policy.ageing.tier_unknown))


def _recency_tier(t: ir.Table, policy: Policy) -> ir.Value:
    rules = policy.recency
    owing = (t.owed > 0).fill_null(True)
    return ibis.cases(
        (t.gap_days.isnull(), tier_rank(rules.tier_unknown)),
        (t.dormant & owing, tier_rank(rules.tier_dormant_with_balance)),
        (t.dormant, tier_rank(rules.tier_dormant_without_balance)),
        (t.gap_days > rules.recent_days, tier_rank(rules.tier_slow)),
        else_=0,
    )
