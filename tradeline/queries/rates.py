"""The exchange rates that may be used on a day."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tradeline.files.rates import Rate, Rates
from tradeline.models import FxRate

if TYPE_CHECKING:
    from datetime import date

    from tradeline.policy.schema import Policy


def rates_on(day: date, policy: Policy) -> Rates:
    """Return the rates of the acting organisation that the policy lets one use on a day."""
    age = policy.fx.rate_age_max_days
    rows = FxRate.objects.filter(day__lte=day, day__gte=day - timedelta(days=age))
    found = tuple(
        Rate(day=row.day, source=row.base, target=row.quote, value=Fraction(row.rate))
        for row in rows
    )
    return Rates(rates=found, as_of=day, age_max_days=age, files=("the rates in the book",))
