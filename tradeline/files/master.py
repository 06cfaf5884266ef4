"""The master: one row per account, as `engine.tables.MASTER` wants it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from tradeline.engine.tables import MASTER
from tradeline.files import amounts, cells, findings, labels
from tradeline.files.convert import Conversion, converted, day, hundredths, money, same, worded
from tradeline.files.countries import code_of
from tradeline.policy.schema import BUCKETS

if TYPE_CHECKING:
    import pyarrow as pa

    from tradeline.files.convert import Column

_EATEN: str = r"(?i)^\d(?:[.,]\d+)?E\+?\d+$"


def to_master(work: Conversion) -> pa.Table:
    """Return the table; findings are added to `work.notes`."""
    outstanding, ageing = _outstanding(work), _ageing(work)
    identity = work.identity
    tax_id = work.prepared.text("tax_id")
    columns: dict[str, pl.Series] = {
        **identity,
        "tax_id": tax_id,
        "country": _country(work, tax_id),
        "currency": same(work.functional, work.height),
        "risk_class": work.prepared.text("risk_class"),
        **_pair("credit_limit", money(work, "credit_limit"), "credit_limit_minor"),
        **_pair("outstanding", outstanding, "outstanding_minor"),
        **_pair("ageing_bucket", ageing, "ageing_bucket"),
        **_pair("dso_days", hundredths(work, "dso_days"), "dso_days_x100"),
        **_pair("track_record", hundredths(work, "track_record"), "track_record_x100"),
        **_pair("disputed", worded(work, "disputed", labels.disputed, pl.Boolean), "disputed"),
        **_days(work),
        **work.source(),
    }
    return _kept(work, pl.DataFrame(columns))


def _pair(field: str, column: Column, name: str) -> dict[str, pl.Series]:
    return {name: column[0], f"{field}_fault": column[1]}


def _days(work: Conversion) -> dict[str, pl.Series]:
    found: dict[str, pl.Series] = {}
    for name in ("last_payment_date", "onboarded_date", "last_increase_date"):
        found |= _pair(name, day(work, name), name)
    return found


def _kept(work: Conversion, frame: pl.DataFrame) -> pa.Table:
    note_eaten(work)
    nobody = (
        frame["customer_no"].is_null()
        & frame["customer_name"].is_null()
        & frame["tax_id"].is_null()
    )
    work.note(
        nobody, code="NO_IDENTITY", severity="QUARANTINE", field="customer_no",
        message="The row names no customer; it was left out. Give a number, a name or a tax id.",
    )  # fmt: skip
    if bool(nobody.any()):
        return findings.to_schema(frame.filter(~nobody), MASTER)
    ready = work.prepared.unchanged("customer_no", "customer_name", "tax_id")
    return findings.to_schema(frame, MASTER, ready)


def note_eaten(work: Conversion) -> None:
    """Note customer numbers that a spreadsheet turned into powers of ten, such as 1E+12."""
    for name in ("customer_no", "document_no", "payment_no"):
        if name in work.prepared.mapped.columns:
            work.note(
                work.prepared.text(name).str.contains(_EATEN).fill_null(value=False),
                code="EATEN_ID", severity="ERROR", field=name,
                message="A spreadsheet has turned this number into a power of ten; its digits are "
                "lost. Export the column as text.",
            )  # fmt: skip


def _country(work: Conversion, tax_id: pl.Series) -> pl.Series:
    if "country" not in work.prepared.mapped.columns:
        named = "tax_id" in work.prepared.mapped.columns and re.search(
            r"\bgst(?:in)?\b", work.prepared.header("tax_id").casefold()
        )
        if not named:
            return cells.nulls(work.height, pl.String)
        return same("IN", work.height).zip_with(
            tax_id.is_not_null(), cells.nulls(work.height, pl.String)
        )
    code, unknown = worded(work, "country", code_of, pl.String)
    work.note(
        unknown.is_not_null(), code="COUNTRY_UNKNOWN", severity="INFO", field="country",
        message="The country is not known by this name; give its ISO 3166 code, such as IN.",
    )  # fmt: skip
    return code


def _outstanding(work: Conversion) -> Column:
    if "outstanding" in work.prepared.mapped.columns or not work.prepared.mapped.buckets:
        return money(work, "outstanding")
    total = cells.nulls(work.height, pl.Int64)
    fault = cells.nulls(work.height, pl.String)
    for minor, bad, _ in _spread(work):
        total = (
            minor if total.null_count() == len(total) else total.fill_null(0) + minor.fill_null(0)
        )
        fault = fault.zip_with(fault.is_not_null(), bad)
    return total.set(fault.is_not_null(), None), fault


def _ageing(work: Conversion) -> Column:
    if "ageing_bucket" in work.prepared.mapped.columns or not work.prepared.mapped.buckets:
        return worded(work, "ageing_bucket", labels.bucket, pl.String)
    oldest = cells.nulls(work.height, pl.String)
    fault = cells.nulls(work.height, pl.String)
    spread = sorted(_spread(work), key=lambda each: BUCKETS.index(each[2]))
    for minor, bad, name in spread:
        oldest = same(name, work.height).zip_with((minor > 0).fill_null(value=False), oldest)
        fault = fault.zip_with(fault.is_not_null(), bad)
    return oldest.set(fault.is_not_null(), None), fault


def _spread(work: Conversion) -> list[tuple[pl.Series, pl.Series, str]]:
    """Return the amounts of each bucket column with the bucket it stands for."""
    found = []
    for index, name in work.prepared.mapped.buckets.items():
        read = amounts.read(work.prepared.frame[str(index)], work.prepared.decimal)
        minor, fault = converted(work, "credit_limit", read, index)
        found.append((minor, fault, name))
    return found
