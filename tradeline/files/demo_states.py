"""What the example company's systems would have exported on a day: ledger, orders, rates, days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from tradeline.files.demo_company import AS_OF, Customer, Entry, Sale

if TYPE_CHECKING:
    from collections.abc import Iterable

_BILLED_SHOWN_DAYS: Final = 10  # how long an order that is billed stays in the order list
_FRIDAYS: Final = (date(2026, 6, 5), date(2026, 6, 12), date(2026, 6, 19), date(2026, 6, 26))
_SATURDAY: Final = 5


@dataclass(frozen=True, kw_only=True)
class Item:
    """A document as the ledger shows it on a day; its kind says on which side it stands."""

    customer: Customer
    number: str
    kind: str
    documented: date
    due: date
    currency: str
    amount_minor: int
    order_no: str = ""
    disputed: bool = False


def history_days() -> tuple[date, ...]:
    """Return the past business days of which the book is told: 13 ends of months, then Fridays."""
    firsts = [date(2025 + month // 12, month % 12 + 1, 1) for month in range(5, 18)]
    return (*(_last_business_day(first) for first in firsts), *_FRIDAYS)


def _last_business_day(next_first: date) -> date:
    day = next_first - timedelta(days=1)
    return day - timedelta(days=max(0, day.weekday() - _SATURDAY + 1))


def open_items(sales: Iterable[Sale], entries: Iterable[Entry], day: date) -> list[Item]:
    """Return the ledger's open items on the evening of a day."""
    items = [
        Item(customer=s.customer, number=s.invoice_no, kind="invoice", documented=s.invoiced_on,
             due=s.due_on, currency=s.currency, amount_minor=s.invoiced_minor,
             order_no=s.order_no, disputed=s.disputed)
        for s in sales if s.invoiced(day) and s.paid_on > day
    ]  # fmt: skip
    received = [
        Item(customer=e.customer, number=e.number, kind=e.kind, documented=e.since, due=e.since,
             currency=e.customer.currency, amount_minor=e.amount_minor)
        for e in entries if e.since <= day
    ]  # fmt: skip
    return sorted([*items, *received], key=_place)


def _place(item: Item) -> tuple[str, str, date, str]:
    return item.customer.entity, item.customer.number, item.documented, item.number


def order_lines(sales: Iterable[Sale], day: date) -> list[Sale]:
    """Return the order lines that the order list shows on the evening of a day."""
    return [s for s in sales if s.ordered_on <= day and not _gone(s, day)]


def _gone(sale: Sale, day: date) -> bool:
    whole = sale.invoiced(day) == sale.amount_minor
    return whole and sale.invoiced_on + timedelta(days=_BILLED_SHOWN_DAYS) <= day


def status(sale: Sale, day: date) -> str:
    """Return an order line's status in the order system's words."""
    if sale.hold:
        return sale.hold
    shipped, invoiced = sale.shipped(day), sale.invoiced(day)
    if invoiced == sale.amount_minor:
        return "Billed"
    if shipped == sale.amount_minor:
        return "Pending Billing"
    return "Partially Fulfilled" if shipped else "Pending Fulfillment"


def rates(day: date) -> list[tuple[date, str, str, str]]:
    """Return the exchange rates of a day; they drift slowly, by rule and not by dice."""
    drift = (day - AS_OF).days
    return [
        (day, "EUR", "USD", f"{1.0872 + drift * 0.0001:.4f}"),
        (day, "GBP", "USD", f"{1.2700 + drift * 0.00005:.4f}"),
        (day, "CHF", "EUR", f"{1.0310 + drift * 0.00002:.4f}"),
    ]
