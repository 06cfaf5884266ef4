"""The track record from 0 to 100, computed from invoices and the payments that settled them.

Money-weighted points for days beyond terms, less trend, disputes and failures, plus a bonus for
prompt payers. Unpaid overdue invoices count with their age so far: left out, they would hide that
a customer has stopped paying. Source: METHODS section 5, after the published PAYDEX key.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import ibis
import numpy as np
import polars as pl
import pyarrow as pa

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
_HASHED_ROWS: Final = 131_072


def track_scores(
    items: ir.Table,
    several: ir.Table,
    payments: ir.Table,
    sums: ir.Table,
    policy: Policy,
    *,
    today: int,
    engine: Engine,
) -> ir.Table:
    """Return KEY and `track_record_x100` (null for a thin file) per account.

    `items` and `payments` carry day numbers instead of dates; items say whether they stand `alone`,
    and `several` are those that do not. `sums` has `single_sums` and `failures` per account.
    """
    rules = policy.track_score
    grouped = _typed(engine.stage("instalments", _documents(_due(several, rules, today))))
    single = _due(items.filter(items.alone), rules, today)
    documents = _typed(single.mutate(disputed=_disputed(single).ifelse(1, 0))).union(grouped)
    lines = engine.stage("line_sums", _line_sums(_lines(documents, payments, today), rules, today))
    more = document_sums(grouped, grouped.disputed == 1, rules, today=today)
    shared = engine.stage("document_sums", grouped.group_by(*KEY).agg(**more))
    joined = join_account(_together(sums, shared), _whole(lines))
    return _score(engine.stage("score_parts", _parts(joined, rules, today)))


def alone(items: pa.Table) -> pa.Array:
    """Return which rows are surely the only ones of their document; most are.

    Such rows need no grouping. Equal hashes of different documents only send rows the long way.
    """
    names = ("account_key", "document_no")
    batches = items.select(names).to_batches(max_chunksize=_HASHED_ROWS)
    hashes = np.concatenate([_hashes(batch) for batch in batches] or [np.empty(0, np.uint64)])
    ordered = np.sort(hashes)
    shared = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    return pa.array(~np.isin(hashes, shared, kind="sort"))


def _hashes(batch: pa.RecordBatch) -> np.ndarray[Any, np.dtype[np.uint64]]:
    frame = pl.DataFrame(pl.from_arrow(batch))
    each = [pl.col(name).hash(seed) for seed, name in enumerate(frame.columns)]
    return frame.select(each[0] ^ each[1]).to_series().to_numpy()


def _in_window(t: ir.Table, rules: TrackScore, today: int) -> ir.Value:
    """Return which rows are invoices that came due in the window."""
    due = _day(t)
    return (
        t.kind.isin(("invoice", "debit_note"))
        & t.fault.isnull()
        & t.document_no.notnull()
        & (due > today - rules.window_days)
        & (due <= today)
    ).fill_null(False)


def _day(t: ir.Table) -> ir.Value:
    """Return the day that a row counts from."""
    return t.due_day.fill_null(t.document_day)


def _due(t: ir.Table, rules: TrackScore, today: int) -> ir.Table:
    return t.filter(_in_window(t, rules, today)).mutate(due_day=_day(t))


def _documents(t: ir.Table) -> ir.Table:
    """Return one row per document; instalments count from the first due date."""
    return t.group_by(*DOCUMENT).agg(
        due_day=t.due_day.min(),
        document_day=t.document_day.min(),
        amount_minor=t.amount_minor.sum(),
        open_minor=t.open_minor.sum(),
        disputed=ibis.ifelse(_disputed(t), 1, 0).max(),
    )


def _disputed(t: ir.Table) -> ir.Value:
    return ((t.open_minor > 0) & t.disputed).fill_null(False)


def _typed(t: ir.Table) -> ir.Table:
    """Return the documents in 64-bit whole numbers, so that both kinds can stand in one table."""
    facts = ("due_day", "document_day", "amount_minor", "open_minor", "disputed")
    return t.select(*DOCUMENT, **{name: t[name].cast("int64") for name in facts})


def _lines(documents: ir.Table, payments: ir.Table, today: int) -> ir.Table:
    """Return the payment lines of undisputed invoices."""
    clean = documents.filter(documents.disputed == 0)
    paid = payments.filter(
        (payments.kind == "payment") & payments.fault.isnull() & (payments.payment_day <= today)
    ).select(*DOCUMENT, paid_minor="amount_minor", paid_day="payment_day")
    met = clean.inner_join(paid, list(DOCUMENT))
    return met.select(
        *KEY,
        amount=met.paid_minor,
        late=met.paid_day - met.due_day,
        taken=ibis.greatest(met.paid_day - met.document_day, 0),
        paid_day=met.paid_day,
    )


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


def single_sums(t: ir.Table, rules: TrackScore, today: int) -> dict[str, ir.Value]:
    """Return `document_sums` of the items that are documents of their own."""
    single = _in_window(t, rules, today) & t.alone
    return document_sums(t, _disputed(t), rules, today=today, where=single)


def document_sums(
    t: ir.Table,
    disputed: ir.Value,
    rules: TrackScore,
    *,
    today: int,
    where: ir.Value | None = None,
) -> dict[str, ir.Value]:
    """Return sums over the documents of an account; `rest` is overdue and unpaid."""
    counted = ibis.literal(True) if where is None else where
    points, _ = curve_points(today - _day(t), rules)
    overdue = counted & ~disputed & (t.open_minor > 0) & (_day(t) < today)
    return {
        "rest": t.open_minor.sum(where=overdue),
        "rest_weighted": (t.open_minor * points).sum(where=overdue),
        "invoices": ibis.ifelse(counted & ~disputed, 1, 0).sum(),
        "invoiced": t.amount_minor.sum(where=counted),
        "disputed_amount": t.open_minor.sum(where=counted & disputed),
        "first_due_document": t.document_day.min(where=counted),
    }


SUMS: Final = ("rest", "rest_weighted", "invoices", "invoiced", "disputed_amount")


def _together(sums: ir.Table, shared: ir.Table) -> ir.Table:
    """Return the sums over single documents with those over documents of several items."""
    renamed = shared.rename({f"shared_{name}": name for name in shared.columns if name not in KEY})
    t = join_account(_whole(sums), _whole(renamed))
    first, other = t.first_due_document, t.shared_first_due_document
    added = {name: t[name].fill_null(0) + t[f"shared_{name}"].fill_null(0) for name in SUMS}
    earliest = ibis.coalesce(ibis.least(first, other), first, other)
    return t.select(*KEY, "failures", first_due_document=earliest, **added)


def failures(t: ir.Table, rules: TrackScore, today: int) -> ir.Value:
    """Return how many payments of an account came back or promises were broken in the window."""
    failed = t.kind.isin(("returned", "broken_promise")) & t.fault.isnull()
    in_window = (t.payment_day <= today) & (t.payment_day > today - rules.window_days)
    return ibis.ifelse(failed & in_window, 1, 0).sum()


def _whole(t: ir.Table) -> ir.Table:
    """Return the sums as 64-bit whole numbers, whatever width the engine added them in."""
    return t.select(*KEY, **{name: t[name].cast("int64") for name in t.columns if name not in KEY})


def _parts(t: ir.Table, rules: TrackScore, today: int) -> ir.Table:
    """Return the score's parts in millionths of a point, and whether the file is thick enough."""
    weight = t.weight.fill_null(0) + t.rest
    weighted = t.weighted.fill_null(0) + t.rest_weighted
    enough = (
        (t.invoices >= rules.invoices_min)
        & (today - t.first_due_document >= rules.history_min_days)
        & (weight > 0)
        & (weight <= AMOUNT_MINOR_MAX)
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
    prompt = t.prompt.fill_null(0) * share.denominator >= weight * share.numerator
    bonus = ibis.ifelse(
        prompt & (t.invoices >= rules.prompt_invoices_min), _micro(rules.prompt_bonus_points), 0
    )
    return t.select(
        *KEY,
        enough=enough,
        promptness=ibis.ifelse(enough, _average(weighted, weight * units), 0),
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
