"""Amounts of a feed in minor units of each row's own currency.

A currency is told by its column, else by the amount or its header, else by the option; two that
contradict each other are a question or a fault, never a choice. Columns of plain decimals are read
by Arrow's exact decimals; all others cell by cell, as in the review (`amounts`).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.errors import Place, QuestionForUser
from tradeline.files import amounts, cells, currencies
from tradeline.files.feed_file import BLANK, FeedFile, arrow_text, series
from tradeline.money import AMOUNT_MINOR_MAX, exponent, round_column

if TYPE_CHECKING:
    from collections.abc import Sequence

_DIGITS: Final = 38  # of Arrow's 128-bit decimals
_INT64_MAX: Final = 2**63 - 1


@dataclass(kw_only=True)
class Money:
    """The amounts of one file, with the currency of each row."""

    file: FeedFile
    fields: Sequence[str]  # those the file has, most important first

    @cached_property
    def numbers(self) -> dict[str, amounts.Numbers]:
        """Return the columns that are not plain decimals, read cell by cell."""
        return {
            name: amounts.read(series(self.file.column(name)), self.file.decimal)
            for name in self.fields
            if self.file.decimal != "." or not self.file.is_plain(name)
        }

    @cached_property
    def codes(self) -> pa.DictionaryArray:
        """Return the ISO 4217 code of each row; null with a fault where there is none."""
        stated = self.file.word("currency", currencies.code_of, pa.string())
        self._refuse_contradiction(stated)
        codes = stated
        if codes.null_count:
            codes = self._filled(stated)
        settled = self._settled(codes)
        self.file.need("currency", settled)
        return settled.dictionary_encode()

    def _filled(self, stated: pa.Array) -> pa.Array:
        """Return the codes, blank ones told by amount, header or option; asks when nothing does."""
        silent = pc.is_null(self.file.text("currency")) if self.file.has("currency") else None
        told = self._beside()
        if silent is None:
            codes = told
        else:
            codes = pc.if_else(pc.and_(pc.is_null(stated), silent), told, stated)
        states_none = silent is None or pc.all(silent).as_py()
        if states_none and self.file.height and codes.null_count == self.file.height:
            raise QuestionForUser(
                "The file does not state in which currency its amounts are.",
                where=Place(file=self.file.file, sheet=self.file.raw.about["sheet"]),
                mend="Name it with --currency INR, or give a column with ISO 4217 codes.",
            )
        return codes

    def _beside(self) -> pa.Array:
        """Return the currency named in the amounts, else in a header, else by the option."""
        found = cells.nulls(self.file.height, pl.String)
        for name in self.fields:
            numbers = self.numbers.get(name)
            if numbers is not None and numbers.currency is not None:
                found = found.fill_null(numbers.currency)
        headed = self._headed()
        plain = next(iter(headed.values()), None) or self.file.options.currency
        filled = arrow_text(found)
        return filled if plain is None else filled.fill_null(plain)

    def _headed(self) -> dict[str, str]:
        """Return the currencies that headers name, with the header; two of them are a question."""
        named = {
            self.file.header(name): code
            for name in self.fields
            if (code := self.file.currency_beside(name))
        }
        if len(set(named.values())) > 1:
            self._ask(f"Headers of amounts name different currencies: {', '.join(named)}.")
        return named

    def _refuse_contradiction(self, stated: pa.Array) -> None:
        headed = self._headed()
        for header, code in headed.items():
            others = set(pc.unique(stated).to_pylist()) - {code, None}
            if others and not code.startswith("?"):
                found = ", ".join(sorted(others))
                self._ask(f'The header "{header}" names {code}, the currency column {found}.')

    def _ask(self, what: str) -> None:
        raise QuestionForUser(
            what,
            where=Place(file=self.file.file, sheet=self.file.raw.about["sheet"]),
            mend='Name the amounts that are in the row\'s own currency: --map "Header=field"; or '
            "correct the header.",
        )

    def _settled(self, codes: pa.Array) -> pa.Array:
        """Return the codes with signs that several currencies share settled by the option."""
        shared = [c for c in pc.unique(codes).to_pylist() if c is not None and c.startswith("?")]
        for code in shared:
            meant = currencies.settled(code, self.file.options.currency or "")
            if meant is None:
                raise QuestionForUser(
                    f"The sign {code[1:]} stands for several currencies.",
                    where=Place(file=self.file.file),
                    mend="Name the one that is meant with --currency, or give a currency column "
                    "with ISO 4217 codes.",
                )
            codes = pc.if_else(pc.equal(codes, code), pa.scalar(meant), codes)
        return codes

    def minor(self, name: str) -> pa.Array:
        """Return a field in minor units of the row's currency; what cannot be read is a fault."""
        power = self.file.power(name)
        quick = None if name in self.numbers else self._plain(name, power)
        if quick is not None:
            return self._where_known(quick)
        numbers = self.numbers.get(name)
        if numbers is None:
            numbers = amounts.read(series(self.file.column(name)), self.file.decimal)
        self._refuse_others(name, numbers)
        return self._scaled(name, numbers, power)

    def _where_known(self, minor: pa.Array) -> pa.Array:
        """Return the amounts whose currency is known; without it their unit is not."""
        if not self.codes.null_count:
            return minor
        return pc.if_else(pc.is_valid(self.codes), minor, pa.scalar(None, pa.int64()))

    def _plain(self, name: str, power: int) -> pa.Array | None:
        """Return plain decimals as minor units, or None when one of them does not fit."""
        column = self.file.column(name)
        digits = [exponent(code) + power for code in self.codes.dictionary.to_pylist()] or [2]
        most = max(digits)
        try:
            exact = column.cast(pa.decimal128(_DIGITS, most))  # type: ignore[union-attr]
        except pa.ArrowInvalid:
            return None
        if _largest(exact).scaleb(most) > _INT64_MAX:
            return None
        minor = _unscaled(exact)
        if len(set(digits)) > 1:
            minor = self._narrowed(minor, [10 ** (most - each) for each in digits])
        return minor if minor is not None and _largest(minor) <= AMOUNT_MINOR_MAX else None

    def rounded(self, exact: pa.Array) -> pa.Array | None:
        """Return exact amounts in minor units, rounded half-up once; None when one is too large."""
        minor = pa.nulls(len(exact), pa.int64())
        own = self.codes.cast(pa.string())
        codes = self.codes.dictionary.to_pylist()
        for digits in {exponent(code) for code in codes}:
            try:
                value = round_column(exact, digits).cast(pa.decimal128(_DIGITS, digits))
            except pa.ArrowInvalid:
                return None
            if _largest(value).scaleb(digits) > AMOUNT_MINOR_MAX:
                return None
            alike = pa.array([code for code in codes if exponent(code) == digits])
            minor = pc.if_else(pc.is_in(own, value_set=alike), _unscaled(value), minor)
        return minor

    def _narrowed(self, minor: pa.Array, steps: list[int]) -> pa.Array | None:
        """Return amounts of currencies with fewer digits; None when one has too many."""
        step = pa.array(steps, pa.int64()).take(self.codes.indices)
        whole = pc.divide(minor, step)
        exact = pc.all(pc.equal(pc.multiply(whole, step), minor)).as_py()
        return whole if exact or exact is None else None

    def _refuse_others(self, name: str, numbers: amounts.Numbers) -> None:
        """Blame an amount that names another currency than its row."""
        if numbers.currency is None:
            return
        own = series(self.codes.cast(pa.string()))
        named = series(self._settled(arrow_text(numbers.currency)))
        other = (named != own).fill_null(value=False)
        if bool(other.any()):
            none = cells.nulls(len(named), pl.String)
            self.file.blame(name, ("names " + named + ", not " + own).zip_with(other, none))

    def _scaled(self, name: str, numbers: amounts.Numbers, power: int) -> pa.Array:
        lenient = self.file.lenient
        own = series(self.codes.cast(pa.string()))
        minor = cells.nulls(self.file.height, pl.Int64)
        fault = numbers.fault
        by_digits: dict[int, list[str]] = {}
        for code in self.codes.dictionary.to_pylist():
            by_digits.setdefault(exponent(code) + power, []).append(code)
        for digits, codes in by_digits.items():
            value, bad = amounts.scaled(numbers, digits, lenient=lenient)
            mine = own.is_in(codes).fill_null(value=False)
            minor, fault = value.zip_with(mine, minor), bad.zip_with(mine, fault)
        self.file.blame(name, fault)
        return minor.to_arrow().cast(pa.int64())

    def need(self, name: str, minor: pa.Array) -> None:
        """Add the fault that an amount which must be there is blank.

        It is, where nothing was read, nothing was odd and the currency is known.
        """
        if minor.null_count:
            self.file.blame_where(name, pc.and_(pc.is_null(minor), pc.is_valid(self.codes)), BLANK)


def _largest(column: pa.Array) -> Decimal:
    """Return the largest size of any number; 0 without numbers."""
    bounds = pc.min_max(column).as_py()
    return Decimal(0 if bounds["min"] is None else max(-bounds["min"], bounds["max"]))


def _unscaled(exact: pa.Array) -> pa.Array:
    """Return the unscaled values of 128-bit decimals that are known to fit 64 bits."""
    words = np.frombuffer(exact.buffers()[1], np.int64)
    low = words[2 * exact.offset : 2 * (exact.offset + len(exact)) : 2]
    if not exact.null_count:
        return pa.array(low)
    return pa.array(low, mask=np.asarray(exact.is_null()))
