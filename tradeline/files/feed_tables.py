"""The canonical imports: the tables in which a feed enters the book, with types and units.

Amounts are integers in minor units of the row's own currency (`*_minor`); nothing is converted.
Dates are dates. A field that could not be read is null and named in `fault`; a row with a fault
must not be applied. A blank optional field is null with no fault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradeline.files.synonyms import FeedKind

_ROW: Final = {
    "fault": pa.string(),  # fields that cannot be used, `due_date: 31/02/2026; ...`; null when fine
    "source_row": pa.int64(),  # as the user counts: 1 is the first line
}

CUSTOMERS: Final = pa.schema(
    {
        "customer_no": pa.string(),  # as written, leading zeros kept
        "customer_name": pa.string(),
        "parent_no": pa.string(),  # customer number of the parent; null: none
        "segment": pa.string(),
        "tier": pa.string(),
        "industry": pa.string(),
        "tax_id": pa.string(),  # as read; its check is made elsewhere
        "country": pa.string(),  # ISO 3166 alpha-2
        "intercompany": pa.bool_(),  # null: not stated
        "terms": pa.string(),  # terms of payment as they stand: `30 days net`
        "entity": pa.string(),  # never null
        "aliases": pa.string(),  # other names, as they stand
        **_ROW,
    }
)

LIMITS: Final = pa.schema(
    {
        "customer_no": pa.string(),
        "entity": pa.string(),  # blank for a group's limit
        "currency": pa.string(),  # ISO 4217
        "limit_minor": pa.int64(),  # 0 is cash only; blank is a fault, never 0
        "valid_from": pa.date32(),  # first day; null: not stated
        "valid_to": pa.date32(),  # last day; null: open
        "kind": pa.string(),  # base, temporary; base where the file states none
        "scope": pa.string(),  # account, or group: of all customers below this number; null: none
        **_ROW,
    }
)

AR: Final = pa.schema(
    {
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "entity": pa.string(),
        "document_no": pa.string(),
        "kind": pa.string(),  # invoice, debit_note, interest, credit_note, cash, deposit
        "document_date": pa.date32(),
        "due_date": pa.date32(),
        "currency": pa.string(),
        "amount_minor": pa.int64(),  # positive for every kind; credits count by their kind
        "open_minor": pa.int64(),  # positive
        "disputed": pa.bool_(),
        "order_no": pa.string(),
        "terms": pa.string(),
        **_ROW,
    }
)

ORDERS: Final = pa.schema(
    {
        "customer_no": pa.string(),
        "entity": pa.string(),
        "order_no": pa.string(),
        "line_no": pa.string(),
        "status": pa.string(),  # the file's own word, trimmed
        "currency": pa.string(),
        "ordered_minor": pa.int64(),  # this and the next three: tax included
        "shipped_minor": pa.int64(),  # null throughout where the file has no such column
        "invoiced_minor": pa.int64(),  # the same
        "cancelled_minor": pa.int64(),  # 0 where the file states none
        "ship_date": pa.date32(),
        "order_date": pa.date32(),
        **_ROW,
    }
)

PAYMENTS: Final = pa.schema(
    {
        "customer_no": pa.string(),
        "entity": pa.string(),
        "payment_no": pa.string(),
        "date": pa.date32(),
        "currency": pa.string(),
        "amount_minor": pa.int64(),  # positive; the kind says which way it goes
        "document_no": pa.string(),  # the document it settles; null: on account
        "kind": pa.string(),  # payment, returned, broken_promise, write_off, refund
        **_ROW,
    }
)

RATES: Final = pa.schema(
    {
        "date": pa.date32(),
        "from": pa.string(),  # ISO 4217
        "to": pa.string(),
        "rate": pa.string(),  # exact decimal, units of `to` for one unit of `from`; above 0
        **_ROW,
    }
)

FEEDS: Final[Mapping[FeedKind, pa.Schema]] = {
    "customers": CUSTOMERS, "limits": LIMITS, "ar": AR, "orders": ORDERS, "payments": PAYMENTS,
    "rates": RATES,
}  # fmt: skip

LEFT_OUT: Final = pa.schema(
    {
        "source_row": pa.int64(),
        "reason": pa.string(),  # blank, total, section (a row that only names a customer or an age)
    }
)

HEADERS: Final[Mapping[FeedKind, tuple[str, ...]]] = {
    "customers": (
        "customer_no", "name", "parent_no", "segment", "tier", "tax_id", "country", "intercompany",
    ),
    "limits": (
        "customer_no", "entity", "currency", "limit", "valid_from", "valid_to", "kind", "scope",
    ),
    "ar": (
        "customer_no", "document_no", "kind", "document_date", "due_date", "currency", "amount",
        "open_amount", "disputed", "order_no",
    ),
    "orders": (
        "customer_no", "order_no", "line_no", "status", "currency", "ordered_amount",
        "shipped_amount", "invoiced_amount", "ship_date",
    ),
    "payments": (
        "customer_no", "payment_no", "date", "currency", "amount", "document_no", "kind",
    ),
    "rates": ("date", "from", "to", "rate"),
}  # fmt: skip
"""The header of the public contract for each kind: it needs no mapping and raises no question."""
