"""Read amounts and plain numbers: grouping, signs, Dr and Cr; then into minor units, exactly.

Most cells go through whole-column steps; what those do not understand is read once per distinct
text. A text with more digits than its currency has is a fault, except digits that only binary
floats leave behind; a spreadsheet's number is rounded half-up (`money.round_half_up`).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.files import cells
from tradeline.files.currencies import code_of
from tradeline.money import AMOUNT_MINOR_MAX, round_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN: Final = r"^-?\d+(?:\.\d+)?$"
_GROUPED: Final = {
    ".": r"^-?\d{1,3}(?:,\d{2,3})*,\d{3}(?:\.\d+)?$",
    ",": r"^-?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?$",
}
_BODY: Final = {
    ".": re.compile(r"(?:\d{1,3}(?:(?P<g>[, '])\d{2,3})*(?:[, ']\d{3})|\d+)?(?:\.\d*)?"),
    ",": re.compile(r"(?:\d{1,3}(?:(?P<g>[. '])\d{2,3})*(?:[. ']\d{3})|\d+)?(?:,\d*)?"),
}
_SIGNS: Final = str.maketrans(
    {"\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2019": "'", "\u02bc": "'", "`": "'"}
)
_SIDE: Final = re.compile(r"^(.*?)\s*\(?\b(dr|cr)\b\.?\)?$|^(dr|cr)\b\.?\s*(.*)$", re.IGNORECASE)
_CURRENCY: Final = re.compile(
    r"^(-?)\s*([A-Za-z]{1,3}\.?\$?|[^\w\s\d.,'()+-]{1,2}|[A-Z]{1,2}[$£€¥])\s*(?=[-(\d.,])"
)
_CURRENCY_END: Final = re.compile(r"(?<=[\d.,)])\s*([A-Za-z]{2,3}\.?|[^\w\s\d.,'()+-]{1,2})$")


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """A column of numbers: decimal texts or native numbers, faults, and currencies named."""

    value: pl.Series  # String of the form -123.45, or a numeric dtype
    fault: pl.Series
    currency: pl.Series | None = None


def marks(texts: Iterable[str]) -> set[str]:
    """Return which decimal marks the texts prove: `.`, `,`, and `?` for those that allow both."""
    found: set[str] = set()
    for text in texts:
        body = re.sub(r"[^\d.,]", "", text).strip(".,")
        points, commas = body.count("."), body.count(",")
        if points and commas:
            found.add("." if body.rfind(".") > body.rfind(",") else ",")
        elif points > 1 or commas > 1:
            found.add("," if points else ".")
        elif points or commas:
            found.add(_single(body, "." if points else ","))
    return found


def _single(body: str, mark: str) -> str:
    before, after = body.split(mark)
    if len(after) != 3 or len(before) > 3 or not before or before.startswith("0"):
        return mark
    return "?" + mark


def read_one(text: str, mark: str) -> tuple[str | None, str | None]:
    """Return the number as a decimal text, and the currency named beside it."""
    text = unicodedata.normalize("NFKC", text).translate(_SIGNS).strip().removesuffix("/-")
    text, side = _without_side(text)
    negative = False
    if text.startswith("(") and text.endswith(")"):
        text, negative = text[1:-1].strip(), True
    text, currency = _without_currency(text)
    if text.startswith("(") and text.endswith(")") and not negative:
        text, negative = text[1:-1].strip(), True
    text, signs = _without_sign(text)
    if signs + negative + (side is not None) > 1 and not (side == "dr" and signs + negative == 0):
        return None, currency
    number = _body(text, mark)
    minus = negative or bool(signs) or side == "cr"
    return (f"-{number}" if minus and number else number), currency


def _without_side(text: str) -> tuple[str, str | None]:
    found = _SIDE.match(text)
    if not found:
        return text, None
    rest = found[1] if found[2] else found[4]
    return rest.strip(), (found[2] or found[3]).lower()


def _without_currency(text: str) -> tuple[str, str | None]:
    for pattern, group in ((_CURRENCY, 2), (_CURRENCY_END, 1)):
        found = pattern.search(text)
        if found and (code := code_of(found[group])):
            kept = (found[1] if group == 2 else "") + text[: found.start()] + text[found.end() :]
            return kept.strip(), code
    return text, None


def _without_sign(text: str) -> tuple[str, int]:
    if text.startswith("+"):
        return text[1:].strip(), 0
    if text.startswith("-"):
        return text[1:].strip(), 1
    return (text[:-1].strip(), 1) if text.endswith("-") else (text, 0)


def _body(text: str, mark: str) -> str | None:
    found = _BODY[mark].fullmatch(text)
    if not found or not any(char.isdigit() for char in text):
        return None
    if len({char for char in text if char in " ',." and char != mark}) > 1:
        return None
    digits = re.sub(r"[^\d" + re.escape(mark) + "]", "", text).replace(mark, ".")
    return digits.rstrip(".") if not digits.startswith(".") else "0" + digits


def read(column: pl.Series, mark: str) -> Numbers:
    """Return the numbers of a column; numeric columns pass through as they are."""
    if column.dtype.is_numeric():
        return Numbers(value=column, fault=_not_finite(column))
    if column.dtype != pl.String:
        texts = cells.text(column)
        return Numbers(value=cells.nulls(len(column), pl.String), fault=texts)
    return _read_texts(cells.text(column), mark)


def _not_finite(column: pl.Series) -> pl.Series:
    if not column.dtype.is_float() or bool(column.is_finite().all()):
        return cells.nulls(len(column), pl.String)
    return column.cast(pl.String).zip_with(~column.is_finite(), cells.nulls(len(column), pl.String))


def _read_texts(texts: pl.Series, mark: str) -> Numbers:
    texts = texts.set(texts.is_in(["-", "\u2013", "\u2014"]).fill_null(value=False), None)
    nothing = cells.nulls(len(texts), pl.String)
    simple = texts.str.contains(_PLAIN if mark == "." else r"^-?\d+$") | texts.is_null()
    if bool(simple.all()):
        return Numbers(value=texts, fault=nothing)
    grouped = texts.str.contains(_GROUPED[mark]).fill_null(value=False) & ~simple
    if bool(grouped.any()):
        group = "," if mark == "." else "."
        bare = texts.str.replace_all(group, "", literal=True).str.replace(",", ".", literal=True)
        texts_value = bare.zip_with(grouped, texts)
    else:
        texts_value = texts
    rest = ~(simple | grouped)
    if not bool(rest.any()):
        return Numbers(value=texts_value, fault=nothing)
    value, currency = _read_rest(texts.zip_with(rest, nothing), mark)
    value = value.zip_with(rest, texts_value)
    fault = texts.zip_with(rest & value.is_null(), nothing)
    return Numbers(value=value, fault=fault, currency=currency)


def _read_rest(texts: pl.Series, mark: str) -> tuple[pl.Series, pl.Series | None]:
    distinct = texts.drop_nulls().unique()
    pairs = [read_one(text, mark) for text in distinct.to_list()]
    values = pl.Series([value for value, _ in pairs], dtype=pl.String)
    codes = pl.Series([code for _, code in pairs], dtype=pl.String)
    value = texts.replace_strict(distinct, values, default=None, return_dtype=pl.String)
    if codes.null_count() == len(codes):
        return value, None
    return value, texts.replace_strict(distinct, codes, default=None, return_dtype=pl.String)


def scaled(numbers: Numbers, digits: int, *, lenient: bool) -> tuple[pl.Series, pl.Series]:
    """Return the numbers times ten to `digits` as integers, and the faults.

    `lenient` rounds surplus digits half-up (a spreadsheet's number); otherwise they are a fault.
    """
    column = numbers.value
    if column.dtype.is_integer():
        return _bounded(column, digits, numbers.fault)
    floats = _as_floats(column)
    near = (floats * 10.0**digits).round()
    surplus = _surplus(column, floats, near, digits)
    big = (near.abs() > AMOUNT_MINOR_MAX).fill_null(value=False)
    minor = near.set(big | surplus | ~near.is_finite().fill_null(value=True), None).cast(pl.Int64)
    minor, faulty = _exact(column, minor, surplus & ~big, digits, lenient=lenient)
    bad = (faulty | big) & numbers.fault.is_null()
    return minor, cells.text(column).zip_with(bad, numbers.fault) if bool(
        bad.any()
    ) else numbers.fault


def _as_floats(column: pl.Series) -> pl.Series:
    if isinstance(column.dtype, pl.Decimal):
        return column.cast(pl.Float64)
    return column.cast(pl.Float64, strict=False)


def _surplus(column: pl.Series, floats: pl.Series, near: pl.Series, digits: int) -> pl.Series:
    """Mark the numbers whose digits reach beyond the minor unit: these are read exactly."""
    if column.dtype == pl.String:
        return column.str.contains(rf"\.\d{{{digits + 1},}}$").fill_null(value=False)
    off = (floats * 10.0**digits - near).abs() > 1e-7 * (near.abs() + 1) * 1e-6 + 1e-6
    return off.fill_null(value=False)


def _exact(
    column: pl.Series, minor: pl.Series, where: pl.Series, digits: int, *, lenient: bool
) -> tuple[pl.Series, pl.Series]:
    faulty = pl.repeat(value=False, n=len(column), dtype=pl.Boolean, eager=True)
    if not bool(where.any()):
        return minor, faulty
    rows = where.arg_true()
    lenient = lenient or column.dtype.is_float()
    values = [_one(str(item), digits, lenient=lenient) for item in column.gather(rows).to_list()]
    minor = minor.scatter(rows, pl.Series(values, dtype=pl.Int64))
    bad = rows.filter(pl.Series([value is None for value in values], dtype=pl.Boolean))
    return minor, faulty.scatter(bad, values=True) if len(bad) else faulty


def _one(text: str, digits: int, *, lenient: bool) -> int | None:
    try:
        exact = Decimal(text).scaleb(digits)
    except InvalidOperation:
        return None
    if not exact.is_finite() or abs(exact) > AMOUNT_MINOR_MAX:
        return None
    quiet = round(exact, 6)  # twelve digits and more come from binary floats, not from people
    if lenient or quiet == quiet.to_integral_value():
        return round_half_up(exact)
    return None


def _bounded(column: pl.Series, digits: int, fault: pl.Series) -> tuple[pl.Series, pl.Series]:
    limit = AMOUNT_MINOR_MAX // 10**digits
    lowest, highest = column.min(), column.max()
    if lowest is None or (lowest >= -limit and highest <= limit):
        return column.cast(pl.Int64) * 10**digits, fault
    big = (column.cast(pl.Float64).abs() > limit).fill_null(value=False)
    minor = column.set(big, None).cast(pl.Int64) * 10**digits
    return minor, column.cast(pl.String).zip_with(big, fault)
