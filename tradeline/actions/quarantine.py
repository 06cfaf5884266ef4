"""Settle the rows that were set aside: mend them, drop them, or apply them again as they are.

A row is read again by the reader of its file, with what that reader was told and found, and is
applied as a batch of its own in the transaction that marks it.
"""

from __future__ import annotations

import csv
import hashlib
import tempfile
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from django.db import transaction

from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.audit import record
from tradeline.actions.holds import follow_up
from tradeline.actions.imports import Imported, ImportRequest, apply_feed
from tradeline.errors import ArgumentFault, NotFound, StateFault
from tradeline.files.feed_raw import WHOLE_ROW
from tradeline.files.feeds import ReadOptions, Source, read_feed
from tradeline.models import ImportBatch, QuarantinedRow
from tradeline.queries.quarantine import overtaken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from tradeline.files.feeds import Feed, FeedKind

PERMISSION: Final = "quarantine.settle"
_NAME_MAX: Final = 200


@dataclass(frozen=True, kw_only=True)
class Retried:
    """What became of the open rows of a kind."""

    mended: int
    left: int  # still cannot be used
    batches: tuple[Imported, ...]


def mend_row(
    *, row_id: UUID, cells: Mapping[str, str], day: date, by: Actor, at: datetime
) -> Imported:
    """Apply a row with these cells in place of its own, header by header, as of a day.

    Raises:
        Refused: the actor may not settle rows.
        NotFound: there is no such row.
        StateFault: the row was settled before, or still cannot be used.
        ArgumentFault: the file has no such column.
    """
    with working(by, PERMISSION, at=at):
        row = _found(row_id)
    mended = _mended(row, cells)
    feed = _read(row.batch, [row], [mended])
    with working(by, PERMISSION, at=at) as work:
        _open_row(row_id)
        result = _applied(work, feed, day, row.batch.as_of)
        if result.rows_quarantined or not result.rows_in:
            raise StateFault(
                f"the row still cannot be used: {next(iter(result.reasons), 'it reads as no row')}",
                where=f"{row.batch.file_name}, row {row.source_row}", mend="mend its cells further",
            )  # fmt: skip
        _settle(work, [row], "mended")
        record(work, "ROW_MENDED", f"quarantined row {row_id}", before=row.cells, after=mended,
               reason=row.reason)  # fmt: skip
    follow_up(by=by, at=at)
    return result


def drop_row(*, row_id: UUID, reason: str, by: Actor, at: datetime) -> None:
    """Put a row aside for good: it is no row of the book.

    Raises:
        Refused: the actor may not settle rows.
        NotFound: there is no such row.
        StateFault: the row was settled before.
        ArgumentFault: no reason is given.
    """
    if not reason.strip():
        raise ArgumentFault("a row is dropped for a reason", mend="say why it is no row")
    with working(by, PERMISSION, at=at) as work:
        row = _open_row(row_id)
        _settle(work, [row], "dropped")
        record(work, "ROW_DROPPED", f"quarantined row {row_id}", before=row.cells,
               after={"state": "dropped"}, reason=reason)  # fmt: skip


def retry_rows(*, kind: str, day: date, by: Actor, at: datetime) -> Retried:
    """Apply the open rows of a kind again as they are; each file's rows in a transaction.

    Rows that still cannot be used stay open as they were.

    Raises:
        Refused: the actor may not settle rows.
    """
    with working(by, PERMISSION, at=at):
        waiting = QuarantinedRow.objects.filter(kind=kind, state="open").select_related("batch")
        rows = list(waiting.order_by("batch__at", "batch_id", "source_row"))
    done = [_retry(by, at, batch, [row for row in rows if row.batch_id == batch.pk], day)
            for batch in {row.batch_id: row.batch for row in rows}.values()]  # fmt: skip
    mended = sum(count for count, _ in done)
    follow_up(by=by, at=at)
    batches = tuple(result for _, result in done if result is not None)
    return Retried(mended=mended, left=len(rows) - mended, batches=batches)


def _retry(
    by: Actor, at: datetime, batch: ImportBatch, rows: Sequence[QuarantinedRow], day: date
) -> tuple[int, Imported | None]:
    """Apply what can be used by now of one file's rows; return how many, and the new batch."""
    before = len(rows) + 1
    while 0 < len(rows) < before:  # each time fewer, for what cannot be used is left out
        before = len(rows)
        feed = _read(batch, rows, [row.cells for row in rows])
        with working(by, PERMISSION, at=at) as work:
            rows = _still_open(rows)
            trial = transaction.savepoint()
            result = _applied(work, feed, day, batch.as_of) if len(rows) == feed.rows_in else None
            bad = _bad_places(result, feed) if result else set()
            if result and not bad:
                _settle(work, rows, "mended")
                record(work, "ROWS_RETRIED", f"batch {batch.pk}",
                       after={"rows": len(rows), "batch": str(result.batch_id)})  # fmt: skip
                return len(rows), result
            transaction.savepoint_rollback(trial)
        rows = [row for place, row in enumerate(rows) if place not in bad]
    return 0, None


def _bad_places(result: Imported, feed: Feed) -> set[int]:
    """Return the places, from 0, of the rows that were set aside again or are read as no rows."""
    first = feed.report.header_row + 1
    aside = QuarantinedRow.objects.filter(batch_id=result.batch_id)
    places = set(aside.values_list("source_row", flat=True)) if result.rows_quarantined else set()
    return {row - first for row in places | set(feed.left_out["source_row"].to_pylist())}


def _found(row_id: UUID) -> QuarantinedRow:
    row = QuarantinedRow.objects.select_related("batch").filter(pk=row_id).first()
    if row is None:
        raise NotFound("there is no such row", where=str(row_id),
                       mend="see `tradeline quarantine list`")  # fmt: skip
    return row


def _open_row(row_id: UUID) -> QuarantinedRow:
    """Return the row, locked; raises NotFound or StateFault."""
    row = QuarantinedRow.objects.select_for_update().filter(pk=row_id).first()
    if row is None:
        return _found(row_id)
    if row.state != "open":
        raise StateFault(f"the row was {row.state} before", where=str(row_id),
                         mend="see `tradeline quarantine list`")  # fmt: skip
    return row


def _still_open(rows: Sequence[QuarantinedRow]) -> list[QuarantinedRow]:
    chosen = QuarantinedRow.objects.select_for_update().filter(
        pk__in=[row.pk for row in rows], state="open"
    )
    return list(chosen.order_by("source_row"))


def _mended(row: QuarantinedRow, cells: Mapping[str, str]) -> dict[str, str]:
    headers = row.batch.reading["asked"]["headers"]
    unknown = sorted(set(cells) - set(headers))
    if unknown:
        raise ArgumentFault(
            f"the file has no column '{unknown[0]}'", where=row.batch.file_name,
            mend=f"its columns are {', '.join(headers)}",
        )  # fmt: skip
    return {**{name: text for name, text in row.cells.items() if name != WHOLE_ROW}, **cells}


def _read(
    batch: ImportBatch, rows: Sequence[QuarantinedRow], cells: Sequence[Mapping[str, str]]
) -> Feed:
    """Read the rows again as a file of their own, under the headers of theirs."""
    reading, asked = batch.reading, batch.reading["asked"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        _write(path, asked, cells)
        feed = read_feed(
            Source(path=path), cast("FeedKind", batch.kind), _options(reading),
            entity=asked["entity"], tax_included=asked["tax_included"],
            tax_rate=None if asked["tax_rate"] is None else Decimal(asked["tax_rate"]),
        )  # fmt: skip
    name = f"{batch.file_name[:_NAME_MAX]}, {len(rows)} set aside"
    digest = hashlib.sha256(feed.report.sha256.encode())
    for row in rows:  # a row is settled once, so that no two such files are the same
        digest.update(row.pk.bytes)
    return replace(feed, report=replace(feed.report, file=name, sha256=digest.hexdigest()))


def _write(path: Path, asked: Mapping[str, Any], cells: Sequence[Mapping[str, str]]) -> None:
    headers = asked["headers"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([line] for line in asked["banner"])
        writer.writerow(headers)
        writer.writerows([row.get(name, "") for name in headers] for row in cells)


def _options(reading: Mapping[str, Any]) -> ReadOptions:
    asked = reading["asked"]
    return ReadOptions(
        currency=asked["currency"], date_order=reading["date_order"], decimal=reading["decimal"],
        unit=asked.get("unit"), encoding="utf-8", delimiter=",",
        header_row=len(asked["banner"]) + 1,
        mapping={match["header"]: match["field"] for match in reading["matches"]},
    )  # fmt: skip


def _applied(work: Work, feed: Feed, day: date, since: date) -> Imported:
    """Apply the rows, which must not undo what a newer file has said since.

    Raises:
        StateFault: a later file of the feed knows one of the documents or order lines.
    """
    if newer := overtaken(feed, since):
        raise StateFault(
            f"a newer file knows {newer}", where=feed.report.file,
            mend="drop the row, or mend it where the newer file has it",
        )  # fmt: skip
    return apply_feed(work, ImportRequest(feed=feed, day=day, refreshes=False))


def _settle(work: Work, rows: Sequence[QuarantinedRow], state: str) -> None:
    QuarantinedRow.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=state, settled_at=work.at, settled_by=work.actor.user_id
    )
