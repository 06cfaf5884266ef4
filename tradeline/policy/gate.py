"""What may be ordered: the rules of the check at order time, who they are for, and who may release."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from tradeline.policy.codes import MoneyByCurrency
from tradeline.policy.form import (
    HOUSE,
    Misfit,
    Percent,
    Section,
    Text,
    Whole,
    days,
    number,
    percent,
    refuse_any,
)

Code = Literal[
    "CL01", "CL02", "CL03", "CL04", "CL05", "CL06", "OV01", "OV02", "OV03", "DU01", "DV01",
    "ST01", "RV01", "TM01", "EX01", "IN01", "DT01", "DT02", "DT03",
]  # fmt: skip
CODES: Final[tuple[Code, ...]] = Code.__args__  # type: ignore[attr-defined]
"""The rules in the order in which their reasons are told; see docs/guides/gate.md."""

Reaction = Literal["off", "warn", "hold", "reject"]
REACTIONS: Final[tuple[Reaction, ...]] = ("off", "warn", "hold", "reject")
"""From the mildest to the hardest."""

DATA: Final = ("DT01", "DT02", "DT03")
"""What is not known; these can be made harder, never milder: the check fails closed."""

_DEFAULTS: Final[Mapping[Code, Reaction]] = {
    **dict.fromkeys(CODES, "hold"), "CL01": "off", "CL04": "warn", "CL06": "warn", "IN01": "warn",
}  # type: ignore[dict-item]  # fmt: skip
_CHECKS: Final = "SAP, Dynamics 365 and IFS credit checks"

Feed = Literal["ar", "orders", "payments", "limits"]
Flag = Literal["bureau", "insolvency", "sanction", "fraud"]
Status = Literal["blocked", "closed", "cash_only", "credit_hold"]


def _all_codes(given: Mapping[Code, Reaction]) -> dict[Code, Reaction]:
    """Return the reaction of every rule; those that are not named react as usual."""
    mild = [code for code in DATA if given.get(code, "hold") in {"off", "warn"}]  # type: ignore[call-overload]
    if mild:
        raise ValueError(f"{', '.join(mild)} can be hold or reject, for what is not known must stop")
    return {code: given.get(code, _DEFAULTS[code]) for code in CODES}


Reactions = Annotated[dict[Code, Reaction], AfterValidator(_all_codes)]


def _money(description: str) -> Any:
    return number(
        {}, "money by currency", _CHECKS, description,
        allowed="positive amounts by currency, such as {USD: 1000}; a currency that is not named has none",
    )  # fmt: skip


class GateRules(Section):
    """Reactions and thresholds of the check."""

    reactions: Reactions = number(
        dict(_DEFAULTS), "reaction by rule", _CHECKS,
        "What happens when a rule is hit; the hardest of all decides.",
        allowed="off, warn, hold or reject by rule, such as {CL04: off}",
    )  # fmt: skip
    tolerance_pct: Percent = percent(
        "0", "percent of limit", _CHECKS, "A limit may be passed by this much.", le=100
    )
    tolerance_max: MoneyByCurrency = _money("The tolerance is never more than this.")
    average_pct: Percent = percent(
        "80", "percent of limit", "credit risk agent brief",
        "CL04: the average exposure of 90 days stays at or below this.",
    )  # fmt: skip
    used_pct: Percent = percent(
        "90", "percent of limit", _CHECKS, "CL06: above this use an order is warned of."
    )
    overdue_days_max: Whole = days(
        30, _CHECKS, "OV01: the oldest open item is past due by no more than this."
    )
    overdue_share_days: Whole = days(10, _CHECKS, "OV02: past due by more than this counts.")
    overdue_share_pct: Percent = percent(
        "20", "percent of open items", _CHECKS, "OV02: the overdue share stays at or below this.",
        le=100,
    )  # fmt: skip
    overdue_max: MoneyByCurrency = _money("OV03: what is overdue stays at or below this.")
    item_min: MoneyByCurrency = number(
        {"EUR": 50, "GBP": 50, "INR": 4000, "USD": 50}, "money by currency", HOUSE,
        "Open items below this are left out of the overdue rules.",
        allowed="positive amounts by currency, such as {USD: 50}",
    )  # fmt: skip
    ignore_disputed: bool = number(
        False, "yes or no", HOUSE, "Disputed items are left out of the overdue rules."  # noqa: FBT003
    )  # fmt: skip
    dunning_level_max: Whole = number(
        3, "level", _CHECKS, "DU01: from this dunning level on orders are stopped.", ge=1, le=9
    )
    document_max: MoneyByCurrency = _money("DV01: one order is worth no more than this.")
    review_grace_days: Whole = days(
        30, _CHECKS, "RV01: a review that is late warns; after so many days more it holds."
    )
    unsecured_max: MoneyByCurrency = _money("IN01: the unsecured exposure stays at or below this.")
    stand_in_max: MoneyByCurrency = _money(
        "DT01: while a feed is late, an order up to this is warned of in place of held."
    )
    rejected_flags: tuple[Flag, ...] = number(
        ("sanction",), "flags", _CHECKS, "EX01: these flags reject; the others hold.",
        allowed="bureau, insolvency, sanction or fraud",
    )  # fmt: skip
    rejected_statuses: tuple[Status, ...] = number(
        ("closed",), "statuses", _CHECKS, "ST01: these statuses reject; the others hold.",
        allowed="blocked, closed, cash_only or credit_hold",
    )  # fmt: skip


class Override(Section):
    """Other rules for some customers, groups or tiers; what is not named stays as it is for all."""

    customers: tuple[Text, ...] = number(
        (), "customer numbers", _CHECKS, "For these customers.", allowed="customer numbers"
    )
    groups: tuple[Text, ...] = number(
        (), "group codes", _CHECKS, "For all members of these groups.", allowed="group codes"
    )
    tiers: tuple[Text, ...] = number(
        (), "tiers", _CHECKS, "For all customers of these tiers.", allowed="tiers of the customer file"
    )
    rules: dict[str, Any] = number(
        {}, "rules", _CHECKS, "The rules that differ.",
        allowed="names and values as in gate.rules; reactions by rule are merged",
    )  # fmt: skip


class Level(Section):
    """Who may sign up to which exposure."""

    role: Literal["analyst", "manager", "controller"] = number(
        "manager", "role", "approval matrix", "The role that signs."
    )
    up_to: MoneyByCurrency = _money("The exposure that results is at most this; none: any.")


def _levels() -> tuple[Level, ...]:
    return (
        Level(role="analyst", up_to={"USD": 25_000, "EUR": 25_000, "GBP": 25_000, "INR": 2_000_000}),
        Level(role="manager", up_to={"USD": 100_000, "EUR": 100_000, "GBP": 100_000, "INR": 8_000_000}),
        Level(role="controller"),
    )  # fmt: skip


class Gate(Section):
    """The check at order time: rules, for whom they differ, how long things hold, who releases."""

    rules: GateRules = GateRules()
    overrides: tuple[Override, ...] = number(
        (), "rules by scope", "Dynamics 365 blocking rules: customer before group before class",
        "Rules that differ for some; a customer's win over its group's, those over its tier's.",
        allowed="a list of {customers, groups or tiers, rules}",
    )  # fmt: skip
    feeds_required: tuple[Feed, ...] = number(
        ("ar",), "feeds", HOUSE,
        "DT01: these feeds must have come; one that came once must stay fresh, named or not.",
        allowed="ar, orders, payments or limits",
    )  # fmt: skip
    reservation_days: Whole = days(
        30, HOUSE, "An authorisation without shipment ends after this.", ge=1
    )
    hold_days: Whole = days(14, HOUSE, "A held order that nobody settles ends after this.", ge=1)
    release_days: Whole = days(
        5, "SAP released-document days", "A release is used within this time.", ge=1
    )
    release_deviation_pct: Percent = percent(
        "10", "percent of amount", "SAP released-document deviation",
        "A release still holds for an order that rose by no more than this.", le=100,
    )  # fmt: skip
    proposal_days: Whole = days(
        14, "approval matrix", "A proposal that nobody signs ends after this.", ge=1
    )
    evidence_days_max: Whole = days(
        7, "approval matrix", "What a proposal was judged by is no older when it is signed.", ge=1
    )
    evidence_move_pct: Percent = percent(
        "5", "percent of limit", "approval matrix",
        "Nor has the exposure moved by more than this since.", le=100,
    )  # fmt: skip
    release_sum_days: Whole = days(
        90, "approval matrix", "Releases of so many days are added up, so that none is split.",
        ge=1,
    )  # fmt: skip
    hold_remind_days: Whole = days(
        2, HOUSE, "People are reminded of an order that is held for longer than this.", ge=1
    )
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=5)] = number(
        _levels(), "roles", "approval matrix",
        "Who signs a release, by the exposure that results; each level signs after the one below.",
        allowed="a list of {role, up_to}, from the lowest to the highest",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(
            Misfit(f"overrides.{place}", fault)
            for place, each in enumerate(self.overrides)
            for fault in _faults(self.rules, each)
        )
        return self


def _faults(rules: GateRules, override: Override) -> list[str]:
    scopes = [name for name in ("customers", "groups", "tiers") if getattr(override, name)]
    if len(scopes) != 1:
        return ["names one of customers, groups or tiers"]
    try:
        merged(rules, override)
    except ValueError as error:
        return [f"has rules that do not fit: {error}"]
    return []


def merged(rules: GateRules, override: Override) -> GateRules:
    """Return the rules with those of an override in their place; reactions one by one."""
    own = dict(override.rules)
    if "reactions" in own:
        own["reactions"] = {**rules.reactions, **own["reactions"]}
    return GateRules.model_validate({**rules.model_dump(), **own})
