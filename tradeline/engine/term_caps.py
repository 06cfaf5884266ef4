"""Legal caps on the time a buyer may take: a warning for each law a due date goes beyond.

The laws and their days are policy values. They bind the buyer; a seller is warned because a longer
term may be void, or bear interest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from tradeline.engine.due_dates import Dates
    from tradeline.policy.term_parts import Cap


@dataclass(frozen=True, kw_only=True)
class CapWarning:
    """A law that the due date goes beyond; `days` is nothing when the law's own date is missing."""

    law: str
    days_max: int
    days: int | None
    message: str


def cap_warnings(
    caps: Iterable[Cap],
    *,
    supplier_country: str,
    supplier_is_small: bool,
    agreed_expressly: bool,
    dates: Dates,
    due: date,
) -> tuple[CapWarning, ...]:
    """Return a warning for each law of the supplier's country that the due date exceeds.

    A law whose date the document lacks cannot be checked, which is a warning too.
    """
    binding = (
        cap
        for cap in caps
        if supplier_country in cap.countries
        and (cap.suppliers == "all" or supplier_is_small)
        and not (cap.unless_agreed and agreed_expressly)
    )
    checked = (_check(cap, dates, due) for cap in binding)
    return tuple(warning for warning in checked if warning)


def _check(cap: Cap, dates: Dates, due: date) -> CapWarning | None:
    start: date | None = getattr(dates, cap.counts_from)
    days = (due - start).days if start else None
    if days is not None and days <= cap.days_max:
        return None
    told = (
        f"{days} days after the {cap.counts_from} date exceed the {cap.days_max} of {cap.law}"
        if start
        else f"no {cap.counts_from} date, so the {cap.days_max} days of {cap.law} are unchecked"
    )
    return CapWarning(law=cap.law, days_max=cap.days_max, days=days, message=told)
