"""The rows that were set aside and wait for someone."""

from __future__ import annotations

from tradeline.models import QuarantinedRow


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
