"""A document's payment terms worked out, and the term that an account is granted.

The parts are in due_dates, instalments and discounts; this file puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, Literal

from tradeline.engine.discounts import Offer, offers
from tradeline.engine.due_dates import Dates, base_date, due_date, overdue_from
from tradeline.engine.instalments import Due, instalments
from tradeline.errors import TermFault

if TYPE_CHECKING:
    from tradeline.policy.due_rules import Calendar
    from tradeline.policy.terms import Term, Terms

Level = Literal["account", "tier", "segment", "policy"]

_SPAN_START: Final = date(2027, 1, 1)
_SPAN_DAYS: Final = 4 * 365 + 1  # four years hold every length of month in every neighbourhood


@dataclass(frozen=True, kw_only=True)
class Granted:
    """The term an account is granted, and which level of the policy decided."""

    name: str
    term: Term
    level: Level


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """What is due when; `overdue_from` is the first day on which the first part is late."""

    base: date
    dues: tuple[Due, ...]
    due: date
    overdue_from: date
    offers: tuple[Offer, ...]


def granted_term(
    terms: Terms, *, account: str | None = None, tier: str | None = None, segment: str | None = None
) -> Granted:
    """Return the term of an account: its own, else its tier's, its segment's, the policy's.

    `account` is the name of the account's own term. A tier or segment for which the policy names
    none decides nothing. Raises TermFault when the account's term is not in the policy.
    """
    candidates: tuple[tuple[Level, str | None], ...] = (
        ("account", account),
        ("tier", terms.by_tier.get(tier) if tier is not None else None),
        ("segment", terms.by_segment.get(segment) if segment is not None else None),
        ("policy", terms.default),
    )
    level, name = next((level, name) for level, name in candidates if name is not None)
    if name not in terms.named:
        raise TermFault(
            f"{name!r} is no term of the policy",
            where="the account's term",
            mend=f"Name one of {', '.join(sorted(terms.named))}, or add it to terms.named",
        )
    return Granted(name=name, term=terms.named[name], level=level)


def schedule(
    term: Term, dates: Dates, amount_minor: int, currency: str, calendar: Calendar
) -> Schedule:
    """Return the whole schedule of a document in minor units.

    Raises TermFault when the term does not fit the document: see due_date and instalments.
    """
    dues = instalments(term, dates, amount_minor, currency, calendar)
    return Schedule(
        base=base_date(term, dates) if amount_minor else dates.invoice,
        dues=dues,
        due=max(each.on for each in dues),
        overdue_from=overdue_from(min(each.on for each in dues), term.grace_days),
        offers=offers(term, dates, calendar) if amount_minor else (),
    )


def credit_days_max(term: Term, calendar: Calendar) -> int | None:
    """Return the longest time from base date to due date, in days; nothing for a fixed date.

    Found by trying every base date of four years, so it holds for every kind of rule; holidays
    outside those years do not count.
    """
    if any(rule.kind == "fixed" for rule in term.rules):
        return None
    days = (_SPAN_START + timedelta(days=count) for count in range(_SPAN_DAYS))
    return max(_credit_days(term, day, calendar) for day in days)


def _credit_days(term: Term, day: date, calendar: Calendar) -> int:
    dates = Dates(invoice=day, delivery=day, receipt=day)
    return (due_date(term, dates, calendar) - base_date(term, dates)).days
