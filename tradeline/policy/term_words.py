"""Payment terms in words: parts of the sentences that a controller signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.money import format_money, to_minor
from tradeline.policy.due_rules import LAST_DAY, Calendar, Cycle, Rule
from tradeline.policy.form import plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from tradeline.policy.term_parts import Cap, Discount, Instalment
    from tradeline.policy.terms import Term

_BASES: Final = {
    "invoice": "the invoice date",
    "delivery": "the delivery date",
    "receipt": "the date of receipt",
    "end_of_cycle": "the end of the invoicing cycle",
}
_TAX: Final = {
    "reduced": "with its tax",
    "unchanged": "the tax unchanged",
    "mixed": "the tax computed on the discounted net amount",
}
_CONVENTIONS: Final = {
    "following": "moved on to the next business day",
    "modified_following": "moved to the next business day of the month, else the one before",
    "preceding": "moved back to the business day before",
}


def terms_in_words(value: Any, field: str, locale: str) -> str:
    """Return a value of the section `terms` as a part of a sentence; `field` is its name."""
    if isinstance(value, str):
        return value
    if field == "caps":
        return "; ".join(_cap(cap) for cap in value)
    if field in {"by_tier", "by_segment"}:
        return ", ".join(f"{value[key]} for {key}" for key in sorted(value))
    told = {"named": lambda term: term_in_words(term, locale), "calendars": _calendar}[field]
    return "; ".join(f"{name}, {told(value[name])}" for name in sorted(value))


def term_in_words(term: Term, locale: str) -> str:
    """Return a term as a clause, such as `due 30 days after the invoice date`."""
    return ", ".join(_clauses(term, locale))


def rule_in_words(rule: Rule, base: str) -> str:
    """Return when a rule's date is, counted from the base that is named, such as `invoice`."""
    start = _BASES[base]
    month = _month(rule.months, start)
    day = _day(rule.day)
    return {
        "immediate": f"on {start}",
        "net_days": f"{_days(rule.days)} after {start}",
        "eom_then_days": f"{_days(rule.days)} after the end of the month of {start}",
        "days_then_eom": f"at the end of the month that is reached {_days(rule.days)} after "
        f"{start}",
        "prox": f"on {day} of {month}",
        "months_then_days": f"{_days(rule.days)} after {day} of {month}"
        if rule.day
        else f"{_count(rule.months, 'month')} and {_days(rule.days)} after {start}",
        "day_of_month": f"on the first {day.removeprefix('the ')} of a month that comes "
        f"{_days(rule.min_days)} or more after {start}",
        "fixed": f"on {rule.fixed_date}",
    }[rule.kind]


def _clauses(term: Term, locale: str) -> Iterator[str]:
    yield from _due(term, locale)
    if term.cutoff_day:
        yield f"a base date after day {term.cutoff_day} counting as of the next month"
    if term.convention != "none":
        yield f"{_CONVENTIONS[term.convention]} by the calendar {term.calendar}"
    elif term.calendar != "standard":
        yield f"with the calendar {term.calendar} at hand"
    for tier in term.discounts:
        yield _discount(tier, term.base)
    if term.grace_days:
        yield f"overdue after {_days(term.grace_days)} of grace"
    if term.cycle:
        yield _cycle(term.cycle)
    if term.prepayment:
        yield "paid before goods leave"


def _due(term: Term, locale: str) -> Iterator[str]:
    if term.due:
        yield f"due {rule_in_words(term.due, term.base)}"
    for limit in term.day_limits:
        yield f"up to day {limit.until_day} due {rule_in_words(limit.due, term.base)}"
    for part in term.instalments:
        yield f"{_portion(part, locale)} due {rule_in_words(part.due, term.base)}"


def _discount(tier: Discount, base: str) -> str:
    of = "" if tier.of == "total" else " of the net amount"
    until = rule_in_words(tier.by, base)
    return f"less {plain(tier.percent)} %{of}, {_TAX[tier.tax]}, if paid by the date {until}"


def _portion(part: Instalment, locale: str) -> str:
    if part.portion == "fixed":
        return " or ".join(_money(part.amount[key], key, locale) for key in sorted(part.amount))
    if part.portion == "remainder":
        return "the remainder"
    share = f"{plain(part.percent)} %" if part.percent is not None else ""
    parts = f"one part in {part.divisor}" if part.divisor else ""
    of = "the total" if part.portion == "percent_of_total" else "what remains"
    return f"{' or exactly '.join(filter(None, (share, parts)))} of {of}"


def _money(amount: Decimal, currency: str, locale: str) -> str:
    return f"{currency} {format_money(to_minor(amount, currency), currency, locale)}"


def _cycle(cycle: Cycle) -> str:
    if cycle.kind == "weekly":
        return f"invoiced weekly on {cycle.weekday}"
    if cycle.kind == "monthly":
        return f"invoiced monthly on {_day(cycle.day)}"
    return f"invoiced on {_day(cycle.day)} and at the end of each month"


def _calendar(calendar: Calendar) -> str:
    closed = [*calendar.weekend_days, *(str(day) for day in calendar.holidays)]
    return " and ".join(closed) or "never"


def _cap(cap: Cap) -> str:
    who = "small suppliers" if cap.suppliers == "micro_or_small" else "suppliers"
    unless = ", unless agreed expressly" if cap.unless_agreed else ""
    return (
        f"{_days(cap.days_max)} after {_BASES[cap.counts_from]} to {who} in "
        f"{' '.join(cap.countries)}{unless}, by {cap.law}"
    )


def _month(months: int, start: str) -> str:
    if months == 0:
        return f"the month of {start}"
    return f"the month that is {_count(months, 'month')} after that of {start}"


def _day(day: int | None) -> str:
    return "the last day" if day == LAST_DAY else f"day {day}"


def _days(count: int) -> str:
    return _count(count, "day")


def _count(count: int, unit: str) -> str:
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
