"""Pages on exposure: the ranked list, and one account with all that is behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Final

from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tradeline.errors import ArgumentFault, NotFound
from tradeline.queries.accounts import behind
from tradeline.queries.exposure import ExposureRow, Wanted, of_account, ranked
from tradeline.queries.holds import worklist
from tradeline.queries.reading import reading
from tradeline.web.desk import desk_of, page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

ROWS: Final = 50
_DIGITS_MAX: Final = 9  # of what is typed into an address
SHOWN: Final = {
    "receivables": "Receivables", "billed_not_posted": "Billed, not posted",
    "shipped_not_billed": "Shipped, not billed", "orders": "Orders", "reserved": "Reserved",
    "special": "Special", "unapplied_cash": "Cash on account",
    "unapplied_credits": "Credits on account", "deposits": "Deposits",
}  # fmt: skip
BESIDE: Final = {"orders_later": "Orders beyond the horizon", "held": "Held orders",
                 "disputed": "Disputed"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Bar:
    """How a line is used, for a picture 150 wide that shows up to one and a half limits."""

    receivables: int
    shipped: int
    orders: int
    excess: int  # of these, what lies beyond the limit

    @classmethod
    def of(cls, row: ExposureRow) -> Bar | None:
        """Return the bar of a line; None without a limit."""
        if not row.limit_minor:
            return None
        b, limit, widths, left = row.buckets_minor, row.limit_minor, [], 150
        for minor in (b["receivables"] + b["billed_not_posted"], b["shipped_not_billed"],
                      b["orders"] + b["reserved"]):  # fmt: skip
            widths.append(min(max(minor, 0) * 100 // limit, left))
            left -= widths[-1]
        used, past = sum(widths), max(row.exposure_minor, 0) * 100 // limit
        return cls(receivables=widths[0], shipped=widths[1], orders=widths[2],
                   excess=max(min(used, past) - 100, 0))  # fmt: skip

    @property
    def starts(self) -> tuple[int, int]:
        """Return where the second and the third part begin."""
        return self.receivables, self.receivables + self.shipped


@require_safe
def first(request: HttpRequest) -> HttpResponse:
    """Go to the first page that the person may see."""
    desk = desk_of(request)
    if not desk.navigation:
        return page(request, "nothing", {})
    return redirect(desk.navigation[0][0])


@require_safe
def ranking(request: HttpRequest) -> HttpResponse:
    """Show what customers owe and have ordered against their limits, the nearest first."""
    desk, given = desk_of(request), request.GET
    offset = _whole(given.get("from", "0"))
    wanted = Wanted(
        over_pct=_percent(given.get("over", "")), search=given.get("q") or None,
        entity=given.get("entity") or None, sort=given.get("sort") or "utilisation",
        count=ROWS + 1, offset=offset,
    )  # fmt: skip
    with reading(desk.actor, "exposure.read"):
        rows = ranked(wanted)
    more = given.copy()
    more["from"] = str(offset + ROWS)
    return page(request, "exposure", {
        "rows": [(row, Bar.of(row)) for row in rows[:ROWS]], "given": given, "here": "exposure",
        "next": more.urlencode() if len(rows) > ROWS else "",
    })  # fmt: skip


@require_safe
def account(request: HttpRequest, entity: str, customer_no: str) -> HttpResponse:
    """Show one account: its buckets, and every document, order and limit behind them."""
    desk, now = desk_of(request), datetime.now(UTC)
    with reading(desk.actor, "exposure.read"):
        rows = of_account(customer_no, entity)
        if not rows:
            raise NotFound("there is no such account", mend="go back to the list")
        [row] = rows
        facts = behind(row, as_of=now.date())
        held = worklist(at=now, customer_no=row.customer_no, entity=entity)
    buckets = row.buckets_minor
    return page(request, "account", {
        "row": row, "behind": facts, "bar": Bar.of(row), "held": held, "here": "exposure",
        "buckets": [(title, buckets[name]) for name, title in SHOWN.items() if buckets[name]],
        "beside": [(title, buckets[name]) for name, title in BESIDE.items() if buckets[name]],
    })  # fmt: skip


def _percent(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        found = Decimal(text)
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or found.adjusted() > _DIGITS_MAX:
        raise ArgumentFault("that is no percentage", where="over", mend="write a number such as 80")
    return found


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise ArgumentFault("that is no row", where="from", mend="go back to the first page")
    return int(text)
