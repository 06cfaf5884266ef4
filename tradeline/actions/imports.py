"""Apply a file to the book: checked, written whole or not at all, and every row accounted for.

    read (files/feeds) -> check (engine/feed_checks) -> accounts -> apply by kind -> record

Every row that came in is applied, unchanged or quarantined; the database refuses a batch whose
counts do not add up. A preview is the same work, taken back at the end.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions import documents, limits, masters, orders, payments, rates
from tradeline.actions.accounts import entities, with_accounts
from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.alerts import raise_utilisation
from tradeline.actions.audit import record
from tradeline.actions.extracts import extract_of
from tradeline.actions.groups import with_groups
from tradeline.actions.holds import follow_up
from tradeline.actions.repeats import applied_before, confirm_feed, reading_of
from tradeline.actions.staging import Load, Outcome, add_rows, lock_feeds, refresh_statistics
from tradeline.engine.control_totals import as_texts, control_totals
from tradeline.engine.feed_checks import (
    set_aside,
    with_faults,
    without_larger,
    without_overlong,
    without_rate,
)
from tradeline.errors import MissingRate, StateFault
from tradeline.models import Feed, ImportBatch
from tradeline.money import AMOUNT_MINOR_MAX
from tradeline.queries.policies import policy_in_force
from tradeline.queries.rates import rates_on

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from types import ModuleType

    from tradeline.files.feeds import Feed as FeedFile
    from tradeline.policy.schema import Policy

Tell = Callable[[str, int, int], None]

STEPS: Final = ("Checking", "Accounts", "Applying", "Recording")
_KINDS: Final[Mapping[str, ModuleType]] = {
    "customers": masters, "limits": limits, "ar": documents, "orders": orders,
    "payments": payments, "rates": rates,
}  # fmt: skip
_COUNTS: Final = (
    "rows_in", "rows_applied", "rows_unchanged", "rows_quarantined", "rows_closed",
)  # fmt: skip
# A sample of 20 times 300 rows tells many from few, in a fifth of the time.
_SETTINGS: Final = """SET LOCAL work_mem = '256MB'; SET LOCAL jit = off;
    SET LOCAL default_statistics_target = 20"""
_MANY: Final = 10_000  # rows, after which the planner should look anew
_STATES: Final = ("ar", "orders")  # a file states what is so, and undoes what was
_WITH_RATES: Final = ("ar", "orders")


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What a file did, or would do: counts of rows, and amounts by currency in minor units."""

    kind: str
    batch_id: uuid.UUID
    repeated: bool  # this very file was applied before, read as it is now: nothing changed
    rows_in: int
    rows_applied: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_closed: int = 0
    accounts_opened: int = 0
    lines_moved: int = 0
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    reasons: Mapping[str, int] = field(default_factory=dict)  # of quarantine, with counts
    remarks: tuple[str, ...] = ()  # on what was applied, and may not be meant
    extract_of: tuple[str, ...] = ()  # codes of the entities of which it was a full extract


@dataclass(frozen=True, kw_only=True)
class ImportRequest:
    """A file that was read, and how it is to be taken."""

    feed: FeedFile
    day: date  # the business day the file speaks of
    full_extract: bool = False  # what it lacks is closed
    extract_of: tuple[str, ...] = ()  # only of these entities; else of those of its rows
    confirmed: bool = False  # even if that is much
    again: bool = False  # apply the very same file once more, after others
    refreshes: bool = True  # tells how fresh the feed is; rows that were set aside do not


class _TakenBack(Exception):
    """Leave the transaction of a preview without writing."""


def import_feed(
    request: ImportRequest, *, by: Actor, at: datetime, preview: bool = False,
    tell: Tell = lambda *_: None,
) -> Imported:  # fmt: skip
    """Apply a file in one transaction; a preview takes everything back.

    Held orders that fit afterwards are let go, in transactions of their own.

    Raises:
        Refused: the actor may not import.
        NeedsConfirmation: a full extract would close unusually many rows.
        QuestionForUser: it is open of which entities it is a full extract.
        StateFault: a newer file was applied, and this one would undo what it said.
        MissingRate: a limit in another currency turns a line that cannot be converted.
    """
    with suppress(_TakenBack), working(by, "imports.apply", at=at) as work:
        result = apply_feed(work, request, tell)
        if preview:
            raise _TakenBack
    if result.lines_moved and not preview:
        follow_up(by=by, at=at)
    return result


def apply_feed(work: Work, request: ImportRequest, tell: Tell = lambda *_: None) -> Imported:
    """Apply a file within an action's transaction; an organisation's files follow one another.

    Raises what `import_feed` raises, but for the permission, which is the action's own.
    """
    lock_feeds(work)
    before = None if request.again else applied_before(request)
    if before is not None:
        confirm_feed(work, request, before)
        return Imported(kind=before.kind, batch_id=before.pk, repeated=True, rows_in=before.rows_in)
    return _imported(work, request, tell)


def _is_late(request: ImportRequest, entity_ids: Sequence[str]) -> bool:
    """Return whether the book knows the feed as of a later day than the file speaks of.

    Raises:
        StateFault: the file is a full extract, which would close what a newer one opened.
    """
    if request.feed.kind not in _STATES or not request.refreshes:
        return False
    newer = Feed.objects.filter(
        kind=request.feed.kind, as_of__gt=request.day, entity_id__in=entity_ids
    ).first()  # fmt: skip
    if newer is not None and request.full_extract:
        raise StateFault(
            f"the book knows {newer.kind} as of {newer.as_of}",
            where=f"{request.feed.report.file}, a full extract as of {request.day}",
            mend="import an extract of that day or later, or name its day with --as-of",
        )
    return newer is not None


def _imported(work: Work, request: ImportRequest, tell: Tell) -> Imported:
    work.run(_SETTINGS)
    kind, module = request.feed.kind, _KINDS[request.feed.kind]
    policy = policy_in_force()
    tell(STEPS[0], 0, 1)
    frame = with_faults(pl.DataFrame(pl.from_arrow(request.feed.table)))
    frame = module.check(without_overlong(frame))
    frame = _with_entities(work, frame, kind)
    extract = extract_of(work, request, frame)
    if kind == "orders":
        frame = orders.without_unknown_status(frame, policy)
    if kind == "limits":
        frame = with_groups(work, limits.dated(frame, request.day))
    if kind == "customers":
        frame = masters.without_cycles(work, masters.with_terms(frame, policy.terms))
    tell(STEPS[1], 0, 1)
    whole, opened = (frame, 0) if kind == "rates" else with_accounts(work, frame)
    whole, repeats = module.settle(whole)
    whole = _with_rates(work, whole, request, policy)
    tell(STEPS[2], 0, 1)
    load = _load(work, request, whole, policy, tuple(extract.values()))
    load = replace(load, late=_is_late(request, load.entity_ids))
    usable = whole.filter(pl.col("reason").is_null())
    outcome = module.apply(load, usable)
    if outcome.applied or outcome.moved:
        raise_utilisation(work, policy=policy, day=request.day)
    tell(STEPS[3], 0, 1)
    if outcome.applied > _MANY:
        refresh_statistics(work, module.TABLE, outcome.applied)
    bad = _refused(whole, outcome)
    result = _result(request, load, outcome, frame, bad, opened=opened, repeats=repeats)
    result = replace(result, extract_of=tuple(sorted(extract)))
    _record(load, request, result, bad)
    tell(STEPS[3], 1, 1)
    return result


def _with_entities(work: Work, frame: pl.DataFrame, kind: str) -> pl.DataFrame:
    """Return the rows with entity_id and entity_currency; rows of an unknown entity go aside."""
    if kind == "rates":
        return frame
    found = frame.join(entities(work), on="entity", how="left", maintain_order="left")
    reason = (
        pl.when(pl.col("entity") == "")
        .then(pl.lit("it names no legal entity: import the file with --entity CODE"))
        .otherwise("there is no legal entity '" + pl.col("entity") + "'")
    )
    needed = pl.col("scope").ne_missing(pl.lit("group")) if kind == "limits" else pl.lit(value=True)
    return set_aside(found, needed & pl.col("entity_id").is_null(), reason)


def _with_rates(
    work: Work, frame: pl.DataFrame, request: ImportRequest, policy: Policy
) -> pl.DataFrame:
    """Set aside what has no rate, and hand the rates of the rest to the statements."""
    if request.feed.kind not in _WITH_RATES:
        return frame
    known = rates_on(request.day, policy)

    def convertible(one: str, other: str) -> bool:
        try:
            known.factor(one, other)
        except MissingRate:
            return False
        return True

    frame, pairs = without_rate(frame, convertible)
    for one, other in pairs:
        most = AMOUNT_MINOR_MAX // rates.minor_factor(known, one, other)
        frame = without_larger(frame, _KINDS[request.feed.kind].CONVERTED, (one, other), most)
    rates.begin_factors(work)
    rates.add_factors(work, known, pairs)
    return frame


def _load(
    work: Work, request: ImportRequest, frame: pl.DataFrame, policy: Policy,
    extract_ids: tuple[str, ...],
) -> Load:  # fmt: skip
    ids = sorted({*_distinct(frame, "entity_id"), *extract_ids})
    return Load(
        work=work, batch_id=uuid.uuid4(), day=request.day, full_extract=request.full_extract,
        confirmed=request.confirmed, policy=policy, entity_ids=tuple(ids), extract_ids=extract_ids,
        kept_ids=_distinct(frame.filter(pl.col("reason").is_not_null()), "account_id"),
        homeless=_homeless(frame),
    )  # fmt: skip


def _homeless(frame: pl.DataFrame) -> int:
    """Return how many rows were set aside of which not even the customer or entity is known."""
    if "customer_no" not in frame.columns:
        return 0
    unknown = pl.col("customer_no").is_null() | pl.col("entity_id").is_null()
    return frame.filter(pl.col("reason").is_not_null() & unknown).height


def _distinct(frame: pl.DataFrame, column: str) -> tuple[str, ...]:
    if column not in frame.columns:
        return ()
    return tuple(frame[column].drop_nulls().unique().sort().to_list())


def _refused(frame: pl.DataFrame, outcome: Outcome) -> pl.DataFrame:
    """Return the rows that are set aside, those that the book refused among them."""
    for row, reason in outcome.refused.items():
        frame = set_aside(frame, pl.col("source_row") == row, reason)
    return frame.filter(pl.col("reason").is_not_null())


def _result(
    request: ImportRequest, load: Load, outcome: Outcome, frame: pl.DataFrame, bad: pl.DataFrame,
    *, opened: int, repeats: int,
) -> Imported:  # fmt: skip
    assert load.batch_id is not None, "an import is a batch"
    reasons = bad.group_by("reason").len().sort("len", descending=True).rows()
    return Imported(
        kind=request.feed.kind, batch_id=load.batch_id, repeated=False, rows_in=frame.height,
        rows_applied=outcome.applied, rows_unchanged=outcome.unchanged + repeats,
        rows_quarantined=bad.height, rows_closed=outcome.closed, accounts_opened=opened,
        lines_moved=outcome.moved, reasons=dict(reasons), remarks=outcome.remarks,
        totals=control_totals(
            frame, bad, _KINDS[request.feed.kind].TOTAL, sided=request.feed.kind == "ar"
        ),
    )  # fmt: skip


def _record(load: Load, request: ImportRequest, result: Imported, bad: pl.DataFrame) -> None:
    """Write the batch, the rows that were set aside, the feed's freshness and the audit event."""
    feed, work = request.feed, load.work
    counts = {name: getattr(result, name) for name in _COUNTS}
    batch = ImportBatch.objects.create(
        organisation_id=work.actor.organisation_id, id=load.batch_id, kind=feed.kind,
        entity_id=load.entity_ids[0] if len(load.entity_ids) == 1 else None,
        file_name=feed.report.file, sha256=feed.report.sha256, full_extract=request.full_extract,
        as_of=request.day, totals=result.totals, reading=reading_of(request),
        by_id=work.actor.user_id, at=work.at, **counts,
    )  # fmt: skip
    _quarantine(load, request, bad)
    for entity in (load.entity_ids or (None,)) if request.refreshes else ():
        Feed.objects.update_or_create(
            organisation_id=work.actor.organisation_id, kind=feed.kind, entity_id=entity,
            defaults={"as_of": request.day, "applied_at": work.at, "batch": batch},
        )  # fmt: skip
    after = {"file": feed.report.file, "sha256": feed.report.sha256, "kind": feed.kind,
             "as_of": request.day.isoformat(), "full_extract": request.full_extract,
             "extract_of": list(result.extract_of), "lines_moved": result.lines_moved,
             "accounts_opened": result.accounts_opened, "remarks": len(result.remarks),
             "totals": as_texts(result.totals), **counts}  # fmt: skip
    record(work, "FILE_IMPORTED", f"batch {load.batch_id}", after=after)


def _quarantine(load: Load, request: ImportRequest, bad: pl.DataFrame) -> None:
    if bad.is_empty():
        return
    cells = request.feed.raw(bad["source_row"].to_list())
    texts = [json.dumps(cells.get(row, {}), ensure_ascii=False) for row in bad["source_row"]]
    rows = bad.select(
        organisation_id=pl.lit(str(load.work.actor.organisation_id)),
        id=pl.Series([str(uuid.uuid4()) for _ in range(bad.height)]),
        batch_id=pl.lit(str(load.batch_id)), kind=pl.lit(request.feed.kind),
        source_row="source_row", reason="reason", state=pl.lit("open"),
        customer_no=(pl.col("customer_no").fill_null("").str.slice(0, 64)
                     if "customer_no" in bad.columns else pl.lit("")),
        cells=pl.Series(texts),
    )  # fmt: skip
    add_rows(load.work, "quarantined_row", rows)


__all__ = ["STEPS", "ImportRequest", "Imported", "StateFault", "apply_feed", "import_feed"]
