"""Tell a file that was applied before, and read in the same way, from one that is news."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from tradeline.actions.audit import record
from tradeline.models import Feed, ImportBatch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradeline.actions.acting import Work
    from tradeline.actions.imports import ImportRequest

_TOLD: Final = ("entity", "currency")
_TAX: Final = ("tax_included", "tax_rate")  # says something of orders alone
_FOUND: Final = (
    "sheet", "header_row", "encoding", "delimiter", "decimal", "date_order", "unit",
)  # fmt: skip


def reading_of(request: ImportRequest) -> dict[str, Any]:
    """Return how the file was read, as its batch keeps it."""
    feed = request.feed
    return asdict(feed.report) | {
        "asked": asdict(feed.asked), "extract_of": sorted(request.extract_of)
    }  # fmt: skip


def applied_before(request: ImportRequest) -> ImportBatch | None:
    """Return the batch that this very file made when it was read as it is now."""
    feed, way = request.feed, _way(reading_of(request))
    same = ImportBatch.objects.filter(
        kind=feed.kind, sha256=feed.report.sha256, full_extract=request.full_extract
    ).order_by("-as_of")  # fmt: skip
    return next((batch for batch in same if _way(batch.reading) == way), None)


def _way(reading: Mapping[str, Any]) -> dict[str, Any]:
    """Return what decides which rows come out of a file's bytes, and what they mean.

    What was told and what was found without being told count alike: a decimal mark that was named
    and is the one that would have been found makes no other import.
    """
    asked = reading.get("asked", {})
    told = (*_TOLD, *_TAX) if reading.get("role") == "orders" else _TOLD
    return {
        **{name: asked.get(name) for name in told},
        **{name: reading.get(name) for name in _FOUND},
        "fields": {match["header"]: match["field"] for match in reading.get("matches", ())},
        "extract_of": reading.get("extract_of", []),
    }


def confirm_feed(work: Work, request: ImportRequest, batch: ImportBatch) -> None:
    """Note that the newest file of a feed still holds on a later day; nothing else changes."""
    confirmed = Feed.objects.filter(batch=batch, as_of__lt=request.day)
    if confirmed.update(as_of=request.day):
        after = {"file": request.feed.report.file, "as_of": request.day.isoformat()}
        record(work, "FEED_CONFIRMED", f"batch {batch.pk}", after=after)
