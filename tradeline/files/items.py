"""Open items and payments, as `engine.tables.ITEMS` and `PAYMENTS` want them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tradeline.engine.tables import ITEMS, PAYMENTS
from tradeline.files import cells, findings, labels
from tradeline.files.convert import Conversion, day, money, same, worded
from tradeline.files.master import note_eaten

if TYPE_CHECKING:
    import pyarrow as pa

    from tradeline.files.convert import Column


def to_items(work: Conversion) -> pa.Table:
    """Return the table of documents; findings are added to `work.notes`."""
    amount, open_amount = _amounts(work)
    kind = worded(work, "kind", labels.document_kind, pl.String)
    faults = {"amount": amount[1], "open_amount": open_amount[1], "kind": kind[1]}
    dated = {name: day(work, name) for name in ("document_date", "due_date")}
    disputed = worded(work, "disputed", labels.disputed, pl.Boolean)
    faults |= {name: column[1] for name, column in dated.items()} | {"disputed": disputed[1]}
    minor, still_open, kinds = _signed(amount[0], open_amount[0], kind[0])
    frame = pl.DataFrame(
        {
            **work.identity,
            "document_no": work.prepared.text("document_no"),
            "kind": kinds,
            **{name: column[0] for name, column in dated.items()},
            "currency": same(work.functional, work.height),
            "amount_minor": minor,
            "open_minor": still_open,
            "disputed": disputed[0],
            "fault": joined(faults, work.height),
            **work.source(),
        }
    )
    kept = _kept(work, frame)
    whole = kept.height == work.height
    names = ("customer_no", "customer_name", "document_no")
    return findings.to_schema(kept, ITEMS, work.prepared.unchanged(*names) if whole else None)


def _amounts(work: Conversion) -> tuple[Column, Column]:
    """Return amount and open amount; either stands in for the other when its column is absent."""
    have = work.prepared.mapped.columns
    amount = money(work, "amount" if "amount" in have else "open_amount")
    open_amount = money(work, "open_amount" if "open_amount" in have else "amount")
    none = cells.nulls(work.height, pl.String)
    return amount, (
        open_amount if {"amount", "open_amount"} <= set(have) else (open_amount[0], none)
    )


def _signed(
    amount: pl.Series, still_open: pl.Series, kind: pl.Series
) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return positive amounts; a negative invoice, or one without a kind, is a credit note."""
    negative = ((amount < 0) | (amount.is_null() & (still_open < 0))).fill_null(value=False)
    unnamed = kind.is_null()
    debit = kind.is_in(["invoice", "debit_note", "interest"]).fill_null(value=False)
    kind = kind.fill_null("invoice")
    kind = pl.select(
        pl.when(negative & (unnamed | debit)).then(pl.lit("credit_note")).otherwise(kind)
    ).to_series()
    return amount.abs(), still_open.abs(), kind


def joined(faults: dict[str, pl.Series], height: int) -> pl.Series:
    """Return per row the fields that could not be read, as `due_date: 31/02/2026; ...`."""
    parts = [f"{name}: " + fault for name, fault in faults.items() if fault.null_count() < height]
    if not parts:
        return cells.nulls(height, pl.String)
    text = pl.select(pl.concat_str(parts, separator="; ", ignore_nulls=True)).to_series()
    return text.set(text == "", None)


def _kept(work: Conversion, frame: pl.DataFrame) -> pl.DataFrame:
    note_eaten(work)
    nobody = frame["customer_no"].is_null() & frame["customer_name"].is_null()
    work.note(
        nobody, code="NO_IDENTITY", severity="QUARANTINE", field="customer_no",
        message="The row names no customer; it was left out. Give a number or a name.",
    )  # fmt: skip
    return frame.filter(~nobody) if bool(nobody.any()) else frame


def to_payments(work: Conversion) -> pa.Table:
    """Return the table of payments; findings are added to `work.notes`."""
    paid, amount = day(work, "date"), money(work, "amount")
    kind = worded(work, "kind", labels.payment_kind, pl.String)
    frame = pl.DataFrame(
        {
            **work.identity,
            "payment_no": work.prepared.text("payment_no"),
            "date": paid[0],
            "currency": same(work.functional, work.height),
            "amount_minor": amount[0],
            "document_no": work.prepared.text("document_no"),
            "kind": kind[0].fill_null("payment"),
            "fault": joined({"date": paid[1], "amount": amount[1], "kind": kind[1]}, work.height),
            **work.source(),
        }
    )
    return findings.to_schema(_kept(work, frame), PAYMENTS)
