"""What a decision at order time was made of, as records: the numbers of the moment, and the rules.

They are parsed from a decision's `facts` (app.facts in sql/gate_settle.sql) and from its row of
line_rules. Money is in minor units of the line's currency unless a name says otherwise.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tradeline.engine.exposure import BASIS_POINTS
from tradeline.policy.gate import CODES

if TYPE_CHECKING:
    from collections.abc import Mapping

FEEDS: Final = ("ar", "orders", "payments", "limits")
"""The order in which facts hold the ages of the feeds."""

LISTED_MAX: Final = 20
"""Overdue items that facts list, the oldest first."""

_PLACE: Final = {code: place for place, code in enumerate(CODES)}


class Item(NamedTuple):
    """An open item that is past due."""

    document_no: str
    due_date: date
    minor: int


class Group(NamedTuple):
    """A group above the account that has a limit, in the group's currency, as it would be after.

    `own_minor` is what the group's members in the line's currency owe together, and above over
    below is the rate from that currency; both are known for held orders. It is None where the
    account is an affiliate, which counts in no group.
    """

    code: str
    after_minor: int | None  # None: an exposure of the group cannot be converted
    limit_minor: int
    currency: str
    set_off: bool = False
    above: int | None = None
    below: int | None = None
    own_minor: int | None = None


class Share(NamedTuple):
    """How a held order moves the line: by sign * converted(amount - beside)."""

    sign: int
    dated: bool  # counts by its ship date; a sale is billed at once
    live_minor: int  # authorised already; in the order's currency, as `beside_minor`
    beside_minor: int  # of the order's amount, what does not count ahead
    above: int
    below: int


class Facts(NamedTuple):
    """The numbers of the moment. No dataclass: a what-if copies it many times."""

    day: date
    currency: str
    limit_minor: int | None
    before_minor: int  # exposure inside the horizon
    after_minor: int
    static_after_minor: int  # with orders beyond the horizon
    order_minor: int | None  # None without a rate
    order_currency: str
    amount_minor: int | None  # of the order, in its currency
    ship_date: date | None
    net_days: int | None
    discount_bp: int | None
    prepaid: bool
    scope: str  # all, delivery (standing only), none (less of the same)
    ages: tuple[int | None, ...]  # days, by FEEDS
    groups: tuple[Group, ...]
    oldest_due: date | None
    overdue_minor: int
    overdue_share_minor: int
    open_minor: int
    disputed_minor: int
    oldest: tuple[Item, ...]
    average_minor: int
    covers: tuple[tuple[int, int], ...]  # amount and covered share, in the order of use
    status: str
    review_due: date | None
    dunning_level: int
    flags: tuple[str, ...]
    grace_days: int
    terms_days_max: int | None
    discount_bp_max: int | None
    limit_from: date | None
    limit_to: date | None
    share: Share | None = None  # of held orders that were asked for


class Rules(NamedTuple):
    """The policy's rules as they hold for a line; see models/standing.py for the fields."""

    reactions: tuple[int, ...]
    signs: tuple[int, ...]
    tolerance_bp: int
    tolerance_max_minor: int | None
    average_bp: int
    used_bp: int
    overdue_days_max: int
    overdue_share_days: int
    overdue_share_bp: int
    overdue_max_minor: int | None
    dunning_level_max: int
    document_max_minor: int | None
    review_grace_days: int
    unsecured_max_minor: int | None
    stand_in_max_minor: int | None
    rejected_flags: tuple[str, ...]
    rejected_statuses: tuple[str, ...]
    horizon_days: int
    rate_age_max_days: int
    feed_ages_max: Mapping[str, int]
    feeds_required: tuple[str, ...]
    reservation_days: int

    def reaction(self, code: str) -> int:
        """Return what a rule does when it is hit, as a place in policy.gate.REACTIONS."""
        return self.reactions[_PLACE[code]]  # type: ignore[index]


def read_facts(told: Mapping[str, Any]) -> Facts:
    """Return the facts from their JSON object."""
    return Facts(
        day=date.fromisoformat(told["day"]), currency=told["currency"], limit_minor=told["limit"],
        before_minor=told["before"], after_minor=told["after"],
        static_after_minor=told["static_after"], order_minor=told["order"],
        order_currency=told["order_currency"], amount_minor=told["amount"],
        ship_date=_day(told["ship_date"]), net_days=told["net_days"],
        discount_bp=told["discount_bp"], prepaid=told["prepaid"], scope=told["scope"],
        ages=tuple(told["ages"]), groups=_groups(told), oldest_due=_day(told["oldest_due"]),
        overdue_minor=told["overdue"], overdue_share_minor=told["overdue_share"],
        open_minor=told["open"], disputed_minor=told["disputed"],
        oldest=tuple(Item(no, date.fromisoformat(due), minor) for no, due, minor in told["oldest"]),
        average_minor=told["average"],
        covers=tuple((amount, covered) for amount, covered in told["covers"]),
        status=told["status"], review_due=_day(told["review_due"]),
        dunning_level=told["dunning_level"], flags=tuple(told["flags"]),
        grace_days=told["grace_days"], terms_days_max=told["terms_days_max"],
        discount_bp_max=told["discount_bp_max"], limit_from=_day(told["limit_from"]),
        limit_to=_day(told["limit_to"]), share=_share(told.get("ways") or {}),
    )  # fmt: skip


def read_rules(row: Mapping[str, Any]) -> Rules:
    """Return the rules from their row, as columns by name; other columns are left aside."""
    values = (row[name] for name in Rules._fields)
    return Rules._make(tuple(value) if isinstance(value, list) else value for value in values)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _groups(told: Mapping[str, Any]) -> tuple[Group, ...]:
    found = [Group(*parts) for parts in zip(*(told["groups"] or ()), strict=True)]
    ways = (told.get("ways") or {}).get("groups")
    if ways is None:
        return tuple(found)
    return tuple(
        group._replace(set_off=set_off, above=above, below=below, own_minor=own)
        for group, (set_off, above, below, own) in zip(found, ways, strict=True)
    )


def _share(ways: Mapping[str, Any]) -> Share | None:
    if ways.get("sign") is None or ways["above"] is None:
        return None
    return Share(sign=ways["sign"], dated=ways["dated"], live_minor=ways["live"],
                 beside_minor=ways["beside"], above=ways["above"], below=ways["below"])  # fmt: skip


def converted(minor: int, above: int, below: int) -> int:
    """Return an amount at a rate, rounded half-up; ties go away from zero."""
    size = (2 * abs(minor) * above + below) // (2 * below)
    return size if minor >= 0 else -size


def with_tolerance(limit_minor: int, tolerance_bp: int, most_minor: int | None) -> int:
    """Return the bound that a limit may be passed up to; the tolerance is rounded down."""
    share = limit_minor * tolerance_bp // BASIS_POINTS
    return limit_minor + min(share, limit_minor if most_minor is None else most_minor)


def unsecured_minor(exposure_minor: int, covers: tuple[tuple[int, int], ...]) -> int:
    """Return what of an exposure is not covered, cover by cover; each is rounded down."""
    rest = max(exposure_minor, 0)
    for amount, covered_bp in covers:
        rest -= min(amount, rest) * covered_bp // BASIS_POINTS
    return rest
