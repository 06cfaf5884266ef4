"""Instalments: how a document's amount is divided over due dates.

Amounts are whole minor units. Each portion is rounded once, half-up; the last is what is left, so
the parts always add up. Source: Tryton account_invoice payment terms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradeline.engine.due_dates import Dates, base_date, due_date, moved
from tradeline.errors import TermFault
from tradeline.money import round_half_up, to_minor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from tradeline.policy.due_rules import Calendar
    from tradeline.policy.term_parts import Instalment
    from tradeline.policy.terms import Term


@dataclass(frozen=True, kw_only=True)
class Due:
    """One amount and the date it is due; negative on a credit note."""

    on: date
    amount_minor: int


def instalments(
    term: Term, dates: Dates, amount_minor: int, currency: str, calendar: Calendar
) -> tuple[Due, ...]:
    """Return what is due when, in the order of the term; the sum is the amount, to the unit.

    A term without instalments has one line. Amount 0 has one line too, due on the invoice date.
    A portion larger than what is left takes what is left and ends the list. Raises TermFault
    when the term fixes no amount in the currency or the document lacks the base date.
    """
    if amount_minor == 0:
        return (Due(on=dates.invoice, amount_minor=0),)
    if not term.instalments:
        return (Due(on=due_date(term, dates, calendar), amount_minor=amount_minor),)
    base = base_date(term, dates)
    amounts = portions(term.instalments, amount_minor, currency)
    pairs = zip(term.instalments, amounts, strict=False)
    return tuple(
        Due(on=moved(part.due, base, term, calendar), amount_minor=amount)
        for part, amount in pairs
        if amount
    )


def portions(parts: tuple[Instalment, ...], amount_minor: int, currency: str) -> tuple[int, ...]:
    """Return the amount of each portion in minor units, with the sign of the whole.

    Those after the one that used up the amount are left out.
    """
    return tuple(_portions(parts, amount_minor, currency))


def _portions(parts: tuple[Instalment, ...], amount_minor: int, currency: str) -> Iterator[int]:
    sign = -1 if amount_minor < 0 else 1
    total = left = abs(amount_minor)
    for count, part in enumerate(parts, start=1):
        wanted = left if count == len(parts) else _portion(part, total, left, currency)
        taken = min(wanted, left)
        yield sign * taken
        left -= taken
        if not left:
            return


def _portion(part: Instalment, total: int, left: int, currency: str) -> int:
    """Return a portion of a positive amount, rounded half-up where it is a percentage."""
    if part.portion == "fixed":
        return _fixed(part, currency)
    return round_half_up(part.ratio * (total if part.portion == "percent_of_total" else left))


def _fixed(part: Instalment, currency: str) -> int:
    if currency not in part.amount:
        raise TermFault(
            f"the term fixes an instalment in {', '.join(sorted(part.amount))}, not in {currency}",
            where="instalments",
            mend=f"Add an amount in {currency} to the instalment, or grant another term",
        )
    return to_minor(part.amount[currency], currency)
