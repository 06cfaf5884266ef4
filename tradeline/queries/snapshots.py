"""The book as files that the review reads: master, documents, payments and rates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
from django.db import connection

from tradeline.errors import StateFault
from tradeline.models import Feed
from tradeline.money import exponent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

_MASTER: Final = """
    SELECT e.code AS entity, a.customer_no, nullif(a.name, '') AS customer_name,
        nullif(a.tax_id, '') AS tax_id, nullif(a.country, '') AS country, l.currency,
        l.limit_minor AS credit_limit
    FROM account a JOIN legal_entity e ON e.id = a.entity_id
    JOIN credit_line l ON l.account_id = a.id
    WHERE NOT a.intercompany ORDER BY 1, 2"""
_ITEMS: Final = """
    SELECT e.code AS entity, a.customer_no, d.document_no, d.kind, d.document_date, d.due_date,
        d.currency, d.amount_minor AS amount, d.open_minor AS open_amount, d.disputed,
        nullif(d.order_no, '') AS order_no
    FROM document d JOIN account a ON a.id = d.account_id JOIN legal_entity e ON e.id = a.entity_id
    WHERE NOT a.intercompany ORDER BY 1, 2, 3, 4"""
_PAYMENTS: Final = """
    SELECT e.code AS entity, a.customer_no, p.payment_no, p.date, p.currency,
        p.amount_minor AS amount, nullif(p.document_no, '') AS document_no, p.kind
    FROM payment p JOIN account a ON a.id = p.account_id JOIN legal_entity e ON e.id = a.entity_id
    WHERE NOT a.intercompany AND p.kind IN ('payment', 'returned', 'broken_promise')
    ORDER BY 1, 2, 3, 7"""
_RATES: Final = 'SELECT day AS date, base AS "from", quote AS "to", rate::text FROM fx_rate'
_FILES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "master": (_MASTER, ("credit_limit",)),
    "items": (_ITEMS, ("amount", "open_amount")),
    "payments": (_PAYMENTS, ("amount",)),
    "rates": (_RATES, ()),
}


def write_snapshot(folder: Path, *, as_of: date) -> list[Path]:
    """Write the acting organisation's book as CSV files, amounts as decimals; return the files.

    Raises:
        StateFault: the ledger in the book is of a later day; what was open before is not kept.
    """
    newest = Feed.objects.filter(kind="ar").order_by("-as_of").first()
    if newest is not None and newest.as_of > as_of:
        raise StateFault(
            f"the ledger in the book speaks of {newest.as_of}", where=f"--as-of {as_of}",
            mend=f"review as of {newest.as_of} or later",
        )  # fmt: skip
    return [path for name in _FILES if (path := _written(folder, name))]


def _written(folder: Path, name: str) -> Path | None:
    """Write one file, sorted so that equal books give equal bytes; nothing where it has no row."""
    sql, money = _FILES[name]
    with connection.cursor() as cursor, cursor.copy(
        f"COPY ({sql}) TO STDOUT (FORMAT csv, HEADER)"
    ) as copy:  # fmt: skip
        text = b"".join(bytes(part) for part in copy)
    frame = pl.read_csv(text, infer_schema=False)
    if frame.is_empty() and name != "master":
        return None
    path = folder / f"{name}.csv"
    codes = frame["currency"].drop_nulls().unique().to_list() if money else []
    frame.with_columns(_decimal(column, codes) for column in money).write_csv(path)
    return path


def _decimal(column: str, codes: Iterable[str]) -> pl.Expr:
    """Return minor units as decimal text in the digits of the row's currency, without floats."""
    text = pl.col(column)
    for digits in sorted({exponent(code) for code in codes} - {0}):
        padded = pl.col(column).str.pad_start(digits + 1, "0")
        decimal = padded.str.head(-digits) + "." + padded.str.tail(digits)
        mine = [code for code in codes if exponent(code) == digits]
        text = pl.when(pl.col("currency").is_in(mine)).then(decimal).otherwise(text)
    return text.alias(column)
