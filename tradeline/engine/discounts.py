"""Early-payment discounts: until when, how much, with which tax, and what it costs not to take one.

Amounts are whole minor units, each rounded half-up once. Annual costs are exact fractions, or
decimals of forty digits where a root is needed; they are rounded where they are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tradeline.engine.due_dates import Dates, base_date, due_date, moved
from tradeline.errors import ArgumentFault
from tradeline.money import round_half_up

if TYPE_CHECKING:
    from datetime import date

    from tradeline.policy.due_rules import Calendar
    from tradeline.policy.term_parts import Discount
    from tradeline.policy.terms import Term

_DIGITS: Final = Context(prec=40)


@dataclass(frozen=True, kw_only=True)
class Taxed:
    """An amount with its tax, in minor units; a fixed tax is never discounted."""

    net_minor: int
    tax_minor: int = 0
    tax_fixed_minor: int = 0

    @property
    def total_minor(self) -> int:
        """Return what the document asks for."""
        return self.net_minor + self.tax_minor + self.tax_fixed_minor


@dataclass(frozen=True, kw_only=True)
class Deduction:
    """What a discount takes off: from the net amount, and from the tax."""

    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        """Return what the customer may keep."""
        return self.net_minor + self.tax_minor


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A discount with its last day, which still counts."""

    tier: Discount
    last_day: date


def offers(term: Term, dates: Dates, calendar: Calendar) -> tuple[Offer, ...]:
    """Return the discounts of a document with their last days, earliest first.

    A last day follows the same rules as a due date and is never later than it. Raises TermFault
    when the document lacks the base date.
    """
    if not term.discounts:
        return ()
    base = base_date(term, dates)
    due = due_date(term, dates, calendar)
    last = ((tier, moved(tier.by, base, term, calendar)) for tier in term.discounts)
    found = [Offer(tier=tier, last_day=min(day, due)) for tier, day in last]
    return tuple(sorted(found, key=lambda offer: (offer.last_day, -offer.tier.percent)))


def open_offer(found: tuple[Offer, ...], paid_on: date) -> Offer | None:
    """Return the best discount still open on the day of payment, if there is one."""
    still = [offer for offer in found if paid_on <= offer.last_day]
    return max(still, key=lambda offer: offer.tier.percent, default=None)


def deduction(tier: Discount, amounts: tuple[Taxed, ...]) -> Deduction:
    """Return what a tier takes off a document; one part for each rate of tax.

    Reduced: the percentage of net and of tax, each part rounded alone, a fixed tax left. Unchanged:
    the percentage of the total or of the net amount, the tax left. Mixed: of the net amount, since
    the tax was computed on the discounted base. Source: Odoo test_early_payment_discount.
    """
    ratio = Fraction(tier.percent) / 100
    if tier.tax == "reduced":
        return Deduction(
            net_minor=sum(round_half_up(ratio * part.net_minor) for part in amounts),
            tax_minor=sum(round_half_up(ratio * part.tax_minor) for part in amounts),
        )
    on_total = tier.of == "total"
    base = sum(part.total_minor if on_total else part.net_minor for part in amounts)
    return Deduction(net_minor=round_half_up(ratio * base), tax_minor=0)


def cash_minor(tier: Discount, amounts: tuple[Taxed, ...]) -> int:
    """Return what settles a document within the tier, in minor units."""
    return sum(part.total_minor for part in amounts) - deduction(tier, amounts).total_minor


def tax_at_issue_minor(tier: Discount, net_minor: int, rate_percent: Decimal) -> int:
    """Return the tax that an invoice shows, in minor units; mixed taxes the discounted amount."""
    ratio = Fraction(tier.percent) / 100 if tier.tax == "mixed" else Fraction(0)
    return round_half_up(net_minor * (1 - ratio) * Fraction(rate_percent) / 100)


def simple_cost_annual(
    percent: Decimal, *, discount_days: int, paid_days: int, year_days: int = 365
) -> Fraction:
    """Return the yearly rate a customer pays by not taking a discount, without compounding.

    0.37 is 37 %. `paid_days` is when it pays instead, such as 30. Raises ArgumentFault unless the
    percentage is between 0 and 100 and payment is later than the discount. Source: Brealey, Myers
    and Allen, Principles of Corporate Finance, credit management.
    """
    return _per_period(percent, paid_days - discount_days) * Fraction(
        year_days, paid_days - discount_days
    )


def effective_cost_annual(
    percent: Decimal, *, discount_days: int, paid_days: int, year_days: int = 365
) -> Decimal:
    """Return the same rate with compounding, to forty digits; faults as simple_cost_annual."""
    span = paid_days - discount_days
    growth = 1 + _per_period(percent, span)
    base = _DIGITS.divide(Decimal(growth.numerator), Decimal(growth.denominator))
    power = _DIGITS.divide(Decimal(year_days), Decimal(span))
    return _DIGITS.subtract(_DIGITS.power(base, power), Decimal(1))


def is_worth_taking(funding_rate_annual: Fraction, cost_annual: Fraction) -> bool:
    """Say whether a customer should borrow to pay early: its money costs less than the discount."""
    return funding_rate_annual < cost_annual


def shown_percent(rate: Fraction | Decimal, places: int = 2) -> Decimal:
    """Return a rate as a percentage for the screen, rounded half-up: 0.372449 is 37.24."""
    hundredths = Fraction(rate) * 100 * 10**places
    return Decimal(round_half_up(hundredths)).scaleb(-places)


def _per_period(percent: Decimal, span_days: int) -> Fraction:
    ratio = Fraction(percent) / 100
    if not 0 < ratio < 1 or span_days <= 0:
        raise ArgumentFault(
            f"a discount of {percent} % forgone for {span_days} days has no yearly cost",
            where="discount",
            mend="Give a percentage between 0 and 100 and a payment later than the discount",
        )
    return ratio / (1 - ratio)
