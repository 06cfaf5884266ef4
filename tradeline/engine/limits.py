"""What should happen to the limit: the most restrictive triggered action wins."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING

import ibis

from tradeline.engine.bands import CRITICAL
from tradeline.engine.exact import exceeds, floor_div, percent, x100
from tradeline.engine.prepare import day_number
from tradeline.money import to_minor

if TYPE_CHECKING:
    from decimal import Decimal

    import ibis.expr.types as ir

    from tradeline.policy.schema import Increase, Policy

HIGH = 2


def act(t: ir.Table, policy: Policy, *, currency: str, as_of: date) -> ir.Table:
    """Return the graded rows with `limit_action` and `recommended_limit_minor`.

    Both are null for rows that are not assessed; quarantined rows get no action either.
    """
    step = to_minor(policy.limit_step[currency], currency) if currency in policy.limit_step else 1
    severe = t.ageing_bucket.isin(policy.reduction.severe_buckets).fill_null(False)
    reduced = ibis.ifelse(
        severe,
        _cut(t.credit_limit_minor, policy.reduction.severe_keep_pct, step),
        _cut(t.credit_limit_minor, policy.reduction.high_keep_pct, step),
    )
    raised = _raised(t, policy.increase, step, currency)
    action = ibis.cases(
        (t.status != "assessed", ibis.null("string")),
        (t.dormant, "CUT_TO_ZERO"),
        (t.band_rank == CRITICAL, "SUSPEND"),
        (severe | (t.band_rank_without_utilisation == HIGH), "REDUCE"),
        (_deserves(t, policy, as_of) & (raised > t.credit_limit_minor), "INCREASE"),
        else_="RETAIN",
    )
    recommended = ibis.cases(
        (action.isnull(), ibis.null("int64")),
        (action == "CUT_TO_ZERO", 0),
        (action == "REDUCE", reduced),
        (action == "INCREASE", raised),
        else_=t.credit_limit_minor,
    )
    return t.mutate(limit_action=action, recommended_limit_minor=recommended)


def _share(limit_minor: ir.Value, pct: Decimal) -> ir.Value:
    numerator, denominator = percent(pct)
    return floor_div(limit_minor * numerator, denominator)


def _stepped(limit_minor: ir.Value, step_minor: int) -> ir.Value:
    return limit_minor - limit_minor % step_minor


def _cut(limit_minor: ir.Value, keep_pct: Decimal, step_minor: int) -> ir.Value:
    """Return the reduced limit; minor units count where the step would round it to nothing."""
    kept = _share(limit_minor, keep_pct)
    if not keep_pct:
        return kept
    fine = ibis.greatest(kept, ibis.least(limit_minor, 1))
    return ibis.ifelse(kept >= step_minor, _stepped(kept, step_minor), fine)


def _raised(t: ir.Table, rules: Increase, step_minor: int, currency: str) -> ir.Value:
    """Return the higher limit, bounded by the cap of the account's risk class if it has one."""
    raised = _stepped(_share(t.credit_limit_minor, rules.raise_to_pct), step_minor)
    caps = [
        (t.risk_class == name, to_minor(caps[currency], currency))
        for name, caps in rules.class_caps.items()
        if currency in caps
    ]
    return ibis.least(raised, ibis.cases(*caps, else_=raised)) if caps else raised


def _deserves(t: ir.Table, policy: Policy, as_of: date) -> ir.Value:
    """Return whether every condition of the increase test holds."""
    rules = policy.increase
    clean = (t.band_rank == 0) & _unremarked(t)
    for status in (t.util_status, t.age_status, t.recency_status, t.track_status, t.dispute_status):
        clean &= status == "PASS"
    limit, owed = t.credit_limit_minor, t.owed
    return (
        clean
        & (limit > 0)
        & _at_least(owed, limit, rules.utilisation_min_pct)
        & ~exceeds(owed, limit, rules.utilisation_max_pct)
        & (t.score >= x100(rules.track_record_min)).fill_null(False)
        & t.ageing_bucket.isin(rules.buckets).fill_null(False)
        & (t.dso <= x100(rules.dso_max_days)).fill_null(False)
        & (t.gap_days <= rules.gap_max_days).fill_null(False)
        & _long_enough(t, rules, as_of)
    )


def _unremarked(t: ir.Table) -> ir.Value:
    """Return whether nothing is noted on the row's data: doubtful data raises no limit."""
    gstin = t.gstin_bad_digit | t.gstin_bad_state | t.gstin_bad_holder
    return (t.faults == 0) & ~gstin & t.duplicate.isnull()


def _at_least(part: ir.Value, whole: ir.Value, pct: Decimal) -> ir.Value:
    numerator, denominator = percent(pct)
    return part * denominator >= whole * numerator


def _long_enough(t: ir.Table, rules: Increase, as_of: date) -> ir.Value:
    """Return whether the account is old enough and its last increase is; unknown dates pass."""
    onboarded_by = day_number(months_before(as_of, rules.on_book_min_months))
    raised_by = day_number(as_of - timedelta(days=rules.after_increase_min_days))
    return (t.onboarded_day <= onboarded_by).fill_null(True) & (
        t.last_increase_day <= raised_by
    ).fill_null(True)


def months_before(day: date, months: int) -> date:
    """Return the same day of an earlier month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
