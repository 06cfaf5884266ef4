"""The rows that were set aside and wait for someone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.models import Document, ImportBatch, OrderLine, QuarantinedRow

if TYPE_CHECKING:
    from datetime import date

    from tradeline.files.feeds import Feed


def waiting(
    *, kind: str | None = None, customer_no: str | None = None, count: int = 50
) -> list[QuarantinedRow]:
    """Return the acting organisation's open rows with their batches, the latest file first."""
    rows = QuarantinedRow.objects.filter(state="open").select_related("batch")
    if kind is not None:
        rows = rows.filter(kind=kind)
    if customer_no is not None:
        rows = rows.filter(customer_no=customer_no)
    return list(rows.order_by("-batch__at", "kind", "source_row")[:count])


def overtaken(feed: Feed, since: date) -> str | None:
    """Return a document or order of these rows that a file of a later day has told of, if any."""
    later = ImportBatch.objects.filter(kind=feed.kind, as_of__gt=since).values("id")
    number = {"ar": "document_no", "orders": "order_no"}.get(feed.kind)
    if number is None:
        return None
    rows = Document.objects if feed.kind == "ar" else OrderLine.objects
    for row in feed.table.select(["customer_no", number]).to_pylist():
        mine = {"account__customer_no": row["customer_no"], number: row[number]}
        if rows.filter(batch_id__in=later, **mine).exists():
            return f"{feed.kind} {row[number]} of {row['customer_no']}"
    return None
