"""Convert amounts into the functional currency with a rate file; a missing rate is an error.

Rule (METHODS 1.5): the latest rate on or before the day, not older than the policy allows,
direct, else the inverse, else one cross through a third currency. Fractions throughout; rounding
half-up once, in minor units of the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import polars as pl

from tradeline.errors import FileFault, MissingRate
from tradeline.money import AMOUNT_MINOR_MAX, exponent, round_half_up

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Rate:
    """One unit of `source` is worth `value` units of `target` on this day."""

    day: date
    source: str
    target: str
    value: Fraction


@dataclass(frozen=True, kw_only=True)
class Rates:
    """The rates that may be used on a day."""

    rates: tuple[Rate, ...]
    as_of: date
    age_max_days: int
    files: tuple[str, ...]

    def factor(self, source: str, target: str) -> Fraction:
        """Return the units of `target` one unit of `source` is worth; raises MissingRate."""
        direct = self._pair(source, target)
        if direct is not None:
            return direct[1]
        crossed = [
            found for third in self._currencies() if (found := self._cross(source, third, target))
        ]
        if not crossed:
            raise self._missing(source, target)
        return max(crossed)[2]

    def _pair(self, source: str, target: str) -> tuple[date, Fraction] | None:
        straight = self._latest(source, target)
        if straight:
            return straight
        inverse = self._latest(target, source)
        return (inverse[0], 1 / inverse[1]) if inverse else None

    def _latest(self, source: str, target: str) -> tuple[date, Fraction] | None:
        oldest = self.as_of - timedelta(days=self.age_max_days)
        found = {
            (rate.day, rate.value)
            for rate in self.rates
            if (rate.source, rate.target) == (source, target) and oldest <= rate.day <= self.as_of
        }
        if not found:
            return None
        day = max(found)[0]
        values = {value for each, value in found if each == day}
        if len(values) > 1:
            raise FileFault(
                f"Two different rates from {source} to {target} on {day}.",
                where=", ".join(self.files), mend="Keep one of them.",
            )  # fmt: skip
        return day, values.pop()

    def _cross(
        self, source: str, third: str, target: str
    ) -> tuple[date, list[int], Fraction] | None:
        """Return the cross with its older day first: the freshest cross wins, then the alphabet."""
        if third in {source, target}:
            return None
        first, second = self._pair(source, third), self._pair(third, target)
        if not first or not second:
            return None
        return min(first[0], second[0]), [-ord(char) for char in third], first[1] * second[1]

    def _currencies(self) -> list[str]:
        return sorted({code for rate in self.rates for code in (rate.source, rate.target)})

    def _missing(self, source: str, target: str) -> MissingRate:
        span = f"{self.as_of - timedelta(days=self.age_max_days)} to {self.as_of}"
        where = ", ".join(self.files) or "no rate file was given"
        return MissingRate(
            f"No exchange rate from {source} to {target} for {self.as_of}.",
            where=where,
            mend=f"Add a row dated {span} with from={source}, to={target} to the rate file "
            "(columns date, from, to, rate).",
        )

    def convert(self, minor: pl.Series, source: str, target: str) -> pl.Series:
        """Return amounts in minor units of `source` as minor units of `target`, half-up."""
        if source == target:
            return minor
        shift = Fraction(10) ** (exponent(target) - exponent(source))
        factor = self.factor(source, target) * shift
        values = [
            None if each is None else _within(round_half_up(each * factor))
            for each in minor.to_list()
        ]
        return pl.Series(values, dtype=pl.Int64)


def _within(minor: int) -> int | None:
    return minor if abs(minor) <= AMOUNT_MINOR_MAX else None


def rows_of(
    days: Sequence[date | None], sources: Sequence[str | None], targets: Sequence[str | None],
    values: Sequence[str | None], file: str,
) -> list[Rate]:  # fmt: skip
    """Return the rates of a file; a row that cannot be read raises FileFault."""
    found = []
    for row, (day, source, target, text) in enumerate(
        zip(days, sources, targets, values, strict=True), start=1
    ):
        value = Fraction(text) if text is not None else Fraction(0)
        if day is None or source is None or target is None or value <= 0:
            raise FileFault(
                f"Rate {row} cannot be used: date {day}, from {source}, to {target}, rate {text}.",
                where=file, mend="Give date, from and to as ISO 4217 codes, and a rate above 0.",
            )  # fmt: skip
        found.append(Rate(day=day, source=source, target=target, value=value))
    return found
