"""What the facts of a decision would be if something were changed first: cash, limits, the order.

Each returns the facts as a check would find them after the change; gate.py then says what stops.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tradeline.engine.gate_facts import Facts, Group, Item, Rules, converted

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

RECEIVABLES: Final = 0
UNAPPLIED_CASH: Final = 6
DEPOSITS: Final = 8
"""Places in Rules.signs."""


def with_cash(f: Facts, minor: int) -> Facts:
    """Return the facts after a deposit or cash on account, which lowers exposure."""
    lower = f._replace(before_minor=f.before_minor - minor, after_minor=f.after_minor - minor,
                       static_after_minor=f.static_after_minor - minor)  # fmt: skip
    return lower._replace(groups=tuple(_group(group, f, lower) for group in f.groups))


def _group(group: Group, old: Facts, new: Facts) -> Group:
    """Return a group whose member moved; each currency's members are converted as one sum."""
    if group.after_minor is None or group.above is None or group.below is None:
        return group

    def moved(minor: int) -> int:
        assert group.above is not None
        assert group.below is not None
        return converted(minor, group.above, group.below)

    def owed(minor: int) -> int:
        return minor if group.set_off else max(minor, 0)

    total = group.after_minor - moved(owed(old.after_minor) - owed(old.before_minor))
    own = group.own_minor
    if own is not None:
        own -= owed(old.before_minor) - owed(new.before_minor)
        total += moved(own) - moved(group.own_minor or 0)
    total += moved(owed(new.after_minor) - owed(new.before_minor))
    return group._replace(after_minor=total, own_minor=own)


def counts_in_share(item: Item, f: Facts, r: Rules) -> bool:
    """Return whether an overdue item counts in the overdue share (OV02)."""
    return (f.day - item.due_date).days > max(f.grace_days, r.overdue_share_days)


def without_items(f: Facts, r: Rules, paid: Collection[Item]) -> Facts:
    """Return the facts after these overdue items are paid in full."""
    total = sum(item.minor for item in paid)
    in_share = sum(item.minor for item in paid if counts_in_share(item, f, r))
    rest = tuple(item for item in f.oldest if item not in paid)
    return with_cash(f, total * r.signs[RECEIVABLES])._replace(
        overdue_minor=f.overdue_minor - total, overdue_share_minor=f.overdue_share_minor - in_share,
        open_minor=f.open_minor - total, oldest=rest, oldest_due=rest[0].due_date if rest else None,
    )  # fmt: skip


def without_overdue(f: Facts, r: Rules) -> Facts:
    """Return the facts after all that is past due is paid, listed or not."""
    return with_cash(f, f.overdue_minor * r.signs[RECEIVABLES])._replace(
        overdue_minor=0, overdue_share_minor=0, open_minor=f.open_minor - f.overdue_minor,
        oldest=(), oldest_due=None,
    )  # fmt: skip


def ahead_minor(f: Facts, amount_minor: int) -> int:
    """Return what an order of this amount adds to exposure, with its sign."""
    assert f.share is not None
    ahead = max(amount_minor - f.share.beside_minor, 0)
    return f.share.sign * converted(ahead, f.share.above, f.share.below)


def is_inside(f: Facts, r: Rules) -> bool:
    """Return whether the order ships inside the horizon, so that the dynamic check counts it."""
    if f.ship_date is None or (f.share is not None and not f.share.dated):
        return True
    return f.ship_date <= f.day + timedelta(days=r.horizon_days)


def with_amount(f: Facts, r: Rules, amount_minor: int) -> Facts:
    """Return the facts of the same order over another amount, in its currency."""
    assert f.share is not None
    assert f.amount_minor is not None
    change = ahead_minor(f, amount_minor) - ahead_minor(f, f.amount_minor)
    order = converted(amount_minor, f.share.above, f.share.below)
    new = f._replace(amount_minor=amount_minor, order_minor=order,
                     static_after_minor=f.static_after_minor + change)  # fmt: skip
    return _with_after(new, change) if is_inside(f, r) else new


def with_ship_date(f: Facts, day: date) -> Facts:
    """Return the facts of the order shipping on a day beyond the horizon."""
    assert f.amount_minor is not None
    return _with_after(f._replace(ship_date=day), -ahead_minor(f, f.amount_minor))


def _with_after(f: Facts, change: int) -> Facts:
    new = f._replace(after_minor=f.after_minor + change)
    return new._replace(groups=tuple(_group(group, f, new) for group in f.groups))


def with_limit(f: Facts, minor: int, until: date) -> Facts:
    """Return the facts under a temporary limit that holds from the day on."""
    return f._replace(limit_minor=minor, limit_from=f.day, limit_to=until)


def with_group_limit(f: Facts, code: str, minor: int) -> Facts:
    """Return the facts under another limit of a group."""
    return f._replace(groups=tuple(
        group._replace(limit_minor=minor) if group.code == code else group for group in f.groups
    ))  # fmt: skip


def with_granted_terms(f: Facts) -> Facts:
    """Return the facts of the order on no better terms than are granted."""
    assert f.terms_days_max is not None
    return f._replace(
        net_days=None if f.net_days is None else min(f.net_days, f.terms_days_max),
        discount_bp=None if f.discount_bp is None else min(f.discount_bp, f.discount_bp_max or 0),
    )
