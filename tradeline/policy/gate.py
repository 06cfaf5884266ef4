"""The check at order time: its rules, for whom they differ, how long things hold, who releases."""

from decimal import Decimal
from itertools import pairwise
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
    once,
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

Firm = Literal["hold", "reject"]
FIRM: Final = ("DT01", "DT02", "DT03")
"""Rules that are hit by what is not known; they are never mild: the check fails closed."""

Role = Literal["analyst", "manager", "controller"]
ROLES: Final[tuple[Role, ...]] = ("analyst", "manager", "controller")
"""Who signs releases, from the lowest level to the highest."""

Feeds = Annotated[
    tuple[Literal["ar", "orders", "payments", "limits"], ...], AfterValidator(once)
]  # fmt: skip
Flags = Annotated[
    tuple[Literal["bureau", "insolvency", "sanction", "fraud"], ...], AfterValidator(once)
]  # fmt: skip
Statuses = Annotated[
    tuple[Literal["blocked", "closed", "cash_only", "credit_hold"], ...], AfterValidator(once)
]  # fmt: skip
Names = Annotated[
    tuple[Annotated[Text, Field(min_length=1, max_length=200)], ...], AfterValidator(once)
]  # fmt: skip

_CHECKS: Final = "SAP, Dynamics 365 and IFS credit checks"
_MATRIX: Final = "approval matrix"


def _rule(default: Reaction, source: str, description: str) -> Any:
    return number(default, "reaction", source, description)


class Reactions(Section):
    """What an order comes to that hits a rule; the hardest of all rules decides."""

    CL01: Reaction = _rule(
        "off", "SAP static credit check",
        "Exposure with all orders, however late they ship, would pass the limit.",
    )  # fmt: skip
    CL02: Reaction = _rule(
        "hold", "SAP dynamic credit check", "Exposure inside the horizon would pass the limit."
    )
    CL03: Reaction = _rule(
        "hold", "SAP reference account",
        "A group's exposure would pass its limit, or cannot be converted.",
    )  # fmt: skip
    CL04: Reaction = _rule("warn", HOUSE, "The average exposure of 90 days is high.")
    CL05: Reaction = _rule(
        "hold", "Dynamics 365 expired limit", "The limit is missing, nothing, or not in force."
    )
    CL06: Reaction = _rule(
        "warn", "Dynamics 365 portion of limit used", "Much of the limit would be used."
    )
    OV01: Reaction = _rule(
        "hold", "SAP oldest open item", "The oldest open item is too long past due."
    )
    OV02: Reaction = _rule(
        "hold", "SAP share of open items", "Too large a share of what is open is past due."
    )
    OV03: Reaction = _rule("hold", "Dynamics 365 and IFS overdue amount", "Too much is past due.")
    DU01: Reaction = _rule(
        "hold", "SAP highest dunning level", "The dunning level is too high."
    )  # fmt: skip
    DV01: Reaction = _rule("hold", "SAP document value", "One order is worth too much.")
    ST01: Reaction = _rule("hold", "Dynamics 365 account status", "The account is not active.")
    RV01: Reaction = _rule(
        "hold", "SAP next review date", "The review of the limit is late, beyond its grace."
    )
    TM01: Reaction = _rule(
        "hold", "Dynamics 365 change of terms", "The order's terms are better than those granted."
    )
    EX01: Reaction = _rule("hold", HOUSE, "A signal from outside stands against the account.")
    IN01: Reaction = _rule("warn", HOUSE, "Too much would be owed without cover.")
    DT01: Firm = _rule("hold", HOUSE, "A feed has never come, or is late.")
    DT02: Firm = _rule("hold", HOUSE, "An exchange rate for the order is missing.")
    DT03: Firm = _rule("hold", HOUSE, "No single account is known by the order's customer number.")


def _money(description: str, otherwise: str) -> Any:
    return number(
        {}, "money by currency", _CHECKS, description,
        allowed=f"positive amounts by currency, such as {{USD: 1000}}; {otherwise}",
    )  # fmt: skip


_UNBOUNDED: Final = "a currency that is not named has no bound"
_NONE_LET_GO: Final = "in a currency that is not named no order is let go"


def _small() -> dict[str, Decimal]:
    return {"EUR": Decimal(50), "GBP": Decimal(50), "INR": Decimal(4000), "USD": Decimal(50)}


class GateRules(Section):
    """Reactions and thresholds of the check."""

    reactions: Reactions = Reactions()
    tolerance_pct: Percent = percent(
        "0", "percent of limit", _CHECKS, "CL01 to CL03: a limit may be passed by this much.",
        le=100,
    )  # fmt: skip
    tolerance_max: MoneyByCurrency = _money(
        "CL01, CL02: the tolerance is never more than this.", _UNBOUNDED
    )
    average_pct: Percent = percent(
        "80", "percent of limit", HOUSE,
        "CL04: the average exposure of 90 days stays at or below this.",
    )  # fmt: skip
    used_pct: Percent = percent(
        "90", "percent of limit", _CHECKS, "CL06: an order that uses more than this hits it."
    )
    overdue_days_max: Whole = days(
        30, _CHECKS, "OV01: the oldest open item is past due by no more than this."
    )
    overdue_share_days: Whole = days(10, _CHECKS, "OV02: past due by more than this counts.")
    overdue_share_pct: Percent = percent(
        "20", "percent of open items", _CHECKS, "OV02: the overdue share stays at or below this.",
        le=100,
    )  # fmt: skip
    overdue_max: MoneyByCurrency = _money(
        "OV03: what is past due stays at or below this.", _UNBOUNDED
    )
    item_min: MoneyByCurrency = number(
        _small(), "money by currency", HOUSE,
        "OV01 to OV03: open items below this are left out.",
        allowed="positive amounts by currency, such as {USD: 50}; in a currency that is not named "
        "every item counts",
    )  # fmt: skip
    ignore_disputed: bool = number(
        default=False, unit="yes or no", source=HOUSE,
        description="OV01 to OV03: disputed items are left out.",
    )  # fmt: skip
    dunning_level_max: Whole = number(
        3, "level", _CHECKS, "DU01: from this dunning level on it is hit.", ge=1, le=9
    )
    document_max: MoneyByCurrency = _money(
        "DV01: one order is worth no more than this.", _UNBOUNDED
    )
    review_grace_days: Whole = days(
        30, _CHECKS, "RV01: a late review only warns for so many days."
    )  # fmt: skip
    unsecured_max: MoneyByCurrency = _money(
        "IN01: exposure without cover stays at or below this.", _UNBOUNDED
    )
    stand_in_max: MoneyByCurrency = _money(
        "DT01: while a feed is late, an order up to this is only warned of.", _NONE_LET_GO
    )
    rejected_flags: Flags = number(
        ("sanction",), "kinds of signal", _CHECKS,
        "EX01: these kinds of signal reject, unless the rule is off.",
        allowed="a list of bureau, insolvency, sanction or fraud; it may be empty: []",
    )  # fmt: skip
    rejected_statuses: Statuses = number(
        ("closed",), "statuses", _CHECKS, "ST01: these statuses reject, unless the rule is off.",
        allowed="a list of blocked, closed, cash_only or credit_hold; it may be empty: []",
    )  # fmt: skip


def _firm(given: dict[Code, Reaction]) -> dict[Code, Reaction]:
    """Refuse a mild reaction to what is not known."""
    refuse_any(
        Misfit(code, "must be hold or reject: what is not known stops an order")
        for code, reaction in given.items()
        if code in FIRM and reaction in {"off", "warn"}
    )
    return dict(sorted(given.items()))


def _as(name: str) -> Any:
    """Return a field like the one of the rules for all, nothing unless an override names it."""
    info = GateRules.model_fields[name]
    bounds = {
        bound: getattr(item, bound)
        for item in info.metadata
        for bound in ("ge", "le", "decimal_places")
        if hasattr(item, bound)
    }
    return Field(
        None, description=info.description, json_schema_extra=info.json_schema_extra, **bounds
    )


NamedReactions = Annotated[
    dict[Code, Reaction], Field(min_length=1), AfterValidator(_firm)
]  # fmt: skip


class RuleChanges(Section):
    """Rules as an override has them; what it does not name stays as it is."""

    reactions: NamedReactions | None = number(
        None, "reaction by rule", _CHECKS, "What rules come to here; the others stay.",
        allowed="off, warn, hold or reject by rule, such as {CL04: off}; the rules are CL01 to "
        "CL06, OV01 to OV03, DU01, DV01, ST01, RV01, TM01, EX01, IN01 and DT01 to DT03",
    )  # fmt: skip
    tolerance_pct: Percent | None = _as("tolerance_pct")
    tolerance_max: MoneyByCurrency | None = _as("tolerance_max")
    average_pct: Percent | None = _as("average_pct")
    used_pct: Percent | None = _as("used_pct")
    overdue_days_max: Whole | None = _as("overdue_days_max")
    overdue_share_days: Whole | None = _as("overdue_share_days")
    overdue_share_pct: Percent | None = _as("overdue_share_pct")
    overdue_max: MoneyByCurrency | None = _as("overdue_max")
    item_min: MoneyByCurrency | None = _as("item_min")
    ignore_disputed: bool | None = _as("ignore_disputed")
    dunning_level_max: Whole | None = _as("dunning_level_max")
    document_max: MoneyByCurrency | None = _as("document_max")
    review_grace_days: Whole | None = _as("review_grace_days")
    unsecured_max: MoneyByCurrency | None = _as("unsecured_max")
    stand_in_max: MoneyByCurrency | None = _as("stand_in_max")
    rejected_flags: Flags | None = _as("rejected_flags")
    rejected_statuses: Statuses | None = _as("rejected_statuses")

    def named(self) -> dict[str, Any]:
        """Return what differs, by name, in the order of the rules."""
        values = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in values if value is not None}


Scope = Literal["customers", "groups", "tiers"]
SCOPES: Final[tuple[Scope, ...]] = ("customers", "groups", "tiers")
"""For whom rules may differ; the first goes before the others."""


class Override(Section):
    """Other rules for some customers, groups or tiers; what is not named stays as it is for all."""

    customers: Names = number(
        (), "customer numbers", _CHECKS, "For these customers.",
        allowed="a list of customer numbers in quotes",
    )  # fmt: skip
    groups: Names = number(
        (), "group codes", _CHECKS, "For all members of these groups.",
        allowed="a list of group codes in quotes",
    )  # fmt: skip
    tiers: Names = number(
        (), "tiers", _CHECKS, "For all customers of these tiers.",
        allowed="a list of tiers of the customer file",
    )  # fmt: skip
    rules: RuleChanges = number(
        RuleChanges(), "rules", _CHECKS, "The rules that differ.",
        allowed="names and values as in gate.rules",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Self:
        misfits = []
        if len([scope for scope in SCOPES if getattr(self, scope)]) != 1:
            misfits.append(Misfit("", "must name exactly one of customers, groups and tiers"))
        if not self.rules.named():
            misfits.append(Misfit("rules", "must name at least one rule that differs"))
        refuse_any(misfits)
        return self


class Level(Section):
    """Who may sign up to which exposure."""

    role: Role = number(..., "role", _MATRIX, "The role that signs.")
    up_to: MoneyByCurrency = number(
        {}, "money by currency", _MATRIX, "The exposure that results is at most this.",
        allowed="positive amounts by currency, such as {USD: 25000}; a level with amounts signs in "
        "no other currency, the last level has none and signs any",
    )  # fmt: skip


def _levels() -> tuple[Level, ...]:
    """Return the matrix unchecked: checking currencies here would load babel with the module."""
    low = {"EUR": Decimal(25_000), "GBP": Decimal(25_000), "USD": Decimal(25_000)}
    high = {currency: amount * 4 for currency, amount in low.items()}
    return (
        Level.model_construct(role="analyst", up_to=low | {"INR": Decimal(2_000_000)}),
        Level.model_construct(role="manager", up_to=high | {"INR": Decimal(8_000_000)}),
        Level.model_construct(role="controller", up_to={}),
    )


class Gate(Section):
    """The check at order time: rules, for whom they differ, how long things hold, who releases."""

    rules: GateRules = GateRules()
    overrides: Annotated[tuple[Override, ...], Field(max_length=1000)] = number(
        (), "rules by scope", "Dynamics 365 blocking rules: customer before group before class",
        "Rules that differ for some; a customer's go before its group's, those before its tier's.",
        allowed="a list such as {tiers: [A], rules: {used_pct: 95}}; it may be empty: []",
    )  # fmt: skip
    feeds_required: Feeds = number(
        ("ar",), "feeds", HOUSE,
        "DT01: these feeds must have come; one that came must stay fresh, named or not.",
        allowed="a list of ar, orders, payments or limits; it may be empty: []",
    )  # fmt: skip
    reservation_days: Whole = days(
        30, HOUSE, "What is authorised and not shipped ends after this.", ge=1
    )
    hold_days: Whole = days(14, HOUSE, "A held order that nobody settles ends after this.", ge=1)
    release_days: Whole = days(
        5, "SAP released-document days", "A release is used within this time.", ge=1
    )
    release_deviation_pct: Percent = percent(
        "10", "percent of amount", "SAP released-document deviation",
        "A release still holds for an order that is above its amount by no more than this.", le=100,
    )  # fmt: skip
    proposal_days: Whole = days(
        14, _MATRIX, "A proposal that nobody signs ends after this.", ge=1
    )
    evidence_days_max: Whole = days(
        7, _MATRIX, "What a proposal was judged by is no older when it is signed.", ge=1
    )
    evidence_move_pct: Percent = percent(
        "5", "percent of limit", _MATRIX,
        "Nor has the exposure moved by more than this since.", le=100,
    )  # fmt: skip
    release_sum_days: Whole = days(
        90, _MATRIX, "Releases of so many days are added up, so that none is split.",
        ge=1,
    )  # fmt: skip
    hold_remind_days: Whole = days(
        2, HOUSE, "People are reminded of an order that is held for longer than this.", ge=1
    )
    levels: Annotated[tuple[Level, ...], Field(min_length=1, max_length=3)] = number(
        _levels(), "roles", _MATRIX,
        "Who signs a release, by the exposure that results; each level signs after the one below.",
        allowed="a list of {role, up_to}, from analyst over manager to controller; the last has no "
        "up_to",
    )  # fmt: skip

    @model_validator(mode="after")
    def _fits(self) -> Self:
        misfits = [Misfit("levels", fault) for fault in _faults(self.levels)]
        refuse_any(misfits)
        return self


def _faults(levels: tuple[Level, ...]) -> list[str]:
    """Say what is wrong with the levels: they rise, and the last signs whatever is left."""
    faults = []
    places = [ROLES.index(level.role) for level in levels]
    if places != sorted(set(places)):
        faults.append("must name each role once, from analyst over manager to controller")
    if levels[-1].up_to or not all(level.up_to for level in levels[:-1]):
        faults.append("must have up_to in every level but the last, which signs any amount")
    if any(above.up_to.get(each, below.up_to[each]) < below.up_to[each]
           for below, above in pairwise(levels[:-1]) for each in below.up_to):  # fmt: skip
        faults.append("must rise: no level signs for less than the one below")
    return faults


def merged(rules: GateRules, override: Override) -> GateRules:
    """Return the rules with those of an override in their place; reactions one by one."""
    own = override.rules.named()
    own["reactions"] = rules.reactions.model_copy(update=own.get("reactions", {}))
    return rules.model_copy(update=own)
