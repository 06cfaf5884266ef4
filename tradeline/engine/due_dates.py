"""Due dates: from the base date by the term's rule, moved by the calendar, then late or not.

Scalar and pure: calendar dates and whole days in, calendar dates out. Source of the rules: Odoo,
Tryton, SAP, Infor and Oracle JD Edwards, whose own answers are the cases of the tests.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from tradeline.errors import TermFault
from tradeline.policy.due_rules import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradeline.policy.due_rules import Calendar, Cycle, Rule
    from tradeline.policy.terms import Convention, Term

_ONE_DAY: Final = timedelta(days=1)
_CLOSED_DAYS_MAX: Final = 366  # a longer run of holidays is a mistake in the calendar
_YEAR_MAX: Final = 9900  # what the longest rule adds must stay a date


@dataclass(frozen=True, kw_only=True)
class Dates:
    """The dates of a document; those that are not known are left out."""

    invoice: date
    delivery: date | None = None
    receipt: date | None = None


def base_date(term: Term, dates: Dates) -> date:
    """Return the date everything counts from; TermFault when the document lacks it.

    For end_of_cycle it is the last day of the cycle that the invoice date falls in.
    """
    in_cycle = term.base == "end_of_cycle"
    base: date | None = dates.invoice if in_cycle else getattr(dates, term.base)
    if base is None:
        raise TermFault(
            f"the term counts from the {term.base} date, which the document of "
            f"{dates.invoice} lacks",
            where=f"{term.base} date",
            mend=f"Give the {term.base} date, or set the term's base to invoice",
        )
    if base.year > _YEAR_MAX:
        raise TermFault(
            f"{base} is too late a date to add a term to",
            where=f"{term.base} date",
            mend=f"Check the year; it must be {_YEAR_MAX} or less",
        )
    return cycle_end(base, term.cycle) if in_cycle and term.cycle else base


def due_date(term: Term, dates: Dates, calendar: Calendar) -> date:
    """Return the date by which a document is paid in full: of several rules the last date.

    Raises TermFault when the document lacks the base date or a fixed date lies before it.
    """
    base = base_date(term, dates)
    if term.day_limits:
        return moved(term.day_limits[_limit(term, base)].due, base, term, calendar)
    return max(moved(rule, base, term, calendar) for rule in term.rules)


def moved(rule: Rule, base: date, term: Term, calendar: Calendar) -> date:
    """Return the date of a rule with the term's cutoff day and business-day convention."""
    return adjust(rule_date(rule, base, term.cutoff_day), term.convention, calendar)


def _limit(term: Term, base: date) -> int:
    """Return which day limit the base date falls under; the last one ends on day 31."""
    return next(i for i, limit in enumerate(term.day_limits) if base.day <= limit.until_day)


def rule_date(rule: Rule, base: date, cutoff_day: int | None = None) -> date:
    """Return the date of a rule before any business-day convention.

    A base after the cutoff day counts as of the next month, for prox and eom_then_days.
    Raises TermFault when a fixed date lies before the base.
    """
    late = int(cutoff_day is not None and base.day > cutoff_day)
    return _FINDERS[rule.kind](rule, base, late)


def _net_days(rule: Rule, base: date, _late: int) -> date:
    return base + timedelta(days=rule.days)


def _eom_then_days(rule: Rule, base: date, late: int) -> date:
    return month_end(add_months(base, late)) + timedelta(days=rule.days)


def _days_then_eom(rule: Rule, base: date, _late: int) -> date:
    return month_end(base + timedelta(days=rule.days))


def _prox(rule: Rule, base: date, late: int) -> date:
    assert rule.day is not None, "the policy's form asks for one"
    return on_day(add_months(base, rule.months + late), rule.day)


def _months_then_days(rule: Rule, base: date, _late: int) -> date:
    """As Tryton: the month first, then the day within it, then the days."""
    month = add_months(base, rule.months)
    start = on_day(month, rule.day) if rule.day else month
    return start + timedelta(days=rule.days)


def _day_of_month(rule: Rule, base: date, _late: int) -> date:
    assert rule.day is not None, "the policy's form asks for one"
    earliest = base + timedelta(days=rule.min_days)
    here = on_day(earliest, rule.day)
    return here if here >= earliest else on_day(add_months(earliest, 1), rule.day)


def _fixed(rule: Rule, base: date, _late: int) -> date:
    assert rule.fixed_date is not None, "the policy's form asks for one"
    if rule.fixed_date < base:
        raise TermFault(
            f"the term's fixed date {rule.fixed_date} lies before {base}",
            where="fixed date",
            mend="Give the term a later date, or grant another term",
        )
    return rule.fixed_date


_FINDERS: Final[dict[str, Callable[[Rule, date, int], date]]] = {
    "immediate": lambda _rule, base, _late: base,
    "net_days": _net_days,
    "eom_then_days": _eom_then_days,
    "days_then_eom": _days_then_eom,
    "prox": _prox,
    "months_then_days": _months_then_days,
    "day_of_month": _day_of_month,
    "fixed": _fixed,
}


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or that month's last day if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return on_day(date(year, month + 1, 1), day.day)


def on_day(month: date, day: int) -> date:
    """Return that day of the month, or the month's last day if it is shorter."""
    return month.replace(day=min(day, monthrange(month.year, month.month)[1]))


def month_end(day: date) -> date:
    """Return the last day of the month."""
    return on_day(day, 31)


def is_business_day(day: date, calendar: Calendar) -> bool:
    """Say whether banks are open."""
    return WEEKDAYS[day.weekday()] not in calendar.weekend_days and day not in calendar.holidays


def adjust(day: date, convention: Convention, calendar: Calendar) -> date:
    """Return the day moved as the convention says, ISDA 2006 definitions, section 4.12.

    Raises TermFault when the calendar is closed for over a year.
    """
    if convention == "none":
        return day
    if convention == "preceding":
        return _open_day(day, -_ONE_DAY, calendar)
    found = _open_day(day, _ONE_DAY, calendar)
    if convention == "modified_following" and found.month != day.month:
        return _open_day(day, -_ONE_DAY, calendar)
    return found


def _open_day(day: date, step: timedelta, calendar: Calendar) -> date:
    for count in range(_CLOSED_DAYS_MAX):
        found = day + step * count
        if is_business_day(found, calendar):
            return found
    raise TermFault(
        f"the calendar has no business day within a year of {day}",
        where="terms.calendars",
        mend="Take out the holidays that are none",
    )


def overdue_from(due: date, grace_days: int) -> date:
    """Return the first day on which the document is overdue; grace moves no due date."""
    return due + timedelta(days=grace_days + 1)


def cycle_end(day: date, cycle: Cycle) -> date:
    """Return the last day of the invoicing cycle that the day falls in."""
    if cycle.kind == "weekly":
        assert cycle.weekday is not None, "the policy's form asks for one"
        return day + timedelta(days=(WEEKDAYS.index(cycle.weekday) - day.weekday()) % 7)
    assert cycle.day is not None, "the policy's form asks for one"
    end = on_day(day, cycle.day)
    if day <= end:
        return end
    return month_end(day) if cycle.kind == "semi_monthly" else on_day(add_months(day, 1), cycle.day)


def cycle_days_max(cycle: Cycle) -> int:
    """Return the days of the longest cycle: 7, 31, or the longer half of a month of 31 days."""
    if cycle.kind == "weekly":
        return len(WEEKDAYS)
    assert cycle.day is not None, "the policy's form asks for one"
    return max(cycle.day, 31 - cycle.day) if cycle.kind == "semi_monthly" else 31


def peak_days_in_flight(*, cycle_days: int, net_days: int, late_days: int) -> int:
    """Return the longest time a delivery stays unpaid, in days: cycle + term + expected delay."""
    return cycle_days + net_days + late_days
