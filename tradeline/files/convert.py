"""Turn a prepared file into the rows of `engine.tables`: amounts, dates, labels, faults."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import polars as pl

from tradeline.errors import Place, QuestionForUser
from tradeline.files import amounts, cells, currencies, dates, findings
from tradeline.money import AMOUNT_MINOR_MAX, exponent

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradeline.files.prepared import Prepared
    from tradeline.files.rates import Rates

Column = tuple[pl.Series, pl.Series]  # values, faults


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
    def currency(self) -> Column:
        """Return the codes of the currency column."""
        return worded(self, "currency", currencies.code_of, pl.String)

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
    if "currency" in work.prepared.mapped.columns:
        found, unknown = work.currency
    else:
        stated = same(currencies.in_header(work.prepared.header(name)), work.height)
        found = stated if read.currency is None else read.currency.fill_null(stated)
        unknown = cells.nulls(work.height, pl.String)
    return _settled(work, found), unknown


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


def converted(work: Conversion, name: str, read: amounts.Numbers) -> Column:
    """Return numbers in minor units of the functional currency, currency by currency."""
    codes, unknown = row_currency(work, name, read)
    codes = codes.fill_null(work.functional)
    distinct = codes.unique().sort().to_list()
    minor, fault = _of_currency(work, read, distinct[0] if distinct else work.functional, None)
    for code in distinct[1:]:
        mask = codes == code
        other, other_fault = _of_currency(work, read, code, mask)
        minor, fault = other.zip_with(mask, minor), other_fault.zip_with(mask, fault)
    strange = unknown.is_not_null() & read.value.is_not_null()
    minor = minor.set(strange, None)
    fault = ("currency " + unknown).zip_with(strange, fault) if bool(strange.any()) else fault
    _note_large(work, name, fault, read)
    return minor, fault


def _of_currency(
    work: Conversion, read: amounts.Numbers, code: str, mask: pl.Series | None
) -> Column:
    minor, fault = amounts.scaled(read, exponent(code), lenient=work.prepared.lenient)
    if code == work.functional:
        return minor, fault
    before = minor if mask is None else minor.zip_with(mask, cells.nulls(len(minor), pl.Int64))
    after = work.rates.convert(before, code, work.functional)
    lost = after.is_null() & before.is_not_null()
    return after, cells.text(read.value).zip_with(lost, fault) if bool(lost.any()) else fault


def _note_large(work: Conversion, name: str, fault: pl.Series, read: amounts.Numbers) -> None:
    suspect = fault.is_not_null() & read.fault.is_null()
    if not bool(suspect.any()):
        return
    size = read.value.cast(pl.Float64, strict=False).abs() * 10.0 ** exponent(work.functional)
    work.note(
        suspect & (size > AMOUNT_MINOR_MAX).fill_null(value=False),
        code="AMOUNT_TOO_LARGE", severity="ERROR", field=name,
        message="The amount is larger than any that is accepted; check its unit and decimal mark.",
    )  # fmt: skip


def functional_currency(stated: set[str], named: str | None, files: str) -> str:
    """Return the run's currency: named by option or policy, else the only one the files state."""
    known = {code for code in stated if not code.startswith("?")}
    if named:
        return named
    if len(known) == 1 and stated == known:
        return known.pop()
    what = (
        f"The files state several currencies: {', '.join(sorted(known))}."
        if len(known) > 1
        else "The files do not state in which currency their amounts are."
    )
    raise QuestionForUser(
        what, where=Place(file=files), mend="Name the functional currency: --currency INR."
    )
