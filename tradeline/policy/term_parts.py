"""What a payment term is made of besides its due date: early-payment discounts, instalments."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradeline.policy.codes import Country, MoneyByCurrency
from tradeline.policy.due_rules import TRYTON, Rule
from tradeline.policy.form import (
    DAYS_MAX,
    Misfit,
    Number,
    Section,
    Text,
    Whole,
    number,
    refuse_any,
)

ODOO_DISCOUNT: Final = "Odoo test_early_payment_discount"
DIGITS_OF_A_ROUNDED_RATIO: Final = 6
"""A percentage that stands for a fraction, as 33.333333 for a third, has at least so many."""

DiscountOf = Literal["total", "net"]
DiscountTax = Literal["reduced", "unchanged", "mixed"]
Portion = Literal["percent_of_total", "percent_of_remainder", "fixed", "remainder"]
BaseDate = Literal["invoice", "delivery", "receipt", "end_of_cycle"]
_ALLOWED_TAX: Final = {("total", "reduced"), ("total", "unchanged"), ("net", "unchanged"),
                       ("net", "mixed")}  # fmt: skip


class Discount(Section):
    """A deduction for paying by an earlier day; that day itself still counts."""

    percent: Number = number(
        ...,
        "percent of the discount's base",
        "the agreement with the customer",
        "What may be deducted.",
        allowed="a number above 0 and up to 100 with at most 4 decimals",
        gt=0,
        le=100,
        decimal_places=4,
    )
    by: Rule
    of: DiscountOf = number(
        "total",
        "amount",
        ODOO_DISCOUNT,
        "The percentage is of the total with tax, or of the net amount without.",
    )
    tax: DiscountTax = number(
        "reduced",
        "treatment of tax",
        ODOO_DISCOUNT + "; Directive 2006/112/EC, articles 79 and 90, for reduced",
        "The discount lowers the tax in proportion (reduced), leaves it (unchanged), or the tax "
        "was computed on the discounted base from the start (mixed).",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.of, self.tax) not in _ALLOWED_TAX:
            allowed = "reduced or unchanged" if self.of == "total" else "unchanged or mixed"
            refuse_any([Misfit("tax", f"must be {allowed} for a discount on the {self.of}")])
        return self


class Instalment(Section):
    """One part of an amount with its own due date."""

    portion: Portion = number(
        ..., "kind of portion", TRYTON, "Percent of the total or of what remains, fixed, or rest."
    )
    percent: Number | None = number(
        None,
        "percent",
        TRYTON,
        "The share of a percentage portion.",
        allowed="a number above 0 and up to 100 with at most 8 decimals, or null",
        gt=0,
        le=100,
        decimal_places=8,
    )
    divisor: Whole | None = number(
        None,
        "parts",
        TRYTON,
        "The same share as one of so many equal parts, exactly: 3 for a third.",
        allowed="a whole number from 1 to 1,000, or null",
        ge=1,
        le=1000,
    )
    amount: MoneyByCurrency = number(
        {},
        "money by currency",
        TRYTON,
        "The amount of a fixed portion.",
        allowed="positive amounts by currency, such as {USD: 500}",
    )
    due: Rule

    @property
    def ratio(self) -> Fraction:
        """Return the share of a percentage portion, exactly; 0 for the other portions."""
        if self.divisor is not None:
            return Fraction(1, self.divisor)
        return Fraction(self.percent or 0) / 100

    @property
    def is_percent(self) -> bool:
        """Say whether the portion is a percentage."""
        return self.portion.startswith("percent")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        shares = self.percent is not None or self.divisor is not None
        if self.is_percent and not shares:
            yield Misfit("percent", f"or divisor is needed for {self.portion}")
        if not self.is_percent and shares:
            yield Misfit("portion", "takes no percent and no divisor")
        if (self.portion == "fixed") != bool(self.amount):
            wants = "is needed for fixed" if not self.amount else f"is not for {self.portion}"
            yield Misfit("amount", wants)
        if self.percent is not None and self.divisor is not None:
            yield from _unlike(self.percent, self.divisor)


def _unlike(percent: Decimal, divisor: int) -> Iterator[Misfit]:
    """Yield a misfit unless the percentage is the exact or finely rounded share of the divisor."""
    exponent = percent.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    share = Fraction(100, divisor)
    exact = Fraction(percent) == share
    fine = digits >= DIGITS_OF_A_ROUNDED_RATIO and round(share, digits) == Fraction(percent)
    if not (exact or fine):
        yield Misfit("divisor", f"contradicts percent, {percent}; one in {divisor} is another part")


class Cap(Section):
    """A term longer than a law lets a buyer take; it warns and decides nothing."""

    countries: Annotated[tuple[Country, ...], Field(min_length=1)] = number(
        ...,
        "countries",
        "the law that is named",
        "The supplier's country is one of these.",
        allowed="a list of countries of ISO 3166, such as [IN]",
    )
    suppliers: Literal["all", "micro_or_small"] = number(
        "all", "suppliers", "the law that is named", "Suppliers that are protected."
    )
    days_max: Whole = number(
        ..., "days", "the law that is named", "Longest time to pay.", ge=0, le=DAYS_MAX
    )
    counts_from: Literal["invoice", "delivery", "receipt"] = number(
        "invoice", "date", "the law that is named", "The date the days count from."
    )
    unless_agreed: bool = number(
        default=False,
        unit="yes or no",
        source="the law that is named",
        description="A longer term is allowed where it was agreed expressly.",
    )
    law: Text = number(
        ...,
        "text",
        "the law's own title",
        "The law and its article.",
        allowed="a text of 1 to 200 characters",
        min_length=1,
        max_length=200,
    )
