"""The rows of orders: amounts as stated, or quantity times price, with tax in them.

Whether the file's amounts include tax is stated by a column or an option, never guessed. Tax is
added to a line's exact amount, which is rounded once (`money.line_minor`, `money.gross_minor`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.errors import ArgumentFault, Place, QuestionForUser
from tradeline.files import amounts, feed_words, findings
from tradeline.files.feed_file import FeedFile, series
from tradeline.files.feed_money import Money
from tradeline.files.feed_rows import customer_no, identifier
from tradeline.money import AMOUNT_MINOR_MAX, TAX_RATE_DIGITS, gross_minors, line_minor

if TYPE_CHECKING:
    from tradeline.files.feed_rows import Columns

PARTS: Final = ("ordered", "shipped", "invoiced", "cancelled")
_DIGITS_MAX: Final = 30  # of a quantity or a price


@dataclass(frozen=True, kw_only=True)
class Tax:
    """Whether amounts include tax, where no column says so, and the tax in percent."""

    included: bool | None = None
    rate_pct: Decimal | None = None

    def __post_init__(self) -> None:
        rate = self.rate_pct
        if rate is not None and not _usable(rate):
            raise ArgumentFault(
                f"A tax rate of {rate} percent cannot be used.",
                mend=f"Give 0 to 100 with at most {TAX_RATE_DIGITS} decimals, such as 18.",
            )


def _usable(rate: Decimal) -> bool:
    return rate.is_finite() and 0 <= rate <= 100 and rate == round(rate, TAX_RATE_DIGITS)


@dataclass(frozen=True, kw_only=True)
class Adding:
    """What is added to the amounts: a rate, and on which rows; null where that is not known."""

    rate_pct: Decimal
    rows: pa.Array | None = None  # None: on all

    def to(self, minor: pa.Array) -> pa.Array:
        """Return amounts with tax; one that becomes too large is null."""
        if not self.rate_pct:
            return minor if self.rows is None else self._chosen(minor, minor)
        net = minor.fill_null(0).to_numpy(zero_copy_only=False)
        gross = gross_minors(net, self.rate_pct)
        lost = (abs(gross) > AMOUNT_MINOR_MAX) | minor.is_null().to_numpy(zero_copy_only=False)
        return self._chosen(pa.array(gross, pa.int64(), mask=lost), minor)

    def _chosen(self, gross: pa.Array, net: pa.Array) -> pa.Array:
        return gross if self.rows is None else pc.if_else(self.rows, gross, net)

    def rates(self, height: int) -> list[Decimal | None]:
        """Return the rate of each row; None where it is not known."""
        if self.rows is None:
            return [self.rate_pct] * height
        meant = {True: self.rate_pct, False: Decimal(0), None: None}
        return [meant[each] for each in self.rows.to_pylist()]


def orders(file: FeedFile, tax: Tax) -> Columns:
    """Return one row per order line; asks when it is open whether amounts include tax."""
    adding = _adding(file, tax)
    money = Money(file=file, fields=_priced(file))
    minor = {part: _part(file, money, part, adding) for part in PARTS}
    for part, column in minor.items():
        file.blame_where(_field(file, part), pc.less(column, 0), "is negative")
    return {
        "customer_no": customer_no(file),
        "entity": file.texts_of_entity(),
        "order_no": identifier(file, "order_no"),
        "line_no": file.text("line_no"),
        "status": file.text("status"),
        "currency": money.codes,
        **{f"{part}_minor": column for part, column in minor.items()},
        "ship_date": file.day("ship_date"),
        "order_date": file.day("order_date"),
    }


def _priced(file: FeedFile) -> list[str]:
    """Return the columns that state money."""
    names = (*(f"{part}_amount" for part in PARTS), "unit_price")
    return [name for name in names if file.has(name)]


def _field(file: FeedFile, part: str) -> str:
    """Return the field that a part of the order comes from."""
    by_quantity = not file.has(f"{part}_amount") and file.has("unit_price")
    return f"{part}_qty" if by_quantity and file.has(f"{part}_qty") else f"{part}_amount"


def _adding(file: FeedFile, tax: Tax) -> Adding:
    """Return the tax to add: none where the amounts include it, told by a column or an option."""
    if not file.has("tax_included"):
        if tax.included is None:
            raise _ask(file, "It is open whether the amounts include tax.", _ANSWER)
        return Adding(rate_pct=Decimal(0) if tax.included else _needed_rate(file, tax))
    stated = file.word("tax_included", feed_words.tax_included, pa.bool_())
    if tax.included is not None:
        silent = pc.and_(pc.is_null(stated), pc.is_null(file.text("tax_included")))
        stated = pc.if_else(silent, pa.scalar(tax.included), stated)
    file.need("tax_included", stated)
    net = pc.invert(stated)
    some_net = pc.any(net).as_py()
    return Adding(rate_pct=_needed_rate(file, tax) if some_net else Decimal(0), rows=net)


_ANSWER: Final = (
    "Answer with --tax-included, or with --tax-excluded and the rate, as in --tax-rate 18."
)


def _needed_rate(file: FeedFile, tax: Tax) -> Decimal:
    if tax.rate_pct is None:
        what = "The amounts are without tax, and its rate is not known."
        raise _ask(file, what, "Name it in percent, as in --tax-rate 18; 0 where no tax is due.")
    return tax.rate_pct


def _ask(file: FeedFile, what: str, mend: str) -> QuestionForUser:
    place = Place(file=file.file, sheet=file.raw.about["sheet"])
    return QuestionForUser(what, where=place, mend=mend)


def _part(file: FeedFile, money: Money, part: str, adding: Adding) -> pa.Array:
    """Return one part of the order in minor units with tax: as stated, or quantity times price."""
    name = _field(file, part)
    if not file.has(name):
        return _absent(file, part)
    if name.endswith("_qty"):
        return _product(file, money, name, adding)
    net = money.minor(name)
    if part == "cancelled":
        net = _zero_where_blank(file, name, net)
    else:
        money.need(name, net)
    return _with_tax(file, name, net, adding)


def _with_tax(file: FeedFile, name: str, net: pa.Array, adding: Adding) -> pa.Array:
    minor = adding.to(net)
    if minor.null_count > net.null_count:
        known = pc.is_valid(net) if adding.rows is None else pc.and_(pc.is_valid(net), adding.rows)
        lost = pc.and_(known, pc.is_null(minor))
        file.blame_where(name, lost, "is too large with its tax")
    return minor


def _absent(file: FeedFile, part: str) -> pa.Array:
    if part == "cancelled":
        return pa.repeat(pa.scalar(0, pa.int64()), file.height)
    file.notes.append(
        findings.note(
            file.where, code="COLUMN_ABSENT", field=f"{part}_amount",
            message=f"The file has no column for {part}_amount; it is not known.",
        )
    )  # fmt: skip
    return pa.nulls(file.height, pa.int64())


def _zero_where_blank(file: FeedFile, name: str, minor: pa.Array) -> pa.Array:
    """Return amounts with 0 where the cell is blank; one that could not be read stays null."""
    faults, no_code = file.faults.get(name), file.faults.get("currency")
    blank = pc.is_null(minor)
    for fault in (faults, no_code):
        if fault is not None:
            blank = pc.and_(blank, fault.is_null().to_arrow())
    return pc.if_else(blank, pa.scalar(0, pa.int64()), minor)


def _product(file: FeedFile, money: Money, name: str, adding: Adding) -> pa.Array:
    """Return quantity times price in minor units, with tax, rounded once per line."""
    quantity, price = _decimals(file, name), _decimals(file, "unit_price")
    per = _decimals(file, "price_unit") if file.has("price_unit") else [Decimal(1)] * file.height
    every = adding.rates(file.height)
    shift = Decimal(10) ** file.power("unit_price")
    codes = money.codes.to_pylist()
    if name == "cancelled_qty":
        shown = file.text(name).to_pylist()
        pairs = zip(quantity, shown, strict=True)
        quantity = [Decimal(0) if text is None else each for each, text in pairs]
    else:
        file.need(name, file.text(name))
    file.need("unit_price", file.text("unit_price"))
    made: dict[tuple[Any, ...], int | None] = {}
    values = []
    for row in zip(quantity, price, codes, per, every, strict=True):
        if row not in made:
            made[row] = _line(row, shift)
        values.append(made[row])
    minor = pa.array(values, pa.int64())
    _blame_large(file, name, minor, (quantity, price, codes, per, every))
    return minor


def _line(row: tuple[Any, ...], shift: Decimal) -> int | None:
    quantity, price, code, per, rate = row
    if None in row or per <= 0:
        return None
    unit = price * shift
    return _bounded(line_minor(quantity, unit, code, price_unit=per, tax_rate_pct=rate))


def _bounded(minor: int) -> int | None:
    return minor if abs(minor) <= AMOUNT_MINOR_MAX else None


def _blame_large(file: FeedFile, name: str, minor: pa.Array, given: tuple[Any, ...]) -> None:
    if not minor.null_count:
        return
    known = [None not in row for row in zip(*given, strict=True)]
    lost = pc.and_(pc.is_null(minor), pa.array(known, pa.bool_()))
    file.blame_where(name, lost, "gives no amount that can be used with its price")


def _decimals(file: FeedFile, name: str) -> list[Decimal | None]:
    """Return a column of numbers exactly; a text that is none becomes a fault."""
    numbers = amounts.read(series(file.column(name)), file.decimal)
    file.blame(name, numbers.fault)
    texts = numbers.value.cast(pl.String).to_list()
    made = {text: _decimal(text) for text in set(texts)}
    values = [made[text] for text in texts]
    lost = [text is not None and made[text] is None for text in texts]
    file.blame_where(name, pa.array(lost, pa.bool_()), "has too many digits")
    return values


def _decimal(text: str | None) -> Decimal | None:
    if text is None:
        return None
    value = Decimal(text)
    return value if len(value.as_tuple().digits) <= _DIGITS_MAX else None
