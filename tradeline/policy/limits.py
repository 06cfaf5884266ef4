"""What follows from the band: the limit, the account's actions, the stage, the rank."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from tradeline.policy.codes import MoneyByCurrency
from tradeline.policy.form import (
    BUCKETS,
    DAYS_MAX,
    HOUSE,
    PERCENT_MAX,
    RUBRIC,
    Actions,
    Band,
    Buckets,
    Misfit,
    Number,
    Percent,
    Section,
    Text,
    Whole,
    days,
    number,
    percent,
    refuse_any,
    score,
    share,
)
from tradeline.policy.rubric import require_oldest


class Reduction(Section):
    """When a limit is cut, and how much of it stays."""

    severe_buckets: Buckets = number(
        ("90+",), "ageing buckets", RUBRIC, "Ageing that cuts the limit to severe_keep_pct."
    )
    severe_keep_pct: Percent = percent(
        "50", "percent of limit", RUBRIC, "What stays of the limit under severe ageing.", le=100
    )
    high_keep_pct: Percent = percent(
        "75",
        "percent of limit",
        RUBRIC,
        "What stays of the limit when the band is High even without utilisation.",
        le=100,
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        yield from require_oldest("severe_buckets", self.severe_buckets)
        if self.severe_keep_pct > self.high_keep_pct:
            yield Misfit("severe_keep_pct", f"must not exceed high_keep_pct, {self.high_keep_pct}")


class Increase(Section):
    """What must all hold before a higher limit is proposed."""

    raise_to_pct: Percent = percent(
        "125", "percent of limit", RUBRIC, "The limit proposed.", ge=100
    )
    utilisation_min_pct: Percent = percent(
        "70", "percent of limit", RUBRIC, "Utilisation is at least this."
    )
    utilisation_max_pct: Percent = percent(
        "90", "percent of limit", RUBRIC, "Utilisation is at most this."
    )
    track_record_min: Number = score("80", RUBRIC, "The track record is known and at least this.")
    buckets: Buckets = number(
        ("0-30",), "ageing buckets", RUBRIC, "The oldest item is in one of these."
    )
    dso_max_days: Number = number(
        Decimal(60),
        "days",
        RUBRIC,
        "DSO is known and at most this.",
        ge=0,
        le=DAYS_MAX,
        decimal_places=2,
    )
    gap_max_days: Whole = days(60, RUBRIC, "The last payment is at most this long ago.")
    on_book_min_months: Whole = number(
        6,
        "months",
        "process guide: paid on time for six months",
        "On the book for at least this, where the start is known.",
        ge=0,
        le=120,
    )
    after_increase_min_days: Whole = days(
        90, HOUSE, "At least this long after the last increase, where that is known."
    )
    class_caps: dict[Annotated[Text, Field(min_length=1, max_length=40)], MoneyByCurrency] = number(
        {},
        "money by class and currency",
        HOUSE,
        "Highest limit an increase may reach, by risk class.",
        allowed="positive amounts by class and currency, such as {A: {USD: 250000}}",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        if self.utilisation_min_pct > self.utilisation_max_pct:
            yield Misfit(
                "utilisation_min_pct",
                f"must not exceed utilisation_max_pct, {self.utilisation_max_pct}",
            )
        if self.buckets != BUCKETS[: len(self.buckets)]:
            yield Misfit("buckets", "must hold every younger bucket too")


class FindingActions(Section):
    """What the account's owner must do about each finding."""

    utilisation_watch: Actions = number(
        ("WATCHLIST",), "actions", RUBRIC, "The utilisation check warns."
    )
    utilisation_over: Actions = number(
        ("COLLECTIONS", "CREDIT_HOLD", "LIMIT_CHANGE_BLOCKED"),
        "actions",
        RUBRIC,
        "The utilisation check fails.",
    )
    ageing_warning: Actions = number(
        ("COLLECTIONS", "WATCHLIST"), "actions", RUBRIC, "The ageing check warns."
    )
    ageing_fail: Actions = number(
        ("COLLECTIONS", "CREDIT_HOLD", "ESCALATE"), "actions", RUBRIC, "The ageing check fails."
    )
    payment_slow: Actions = number(
        ("WATCHLIST",), "actions", RUBRIC, "The last payment is neither recent nor dormant."
    )
    payment_unknown: Actions = number(
        ("WATCHLIST",), "actions", HOUSE, "No date of payment and no start date."
    )
    dormant: Actions = number(
        ("REACTIVATION_REQUIRED",), "actions", RUBRIC, "The account is dormant."
    )
    track_record_weak: Actions = number(
        ("MANDATORY_REVIEW",), "actions", RUBRIC, "The score is below pass_min, or missing."
    )
    dispute: Actions = number(("DISPUTE_RESOLUTION",), "actions", RUBRIC, "A dispute is open.")
    critical: Actions = number(("COMMITTEE_REVIEW",), "actions", RUBRIC, "The band is Critical.")
    reduced_below_balance: Actions = number(
        ("CREDIT_HOLD",), "actions", RUBRIC, "The new limit is below what is owed."
    )
    data_error: Actions = number(
        ("DATA_CORRECTION",), "actions", HOUSE, "A field cannot be read or cannot be true."
    )


class Stages(Section):
    """Monitoring label for expected credit loss; it never changes an allowance."""

    impaired_buckets: Buckets = number(
        ("90+",), "ageing buckets", "IFRS 9 B5.5.37 presumption", "These are Stage 3."
    )
    impaired_dispute_band: Band = number(
        "Critical", "band", RUBRIC + ", FAQ", "From this band on an open dispute is Stage 3."
    )
    risen_buckets: Buckets = number(
        ("61-90",), "ageing buckets", RUBRIC + ", FAQ", "These are Stage 2 unless Stage 3."
    )
    risen_track_below: Number = score(
        "50", RUBRIC + ", FAQ", "A score below this is Stage 2 unless Stage 3."
    )
    sicr_30dpd_backstop: bool = number(
        default=False,
        unit="yes or no",
        source="IFRS 9 5.5.11 rebuttable presumption",
        description="31-60 is Stage 2 too; off: the pack says that the presumption is rebutted.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        yield from require_oldest("impaired_buckets", self.impaired_buckets)
        either = tuple(sorted({*self.risen_buckets, *self.impaired_buckets}))
        yield from require_oldest("risen_buckets", either)


class CompositeWeights(Section):
    """Shares of the composite score; they add up to 1."""

    utilisation: Number = share("0.30", "share", RUBRIC, "Weight of utilisation.")
    ageing: Number = share("0.30", "share", RUBRIC, "Weight of ageing.")
    recency: Number = share("0.15", "share", RUBRIC, "Weight of the days since the last payment.")
    track_record: Number = share("0.15", "share", RUBRIC, "Weight of the track record.")
    dso: Number = share("0.10", "share", RUBRIC, "Weight of DSO.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        total = self.utilisation + self.ageing + self.recency + self.track_record + self.dso
        if total != 1:
            refuse_any([Misfit("", f"add up to {total}; the five weights must add up to 1")])
        return self


class CompositeMissing(Section):
    """Term used where an input is missing."""

    utilisation: Number = share("1", "share 0..1", RUBRIC, "Term without a usable limit.")
    ageing: Number = share("1", "share 0..1", HOUSE, "Term without a readable age.")
    recency: Number = share("1", "share 0..1", RUBRIC, "Term without a payment date.")
    track_record: Number = share("0.5", "share 0..1", RUBRIC, "Term without a score.")
    dso: Number = share("0.5", "share 0..1", RUBRIC, "Term without a DSO.")


class Composite(Section):
    """Ranking inside a band, 0 to 100, higher is riskier."""

    weights: CompositeWeights = CompositeWeights()
    missing: CompositeMissing = CompositeMissing()
    utilisation_from_pct: Whole = number(
        50, "percent of limit", RUBRIC, "The utilisation term starts here.", ge=0, le=PERCENT_MAX
    )
    utilisation_full_pct: Whole = number(
        100, "percent of limit", RUBRIC, "The utilisation term is 1 here.", ge=1, le=PERCENT_MAX
    )
    gap_full_days: Whole = days(180, RUBRIC, "The recency term is 1 here.", ge=1)
    dso_from_days: Whole = days(30, RUBRIC, "The DSO term starts here.")
    dso_full_days: Whole = days(120, RUBRIC, "The DSO term is 1 here.", ge=1)
    dispute_uplift: Number = share(
        "0.25",
        "share",
        RUBRIC,
        "An open dispute raises the score by this times the larger of the ageing and DSO terms.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        for low, high in (
            ("utilisation_from_pct", "utilisation_full_pct"),
            ("dso_from_days", "dso_full_days"),
        ):
            if getattr(self, low) >= getattr(self, high):
                yield Misfit(low, f"must be below {high}, {getattr(self, high)}")
