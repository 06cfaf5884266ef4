"""Payment terms as the policy writes them: named terms, who gets which, calendars, legal caps."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from tradeline.policy.due_rules import (
    LAST_DAY,
    PROX,
    Calendar,
    Cycle,
    DayLimit,
    Rule,
    day_of_month,
)
from tradeline.policy.form import (
    HOUSE,
    Misfit,
    Section,
    Text,
    Whole,
    days,
    number,
    refuse_any,
)
from tradeline.policy.term_parts import BaseDate, Cap, Discount, Instalment

Convention = Literal["none", "following", "modified_following", "preceding"]
Name = Annotated[Text, Field(min_length=1, max_length=40)]

_WITH_CUTOFF: Final = {"prox", "eom_then_days"}
_BEFORE: Final = "falls before the base date when that is later in its month"


class Term(Section):
    """What was agreed on when a document is to be paid."""

    base: BaseDate = number(
        "invoice", "date", "Odoo, SAP, Infor", "The date that everything counts from."
    )
    due: Rule | None = number(
        None,
        "rule",
        "the agreement with the customer",
        "When the whole amount is due; day_limits or instalments may stand in its place.",
        allowed="a rule such as {kind: net_days, days: 30}, or null",
    )
    day_limits: tuple[DayLimit, ...] = number(
        (),
        "rules by day of the month",
        "SAP day limits",
        "A rule for each part of the month the base date falls in.",
        allowed="a list of {until_day, due}; until_day rises and ends at 31",
        max_length=31,
    )
    cutoff_day: Whole | None = day_of_month(
        None,
        PROX,
        "A base date after this day counts as of the next month, for prox and eom_then_days.",
    )
    convention: Convention = number(
        "none",
        "business-day convention",
        "ISDA 2006 definitions, section 4.12",
        "Where a date goes that is no business day; following stays in its month if modified.",
    )
    calendar: Name = number(
        "standard",
        "name",
        HOUSE,
        "The calendar the convention looks at.",
        allowed="a name from terms.calendars",
    )
    grace_days: Whole = days(
        0, HOUSE, "Overdue begins this many days and one after the due date, which stays.", le=365
    )
    discounts: tuple[Discount, ...] = number(
        (),
        "discounts",
        "the agreement with the customer",
        "Deductions for early payment; the best one still open counts.",
        allowed="a list of {percent, by} such as {percent: 2, by: {kind: net_days, days: 10}}",
        max_length=10,
    )
    instalments: tuple[Instalment, ...] = number(
        (),
        "portions",
        "the agreement with the customer",
        "Parts with their own due dates; the last is what is left.",
        allowed="a list of {portion, due}; the last portion is remainder, or the percents are 100",
        max_length=120,
    )
    cycle: Cycle | None = number(
        None,
        "invoicing cycle",
        "the agreement with the customer",
        "How often deliveries are invoiced.",
        allowed="a cycle such as {kind: monthly, day: 31}, or null",
    )
    prepayment: bool = number(
        default=False,
        unit="yes or no",
        source="trade usage: cash in advance",
        description="Goods leave only after the money has come.",
    )

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Return every rule that sets a due date."""
        alone = (self.due,) if self.due else ()
        limits = tuple(limit.due for limit in self.day_limits)
        return alone + limits + tuple(part.due for part in self.instalments)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        yield from self._structure()
        yield from self._limits()
        yield from self._cutoff()
        yield from self._tiers()
        yield from self._portions()

    def _structure(self) -> Iterator[Misfit]:
        given = [bool(part) for part in (self.due, self.day_limits, self.instalments)]
        if sum(given) != 1:
            yield Misfit("", "needs exactly one of due, day_limits and instalments")
        if self.base == "end_of_cycle" and self.cycle is None:
            yield Misfit("cycle", "is needed where base is end_of_cycle")
        if self.discounts and self.instalments:
            yield Misfit("discounts", "cannot be combined with instalments")

    def _limits(self) -> Iterator[Misfit]:
        ends = [limit.until_day for limit in self.day_limits]
        if ends and (ends != sorted(set(ends)) or ends[-1] != LAST_DAY):
            yield Misfit("day_limits", "must have days that rise and end at 31")
        if ends and self.cutoff_day is not None:
            yield Misfit("cutoff_day", "cannot be combined with day_limits, which say the same")
        for position, limit in enumerate(self.day_limits):
            if _falls_before(limit.due, limit.until_day):
                yield Misfit(f"day_limits.{position}.due.day", _BEFORE)

    def _cutoff(self) -> Iterator[Misfit]:
        rules = (*self.rules, *(tier.by for tier in self.discounts))
        if self.cutoff_day is not None and not any(rule.kind in _WITH_CUTOFF for rule in rules):
            yield Misfit("cutoff_day", "means something for prox and eom_then_days only")
        latest = self.cutoff_day or LAST_DAY
        for name, rule in self._dated_rules():
            if _falls_before(rule, latest):
                yield Misfit(f"{name}.day", f"{_BEFORE}; set months to 1, or a cutoff_day")

    def _dated_rules(self) -> Iterator[tuple[str, Rule]]:
        if self.due:
            yield "due", self.due
        for position, part in enumerate(self.instalments):
            yield f"instalments.{position}.due", part.due
        for position, tier in enumerate(self.discounts):
            yield f"discounts.{position}.by", tier.by

    def _tiers(self) -> Iterator[Misfit]:
        plain = [tier for tier in self.discounts if tier.by.kind == "net_days"]
        ordered = sorted(plain, key=lambda tier: tier.by.days)
        worth = [tier.percent for tier in ordered]
        if worth != sorted(set(worth), reverse=True):
            yield Misfit("discounts", "must give less for later payment, and each percent once")
        last = ordered[-1].by.days if ordered else 0
        if self.due and self.due.kind == "net_days" and last > self.due.days:
            yield Misfit("discounts", f"must end by the due date, {self.due.days} days")

    def _portions(self) -> Iterator[Misfit]:
        parts = self.instalments
        if not parts:
            return
        if any(part.portion == "remainder" for part in parts[:-1]):
            yield Misfit("instalments", "must have the remainder last")
        total = sum(part.ratio for part in parts if part.portion == "percent_of_total")
        whole = total == 1 and all(part.portion == "percent_of_total" for part in parts)
        if total > 1:
            yield Misfit("instalments", "take more than 100 percent of the total")
        elif parts[-1].portion != "remainder" and not whole:
            yield Misfit("instalments", "must end with the remainder, or be 100 percent in all")


def _falls_before(rule: Rule, latest_base_day: int) -> bool:
    return rule.kind == "prox" and not rule.months and (rule.day or 0) < latest_base_day


def _net(count: int) -> Rule:
    return Rule(kind="net_days", days=count)


def _named() -> dict[str, Term]:
    at_once = Rule(kind="immediate")
    return {
        "cash-in-advance": Term(due=at_once, prepayment=True),
        "cash-on-delivery": Term(base="delivery", due=at_once),
        "due-on-receipt": Term(base="receipt", due=at_once),
        "net-15": Term(due=_net(15)),
        "net-30": Term(due=_net(30)),
        "net-60": Term(due=_net(60)),
        "2-10-net-30": Term(due=_net(30), discounts=(Discount(percent=Decimal(2), by=_net(10)),)),
        "30-days-after-month-end": Term(due=Rule(kind="eom_then_days", days=30)),
    }


_EU: Final = (
    *("AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU"),
    *("IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"),
)


def _caps() -> tuple[Cap, ...]:
    """Return the laws unchecked: checking countries here would load babel with the module."""
    return (
        Cap.model_construct(
            countries=("IN",),
            suppliers="micro_or_small",
            days_max=45,
            counts_from="delivery",
            law="MSMED Act 2006, section 15 (India)",
        ),
        Cap.model_construct(
            countries=_EU,
            days_max=60,
            unless_agreed=True,
            law="Directive 2011/7/EU, article 3(5)",
        ),
    )


class Terms(Section):
    """Payment terms: which there are, and who gets which unless an account has its own."""

    named: Annotated[dict[Name, Term], Field(min_length=1, max_length=500)] = number(
        _named(),
        "terms by name",
        "Directive 2011/7/EU, article 3(3), for 30 days; the others are forms common in trade",
        "The terms that may be granted.",
        allowed="terms by name, such as {net-30: {due: {kind: net_days, days: 30}}}",
    )
    default: Name = number(
        "net-30",
        "name of a term",
        "Directive 2011/7/EU, article 3(3)",
        "The term of an account for which nothing else decides.",
        allowed="a name from terms.named",
    )
    by_tier: dict[Name, Name] = number(
        {},
        "term by customer tier",
        HOUSE,
        "The term of a customer tier; it goes before that of the segment.",
        allowed="names from terms.named by tier, such as {High: cash-in-advance}",
    )
    by_segment: dict[Name, Name] = number(
        {},
        "term by segment",
        HOUSE,
        "The term of a segment or industry.",
        allowed="names from terms.named by segment, such as {Retail: net-30}",
    )
    calendars: dict[Name, Calendar] = number(
        {"standard": Calendar()},
        "calendars by name",
        "the policy's owner",
        "The calendars that business-day conventions look at.",
        allowed="calendars by name, such as {standard: {weekend_days: [Saturday, Sunday]}}",
    )
    caps: tuple[Cap, ...] = number(
        _caps(),
        "laws",
        "the laws themselves",
        "Longest terms a buyer may take by law; a longer one is warned of.",
        allowed="a list of {countries, days_max, law}; it may be empty: []",
        max_length=100,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        known = ", ".join(sorted(self.named))
        for field, name in self._names():
            if name not in self.named:
                yield Misfit(field, f"must name one of the terms: {known}")
        for name, term in self.named.items():
            if term.calendar not in self.calendars:
                yield Misfit(f"named.{name}.calendar", "must name one of terms.calendars")

    def _names(self) -> Iterator[tuple[str, str]]:
        yield "default", self.default
        yield from ((f"by_tier.{tier}", name) for tier, name in self.by_tier.items())
        yield from ((f"by_segment.{each}", name) for each, name in self.by_segment.items())
