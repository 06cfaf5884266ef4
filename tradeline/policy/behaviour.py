"""How the behaviour figures come from invoices and payments: days sales outstanding, the score."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Annotated, Final, Self

from pydantic import Field, model_validator

from tradeline.policy.form import (
    DAYS_MAX,
    HOUSE,
    Misfit,
    Number,
    Section,
    Whole,
    days,
    number,
    points,
    refuse_any,
    share,
)

PAYDEX: Final = "D&B PAYDEX key; the tail to 0 is a house default"

CURVE_UNIT_MAX: Final = 10_000
"""The engine computes the curve in integers of one part in this many at most."""


class Dso(Section):
    """Days sales outstanding of an account, when the files bring invoices instead of the figure."""

    window_days: Whole = days(
        90,
        "DSO simple: receivables / credit sales x days",
        "Credit sales of this many days up to the review date count.",
        ge=1,
    )


class CurvePoint(Section):
    """One corner of the promptness curve."""

    days_late: Whole = number(
        ..., "days", PAYDEX, "Days beyond terms; negative is early.", ge=-DAYS_MAX, le=DAYS_MAX
    )
    points: Whole = number(..., "points", PAYDEX, "Points at that day.", ge=0, le=100)


def _curve() -> tuple[CurvePoint, ...]:
    corners = (
        (-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60),
        (30, 50), (60, 40), (90, 30), (120, 20), (180, 0),
    )  # fmt: skip
    return tuple(CurvePoint(days_late=late, points=worth) for late, worth in corners)


def curve_unit(curve: tuple[CurvePoint, ...]) -> int:
    """Return the least number of parts of a point in which every slope of the curve is whole."""
    pairs = pairwise(curve)
    slopes = (Fraction(b.points - a.points, b.days_late - a.days_late) for a, b in pairs)
    return lcm(*(slope.denominator for slope in slopes))


class TrackScore(Section):
    """The track record from 0 to 100, when the files bring invoices and payments instead of it."""

    window_days: Whole = days(
        365, HOUSE, "Invoices that fell due in this many days up to the review date count.", ge=2
    )
    curve: Annotated[tuple[CurvePoint, ...], Field(min_length=2, max_length=50)] = number(
        _curve(),
        "points by days beyond terms",
        PAYDEX,
        "Points an invoice earns, linear between corners and level beyond the outer ones.",
        allowed=(
            "2 to 50 corners such as {days_late: 30, points: 50}; days_late rises, points never do"
        ),
    )
    recent_days: Whole = days(
        90, HOUSE, "The recent part of the window, compared with the rest of it.", ge=1
    )
    trend_free_days: Number = points(
        "5", "days", HOUSE, "Slower payment by up to this much costs nothing."
    )
    trend_points_per_day: Number = points(
        "0.5", "points per day", HOUSE, "Points lost for each day of slower payment beyond that."
    )
    trend_points_max: Number = points("15", "points", HOUSE, "Most points lost to slower payment.")
    dispute_free_share: Number = share(
        "0.02", "share of the amount invoiced", HOUSE, "Disputes up to this share cost nothing."
    )
    dispute_points_per_share: Number = points(
        "50",
        "points per whole share",
        HOUSE,
        "Points lost per share disputed beyond that: 50 means half a point per percent.",
    )
    dispute_points_max: Number = points("10", "points", HOUSE, "Most points lost to disputes.")
    failure_points: Number = points(
        "3", "points", HOUSE, "Points lost per returned payment or broken promise."
    )
    failure_points_max: Number = points("9", "points", HOUSE, "Most points lost to those.")
    prompt_share_min: Number = share(
        "0.95", "share of the amount due", HOUSE, "Paid by the due date, for the bonus: at least."
    )
    prompt_invoices_min: Whole = number(
        12, "invoices", HOUSE, "Invoices in the window, for the bonus: at least.", ge=1, le=10_000
    )
    prompt_bonus_points: Number = points("5", "points", HOUSE, "Points the bonus adds.")
    invoices_min: Whole = number(
        3,
        "invoices",
        "D&B asks for three experiences",
        "With fewer in the window there is no score.",
        ge=1,
        le=10_000,
    )
    history_min_days: Whole = days(60, HOUSE, "With a shorter history there is no score.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        late = [corner.days_late for corner in self.curve]
        worth = [corner.points for corner in self.curve]
        if late != sorted(set(late)):
            yield Misfit("curve", "days_late must rise from corner to corner")
        elif worth != sorted(worth, reverse=True):
            yield Misfit("curve", "points must not rise with days_late")
        elif curve_unit(self.curve) > CURVE_UNIT_MAX:
            yield Misfit(
                "curve",
                "the slopes between corners need a finer unit than 1/10,000 of a point; "
                "put corners on rounder days, such as multiples of 5",
            )
        if self.recent_days >= self.window_days:
            yield Misfit("recent_days", f"must be below window_days, {self.window_days}")
