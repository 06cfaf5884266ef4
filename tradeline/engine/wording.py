"""Figures as text inside expressions, written the way the portfolio's locale writes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import ibis

from tradeline.money import AMOUNT_MINOR_MAX, exponent

if TYPE_CHECKING:
    import ibis.expr.types as ir


def text(value: ir.Value) -> ir.Value:
    """Return a whole number or date as text."""
    return value.cast("string")


def padded(value: ir.Value, digits: int) -> ir.Value:
    """Return a non-negative whole number below 10**digits with leading zeros."""
    return text(value + 10**digits).substr(1, digits)


def say(*parts: ir.Value | str) -> ir.Value:
    """Return the parts joined into one text."""
    sentence = ibis.literal("") if isinstance(parts[0], str) else parts[0]
    for part in parts if isinstance(parts[0], str) else parts[1:]:
        sentence = sentence + part
    return sentence


@dataclass(frozen=True, kw_only=True)
class Writer:
    """Writes amounts and percentages; grouping is the size of the groups above the thousands."""

    currency: str
    digits: int
    group: str
    decimal: str
    upper_group: int  # 3 in most locales, 2 in India

    @classmethod
    def of(cls, currency: str, locale: str) -> Self:
        """Return the writer for a currency in a locale such as en-IN."""
        from babel import Locale

        found = Locale.parse(locale, sep="-")
        symbols = found.number_symbols["latn"]
        grouping: tuple[int, int] = found.decimal_formats[None].grouping
        return cls(
            currency=currency,
            digits=exponent(currency),
            group=symbols["group"],
            decimal=symbols["decimal"],
            upper_group=grouping[1],
        )

    def money(self, amount_minor: ir.Value) -> ir.Value:
        """Return `INR 28,00,000` for a column of amounts from 0; whole amounts drop zero digits."""
        if not self.digits:
            return f"{self.currency} " + self._whole(amount_minor)
        scale = 10**self.digits
        rest = amount_minor % scale
        tail = ibis.ifelse(rest == 0, "", self.decimal + padded(rest, self.digits))
        return f"{self.currency} " + self._whole(amount_minor // scale) + tail

    def _whole(self, number: ir.Value) -> ir.Value:
        branches: list[tuple[ir.Value, ir.Value]] = [(number < 1000, text(number))]
        scale, tail = 1000, self.group + padded(number % 1000, 3)
        while scale <= AMOUNT_MINOR_MAX:
            step = 10**self.upper_group
            above = number // scale
            branches.append((number < scale * step, text(above) + tail))
            tail = self.group + padded(above % step, self.upper_group) + tail
            scale *= step
        return ibis.cases(*branches, else_=text(number))

    def hundredths(self, value_x100: ir.Value) -> ir.Value:
        """Return hundredths as a number with two digits in the locale's form."""
        sign = ibis.ifelse(value_x100 < 0, "-", "")
        size = ibis.ifelse(value_x100 < 0, -value_x100, value_x100)
        return sign + text(size // 100) + self.decimal + padded(size % 100, 2)

    def localised(self, plain: ir.Value) -> ir.Value:
        """Return a number written with a point in the locale's form."""
        return plain if self.decimal == "." else plain.replace(".", self.decimal)


def plain_hundredths(value_x100: ir.Value) -> ir.Value:
    """Return hundredths with two digits and a point, for programs."""
    sign = ibis.ifelse(value_x100 < 0, "-", "")
    size = ibis.ifelse(value_x100 < 0, -value_x100, value_x100)
    return sign + text(size // 100) + "." + padded(size % 100, 2)


def percent_text(t: ir.Table) -> ir.Value:
    """Return the utilisation from its columns `used_x100` and `used_beyond` (see utilisation)."""
    two = plain_hundredths(t.used_x100)
    return ibis.ifelse(t.used_beyond.isnull(), two, two + padded(t.used_beyond, 2))
