"""The steps that lower what stops a held order, each as small as does; see unblock.py."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tradeline.engine import gate_changes as changes
from tradeline.engine.cheapest_items import Weighed, cheapest
from tradeline.engine.exposure import BASIS_POINTS
from tradeline.engine.gate import HOLD, group_bound, oldest_days_max
from tradeline.engine.gate_facts import LISTED_MAX, converted
from tradeline.engine.unblock_plan import Step, gap_minor, least
from tradeline.engine.unblock_words import bringing, clearing, money, paying
from tradeline.money import AMOUNT_MINOR_MAX

if TYPE_CHECKING:
    from datetime import date

    from tradeline.engine.gate_facts import Facts, Group, Item, Rules
    from tradeline.engine.unblock_plan import Plan

PAID_OFF: Final = frozenset({"OV01", "OV02", "OV03"})
"""What is cleared by paying overdue invoices."""

OF_ORDER: Final = frozenset({"DV01", "DT01"})
"""What may be cleared by ordering less, whatever is owed."""

NO_LIMIT: Final = frozenset({"CL03", "IN01"})
"""What a higher limit of the account does not clear, but less exposure does."""

_OF_LIMIT: Final = frozenset({"CL01", "CL02", "CL04", "CL05", "CL06"})
_CLEARED: Final = ("EX01", "ST01", "DU01", "RV01", "DT01", "DT02")



def cleared(plan: Plan, *, but: str = "", only: str = "") -> Plan:
    """Return the plan after what no money helps against is cleared: all, but one, or only one."""
    stops = plan.stops()
    for code in stops:
        if code in _CLEARED and code != but and only in {"", code}:
            step = Step("clear", clearing(code, plan.facts, plan.rules))
            plan = plan.then(step, plan.facts, frozenset({code}))
    if only:
        return plan
    if "TM01" in stops:
        step = Step("clear", clearing("TM01", plan.facts, plan.rules))
        plan = plan.then(step, changes.with_granted_terms(plan.facts))
    known = tuple(group for group in plan.facts.groups if group.after_minor is not None)
    if "CL03" in stops and known != plan.facts.groups:
        step = Step("clear", clearing("CL03", plan.facts, plan.rules))
        plan = plan.then(step, plan.facts._replace(groups=known))
    return plan


def advance(plan: Plan) -> Plan | None:
    """Return the plan with the whole order paid before it ships: it asks for no credit."""
    f = plan.facts
    if f.prepaid or f.share is None or f.amount_minor is None:
        return None
    text = f"pay the whole order of {money(f.amount_minor, f.order_currency)} before it ships"
    step = Step("advance", text, f.order_minor or 0, f.amount_minor, f.order_currency)
    return plan.then(step, f._replace(prepaid=True))


def least_cash(plan: Plan) -> int:
    """Return how much cash passes all but the overdue rules; 0 where none does."""
    others = plan._replace(aside=plan.aside | PAID_OFF)
    if not others.stops():
        return 0

    def does(minor: int) -> bool:
        return others.passes(changes.with_cash(plan.facts, minor))

    return least(does, AMOUNT_MINOR_MAX, gap_minor(plan)) or 0


def paid(plan: Plan, cash_minor: int) -> Plan | None:
    """Return the plan with the cheapest invoices paid that settle what is overdue, and so much."""
    f, r = plan.facts, plan.rules
    chosen = _choice(plan, cash_minor)
    if chosen is None:
        total, facts = f.overdue_minor, changes.without_overdue(f, r)
    else:
        total, facts = sum(item.minor for item in chosen), changes.without_items(f, r, chosen)
    if not total or total < cash_minor:
        return None
    text = paying(chosen or (), money(total, f.currency))
    return plan.then(Step("pay", text, 0, total, f.currency, chosen or ()), facts)


def _choice(plan: Plan, cash_minor: int) -> tuple[Item, ...] | None:
    """Return the invoices to pay; None means all that is past due, more than facts list."""
    f, r = plan.facts, plan.rules
    stops = {code for code in PAID_OFF if r.reaction(code) >= HOLD}
    late = [
        item for item in f.oldest
        if "OV01" in stops and (f.day - item.due_date).days > oldest_days_max(f, r)
    ]  # fmt: skip
    if len(f.oldest) == LISTED_MAX and len(late) == LISTED_MAX:
        return None
    rest = [item for item in f.oldest if item not in late]
    chosen = cheapest(
        [_weighed(item, f, r, stops) for item in rest],
        gain=_share_excess(f, r, stops) - sum(_weighed(item, f, r, stops).gain for item in late),
        cost=max(cash_minor, _amount_excess(f, r, stops)) - sum(item.minor for item in late),
    )
    return None if chosen is None else tuple(late) + tuple(rest[place] for place in chosen)


def _weighed(item: Item, f: Facts, r: Rules, stops: set[str]) -> Weighed:
    """Return an item with how far paying it lowers the overdue share: both sides of it shrink."""
    if "OV02" not in stops:
        return Weighed(item.minor, 0)
    kept = BASIS_POINTS if changes.counts_in_share(item, f, r) else 0
    return Weighed(item.minor, item.minor * (kept - r.overdue_share_bp))


def _share_excess(f: Facts, r: Rules, stops: set[str]) -> int:
    if "OV02" not in stops:
        return 0
    return f.overdue_share_minor * BASIS_POINTS - f.open_minor * r.overdue_share_bp


def _amount_excess(f: Facts, r: Rules, stops: set[str]) -> int:
    if "OV03" not in stops or r.overdue_max_minor is None:
        return 0
    return max(f.overdue_minor - r.overdue_max_minor, 0)


def prepaid(plan: Plan, only: frozenset[str] | None = None) -> Plan | None:
    """Return the plan with the least cash brought that passes all rules, or only some."""
    f, r = plan.facts, plan.rules
    if not (r.signs[changes.DEPOSITS] or r.signs[changes.UNAPPLIED_CASH]):
        return None

    def does(minor: int) -> bool:
        return plan.passes(changes.with_cash(f, minor), only)

    minor = None if only is not None and does(0) else least(does, AMOUNT_MINOR_MAX, gap_minor(plan))
    if minor is None:
        return None
    step = Step("prepay", bringing(minor, f, r), minor, minor, f.currency)
    return plan.then(step, changes.with_cash(f, minor))


def part(plan: Plan, only: frozenset[str] | None = None) -> Plan | None:
    """Return the plan with the largest part of the order that passes all rules, or only some."""
    f, r = plan.facts, plan.rules
    if f.share is None or f.amount_minor is None or f.order_minor is None:
        return None
    whole = f.amount_minor

    def fits(less: int) -> bool:
        return plan.passes(changes.with_amount(f, r, whole - less), only)

    most = whole - max(f.share.live_minor, 0) - 1
    gap = converted(gap_minor(plan), f.share.below, f.share.above)
    less = None if only is not None and fits(0) else least(fits, most, gap)
    if less is None:
        return None
    facts = changes.with_amount(f, r, whole - less)
    assert facts.order_minor is not None
    text = f"order no more than {money(whole - less, f.order_currency)} for now"
    step = Step("part", text, f.order_minor - facts.order_minor, whole - less, f.order_currency)
    return plan.then(step, facts)


def later(plan: Plan, *, whole: bool = True) -> Plan | None:
    """Return the plan with the order shipping on the first day beyond the horizon, if that does."""
    f, r = plan.facts, plan.rules
    if f.share is None or not f.share.dated or not changes.is_inside(f, r):
        return None
    day = f.day + timedelta(days=r.horizon_days + 1)
    facts = changes.with_ship_date(f, day)
    if whole and not plan.passes(facts):
        return None
    return plan.then(Step("later", f"ship on {day} or later", day=day), facts)


def _until(f: Facts, r: Rules) -> date:
    """Return the last day of a temporary limit: the order has shipped, or its time is over."""
    if f.ship_date is not None and f.ship_date > f.day:
        return f.ship_date
    return f.day + timedelta(days=r.reservation_days)


def _line_limit(plan: Plan) -> Plan | None:
    """Return the plan with the least temporary limit that passes the rules of the limit."""
    f, r = plan.facts, plan.rules
    until = _until(f, r)

    def does(minor: int) -> bool:
        return plan.passes(changes.with_limit(f, minor, until), _OF_LIMIT)

    if _OF_LIMIT.isdisjoint(plan.stops()):
        return None
    minor = least(does, AMOUNT_MINOR_MAX, max(gap_minor(plan), 0) + (f.limit_minor or 0))
    if minor is None:
        return None
    step = Step("limit", f"have the limit raised to {money(minor, f.currency)} until {until}", 0,
                minor, f.currency, day=until)  # fmt: skip
    return plan.then(step, changes.with_limit(f, minor, until))


def limit(plan: Plan) -> Plan | None:
    """Return the plan with temporary limits that do: the account's, and those of its groups."""
    new = _line_limit(plan) or plan
    until = _until(plan.facts, plan.rules)
    for group in new.facts.groups if "CL03" in new.stops() else ():
        after, r = group.after_minor, plan.rules
        if after is None or after <= group_bound(group, r):
            continue
        minor = _least_group_limit(group, after, r)
        if minor is None:
            return None
        text = f"have the limit of group {group.code} raised to {money(minor, group.currency)}"
        step = Step("limit", f"{text} until {until}", 0, minor, group.currency, day=until,
                    group=group.code)  # fmt: skip
        new = new.then(step, changes.with_group_limit(new.facts, group.code, minor))
    return None if new is plan or new.stops() else new


def _least_group_limit(group: Group, after: int, r: Rules) -> int | None:
    def does(minor: int) -> bool:
        return after <= group_bound(group._replace(limit_minor=minor), r)

    return least(does, AMOUNT_MINOR_MAX, after)
