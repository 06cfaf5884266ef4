"""Term compliance: were the agreed terms granted, were they kept, were discounts earned.

Counts and minor units per account and currency; shares are exact fractions, and nothing where
there is nothing to divide by. Source: the term-compliance measure of credit departments, invoices
with approved terms over all invoices and invoices paid within terms.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tradeline.engine.discounts import Offer, Taxed, deduction, offers, open_offer
from tradeline.engine.due_dates import Dates, due_date, overdue_from
from tradeline.engine.instalments import Due, instalments
from tradeline.errors import ArgumentFault
from tradeline.money import round_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from tradeline.policy.due_rules import Calendar
    from tradeline.policy.terms import Term, Terms


@dataclass(frozen=True, kw_only=True)
class Payment:
    """Money that came, and the discount the customer kept with it, in minor units."""

    on: date
    amount_minor: int
    discount_minor: int = 0

    @property
    def settled_minor(self) -> int:
        """Return by how much it lowers what is owed."""
        return self.amount_minor + self.discount_minor


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice with the term that was agreed, and what it granted itself.

    `granted` is the term it names, `granted_due` the due date it prints; either may be missing.
    """

    account: str
    document_no: str
    currency: str
    dates: Dates
    amounts: tuple[Taxed, ...]
    agreed: Term
    granted: Term | None = None
    granted_due: date | None = None
    payments: tuple[Payment, ...] = ()

    @property
    def total_minor(self) -> int:
        """Return what the invoice asks for."""
        return sum(part.total_minor for part in self.amounts)


@dataclass(frozen=True, kw_only=True)
class Compliance:
    """The counts of one account and currency, or of several accounts added up.

    Approved + better + unknown = invoices. Judged are the invoices that have come due or were
    paid; `judged_minor` is what of them has come due.
    """

    account: str
    currency: str
    invoices: int = 0
    approved: int = 0
    better: int = 0
    unknown: int = 0
    judged: int = 0
    within: int = 0
    judged_minor: int = 0
    within_minor: int = 0
    unearned: int = 0
    unearned_minor: int = 0

    @property
    def approved_share(self) -> Fraction | None:
        """Return approved invoices as a share of those whose terms are known."""
        return _share(self.approved, self.approved + self.better)

    @property
    def within_share(self) -> Fraction | None:
        """Return the invoices paid within terms as a share of those judged."""
        return _share(self.within, self.judged)

    @property
    def within_amount_share(self) -> Fraction | None:
        """Return the amount paid within terms as a share of the amount that has come due."""
        return _share(self.within_minor, self.judged_minor)


def compliance_by_account(
    invoices: Iterable[Invoice], *, terms: Terms, as_of: date
) -> tuple[Compliance, ...]:
    """Return the compliance of each account and currency, in their order, as of a day.

    Documents of zero or less are no invoices and are left out, as are payments after the day.
    Payment is held against the agreed term and its days of grace. Raises TermFault when a term
    does not fit its invoice.
    """
    found: dict[tuple[str, str], list[Compliance]] = defaultdict(list)
    for invoice in invoices:
        if invoice.total_minor > 0:
            one = _of_invoice(invoice, terms.calendars, as_of)
            found[invoice.account, invoice.currency].append(one)
    return tuple(added(found[key], account=key[0]) for key in sorted(found))


def added(parts: Iterable[Compliance], *, account: str) -> Compliance:
    """Return the sum under a name; ArgumentFault when it would add different currencies."""
    rows = list(parts)
    currencies = sorted({row.currency for row in rows})
    if len(currencies) != 1:
        raise ArgumentFault(
            f"term compliance of {len(currencies)} currencies has no sum",
            where=", ".join(currencies) or "no invoice",
            mend="Add up the accounts of one currency at a time",
        )
    counts = [field.name for field in fields(Compliance) if field.type == "int"]
    sums = {name: sum(getattr(row, name) for row in rows) for name in counts}
    return Compliance(account=account, currency=currencies[0], **sums)


def _of_invoice(invoice: Invoice, calendars: dict[str, Calendar], as_of: date) -> Compliance:
    calendar = calendars[invoice.agreed.calendar]
    approved = _is_approved(invoice, calendars)
    lines = instalments(
        invoice.agreed, invoice.dates, invoice.total_minor, invoice.currency, calendar
    )
    came_due = _came_due(invoice, lines, as_of)
    kept = _kept(invoice, came_due)
    judged_minor = sum(line.amount_minor for line in came_due)
    unearned = [each for each in _unearned(invoice, calendar, as_of) if each]
    return Compliance(
        account=invoice.account,
        currency=invoice.currency,
        invoices=1,
        approved=int(approved is True),
        better=int(approved is False),
        unknown=int(approved is None),
        judged=int(bool(came_due)),
        within=int(bool(came_due) and kept == judged_minor),
        judged_minor=judged_minor,
        within_minor=kept,
        unearned=len(unearned),
        unearned_minor=sum(unearned),
    )


def _is_approved(invoice: Invoice, calendars: dict[str, Calendar]) -> bool | None:
    """Say whether the invoice grants no more than was agreed; nothing when it does not say."""
    granted_due = invoice.granted_due
    if granted_due is None and invoice.granted is not None:
        granted_due = due_date(invoice.granted, invoice.dates, calendars[invoice.granted.calendar])
    if granted_due is None:
        return None
    agreed_due = due_date(invoice.agreed, invoice.dates, calendars[invoice.agreed.calendar])
    return granted_due <= agreed_due and not _gives_more_discount(invoice, calendars)


def _gives_more_discount(invoice: Invoice, calendars: dict[str, Calendar]) -> bool:
    if invoice.granted is None:
        return False
    agreed = offers(invoice.agreed, invoice.dates, calendars[invoice.agreed.calendar])
    for offer in offers(invoice.granted, invoice.dates, calendars[invoice.granted.calendar]):
        allowed = open_offer(agreed, offer.last_day)
        most = deduction(allowed.tier, invoice.amounts).total_minor if allowed else 0
        if deduction(offer.tier, invoice.amounts).total_minor > most:
            return True
    return False


def _settled_minor(invoice: Invoice, until: date) -> int:
    return sum(each.settled_minor for each in invoice.payments if each.on <= until)


def _came_due(invoice: Invoice, lines: tuple[Due, ...], as_of: date) -> list[Due]:
    """Return the parts to judge, by date: those late by now if unpaid, or all if all is paid."""
    ordered = sorted(lines, key=lambda line: line.on)
    if _settled_minor(invoice, as_of) >= invoice.total_minor:
        return ordered
    grace = invoice.agreed.grace_days
    return [line for line in ordered if overdue_from(line.on, grace) <= as_of]


def _kept(invoice: Invoice, lines: list[Due]) -> int:
    """Return how much of the parts was settled in time, oldest part first, in minor units."""
    kept = before = 0
    for line in lines:
        last = line.on + timedelta(days=invoice.agreed.grace_days)
        reached = _settled_minor(invoice, last) - before
        kept += max(0, min(line.amount_minor, reached))
        before += line.amount_minor
    return kept


def _unearned(invoice: Invoice, calendar: Calendar, as_of: date) -> list[int]:
    """Return by how much each payment's discount exceeds what was still open on its day."""
    found = offers(invoice.agreed, invoice.dates, calendar)
    taken = [each for each in invoice.payments if each.discount_minor and each.on <= as_of]
    return [_excess(invoice, each, open_offer(found, each.on)) for each in taken]


def _excess(invoice: Invoice, payment: Payment, offer: Offer | None) -> int:
    """Return what was kept beyond the open discount; a part payment earns its part of it."""
    if offer is None:
        return payment.discount_minor
    part = Fraction(min(payment.settled_minor, invoice.total_minor), invoice.total_minor)
    earned = round_half_up(deduction(offer.tier, invoice.amounts).total_minor * part)
    return max(0, payment.discount_minor - earned)


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None
