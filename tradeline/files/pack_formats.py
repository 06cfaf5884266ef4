"""How the workbook writes numbers: the currency's digits, and lakh and crore where they are used.

A spreadsheet's own thousands separator cannot group by lakh, and a number format has room for two
conditions only. So each cell gets the format of its size, chosen when it is written.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeline import money

_LAKH, _CRORE, _ARAB, _KHARAB = 10**5, 10**7, 10**9, 10**11
_GROUPS: Final = {
    _LAKH: r"##\,##\,##0",
    _CRORE: r"##\,##\,##\,##0",
    _ARAB: r"##\,##\,##\,##\,##0",
    _KHARAB: r"##\,##\,##\,##\,##\,##0",
}
NEGATIVE_FROM: Final = (_LAKH, _CRORE, _ARAB, _KHARAB)
"""Sizes in whole currency units from which a negative amount needs the next format."""


def uses_lakh(currency: str, locale: str) -> bool:
    """Return whether amounts are grouped by lakh and crore: rupees, or a locale that does so."""
    from babel import Locale

    pattern: str = Locale.parse(locale, sep="-").decimal_formats[None].pattern
    return currency == "INR" or pattern.startswith("#,##,##0")


def number_locale(currency: str, locale: str) -> str:
    """Return the locale that writes the amounts: rupees are always grouped by lakh."""
    return "en-IN" if currency == "INR" and not uses_lakh("", locale) else locale


def money_formats(currency: str, locale: str) -> tuple[str, ...]:
    """Return the formats an amount may need; `money_tier` says which.

    Plain grouping needs one. Lakh grouping needs six: amounts below an arab (10^9), larger ones,
    and negative ones from a lakh, a crore, an arab and a kharab on. The negative ones have a
    section of their own, which every spreadsheet shows without a second minus sign.
    """
    digits = money.exponent(currency)
    tail = "." + "0" * digits if digits else ""
    if not uses_lakh(currency, locale):
        return (f"#,##0{tail}",)
    group = {size: pattern + tail for size, pattern in _GROUPS.items()}
    small = f"[>={_CRORE}]{group[_CRORE]};[>={_LAKH}]{group[_LAKH]};#,##0{tail}"
    large = f"[>={_KHARAB}]{group[_KHARAB]};[>={_ARAB}]{group[_ARAB]};{group[_CRORE]}"
    return (small, large, *(f"{group[size]};-{group[size]}" for size in NEGATIVE_FROM))


def money_tier(amount_minor: int, currency: str) -> int:
    """Return the place in `money_formats` of the format for an amount, under lakh grouping."""
    unit = 10 ** money.exponent(currency)
    if amount_minor >= 0:
        return int(amount_minor >= _ARAB * unit)
    reached = sum(-amount_minor >= size * unit for size in NEGATIVE_FROM)
    return reached + 1 if reached else 0


def tier_edges() -> tuple[tuple[int, int], ...]:
    """Return (whole units, tier) pairs: from the edge outward the tier holds, widest last."""
    return ((_ARAB, 1), *((-size, at + 2) for at, size in enumerate(NEGATIVE_FROM)))


class Writer:
    """Writes figures as text in the policy's locale, with the same digits in every row."""

    def __init__(self, currency: str, locale: str) -> None:
        from babel import Locale
        from babel.numbers import parse_pattern

        self._currency = currency
        self._locale = Locale.parse(number_locale(currency, locale), sep="-")
        whole = self._locale.decimal_formats[None].pattern.split(".")[0]
        digits = money.exponent(currency)
        self._patterns = {
            places: parse_pattern(whole + ("." + "0" * places if places else ""))
            for places in {0, 1, 2, digits}
        }
        self._digits = digits

    def amount(self, amount_minor: int | None) -> str:
        """Return an amount with all the currency's digits; nothing for what is unknown."""
        if amount_minor is None:
            return ""
        return self._write(money.to_decimal(amount_minor, self._currency), self._digits)

    def number(self, value: Fraction | int, places: int = 0) -> str:
        """Return a number rounded half-up to so many places, up to two."""
        scaled = money.round_half_up(Fraction(value) * 10**places)
        return self._write(Decimal(scaled).scaleb(-places), places)

    def percent(self, value: Fraction, places: int = 1) -> str:
        """Return a share as percent: 1/3 becomes 33.3 %."""
        return f"{self.number(value * 100, places)} %"

    def _write(self, value: Decimal, places: int) -> str:
        return str(self._patterns[places].apply(value, self._locale))
