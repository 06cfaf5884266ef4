"""The sentences on the check at order time, in the form of policy/words.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.policy.fields import leaf_at
from tradeline.policy.gate import SCOPES, RuleChanges

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tradeline.policy.fields import Leaf
    from tradeline.policy.gate import Level, Override

    Told = Callable[[Leaf, Any], str]

_ORDERS: Final = {
    "CL01": "would pass the limit, counted with all orders however late they ship,",
    "CL02": "would pass the limit, counted with the orders inside the horizon,",
    "CL03": "would take a group beyond its limit",
    "CL04": "meets a high average exposure",
    "CL05": "meets no limit, a limit of nothing, or one that is not in force",
    "CL06": "would use much of the limit",
    "OV01": "meets an open item that is too old",
    "OV02": "meets too large a share past due",
    "OV03": "meets too much past due",
    "DU01": "meets a high dunning level",
    "DV01": "is worth too much by itself",
    "ST01": "meets an account that is not active",
    "RV01": "meets a review that is late beyond its grace",
    "TM01": "asks for better terms than were granted",
    "EX01": "meets a signal from outside",
    "IN01": "would leave too much without cover",
    "DT01": "meets a feed that is late or has never come",
    "DT02": "lacks an exchange rate",
    "DT03": "names no single account that is known",
}
"""What an order does that hits the rule."""

_REACTIONS: Final = {
    "off": "let go", "warn": "let go with a warning", "hold": "held", "reject": "rejected",
}  # fmt: skip

_RULES: Final[tuple[tuple[str, ...], ...]] = (
    *(
        (f"gate.rules.reactions.{code}", f"An order that {hits} is{{now}} {{}} ({code}).")
        for code, hits in _ORDERS.items()
    ),
    (
        "gate.rules.tolerance_pct",
        "The limit may{now} be passed by up to {} of itself.",
        "The limit may not be passed at all{now}.",
    ),
    (
        "gate.rules.tolerance_max",
        "This tolerance is{now} at most {} (CL01, CL02).",
        "This tolerance has no bound in money{now}.",
    ),
    (
        "gate.rules.average_pct",
        "The average exposure of 90 days is{now} high above {} of the limit (CL04).",
    ),
    ("gate.rules.used_pct", "Much of the limit is{now} used above {} of it (CL06)."),
    ("gate.rules.overdue_days_max", "The oldest open item may{now} be past due by {} (OV01)."),
    (
        "gate.rules.overdue_share_days",
        "In the share past due an item{now} counts that is past due by more than {} (OV02).",
    ),
    ("gate.rules.overdue_share_pct", "The share past due may{now} be {} of what is open (OV02)."),
    (
        "gate.rules.overdue_max",
        "What is past due may{now} come to {} (OV03).",
        "What is past due may come to any amount{now} (OV03).",
    ),
    (
        "gate.rules.item_min",
        "Open items below {} are{now} left out of OV01, OV02 and OV03.",
        "No open item is too small for OV01, OV02 and OV03{now}.",
    ),
    (
        "gate.rules.ignore_disputed",
        "Disputed items are{now} left out of OV01, OV02 and OV03.",
        "Disputed items count in OV01, OV02 and OV03{now}.",
    ),
    ("gate.rules.dunning_level_max", "The dunning level is{now} high from {} on (DU01)."),
    (
        "gate.rules.document_max",
        "One order may{now} be worth {} (DV01).",
        "One order may be worth any amount{now} (DV01).",
    ),
    (
        "gate.rules.review_grace_days",
        "For {} a late review only warns{now} (RV01).",
        "A late review is never only warned of{now} (RV01).",
    ),
    (
        "gate.rules.unsecured_max",
        "Exposure without cover may{now} come to {} (IN01).",
        "Exposure without cover may come to any amount{now} (IN01).",
    ),
    (
        "gate.rules.stand_in_max",
        "While a feed is late, orders up to {} are{now} let go with a warning (DT01).",
        "While a feed is late, no order is let go for being small{now} (DT01).",
    ),
    (
        "gate.rules.rejected_flags",
        "Signals of these kinds{now} reject an order, the others do as EX01 says: {}.",
        "No kind of signal rejects an order unless EX01 does{now}.",
    ),
    (
        "gate.rules.rejected_statuses",
        "These statuses of an account{now} reject an order, the others do as ST01 says: {}.",
        "No status of an account rejects an order unless ST01 does{now}.",
    ),
)

GATE: Final[tuple[tuple[str, ...], ...]] = (
    (
        "",
        (
            "Each order is tested by every rule; the hardest reaction decides, and every reason is "
            "told."
        ),
    ),
    *_RULES,
    ("", "A customer's own rules go before those of its groups, and those before its tier's."),
    (
        "gate.overrides",
        "Other rules hold for some{now}: {}.",
        "The rules are the same for all customers{now}.",
    ),
    (
        "gate.feeds_required",
        "These feeds must{now} have come: {}; each that came must stay fresh (DT01).",
        "No feed need have come{now}; each that came must stay fresh (DT01).",
    ),
    ("gate.reservation_days", "What is authorised and not shipped{now} ends after {}."),
    ("gate.hold_days", "A held order that nobody settles{now} ends after {}."),
    ("gate.release_days", "A release may{now} be used for {}."),
    (
        "gate.release_deviation_pct",
        "A release still{now} holds for an order that is above its amount by up to {}.",
        "A release holds for no order that is above its amount{now}.",
    ),
    ("gate.hold_remind_days", "People are{now} reminded of a held order after {}."),
    ("gate.proposal_days", "A proposal that nobody signs{now} ends after {}."),
    (
        "gate.evidence_days_max",
        "What a proposal was judged by may{now} be {} old when it is signed.",
    ),
    (
        "gate.evidence_move_pct",
        "Until then the exposure may{now} move by {} of the limit.",
        "Until then the exposure may not move at all{now}.",
    ),
    (
        "gate.release_sum_days",
        "The releases of {} are{now} added up, so that splitting an order lowers no level.",
    ),
    (
        "gate.levels",
        "By the exposure that results, a release is{now} signed by {}; each signs after the one "
        "before.",
    ),
)


def gate_in_words(value: Any, field: str, told: Told) -> str:
    """Return a value of the section `gate` as a part of a sentence; `field` is its name.

    `told` says the values that are made as everywhere: numbers, amounts, lists.
    """
    if field == "overrides":
        return "; ".join(_override(each, told) for each in value)
    if field == "levels":
        return ", then by ".join(_level(each, told) for each in value)
    words = (value,) if isinstance(value, str) else value
    return " and ".join(_REACTIONS.get(word, word.replace("_", " ")) for word in words)


def _level(level: Level, told: Told) -> str:
    leaf = leaf_at(("gate", "rules", "item_min"))
    assert leaf is not None
    to = f"up to {told(leaf, level.up_to)}" if level.up_to else "for any amount"
    return f"the {level.role} {to}"


def _override(override: Override, told: Told) -> str:
    ((scope, names),) = [(s, getattr(override, s)) for s in SCOPES if getattr(override, s)]
    who = f"{scope if len(names) > 1 else scope[:-1]} {' and '.join(names)}"
    return f"for {who}, {', and '.join(_clauses(override.rules, told))}"


def _clauses(rules: RuleChanges, told: Told) -> Iterator[str]:
    """Yield what differs as the rules for all would say it, each sentence as a clause."""
    named = rules.named()
    values: Mapping[str, Any] = {
        **{f"reactions.{code}": each for code, each in named.pop("reactions", {}).items()},
        **named,
    }
    for path, text, *otherwise in _RULES:
        name = path.removeprefix("gate.rules.")
        if name in values:
            leaf = leaf_at(tuple(path.split(".")))
            assert leaf is not None
            template = otherwise[0] if otherwise and not values[name] else text
            said = template.replace("{now}", "").replace("{}", told(leaf, values[name]))
            yield said[0].lower() + said[1:].rstrip(".")
