"""Who is told when a line fills up, a debt grows old, a limit ends, or a feed falls behind."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, model_validator

from tradeline.policy.form import (
    DAYS_MAX,
    HOUSE,
    PERCENT_MAX,
    Misfit,
    Percent,
    Section,
    Whole,
    number,
    once,
    percent,
    refuse_any,
)

Severity = Literal["info", "warning", "high", "critical"]
Recipient = Literal[
    "owner", "analyst", "manager", "controller", "sales", "auditor", "admin", "integration"
]
Recipients = Annotated[tuple[Recipient, ...], AfterValidator(once)]

SEVERITIES: Final[tuple[Severity, ...]] = ("info", "warning", "high", "critical")
STEPS_MAX: Final = 12
_HUNDREDTHS: Final = 100
_LADDER: Final = "hysteresis at each level, as in process alarms; levels are house default"


class Alerts(Section):
    """What is worth a message, how grave it is, and who gets it."""

    levels_pct: tuple[Percent, ...] = number(
        ("80", "90", "95", "100"), "percent of limit", _LADDER,
        "Reaching a level from below sends one message, with the highest level reached.",
        allowed=f"up to {STEPS_MAX} percentages that rise, from 1 to {PERCENT_MAX:,}",
        validate_default=True,
    )  # fmt: skip
    severities: tuple[Severity, ...] = number(
        SEVERITIES, "severity by level", HOUSE, "How grave each level is, in the levels' order.",
        allowed="as many of info, warning, high or critical as there are levels, rising",
    )  # fmt: skip
    rearm_points: Percent = percent(
        "2", "percentage points", _LADDER,
        "A level can send again once use has fallen by more than this below it.", le=100,
    )  # fmt: skip
    overdue_days: tuple[Whole, ...] = number(
        (1, 30, 60, 90), "days past due and grace", HOUSE,
        "An account whose oldest open debt reaches one of these days sends one message.",
        allowed=f"up to {STEPS_MAX} whole numbers that rise, from 1 to {DAYS_MAX:,}",
    )  # fmt: skip
    overdue_severities: tuple[Severity, ...] = number(
        SEVERITIES, "severity by step", HOUSE, "How grave each of these steps is, in their order.",
        allowed="as many of info, warning, high or critical as there are steps, rising",
    )  # fmt: skip
    overdue_grace_days: Whole = number(
        0, "days", HOUSE, "Days after the due date that do not count yet.", ge=0, le=DAYS_MAX
    )
    expiry_days: tuple[Whole, ...] = number(
        (30, 7, 1), "days before the end", HOUSE,
        "A limit that ends in so many days, with none to follow it, sends one message.",
        allowed=f"up to {STEPS_MAX} whole numbers that fall, from {DAYS_MAX:,} to 0",
    )  # fmt: skip
    expiry_severity: Severity = number(
        "warning", "severity", HOUSE, "How grave the coming end of a limit is."
    )
    feed_age_severity: Severity = number("warning", "severity", HOUSE, "How grave a late feed is.")
    delivery_severity: Severity = number(
        "high", "severity", HOUSE, "How grave a message is that could not be delivered."
    )
    info_to: Recipients = number(
        ("owner",), "recipients", HOUSE, "Who gets alerts of severity info."
    )
    warning_to: Recipients = number(
        ("analyst", "owner"), "recipients", HOUSE, "Who gets alerts of severity warning."
    )
    high_to: Recipients = number(
        ("analyst", "manager", "owner"), "recipients", HOUSE, "Who gets alerts of severity high."
    )
    critical_to: Recipients = number(
        ("analyst", "controller", "manager", "owner"), "recipients", HOUSE,
        "Who gets alerts of severity critical.",
    )  # fmt: skip
    delivery_to: Recipients = number(
        ("admin",), "recipients", HOUSE, "Who is told of messages that could not be delivered."
    )
    retry_minutes: tuple[Whole, ...] = number(
        (1, 5, 30, 120), "minutes between tries", HOUSE,
        "A message that cannot be delivered is tried again after these; then it is given up.",
        allowed=f"up to {STEPS_MAX} whole numbers that do not fall, from 1 to 1,440",
    )  # fmt: skip
    endpoint_failures_max: Whole = number(
        3, "messages", HOUSE,
        "An address for webhooks is switched off once so many messages in a row were given up.",
        ge=1, le=1000,
    )  # fmt: skip

    @property
    def ladder(self) -> list[int]:
        """Return the levels in hundredths of a percent, as the database compares them."""
        return [int(level * _HUNDREDTHS) for level in self.levels_pct]

    @property
    def rearm(self) -> int:
        """Return how far use must fall below a level, in hundredths of a percentage point."""
        return int(self.rearm_points * _HUNDREDTHS)

    @property
    def tries_max(self) -> int:
        """Return how often a message is tried in all."""
        return len(self.retry_minutes) + 1

    def recipients(self, severity: Severity) -> tuple[Recipient, ...]:
        """Return who gets alerts of a severity."""
        found: tuple[Recipient, ...] = getattr(self, f"{severity}_to")
        return found

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any([*self._lists(), *self._pairs()])
        return self

    def _lists(self) -> Iterator[Misfit]:
        for name, least, most in (("levels_pct", 1, PERCENT_MAX), ("overdue_days", 1, DAYS_MAX)):
            yield from _in_order(name, getattr(self, name), least, most)
        yield from _in_order("expiry_days", self.expiry_days[::-1], 0, DAYS_MAX, word="fall")
        yield from _in_order("retry_minutes", self.retry_minutes, 1, 1440, equal=True)
        if any(level * _HUNDREDTHS != int(level * _HUNDREDTHS) for level in self.levels_pct):
            yield Misfit("levels_pct", "must have at most two decimals")
        elif self.levels_pct and self.levels_pct[0] <= self.rearm_points:
            yield Misfit("rearm_points", f"must be below the first level, {self.levels_pct[0]}")

    def _pairs(self) -> Iterator[Misfit]:
        for name, of in (("severities", "levels_pct"), ("overdue_severities", "overdue_days")):
            given = getattr(self, name)
            ranks = [SEVERITIES.index(each) for each in given]
            if len(given) != len(getattr(self, of)):
                yield Misfit(name, f"must be as many as {of}, {len(getattr(self, of))}")
            elif ranks != sorted(ranks):
                yield Misfit(name, "must not become milder")


def _in_order(
    name: str, values: tuple[int, ...], least: int, most: int, *, equal: bool = False,
    word: str = "rise",
) -> Iterator[Misfit]:  # fmt: skip
    """Refuse a list that is too long, out of bounds or out of order."""
    if len(values) > STEPS_MAX:
        yield Misfit(name, f"must hold at most {STEPS_MAX}")
    if any(not least <= value <= most for value in values):
        yield Misfit(name, f"must lie between {least:,} and {most:,}")
    if any(one > other or (one == other and not equal) for one, other in pairwise(values)):
        yield Misfit(name, "must not fall" if equal else f"must {word}")
