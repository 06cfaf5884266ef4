"""When something falls due: rules on calendar dates, the calendar, the invoicing cycle.

A rule counts from a base date. It is a form of its own because a due date, an instalment and a
discount's last day all follow one.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, model_validator

from tradeline.policy.form import HOUSE, Misfit, Section, Whole, number, refuse_any
from tradeline.policy.form import days as day_count  # `days` is a field here

RuleKind = Literal[
    "immediate",
    "net_days",
    "eom_then_days",
    "days_then_eom",
    "prox",
    "months_then_days",
    "day_of_month",
    "fixed",
]
CycleKind = Literal["weekly", "semi_monthly", "monthly"]
Weekday = Literal["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

WEEKDAYS: Final[tuple[Weekday, ...]] = get_args(Weekday)
LAST_DAY: Final = 31
"""As a day of a month it means the month's last day, however long the month is."""

MONTHS_MAX: Final = 36
HOLIDAYS_MAX: Final = 2000
PROX: Final = "Infor and Oracle JD Edwards proximate terms"
TRYTON: Final = "Tryton account_invoice payment terms"

# The fields that mean something, by kind; any other must stay as it is.
_USES: Final[dict[RuleKind, tuple[str, ...]]] = {
    "immediate": (),
    "net_days": ("days",),
    "eom_then_days": ("days",),
    "days_then_eom": ("days",),
    "prox": ("months", "day"),
    "months_then_days": ("months", "day", "days"),
    "day_of_month": ("day", "min_days"),
    "fixed": ("fixed_date",),
}
_NEEDS: Final = {"prox": "day", "day_of_month": "day", "fixed": "fixed_date"}


def _calendar_date(value: Any) -> date:
    """Read a date as 2026-01-31; a bare number is no date."""
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != len("2026-01-31"):
        raise ValueError("not a date such as 2026-01-31")
    return date.fromisoformat(value)


def _dates_once(values: tuple[date, ...]) -> tuple[date, ...]:
    if len(set(values)) != len(values):
        raise ValueError("a value is listed twice")
    return tuple(sorted(values))


def _weekdays_once(values: tuple[Weekday, ...]) -> tuple[Weekday, ...]:
    if len(set(values)) != len(values):
        raise ValueError("a value is listed twice")
    return tuple(sorted(values, key=WEEKDAYS.index))


Day = Annotated[date, BeforeValidator(_calendar_date)]
Weekdays = Annotated[tuple[Weekday, ...], AfterValidator(_weekdays_once)]
Holidays = Annotated[tuple[Day, ...], AfterValidator(_dates_once)]


def day_of_month(default: Any, source: str, description: str, *, none: bool = True) -> Any:
    """Return a day of a month; 31 is the last day of any month."""
    return number(
        default,
        "day of the month",
        source,
        description,
        allowed="a whole number from 1 to 31; 31 is the last day of any month"
        + ("; or null" if none else ""),
        ge=1,
        le=LAST_DAY,
    )


class Rule(Section):
    """When something falls due, counted from a base date."""

    kind: RuleKind = number(
        ...,
        "kind of rule",
        "Odoo, Tryton, SAP, Infor, Oracle JD Edwards",
        "How the date is found: immediate; net_days; eom_then_days (to the month's end, then "
        "days); days_then_eom (days, then to the month's end); prox (a day of a later month); "
        "months_then_days; day_of_month (the first such day from min_days on); fixed.",
    )
    days: Whole = day_count(0, "ERPNext, Odoo", "Calendar days to add.")
    months: Whole = number(
        0, "months", PROX, "Calendar months to add; 0 is the base's own.", ge=0, le=MONTHS_MAX
    )
    day: Whole | None = day_of_month(None, PROX, "The day the date falls on.")
    min_days: Whole = day_count(
        0, "Odoo test_payment_term", "For day_of_month: at least this many days must pass first."
    )
    fixed_date: Day | None = number(
        None,
        "date",
        "dated terms of seasonal trade",
        "For fixed: the date itself.",
        allowed="a date such as 2026-01-31, or null",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        for name in ("days", "months", "day", "min_days", "fixed_date"):
            if name not in _USES[self.kind] and getattr(self, name) not in (None, 0):
                yield Misfit(name, f"means nothing for the kind {self.kind}; leave it out")
        needed = _NEEDS.get(self.kind)
        if needed and getattr(self, needed) is None:
            yield Misfit(needed, f"is needed for the kind {self.kind}")
        if self.kind == "months_then_days" and self.day and not self.months and self.days < 30:
            yield Misfit("days", "must be 30 or more where day is set and months is 0")


class DayLimit(Section):
    """The rule for documents dated up to a day of the month, as day limits in SAP."""

    until_day: Whole = day_of_month(
        ..., "SAP day limits", "Last base day of the month it holds for.", none=False
    )
    due: Rule


class Calendar(Section):
    """Days on which no payment can arrive."""

    weekend_days: Weekdays = number(
        ("Saturday", "Sunday"),
        "days of the week",
        "ISO 8601 week; most banking calendars",
        "Days of every week without banking.",
    )
    holidays: Holidays = number(
        (),
        "dates",
        "the policy's owner",
        "Further days without banking.",
        allowed="up to 2,000 dates such as 2026-12-25; the list may be empty: []",
        max_length=HOLIDAYS_MAX,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.weekend_days) == len(WEEKDAYS):
            refuse_any([Misfit("weekend_days", "leaves no business day")])
        return self


class Cycle(Section):
    """How often deliveries are gathered into an invoice."""

    kind: CycleKind = number(..., "kind of cycle", HOUSE, "Weekly, semi-monthly or monthly.")
    weekday: Weekday | None = number(
        None,
        "day of the week",
        HOUSE,
        "For weekly: the day the cycle ends on.",
        allowed="Monday to Sunday, or null",
    )
    day: Whole | None = day_of_month(
        None,
        HOUSE,
        "For monthly: the day the cycle ends on; for semi_monthly: the end of its first half, the "
        "second ends with the month.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        uses = "weekday" if self.kind == "weekly" else "day"
        other = "day" if self.kind == "weekly" else "weekday"
        if getattr(self, uses) is None:
            yield Misfit(uses, f"is needed for the kind {self.kind}")
        if getattr(self, other) is not None:
            yield Misfit(other, f"means nothing for the kind {self.kind}; leave it out")
        if self.kind == "semi_monthly" and self.day is not None and self.day > 27:
            yield Misfit("day", "must be 27 or less, so that a second half remains")
