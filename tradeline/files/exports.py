"""Write the exposure list in the columns of another system, as CSV or XLSX.

Text that a spreadsheet could take for a formula gets a leading apostrophe in a CSV; in a workbook
it is written as text, which never becomes a formula.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import xlsxwriter

from tradeline.errors import ArgumentFault
from tradeline.files.export_schema import AMOUNTS, PERCENTS, Column, ExportProfile
from tradeline.files.results import guard_text
from tradeline.money import exponent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Value = str | Decimal | date | None

ROWS_MAX: Final = 1_048_575  # of a sheet, below its header


@dataclass(frozen=True, kw_only=True)
class ExportRow:
    """One account: values by field; amounts as decimals of its currency."""

    currency: str
    values: Mapping[str, Value]


def to_bytes(rows: Sequence[ExportRow], profile: ExportProfile, *, as_of: date) -> bytes:
    """Return the file's bytes; the same rows, profile and day give the same bytes.

    Raises:
        ArgumentFault: a text does not fit the encoding, or the rows do not fit a sheet.
    """
    if profile.format == "xlsx":
        return _workbook(rows, profile, as_of)
    return _text(rows, profile)


def _text(rows: Sequence[ExportRow], profile: ExportProfile) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=profile.delimiter, lineterminator="\r\n")
    writer.writerow([column.header for column in profile.columns])
    columns = [_cells(rows, column, profile) for column in profile.columns]
    writer.writerows(zip(*columns, strict=True))
    try:
        return out.getvalue().encode(profile.encoding)
    except UnicodeEncodeError as error:
        raise ArgumentFault(
            f"the text '{error.object[max(0, error.start - 20) : error.end]}' cannot be written "
            f"as {profile.encoding}",
            where=f"profile {profile.name}",
            mend="say --format xlsx, or copy the profile and set its encoding to utf-8",
        ) from error


def _cells(rows: Sequence[ExportRow], column: Column, profile: ExportProfile) -> list[str]:
    """Return a column as texts, neutralised where the field is a text."""
    if column.field in AMOUNTS or column.field in PERCENTS:
        return [_number(row, column).replace(".", profile.decimal_mark) for row in rows]
    values = [row.values[column.field] for row in rows]
    if column.field == "as_of":
        return [f"{day:{profile.date_format}}" if isinstance(day, date) else "" for day in values]
    plain = pa.array([str(value or "") for value in values], pa.string())
    return [str(text) for text in guard_text(plain).to_pylist()]


def _number(row: ExportRow, column: Column) -> str:
    value = _rounded(row, column)
    return "" if value is None else format(value, "f")


def _rounded(row: ExportRow, column: Column) -> Decimal | None:
    """Return a number with the digits the column asks for, else with its own."""
    value = row.values[column.field]
    if not isinstance(value, Decimal) or column.digits is None:
        return value if isinstance(value, Decimal) else None
    return value.quantize(Decimal(1).scaleb(-column.digits), rounding=ROUND_HALF_UP)


def _workbook(rows: Sequence[ExportRow], profile: ExportProfile, as_of: date) -> bytes:
    if len(rows) > ROWS_MAX:
        raise ArgumentFault(
            f"{len(rows):,} rows do not fit a sheet", mend="say --format csv"
        )  # fmt: skip
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    book = xlsxwriter.Workbook(out, options)
    midnight = datetime.combine(as_of, time(), UTC)
    book.set_properties({"title": f"Exposure as of {as_of}", "created": midnight})
    sheet = book.add_worksheet("Exposure")
    bold = book.add_format({"bold": True})
    for place, column in enumerate(profile.columns):
        sheet.write_string(0, place, column.header, bold)
        _write_column(book, sheet, place, column, rows)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(profile.columns) - 1)
    sheet.set_column(0, len(profile.columns) - 1, 18)
    book.close()
    return out.getvalue()


def _write_column(
    book: xlsxwriter.Workbook, sheet: xlsxwriter.worksheet.Worksheet, place: int, column: Column,
    rows: Sequence[ExportRow],
) -> None:  # fmt: skip
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    places = ["", *("." + "0" * digits for digits in range(1, 5))]
    formats = [book.add_format({"num_format": f"#,##0{each}"}) for each in places]
    for at, row in enumerate(rows, start=1):
        value = row.values[column.field]
        if isinstance(value, Decimal):
            number = _rounded(row, column)
            assert number is not None
            digits = _digits(row, column)
            sheet.write_number(at, place, float(number), formats[digits])
        elif isinstance(value, date):
            sheet.write_datetime(at, place, value, day)
        elif value is not None:
            sheet.write_string(at, place, value)


def _digits(row: ExportRow, column: Column) -> int:
    if column.digits is not None:
        return column.digits
    return exponent(row.currency) if column.field in AMOUNTS else 2
