"""Read dates: real ones as they are, texts in an order told by the column or by the user.

Source: METHODS 4.7 (ISO and spreadsheet serials are accepted, `03/04/2026` needs a declared
order). Serials count days from 1899-12-30, as spreadsheets with the 1900 system do.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.errors import Place, QuestionForUser
from tradeline.files import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tradeline.files.records import DateOrder

_EPOCH: Final = date(1899, 12, 30)
_SERIALS: Final = (18264, 73050)  # 1950-01-01 to 2099-12-31
_CLOCK: Final = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:[ap]m|Z|[+-]\d{2}:?\d{2})?)?"
_ISO: Final = re.compile(rf"^(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){_CLOCK}$", re.IGNORECASE)
_COMPACT: Final = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})$")
_PARTS: Final = re.compile(
    rf"^(\d{{1,2}})([-/. ])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){_CLOCK}$", re.IGNORECASE
)
_NAMED: Final = re.compile(r"^(\d{1,2})[-/. ]?([a-z]{3,9})\.?[-/., ]*(\d{4}|\d{2})$")
_NAMED_FIRST: Final = re.compile(
    r"^([a-z]{3,9})\.?[- ](\d{1,2})(?:st|nd|rd|th)?,?[- ](\d{4}|\d{2})$"
)
_JSON: Final = re.compile(r"^/date\((\d{10,14})(?:[+-]\d{4})?\)/$")
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        ("january", "february", "march", "april", "may", "june", "july", "august",
         "september", "october", "november", "december"), 1)
    for name in (names, names[:3], *(("sept",) if names == "september" else ()))
}  # fmt: skip


def order_of(texts: Iterable[str]) -> set[DateOrder] | None:
    """Return the orders that fit every `d/m/y`-like text: both when open, None without such."""
    fits: set[DateOrder] = {"dmy", "mdy"}
    seen = False
    for text in texts:
        found = _PARTS.match(text)
        if not found:
            continue
        first, second = int(found[1]), int(found[3])
        if min(first, second) < 1 or min(first, second) > 12 or max(first, second) > 31:
            continue  # a date in neither order
        seen = True
        if first > 12 >= second:
            fits.discard("mdy")
        elif second > 12 >= first:
            fits.discard("dmy")
    return fits if seen else None


def ask_order(*, file: str, column: str, example: str, contradictory: bool) -> QuestionForUser:
    """Return the question for a column that allows two orders, or in parts each."""
    why = "holds dates in both orders" if contradictory else "can be day-month or month-day"
    return QuestionForUser(
        f"A date column {why}: {example}.",
        where=Place(file=file, column=column),
        mend="Answer with --date-order dmy or --date-order mdy.",
    )


def settled(fits: Sequence[tuple[set[DateOrder], str, str]], file: str) -> DateOrder | None:
    """Return the one order that fits every column of dates, None when none needs one.

    Of each column: the orders that fit, its header, and a date that needs one.

    Raises:
        QuestionForUser: several fit, or none fits all.
    """
    if not fits:
        return None
    common = set.intersection(*(fit for fit, _, _ in fits))
    if len(common) == 1:
        return common.pop()
    _, header, example = fits[0]
    raise ask_order(file=file, column=header, example=example, contradictory=not common)


def read_text(text: str, order: DateOrder | None) -> date | None:  # noqa: PLR0911  one per form
    """Return the date a text names, or None."""
    text = text.strip().casefold()
    if found := _ISO.match(text):
        return _made(int(found[1]), int(found[3]), int(found[4]))
    if found := _COMPACT.match(text):
        return _made(int(found[1]), int(found[2]), int(found[3]))
    if found := _PARTS.match(text):
        return _of_parts(int(found[1]), int(found[3]), found[4], order)
    if found := _NAMED.match(text):
        return _made(_year(found[3]), _MONTHS.get(found[2], 0), int(found[1]))
    if found := _NAMED_FIRST.match(text):
        return _made(_year(found[3]), _MONTHS.get(found[1], 0), int(found[2]))
    if found := _JSON.match(text):
        return datetime.fromtimestamp(int(found[1]) / 1000, tz=UTC).date()
    return _serial(text)


def _of_parts(first: int, second: int, last: str, order: DateOrder | None) -> date | None:
    if order == "mdy":
        return _made(_year(last), first, second)
    if order == "ymd":
        return _made(2000 + first, second, int(last)) if len(last) == 2 else None
    return _made(_year(last), second, first)


def _serial(text: str) -> date | None:
    if not re.fullmatch(r"\d{5}(?:\.\d+)?", text):
        return None
    days = int(text[:5])
    return _EPOCH + timedelta(days=days) if _SERIALS[0] <= days <= _SERIALS[1] else None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read(column: pl.Series, order: DateOrder | None) -> tuple[pl.Series, pl.Series]:
    """Return the dates and, where a text is none, that text."""
    if column.dtype == pl.Date:
        return column, cells.nulls(len(column), pl.String)
    if isinstance(column.dtype, pl.Datetime):
        return column.dt.date(), cells.nulls(len(column), pl.String)
    return cells.by_distinct(column, lambda text: read_text(text, order), pl.Date)
