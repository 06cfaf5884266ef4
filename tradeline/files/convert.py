"""Turn a prepared file into the rows of `engine.tables`: amounts, dates, labels, faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tradeline.errors import FileFault, Place, QuestionForUser
from tradeline.files import amounts, cells, currencies, dates, findings
from tradeline.money import AMOUNT_MINOR_MAX, exponent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradeline.files.prepared import Prepared
    from tradeline.files.rates import Rates

Column = tuple[pl.Series, pl.Series]  # values, faults
_BLANK: Final = "is blank"


@dataclass(kw_only=True)
class Conversion:
    """One file on its way into a table, with the findings gathered on that way."""

    prepared: Prepared
    functional: str
    rates: Rates
    entity: str
    notes: list[pl.DataFrame] = field(default_factory=list)

    @property
    def height(self) -> int:
        """Return the number of rows."""
        return self.prepared.frame.height

    def source(self) -> dict[str, pl.Series]:
        """Return the columns that say where each row stands in the user's material."""
        about = self.prepared.raw.about
        return {
            "source_file": same(self.prepared.file, self.height),
            "source_sheet": same(about["sheet"], self.height),
            "source_row": self.prepared.frame["#row"],
        }

    @cached_property
    def identity(self) -> dict[str, pl.Series]:
        """Return entity, number and name of each row's customer."""
        entity = self.prepared.text("entity").fill_null(self.entity)
        return {
            "entity": entity,
            "customer_no": self.prepared.text("customer_no"),
            "customer_name": self.prepared.text("customer_name"),
        }

    @cached_property
    def states_currency(self) -> bool:
        """Return whether the file has a currency column that is not blank throughout."""
        return self.prepared.text("currency").null_count() < self.height

    @cached_property
    def currency(self) -> Column:
        """Return the codes of the currency column; a blank cell takes the only one there is.

        Where the column states several currencies a blank is a fault, never the functional one.
        """
        codes, unknown = worded(self, "currency", currencies.code_of, pl.String)
        texts = self.prepared.text("currency")
        blank = texts.is_null()
        if not bool(blank.any()):
            return codes, unknown
        stated = texts.drop_nulls().str.to_uppercase().unique().to_list()
        if len(stated) > 1:
            return codes, same(_BLANK, self.height).zip_with(blank, unknown)
        if currencies.code_of(stated[0]) is None:
            return codes, same(stated[0], self.height)
        self.notes.append(self._assumed(int(blank.sum()), stated[0]))
        return same(currencies.code_of(stated[0]), self.height), unknown

    def _assumed(self, count: int, code: str) -> pl.DataFrame:
        where = {name: column[0] for name, column in self.source().items() if name != "source_row"}
        rows = "1 row states" if count == 1 else f"{count:,} rows state"
        return findings.note(
            where, code="CURRENCY_ASSUMED", field="currency",
            message=f"{rows} no currency; {code} was taken, the only one the column states.",
        )  # fmt: skip

    def rows(self, mask: pl.Series) -> pl.DataFrame:
        """Return identity and place of the marked rows, for findings."""
        return pl.DataFrame({**self.identity, **self.source()}).filter(mask)

    def note(self, mask: pl.Series, **facts: Any) -> None:
        """Add one finding per marked row."""
        if bool(mask.any()):
            self.notes.append(findings.of_rows(self.rows(mask), **facts))


def same(value: str | None, height: int) -> pl.Series:
    """Return a column that holds one text throughout."""
    return pl.repeat(value, height, dtype=pl.String, eager=True)


def numbers(work: Conversion, name: str) -> amounts.Numbers | None:
    """Return the numbers of a field, or None when the file has no such column."""
    column = work.prepared.column(name)
    return None if column is None else amounts.read(column, work.prepared.decimal)


def hundredths(work: Conversion, name: str) -> Column:
    """Return a decimal field as integers in hundredths."""
    read = numbers(work, name)
    if read is None:
        return cells.nulls(work.height, pl.Int64), cells.nulls(work.height, pl.String)
    return amounts.scaled(read, 2, lenient=True)


def day(work: Conversion, name: str) -> Column:
    """Return a date field."""
    column = work.prepared.column(name)
    if column is None:
        return cells.nulls(work.height, pl.Date), cells.nulls(work.height, pl.String)
    return dates.read(column, work.prepared.date_order)


def worded(work: Conversion, name: str, read: Callable[[str], Any], dtype: Any) -> Column:
    """Return a field of known words."""
    column = work.prepared.column(name)
    if column is None:
        return cells.nulls(work.height, dtype), cells.nulls(work.height, pl.String)
    if column.dtype == dtype == pl.Boolean:
        return column, cells.nulls(work.height, pl.String)
    return cells.by_distinct(column, read, dtype)


def row_currency(work: Conversion, name: str, read: amounts.Numbers) -> Column:
    """Return each row's currency: its column, else named in the amount, the header, the run."""
    nothing = cells.nulls(work.height, pl.String)
    if work.states_currency:
        found, unknown = work.currency
        if read.currency is not None:  # a blank cell of the column, but the amount names its own
            found = found.fill_null(read.currency)
            unknown = nothing.zip_with(read.currency.is_not_null() & (unknown == _BLANK), unknown)
        return _settled(work, found), unknown
    stated = same(work.prepared.currency_beside(name), work.height)
    found = stated if read.currency is None else read.currency.fill_null(stated)
    return _settled(work, found), nothing


def _settled(work: Conversion, codes: pl.Series) -> pl.Series:
    shared = [code for code in codes.unique().drop_nulls().to_list() if code.startswith("?")]
    for code in shared:
        meant = currencies.settled(code, work.functional)
        if meant is None:
            raise QuestionForUser(
                f"The sign {code[1:]} stands for several currencies, none of them "
                f"{work.functional}.",
                where=Place(file=work.prepared.file),
                mend="Give a currency column with ISO 4217 codes, or name --currency.",
            )
        codes = codes.replace({code: meant})
    return codes


def money(work: Conversion, name: str) -> Column:
    """Return an amount field in minor units of the functional currency."""
    read = numbers(work, name)
    if read is None:
        return cells.nulls(work.height, pl.Int64), cells.nulls(work.height, pl.String)
    return converted(work, name, read)


def converted(
    work: Conversion, name: str, read: amounts.Numbers, column: int | None = None
) -> Column:
    """Return numbers in minor units of the functional currency, currency by currency.

    `column` is where they stand when it is not the field's own column; its unit counts.
    """
    power = work.prepared.power(work.prepared.mapped.columns[name] if column is None else column)
    codes, unknown = row_currency(work, name, read)
    codes = codes.fill_null(work.functional)
    distinct = codes.unique().sort().to_list()
    first = distinct[0] if distinct else work.functional
    minor, fault = _of_currency(work, read, first, None, power)
    for code in distinct[1:]:
        mask = codes == code
        other, other_fault = _of_currency(work, read, code, mask, power)
        minor, fault = other.zip_with(mask, minor), other_fault.zip_with(mask, fault)
    strange = unknown.is_not_null() & read.value.is_not_null()
    minor = minor.set(strange, None)
    fault = ("currency " + unknown).zip_with(strange, fault) if bool(strange.any()) else fault
    _note_large(work, name, fault, read, power)
    return minor, fault


def _of_currency(
    work: Conversion, read: amounts.Numbers, code: str, mask: pl.Series | None, power: int
) -> Column:
    minor, fault = amounts.scaled(read, exponent(code) + power, lenient=work.prepared.lenient)
    if code == work.functional:
        return minor, fault
    before = minor if mask is None else minor.zip_with(mask, cells.nulls(len(minor), pl.Int64))
    after = work.rates.convert(before, code, work.functional)
    lost = after.is_null() & before.is_not_null()
    return after, cells.text(read.value).zip_with(lost, fault) if bool(lost.any()) else fault


def _note_large(
    work: Conversion, name: str, fault: pl.Series, read: amounts.Numbers, power: int
) -> None:
    suspect = fault.is_not_null() & read.fault.is_null()
    if not bool(suspect.any()):
        return
    size = read.value.cast(pl.Float64, strict=False).abs()
    size = size * 10.0 ** (exponent(work.functional) + power)
    work.note(
        suspect & (size > AMOUNT_MINOR_MAX).fill_null(value=False),
        code="AMOUNT_TOO_LARGE", severity="ERROR", field=name,
        message="The amount is larger than any that is accepted; check its unit and decimal mark.",
    )  # fmt: skip


def functional_currency(
    stated: set[str], named: str | None, files: str, unknown: Sequence[str] = ()
) -> str:
    """Return the run's currency: named by option or policy, else the only one the files state.

    `unknown` are words of the currency columns that are no currencies.
    """
    known = {code for code in stated if not code.startswith("?")}
    if named:
        return named
    if len(known) == 1 and stated == known:
        return known.pop()
    if unknown and not known:
        raise FileFault(
            f"The currency {unknown[0]!r} is not known.",
            where=Place(file=files),
            mend="Write ISO 4217 codes such as USD in the currency column.",
        )
    what = (
        f"The files state several currencies: {', '.join(sorted(known))}."
        if len(known) > 1
        else "The files do not state in which currency their amounts are."
    )
    raise QuestionForUser(
        what, where=Place(file=files), mend="Name the functional currency: --currency INR."
    )
