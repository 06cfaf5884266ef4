"""Ways out of a hold as people and programs read them: sentences, and the fields of an answer."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tradeline.engine.exposure import utilisation_text
from tradeline.engine.gate_changes import DEPOSITS, UNAPPLIED_CASH
from tradeline.money import to_decimal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tradeline.engine.gate_facts import Facts, Item, Rules
    from tradeline.engine.unblock_plan import Option, Step

UNKNOWN_CUSTOMER: Final = "name the legal entity, or bring the customer into the book"


def money(minor: int, currency: str) -> str:
    """Return an amount with its currency."""
    return f"{to_decimal(minor, currency)} {currency}"


def paying(items: Sequence[Item], total: str) -> str:
    """Say which invoices to pay; none named means all that is past due."""
    if not items:
        return f"pay all that is past due, {total}"
    *first, last = (item.document_no for item in items)
    return f"pay {', '.join(first) + ' and ' if first else ''}{last}, {total}"


def bringing(minor: int, facts: Facts, rules: Rules) -> str:
    """Say how much cash to bring, by the ways that the policy lets lower exposure."""
    ways = [word for word, place in (("in advance", DEPOSITS), ("on account", UNAPPLIED_CASH))
            if rules.signs[place]]  # fmt: skip
    return f"pay {money(minor, facts.currency)} {' or '.join(ways)}"


def clearing(code: str, f: Facts, r: Rules) -> str:
    """Say what has to happen where no money helps."""
    feeds = [feed for feed, age in zip(("ar", "orders", "payments", "limits"), f.ages, strict=True)
             if _is_late(feed, age, r)]  # fmt: skip
    return {
        "EX01": f"have the flag cleared: {', '.join(f.flags)}",
        "ST01": "have the account made active again",
        "DU01": f"have the dunning level brought below {r.dunning_level_max}",
        "RV01": "have the limit reviewed",
        "TM01": f"order on the granted terms: {f.terms_days_max} days, "
                f"{utilisation_text(f.discount_bp_max or 0, 10_000)} % discount",
        "DT01": f"have the feed brought up to date: {', '.join(feeds)}",
        "DT02": f"have a rate brought from {f.order_currency} to {f.currency}",
        "CL03": "have the rates brought that the group needs",
    }[code]  # fmt: skip


def _is_late(feed: str, age: int | None, r: Rules) -> bool:
    if age is None:
        return feed in r.feeds_required
    return feed in r.feed_ages_max and age > r.feed_ages_max[feed]


def sentence(texts: Sequence[str]) -> str:
    """Return steps as one sentence."""
    text = ", and ".join(texts)
    return f"{text[0].upper()}{text[1:]}."


def told(option: Option, currency: str, levels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return an option as an answer shows it; several steps are one option of kind combined.

    `levels` are those of the policy who sign: role and, by currency, up to which amount.
    """
    cost = {"amount": str(to_decimal(option.cost_minor, currency)), "currency": currency}
    if len(option.steps) == 1:
        return _step(option.steps[0], levels) | {"cost": cost}
    return {
        "kind": "combined", "clears": list(option.clears), "text": option.text,
        "steps": [_step(step, levels) for step in option.steps], "cost": cost,
    }  # fmt: skip


def _step(step: Step, levels: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "kind": step.kind, "clears": list(step.clears), "text": sentence([step.text])
    }
    if step.items:
        found["invoices"] = [
            {"document_no": item.document_no, "due_date": item.due_date.isoformat(),
             "amount": str(to_decimal(item.minor, step.currency)), "currency": step.currency}
            for item in step.items
        ]  # fmt: skip
    if step.amount_minor is not None:
        found["amount"] = str(to_decimal(step.amount_minor, step.currency))
        found["currency"] = step.currency
    if step.group:
        found["group"] = step.group
    if step.day is not None:
        found["until" if step.kind == "limit" else "ship_date"] = step.day.isoformat()
    if step.kind == "limit" and step.amount_minor is not None and levels:
        found["signed_by"] = _signer(levels, step.amount_minor, step.currency)
    return found


def _signer(levels: Sequence[Mapping[str, Any]], minor: int, currency: str) -> str:
    """Return the lowest role that may sign so much; what no bound names is the last one's."""
    for level in levels:
        bound = level["up_to"].get(currency)
        if not level["up_to"] or (bound and to_decimal(minor, currency) <= Decimal(bound)):
            return str(level["role"])
    return str(levels[-1]["role"])
