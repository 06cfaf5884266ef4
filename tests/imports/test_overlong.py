"""A number that no column can hold sets its row aside; the rest of the file comes in."""

from __future__ import annotations

import pytest
from kit import HEADERS, taken, written

LONG = "X" * 65
ROWS = {
    "customers": {"customer_no": "C1", "name": "One"},
    "limits": {"customer_no": "C1", "entity": "IN01", "currency": "INR", "limit": "1"},
    "ar": {"customer_no": "C1", "document_no": "D1", "due_date": "2026-06-08", "amount": "1",
           "open_amount": "1"},
    "orders": {"customer_no": "C1", "order_no": "S1", "line_no": "1", "status": "confirmed",
               "ordered_amount": "1", "shipped_amount": "0", "invoiced_amount": "0"},
    "payments": {"customer_no": "C1", "payment_no": "P1", "date": "2026-06-20", "amount": "1"},
}  # fmt: skip
COLUMNS = [
    *((kind, "customer_no") for kind in ROWS),
    *(("customers", name) for name in ("parent_no", "segment", "tier", "tax_id")),
    ("ar", "document_no"), ("ar", "order_no"), ("orders", "order_no"), ("orders", "line_no"),
    ("payments", "payment_no"), ("payments", "document_no"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "column"), COLUMNS)
def test_an_overlong_number_is_set_aside(by, tmp_path, kind, column):
    """One character too many: that row waits with its reason, the others are applied."""
    row = ROWS[kind]
    rows = [row, {**row, "customer_no": "C2", column: LONG[1:]},
            {**row, "customer_no": "C3", column: LONG}]  # fmt: skip
    path = written(tmp_path, kind, [[row.get(name, "") for name in HEADERS[kind]] for row in rows])
    done = taken(by, path, kind)
    assert done.reasons == {f"{column} has more than 64 characters": 1}
    assert done.rows_in == 3


def test_an_overlong_name_is_cut(by, tmp_path):
    """A name tells nothing apart; what does not fit is left out."""
    row = {"customer_no": "C1", "name": "N" * 500}
    path = written(tmp_path, "customers", [[row.get(name, "") for name in HEADERS["customers"]]])
    assert not taken(by, path, "customers").rows_quarantined
