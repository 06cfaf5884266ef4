"""The track record from 0 to 100, computed from invoices and the payments that settled them.

Money-weighted points for days beyond terms, less trend, disputes and failures, plus a bonus for
prompt payers. Unpaid overdue invoices count with their age so far: left out, they would hide that
a customer has stopped paying. Source: METHODS section 5, after the published PAYDEX key.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

import ibis

from tradeline.engine.exact import floor_div, half_up
from tradeline.engine.keys import ACCOUNT as KEY
from tradeline.engine.keys import join_account
from tradeline.money import AMOUNT_MINOR_MAX
from tradeline.policy.behaviour import curve_unit

if TYPE_CHECKING:
    from decimal import Decimal

    import ibis.expr.types as ir

    from tradeline.engine.backends import Engine
    from tradeline.policy.schema import Policy, TrackScore

DOCUMENT: Final = (*KEY, "document_no")
MICRO: Final = 1_000_000
_UNITS_MAX: Final = 100  # amounts times 100 points in units this fine still fit 64 bits
_LATE_MAX: Final = 9_999


def track_scores(
    items: ir.Table, payments: ir.Table, policy: Policy, *, today: int, engine: Engine
) -> ir.Table:
    """Return KEY and `track_record_x100` (null for a thin file) per account.

    `items` and `payments` carry day numbers instead of dates.
    """
    rules = policy.track_score
    documents = engine.stage("documents", _documents(items, rules, today))
    lines = _lines(documents, payments, today)
    sums = engine.stage("line_sums", _line_sums(lines, rules, today))
    ledger = engine.stage("document_sums", _document_sums(documents))
    failures = engine.stage("failures", _failures(payments, rules, today))
    joined = join_account(join_account(_whole(ledger), _whole(sums)), _whole(failures))
    parts = engine.stage("score_parts", _parts(joined, rules, today))
    return _score(parts)


def _documents(t: ir.Table, rules: TrackScore, today: int) -> ir.Table:
    """Return one row per invoice due in the window; instalments count from the first due date."""
    due = t.due_day.fill_null(t.document_day)
    in_window = (due > today - rules.window_days) & (due <= today)
    t = t.filter(
        t.kind.isin(("invoice", "debit_note"))
        & t.fault.isnull()
        & t.document_no.notnull()
        & in_window
    )
    return t.group_by(*DOCUMENT).agg(
        due_day=t.due_day.fill_null(t.document_day).min(),
        document_day=t.document_day.min(),
        amount_minor=t.amount_minor.sum(),
        open_minor=t.open_minor.sum(),
        disputed=ibis.ifelse((t.open_minor > 0) & t.disputed, 1, 0).max(),
    )


def _lines(documents: ir.Table, payments: ir.Table, today: int) -> ir.Table:
    """Return payment lines and unpaid overdue remainders of undisputed invoices.

    `paid_day` is null for a remainder.
    """
    clean = documents.filter(documents.disputed == 0)
    paid = payments.filter(
        (payments.kind == "payment") & payments.fault.isnull() & (payments.payment_day <= today)
    ).select(*DOCUMENT, paid_minor="amount_minor", paid_day="payment_day")
    met = clean.inner_join(paid, list(DOCUMENT))
    settled = met.select(
        *KEY,
        amount=met.paid_minor,
        late=met.paid_day - met.due_day,
        taken=ibis.greatest(met.paid_day - met.document_day, 0),
        paid_day=met.paid_day,
    )
    overdue = clean.filter((clean.open_minor > 0) & (clean.due_day < today))
    remainder = overdue.select(
        *KEY,
        amount=overdue.open_minor.cast("int64"),
        late=today - overdue.due_day,
        taken=ibis.null("int64"),
        paid_day=ibis.null("int64"),
    )
    return settled.union(remainder)


def _line_sums(t: ir.Table, rules: TrackScore, today: int) -> ir.Table:
    points, _ = curve_points(t.late, rules)
    taken = t.amount * ibis.least(t.taken, _LATE_MAX)
    recent = t.paid_day > today - rules.recent_days
    prior = (t.paid_day <= today - rules.recent_days) & (t.paid_day > today - rules.window_days)
    return t.group_by(*KEY).agg(
        weight=t.amount.sum(),
        weighted=(t.amount * points).sum(),
        prompt=t.amount.sum(where=t.late <= 0),
        recent_weight=t.amount.sum(where=recent),
        recent_taken=taken.sum(where=recent),
        prior_weight=t.amount.sum(where=prior),
        prior_taken=taken.sum(where=prior),
    )


def curve_units(rules: TrackScore) -> int:
    """Return the fraction of a point in which every whole day's points are whole numbers.

    The common denominator of the curve's slopes; hundredths where that would be too fine.
    """
    return min(curve_unit(rules.curve), _UNITS_MAX)


def curve_points(late: ir.Value, rules: TrackScore) -> tuple[ir.Value, int]:
    """Return points for whole days beyond terms in units, and how many units make a point."""
    units = curve_units(rules)
    first, last = rules.curve[0], rules.curve[-1]
    branches: list[tuple[ir.Value, ir.Value | int]] = [
        (late <= first.days_late, first.points * units)
    ]
    for a, b in zip(rules.curve, rules.curve[1:], strict=False):
        fall = (late - a.days_late).cast("int64") * ((a.points - b.points) * units)
        drop = half_up(fall, b.days_late - a.days_late)
        branches.append((late <= b.days_late, a.points * units - drop))
    return ibis.cases(*branches, else_=last.points * units).cast("int64"), units


def _document_sums(t: ir.Table) -> ir.Table:
    return t.group_by(*KEY).agg(
        invoices=ibis.ifelse(t.disputed == 0, 1, 0).sum(),
        invoiced=t.amount_minor.sum(),
        disputed_amount=t.open_minor.sum(where=t.disputed == 1),
        first_day=t.document_day.min(),
    )


def _failures(t: ir.Table, rules: TrackScore, today: int) -> ir.Table:
    failed = t.kind.isin(("returned", "broken_promise")) & t.fault.isnull()
    in_window = (t.payment_day <= today) & (t.payment_day > today - rules.window_days)
    return t.group_by(*KEY).agg(failures=ibis.ifelse(failed & in_window, 1, 0).sum())


def _whole(t: ir.Table) -> ir.Table:
    """Return the sums as 64-bit whole numbers, whatever width the engine added them in."""
    return t.select(*KEY, **{name: t[name].cast("int64") for name in t.columns if name not in KEY})


def _parts(t: ir.Table, rules: TrackScore, today: int) -> ir.Table:
    """Return the score's parts in millionths of a point, and whether the file is thick enough."""
    enough = (
        (t.invoices >= rules.invoices_min)
        & (today - t.first_day >= rules.history_min_days)
        & (t.weight > 0)
        & (t.weight <= AMOUNT_MINOR_MAX)
        & (t.invoiced <= AMOUNT_MINOR_MAX)
    ).fill_null(False)
    units = curve_units(rules)
    slower = _average(t.recent_taken, t.recent_weight) - _average(t.prior_taken, t.prior_weight)
    trend = _penalty(
        slower, rules.trend_free_days, rules.trend_points_per_day, rules.trend_points_max
    )
    rate = _average(t.disputed_amount, t.invoiced)
    disputes = _penalty(
        rate, rules.dispute_free_share, rules.dispute_points_per_share, rules.dispute_points_max
    )
    failures = ibis.least(
        t.failures.fill_null(0) * _micro(rules.failure_points), _micro(rules.failure_points_max)
    )
    share = Fraction(rules.prompt_share_min)
    prompt = t.prompt.fill_null(0) * share.denominator >= t.weight * share.numerator
    bonus = ibis.ifelse(
        prompt & (t.invoices >= rules.prompt_invoices_min), _micro(rules.prompt_bonus_points), 0
    )
    return t.select(
        *KEY,
        enough=enough,
        promptness=ibis.ifelse(enough, _average(t.weighted, t.weight * units), 0),
        deductions=trend.fill_null(0) + disputes.fill_null(0) + failures,
        bonus=bonus,
    )


def _micro(value: Decimal) -> int:
    return int(value * MICRO)


def _average(total: ir.Value, weight: ir.Value) -> ir.Value:
    """Return total / weight in millionths, rounded down, digit pair by digit pair; null without."""
    divisor = ibis.ifelse(weight > 0, weight, ibis.null("int64"))
    result, rest = floor_div(total, divisor), total % divisor
    for _ in range(3):
        result = result * 100 + floor_div(rest * 100, divisor)
        rest = rest * 100 % divisor
    return result


def _penalty(value: ir.Value, free: Decimal, slope: Decimal, most: Decimal) -> ir.Value:
    """Return min(most, slope x max(0, value - free)) in millionths of a point."""
    above = ibis.greatest(value - _micro(free), 0)
    capped = ibis.least(above, _micro(most / slope) + MICRO) if slope else above * 0
    return ibis.least(half_up(capped * int(slope * 10_000), 10_000), _micro(most))


def _score(t: ir.Table) -> ir.Table:
    total = t.promptness - t.deductions + t.bonus
    bounded = ibis.least(ibis.greatest(total, 0), 100 * MICRO)
    score = half_up(bounded, MICRO // 100)
    return t.select(*KEY, track_record_x100=ibis.ifelse(t.enough, score, ibis.null("int64")))
