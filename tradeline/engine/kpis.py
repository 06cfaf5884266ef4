"""What the portfolio amounts to: counts, exposure, use of limits, concentration (METHODS 7).

Exact throughout: sums are integers of minor units, shares are fractions; a figure that is undefined
is None and says why. Quarantined accounts count only as quarantined. Accounts that could not be
assessed keep their balances in the totals, under no band, so that totals tie to the ledger.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from tradeline.policy.schema import BUCKETS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradeline.engine.results import ReviewTables

TOP_ACCOUNTS: Final = 10
USE_EDGES_PCT: Final = (25, 50, 75, 90, 100)
"""Upper ends, inclusive, of the classes that show how limits are used; nothing hangs on them."""

UNIT: Final = 10_000
"""Utilisation is divided in steps of this size: amounts times it still fit 64 bits."""

_NO_BALANCE: Final = "no account owes anything"
_NO_LIMIT: Final = "no assessed account has a limit above 0 and a known balance"
_NO_DSO: Final = "no account with a balance has a known DSO"
_COUNTED: Final = (
    "entity",
    "status",
    "band",
    "ageing_bucket",
    "limit_action",
    "account_actions",
    "credit_limit_minor",
    "outstanding_minor",
    "recommended_limit_minor",
    "dso_days_x100",
    "disputed",
)
_LIMITS: Final = ("limit_action", "credit_limit_minor", "recommended_limit_minor", "owed")
_AMOUNT: Final = pa.decimal128(18, 0)  # products of two fit 38 digits, and so do their sums


@dataclass(frozen=True)
class Measure:
    """An exact figure, or None with the reason why there is none."""

    value: Fraction | None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """A number of accounts and what they owe: the positive part of their balances."""

    accounts: int = 0
    outstanding_minor: int = 0


@dataclass(frozen=True, kw_only=True)
class Figures:
    """The figures of the portfolio, or of one legal entity in it."""

    accounts: int  # quarantined ones left out
    assessed: int
    not_assessed: int
    quarantined: int
    outstanding_minor: int  # positive part
    credit_balances_minor: int  # negative part, 0 or below
    disputed_minor: int
    by_band: Mapping[str | None, Amounts]  # None: not assessed
    by_bucket: Mapping[str | None, Amounts]  # None: bucket unknown
    limit_present_minor: int
    limit_proposed_minor: int
    limit_usable_minor: int  # proposed, without suspended limits
    over_limit: int  # accounts that owe more than their limit
    utilisation_weighted: Measure
    utilisation_mean: Measure  # of limits above 0; each account's share cut at 8 digits
    use_classes: tuple[int, ...]  # accounts per class of USE_EDGES_PCT, and those beyond
    hhi: Measure
    effective_accounts: Measure  # 1 / HHI
    top_share: Measure  # of the TOP_ACCOUNTS largest balances
    dso_days: Measure  # weighted by outstanding, where known
    share_beyond: Mapping[str, Measure]  # outstanding older than the bucket named
    limit_actions: Mapping[str, int]
    account_actions: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All the figures of a review."""

    currency: str
    total: Figures
    entities: Mapping[str, Figures]  # by legal entity, in alphabetical order
    checks: Mapping[str, Mapping[str, int]]  # check -> status -> number, quarantined left out
    quarantine_codes: Mapping[str, int]  # findings by code


def summarise(tables: ReviewTables, *, currency: str) -> Summary:
    """Return the figures of the review, for the whole and for each legal entity."""
    accounts = _with_amounts(tables.accounts)
    names = sorted(pc.unique(accounts["entity"]).to_pylist())
    total = _figures(accounts)
    entities = {names[0]: total} if len(names) == 1 else _per_entity(accounts, names)
    return Summary(
        currency=currency,
        total=total,
        entities=entities,
        checks=_checks(tables),
        quarantine_codes=_quarantine_codes(tables.findings),
    )


def _per_entity(accounts: pa.Table, names: Sequence[str]) -> dict[str, Figures]:
    """Sort once and cut, so that many entities cost no more than one."""
    order = pc.sort_indices(accounts["entity"])
    apart = accounts.take(order)
    sizes = _counts(accounts, "entity")
    result: dict[str, Figures] = {}
    start = 0
    for name in names:
        result[name] = _figures(apart.slice(start, sizes[name]))
        start += sizes[name]
    return result


def _with_amounts(accounts: pa.Table) -> pa.Table:
    """Keep the columns that count and add what is owed, the positive part of the balance."""
    owed = pc.max_element_wise(accounts["outstanding_minor"], 0, skip_nulls=False)
    return accounts.select(_COUNTED).append_column("owed", owed)


def _figures(rows: pa.Table) -> Figures:
    states = _counts(rows, "status")
    quarantined = states.get("quarantined", 0)
    live = rows.filter(pc.not_equal(rows["status"], "quarantined")) if quarantined else rows
    assessed = live.filter(pc.equal(live["status"], "assessed"))
    limits = assessed.select(_LIMITS)
    return Figures(
        accounts=live.num_rows,
        assessed=assessed.num_rows,
        not_assessed=live.num_rows - assessed.num_rows,
        quarantined=quarantined,
        limit_actions=_counts(assessed, "limit_action"),
        account_actions=_action_counts(live),
        **_balances(live),
        **_limits(limits),
        **_concentration(live),
        dso_days=_dso(live),
    )


def _balances(live: pa.Table) -> dict[str, Any]:
    owed = _total(live["owed"])
    by_bucket = _amounts(live, "ageing_bucket")
    disputed = live.filter(live["disputed"])
    return {
        "outstanding_minor": owed,
        "credit_balances_minor": _total(live["outstanding_minor"]) - owed,
        "disputed_minor": _total(disputed["owed"]),
        "by_band": _amounts(live, "band"),
        "by_bucket": by_bucket,
        "share_beyond": _beyond(by_bucket, owed),
    }


def _beyond(by_bucket: Mapping[str | None, Amounts], owed: int) -> dict[str, Measure]:
    older = [by_bucket.get(bucket, Amounts()).outstanding_minor for bucket in BUCKETS]
    return {
        bucket: _share(sum(older[at + 1 :]), owed, _NO_BALANCE)
        for at, bucket in enumerate(BUCKETS[:-1])
    }


def _limits(assessed: pa.Table) -> dict[str, Any]:
    usable = assessed.filter(pc.not_equal(assessed["limit_action"], "SUSPEND"))
    over = pc.sum(pc.greater(assessed["owed"], assessed["credit_limit_minor"])).as_py()
    some = assessed.filter(pc.greater(assessed["credit_limit_minor"], 0))
    some = some.filter(pc.is_valid(some["owed"]))
    limits = _total(some["credit_limit_minor"])
    return {
        "limit_present_minor": _total(assessed["credit_limit_minor"]),
        "limit_proposed_minor": _total(assessed["recommended_limit_minor"]),
        "limit_usable_minor": _total(usable["recommended_limit_minor"]),
        "over_limit": over or 0,
        "utilisation_weighted": _share(_total(some["owed"]), limits, _NO_LIMIT),
        "use_classes": _use_classes(some["owed"], some["credit_limit_minor"]),
        "utilisation_mean": _mean_use(some["owed"], some["credit_limit_minor"]),
    }


def _use_classes(owed: pa.ChunkedArray, limit: pa.ChunkedArray) -> tuple[int, ...]:
    """Count the accounts per class, comparing whole numbers only."""
    hundredfold = pc.multiply(owed, 100)
    within = [
        pc.sum(pc.less_equal(hundredfold, pc.multiply(limit, edge))).as_py() or 0
        for edge in USE_EDGES_PCT
    ]
    ends = [0, *within, len(owed)]
    return tuple(ends[at + 1] - ends[at] for at in range(len(ends) - 1))


def _mean_use(owed: pa.ChunkedArray, limit: pa.ChunkedArray) -> Measure:
    """Return the mean of owed / limit, each cut at eight digits by long division."""
    if not len(owed):
        return Measure(None, _NO_LIMIT)
    whole, rest = _divide(owed, limit)
    first, rest = _divide(pc.multiply(rest, UNIT), limit)
    second, _ = _divide(pc.multiply(rest, UNIT), limit)
    total = _total(whole) * UNIT * UNIT + _total(first) * UNIT + _total(second)
    return Measure(Fraction(total, len(owed) * UNIT * UNIT))


def _divide(
    top: pa.ChunkedArray, bottom: pa.ChunkedArray
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    whole = pc.divide(top, bottom)
    return whole, pc.subtract(top, pc.multiply(whole, bottom))


def _concentration(live: pa.Table) -> dict[str, Any]:
    """Per account in its legal entity; groups of customers are not known here."""
    owed = live["owed"]
    total = _total(owed)
    if not total:
        nothing = Measure(None, _NO_BALANCE)
        return {"hhi": nothing, "effective_accounts": nothing, "top_share": nothing}
    amounts = owed.cast(pa.decimal128(19, 0)).cast(_AMOUNT)
    squares = int(pc.sum(pc.multiply(amounts, amounts)).as_py())
    largest = pc.top_k_unstable(owed.drop_null(), TOP_ACCOUNTS)
    top = _total(owed.drop_null().take(largest))
    return {
        "hhi": Measure(Fraction(squares, total * total)),
        "effective_accounts": Measure(Fraction(total * total, squares)),
        "top_share": Measure(Fraction(top, total)),
    }


def _dso(live: pa.Table) -> Measure:
    known = live.filter(pc.greater_equal(live["dso_days_x100"], 0))
    days = known["dso_days_x100"].cast(pa.decimal128(19, 0)).cast(_AMOUNT)
    owed = known["owed"].cast(pa.decimal128(19, 0)).cast(_AMOUNT)
    total = pc.sum(pc.multiply(days, owed)).as_py()
    return _share(int(total or 0), 100 * _known_owed(known), _NO_DSO)


def _known_owed(known: pa.Table) -> int:
    return _total(known["owed"])


def _action_counts(live: pa.Table) -> dict[str, int]:
    """Count each code of the joined lists; the lists repeat, so each kind is split once."""
    counts: dict[str, int] = {}
    for codes, number in _counts(live, "account_actions").items():
        for code in filter(None, codes.split(";")):
            counts[code] = counts.get(code, 0) + number
    return dict(sorted(counts.items()))


def _checks(tables: ReviewTables) -> dict[str, dict[str, int]]:
    grouped = (
        _without_quarantined(tables).group_by(["check", "status"]).aggregate([([], "count_all")])
    )
    result: dict[str, dict[str, int]] = {}
    for row in sorted(grouped.to_pylist(), key=lambda row: (row["check"], row["status"])):
        result.setdefault(row["check"], {})[row["status"]] = row["count_all"]
    return result


def _without_quarantined(tables: ReviewTables) -> pa.Table:
    """Drop the check rows of quarantined accounts; check and status are left."""
    apart = quarantined_rows(tables, tables.checks)
    return tables.checks.select(["check", "status"]).filter(pc.invert(apart))


def quarantined_rows(tables: ReviewTables, rows: pa.Table) -> pa.Array:
    """Return which of the rows belong to a quarantined account, by entity, number and name."""
    apart = tables.accounts.filter(pc.equal(tables.accounts["status"], "quarantined"))
    if not apart.num_rows:
        return pa.repeat(pa.scalar(value=False), rows.num_rows)
    names = pc.unique(apart["customer_name"])  # one column first: most rows end here
    maybe = pc.is_in(rows["customer_name"], value_set=names).combine_chunks()
    exact = pc.is_in(_key(rows.filter(maybe)), value_set=_key(apart).combine_chunks())
    return pc.replace_with_mask(maybe, maybe, exact.combine_chunks())


def _key(rows: pa.Table) -> pa.ChunkedArray:
    parts = [rows["entity"], rows["customer_no"], rows["customer_name"]]
    return pc.binary_join_element_wise(
        *(pc.fill_null(part.cast(pa.string()), "\x01") for part in parts), "\x00"
    )


def _quarantine_codes(findings: pa.Table) -> dict[str, int]:
    rows = findings.filter(pc.equal(findings["severity"], "QUARANTINE"))
    return dict(sorted(_counts(rows, "code").items()))


def _counts(rows: pa.Table, column: str) -> dict[str, int]:
    pairs = pc.value_counts(rows[column])
    return {
        pair["values"]: pair["counts"] for pair in pairs.to_pylist() if pair["values"] is not None
    }


def _amounts(rows: pa.Table, column: str) -> dict[str | None, Amounts]:
    small = rows.select([column, "owed"])
    wide = small.set_column(1, "owed", small["owed"].cast(pa.decimal128(38, 0)))
    grouped = wide.group_by(column).aggregate([("owed", "sum"), ([], "count_all")])
    return {
        row[column]: Amounts(accounts=row["count_all"], outstanding_minor=int(row["owed_sum"] or 0))
        for row in grouped.to_pylist()
    }


def _total(column: pa.ChunkedArray) -> int:
    """Return the exact sum, beyond 64 bits too; nulls count as nothing."""
    return int(pc.sum(column.cast(pa.decimal128(38, 0))).as_py() or 0)


def _share(part: int, whole: int, reason: str) -> Measure:
    return Measure(Fraction(part, whole)) if whole else Measure(None, reason)
