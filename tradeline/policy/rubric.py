"""The six checks of the review and the tiers they lend: what is measured against which line."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from tradeline.policy import codes
from tradeline.policy.form import (
    BUCKETS,
    DAYS_MAX,
    HOUSE,
    OUTCOMES,
    RUBRIC,
    Bucket,
    Buckets,
    Misfit,
    Number,
    Outcome,
    Percent,
    Section,
    Share,
    Tier,
    Whole,
    days,
    number,
    percent,
    refuse_any,
    score,
)

TIERS: tuple[Tier, ...] = ("Low", "Medium", "High")


def _milder(tier: Tier, than: Tier) -> bool:
    return TIERS.index(tier) < TIERS.index(than)


class Utilisation(Section):
    """Receivables outstanding as a share of the credit limit."""

    watch_above_pct: Percent = percent(
        "90", "percent of limit", RUBRIC, "Above this the utilisation check warns."
    )
    limit_pct: Percent = percent(
        "100", "percent of limit", RUBRIC, "Above this the utilisation check fails."
    )
    tier_above_watch: Tier = number(
        "High",
        "tier",
        RUBRIC + ", FAQ: above 90 % is at least High",
        "Tier while the utilisation check warns.",
    )
    tier_above_limit: Tier = number(
        "High",
        "tier",
        RUBRIC,
        "Tier when the utilisation check fails, or money is owed at limit 0.",
    )
    target_average_pct: Percent = percent(
        "70",
        "percent of limits",
        "order-management credit terms: average below 70 %",
        "Average utilisation of the portfolio should stay below this; it decides no account.",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        if self.watch_above_pct > self.limit_pct:
            yield Misfit("watch_above_pct", f"must not exceed limit_pct, {self.limit_pct}")
        if _milder(self.tier_above_limit, self.tier_above_watch):
            yield Misfit(
                "tier_above_limit",
                f"must not be milder than tier_above_watch, {self.tier_above_watch}",
            )


class BucketRule(Section):
    """What one ageing bucket means."""

    check: Outcome = number(
        "PASS",
        "check status",
        RUBRIC + "; WARNING for 61-90 is a house default",
        "Outcome of the ageing check.",
    )
    tier: Tier = number("Low", "tier", RUBRIC, "Tier the bucket lends to the account.")
    score: Share = number(
        Fraction(0),
        "share 0..1",
        RUBRIC,
        "Ageing term of the composite score.",
        allowed='a share from 0 to 1, such as 0.5 or "1/3", with a denominator up to 1,000',
    )


def _bucket_rules() -> dict[Bucket, BucketRule]:
    return {
        "0-30": BucketRule(check="PASS", tier="Low", score=Fraction(0)),
        "31-60": BucketRule(check="PASS", tier="Low", score=Fraction(1, 3)),
        "61-90": BucketRule(check="WARNING", tier="Medium", score=Fraction(2, 3)),
        "90+": BucketRule(check="FAIL", tier="High", score=Fraction(1)),
    }


class Ageing(Section):
    """The age of the oldest open item."""

    basis: Literal["due_date", "document_date"] = number(
        "due_date", "date", HOUSE, "The date an item's age counts from."
    )
    bucket_ends_days: tuple[Whole, Whole, Whole] = number(
        (30, 60, 90),
        "days past the basis date",
        RUBRIC,
        "Last day of each bucket but the oldest; the buckets keep their names.",
        allowed=f"three whole numbers that rise, from 0 to {DAYS_MAX:,}",
    )
    buckets: dict[Bucket, BucketRule] = Field(
        default_factory=_bucket_rules, description="Outcome, tier and score of each bucket."
    )
    tier_unknown: Tier = number(
        "Medium", "tier", HOUSE, "Tier when money is owed and its age cannot be read."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any((*self._bucket_misfits(), *self._order_misfits()))
        return self

    def _bucket_misfits(self) -> Iterator[Misfit]:
        first, second, third = self.bucket_ends_days
        if not 0 <= first < second < third <= DAYS_MAX:
            yield Misfit("bucket_ends_days", f"must rise, from 0 to {DAYS_MAX:,}")
        for name, rule in self.buckets.items():
            if rule.check == "PASS" and rule.tier != "Low":
                yield Misfit(
                    f"buckets.{name}.tier",
                    "must be Low where the check is PASS: no check would say why the account is "
                    f"{rule.tier}",
                )

    def _order_misfits(self) -> Iterator[Misfit]:
        if set(self.buckets) != set(BUCKETS):
            yield Misfit("buckets", f"must define exactly {', '.join(BUCKETS)}")
            return
        for younger, older in pairwise(BUCKETS):
            for field in _milder_fields(self.buckets[younger], self.buckets[older]):
                yield Misfit(f"buckets.{older}.{field}", f"must not be milder than at {younger}")


def _milder_fields(younger: BucketRule, older: BucketRule) -> Iterator[str]:
    """Name the fields in which the older bucket is milder."""
    if OUTCOMES.index(older.check) < OUTCOMES.index(younger.check):
        yield "check"
    if _milder(older.tier, younger.tier):
        yield "tier"
    if older.score < younger.score:
        yield "score"


class Recency(Section):
    """Days since the last payment."""

    recent_days: Whole = days(120, RUBRIC, "Up to this a payment is recent and the check passes.")
    dormant_days: Whole = days(
        180, RUBRIC + " (its 210-day sample is an example)", "Beyond this the account is dormant."
    )
    tier_slow: Tier = number("Medium", "tier", RUBRIC, "Tier between recent and dormant.")
    tier_unknown: Tier = number(
        "Medium", "tier", HOUSE, "Tier without a usable date of payment or start."
    )
    tier_dormant_with_balance: Tier = number(
        "High", "tier", RUBRIC, "Tier of a dormant account that owes money."
    )
    tier_dormant_without_balance: Tier = number(
        "Medium", "tier", HOUSE, "Tier of a dormant account that owes nothing."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(self._misfits())
        return self

    def _misfits(self) -> Iterator[Misfit]:
        if self.recent_days > self.dormant_days:
            yield Misfit("recent_days", f"must not exceed dormant_days, {self.dormant_days}")
        for than in ("tier_slow", "tier_dormant_without_balance"):
            if _milder(self.tier_dormant_with_balance, getattr(self, than)):
                yield Misfit("tier_dormant_with_balance", f"must not be milder than {than}")


class TrackRecord(Section):
    """The payment score from 0 (worst) to 100."""

    pass_min: Number = score("50", RUBRIC, "From this score on the check passes.")
    tier_missing: Tier = number("Medium", "tier", RUBRIC, "Tier without a usable score.")
    upgrade_levels: Whole = number(
        1, "bands", RUBRIC + ", step 5", "Levels a score below pass_min adds, once.", ge=0, le=3
    )


def require_oldest(field: str, buckets: tuple[Bucket, ...]) -> Iterator[Misfit]:
    """Refuse a set that holds a bucket but not every older one."""
    if buckets and buckets != BUCKETS[-len(buckets) :]:
        missing = ", ".join(b for b in BUCKETS[BUCKETS.index(buckets[0]) :] if b not in buckets)
        yield Misfit(field, f"must hold every older bucket too: {missing} is missing")


class Dispute(Section):
    """An open dispute, alone and together with age."""

    tier: Tier = number("Medium", "tier", RUBRIC, "Tier an open dispute lends.")
    tier_unknown: Tier = number("Medium", "tier", HOUSE, "Tier when the flag cannot be read.")
    combines_with_buckets: Buckets = number(
        ("61-90", "90+"), "ageing buckets", RUBRIC + ", step 4", "With these a dispute adds levels."
    )
    combines_with_dso_above_days: Number = number(
        Decimal(90),
        "days",
        RUBRIC + ", step 4",
        "Above this DSO a dispute adds levels.",
        ge=0,
        le=DAYS_MAX,
        decimal_places=2,
    )
    combination_levels: Whole = number(
        1, "bands", RUBRIC + ", step 4", "Levels the combination adds, once.", ge=0, le=3
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        refuse_any(require_oldest("combines_with_buckets", self.combines_with_buckets))
        return self


class TaxId(Section):
    """How tax identifiers gate a row."""

    country_by_currency: dict[codes.Currency, codes.Country] = number(
        {"INR": "IN"},
        "country by currency",
        HOUSE,
        "Country of a row that names none, by the row's currency.",
        allowed="ISO 4217 currencies with ISO 3166 countries, such as {INR: IN}",
    )
    country_default: codes.Country | None = number(
        None,
        "country",
        HOUSE,
        "Country of a row that names none and whose currency has none above.",
        allowed="two capital letters of ISO 3166, such as IN, or null",
    )
    gstin_strict: bool = number(
        default=False,
        unit="yes or no",
        source="CGST Rule 10(1) gives the structure; the gate is policy, not law",
        description="Quarantine a GSTIN on a wrong check digit, state or holder letter too.",
    )


class Fx(Section):
    """Exchange rates."""

    rate_age_max_days: Whole = days(5, HOUSE, "A rate older than this is refused.")
