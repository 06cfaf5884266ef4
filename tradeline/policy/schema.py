"""The written credit policy as a typed document: every number that decides something.

Each number carries its unit and its source; `tradeline policy init` writes both beside the value,
and the JSON schema hands them to editors. Percentages, scores and factors are decimals, compared
exactly; days are whole.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

Band = Literal["Low", "Medium", "High", "Critical"]
Tier = Literal["Low", "Medium", "High"]
Outcome = Literal["PASS", "WARNING", "FAIL"]
Bucket = Literal["0-30", "31-60", "61-90", "90+"]
AccountAction = Literal[
    "COLLECTIONS",
    "COMMITTEE_REVIEW",
    "CREDIT_HOLD",
    "DATA_CORRECTION",
    "DISPUTE_RESOLUTION",
    "ESCALATE",
    "LIMIT_CHANGE_BLOCKED",
    "MANDATORY_REVIEW",
    "REACTIVATION_REQUIRED",
    "WATCHLIST",
]

BUCKETS: tuple[Bucket, ...] = ("0-30", "31-60", "61-90", "90+")
BANDS: tuple[Band, ...] = ("Low", "Medium", "High", "Critical")

RUBRIC = "credit-limit review rubric"


def _exact(value: Any) -> Any:
    """Read YAML numbers by their digits, so that 0.1 means one tenth."""
    return str(value) if isinstance(value, float) else value


def _fraction(value: Any) -> Any:
    """Read 0.5, 1 or "1/3" as an exact fraction."""
    return Fraction(str(value)) if isinstance(value, int | float | str | Decimal) else value


Number = Annotated[
    Decimal, BeforeValidator(_exact), PlainSerializer(lambda d: format(d.normalize(), "f"))
]
Share = Annotated[
    Any,  # a Fraction; Pydantic has no schema of its own for it
    BeforeValidator(_fraction),
    PlainSerializer(str),
    Field(json_schema_extra={"type": ["number", "string"], "pattern": r"^\d+(\.\d+|/\d+)?$"}),
]


def number(default: Any, unit: str, source: str, description: str, **bounds: Any) -> Any:
    """Return a field that decides something, with its unit and source."""
    extra = {"unit": unit, "source": source}
    return Field(default, description=description, json_schema_extra=extra, **bounds)


class Section(BaseModel):
    """A part of the policy: unknown names are refused, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Utilisation(Section):
    """Receivables outstanding as a share of the limit."""

    watch_above_pct: Number = number(
        Decimal(90), "percent of limit", RUBRIC, "Above this the check warns.", ge=0, le=1000
    )
    limit_pct: Number = number(
        Decimal(100), "percent of limit", RUBRIC, "Above this the check fails.", ge=0, le=1000
    )
    tier_above_watch: Tier = number(
        "High", "tier", RUBRIC + ", FAQ: above 90 % is at least High", "Tier of a warning."
    )
    tier_above_limit: Tier = number("High", "tier", RUBRIC, "Tier of a failure.")
    target_average_pct: Number = number(
        Decimal(70),
        "percent of limits",
        "order-management credit terms: average below 70 %",
        "The portfolio's utilisation should stay below this.",
        ge=0,
        le=1000,
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.watch_above_pct > self.limit_pct:
            raise ValueError("watch_above_pct must not exceed limit_pct")
        return self


class BucketRule(Section):
    """What one ageing bucket means."""

    check: Outcome = number("PASS", "check status", RUBRIC, "Outcome of the ageing check.")
    tier: Tier = number("Low", "tier", RUBRIC, "Tier the bucket lends to the account.")
    score: Share = number(Fraction(0), "share 0..1", RUBRIC, "Ageing term of the composite.")


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
        "due_date", "date", "house default", "The date an item's age counts from."
    )
    bucket_ends_days: tuple[int, int, int] = number(
        (30, 60, 90), "days past the basis date", RUBRIC, "Last day of each bucket but the oldest."
    )
    buckets: dict[Bucket, BucketRule] = Field(
        default_factory=_bucket_rules, description="Outcome, tier and score of each bucket."
    )
    tier_unknown: Tier = number(
        "Medium", "tier", "house default", "Tier when a balance has no readable ageing."
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if set(self.buckets) != set(BUCKETS):
            raise ValueError(f"buckets must define exactly {', '.join(BUCKETS)}")
        first, second, third = self.bucket_ends_days
        if not 0 <= first < second < third:
            raise ValueError("bucket_ends_days must rise")
        return self


class Recency(Section):
    """Days since the last payment."""

    recent_days: int = number(120, "days", RUBRIC, "Up to this a payment is recent.", ge=0)
    dormant_days: int = number(
        180, "days", RUBRIC + " (its 210-day sample is an example)", "Beyond this: dormant.", ge=0
    )
    tier_slow: Tier = number("Medium", "tier", RUBRIC, "Tier between recent and dormant.")
    tier_unknown: Tier = number("Medium", "tier", "house default", "Tier without a usable date.")
    tier_dormant_with_balance: Tier = number("High", "tier", RUBRIC, "Dormant and owing.")
    tier_dormant_without_balance: Tier = number("Medium", "tier", RUBRIC, "Dormant, owing nothing.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.recent_days > self.dormant_days:
            raise ValueError("recent_days must not exceed dormant_days")
        return self


class TrackRecord(Section):
    """The payment score from 0 (worst) to 100."""

    pass_min: Number = number(
        Decimal(50), "score", RUBRIC, "From this the check passes.", ge=0, le=100
    )
    tier_missing: Tier = number("Medium", "tier", RUBRIC, "Tier without a usable score.")
    upgrade_levels: int = number(
        1, "bands", RUBRIC + ", step 5", "Levels a score below pass_min adds, once.", ge=0, le=3
    )


class Dispute(Section):
    """An open dispute, alone and together with age."""

    tier: Tier = number("Medium", "tier", RUBRIC, "Tier an open dispute lends.")
    tier_unknown: Tier = number("Medium", "tier", "house default", "Tier of an unreadable flag.")
    combines_with_buckets: tuple[Bucket, ...] = number(
        ("61-90", "90+"), "ageing buckets", RUBRIC + ", step 4", "With these a dispute adds levels."
    )
    combines_with_dso_above_days: Number = number(
        Decimal(90), "days", RUBRIC + ", step 4", "Above this DSO a dispute adds levels.", ge=0
    )
    combination_levels: int = number(1, "bands", RUBRIC + ", step 4", "Levels added.", ge=0, le=3)


class Reduction(Section):
    """When a limit is cut, and how much of it stays."""

    severe_buckets: tuple[Bucket, ...] = number(
        ("90+",), "ageing buckets", RUBRIC, "Ageing that cuts to severe_keep_pct."
    )
    severe_keep_pct: Number = number(
        Decimal(50), "percent of limit", RUBRIC, "What stays under severe ageing.", ge=0, le=100
    )
    high_keep_pct: Number = number(
        Decimal(75),
        "percent of limit",
        RUBRIC,
        "What stays when the band is High even without utilisation.",
        ge=0,
        le=100,
    )


class Increase(Section):
    """What must all hold before a higher limit is proposed."""

    raise_to_pct: Number = number(
        Decimal(125), "percent of limit", RUBRIC, "Limit proposed.", ge=100
    )
    utilisation_min_pct: Number = number(Decimal(70), "percent of limit", RUBRIC, "At least.", ge=0)
    utilisation_max_pct: Number = number(Decimal(90), "percent of limit", RUBRIC, "At most.", ge=0)
    track_record_min: Number = number(Decimal(80), "score", RUBRIC, "At least.", ge=0, le=100)
    buckets: tuple[Bucket, ...] = number(("0-30",), "ageing buckets", RUBRIC, "Only these.")
    dso_max_days: Number = number(Decimal(60), "days", RUBRIC, "At most, and known.", ge=0)
    gap_max_days: int = number(60, "days", RUBRIC, "Last payment at most this long ago.", ge=0)
    on_book_min_months: int = number(
        6, "months", "process guide: paid on time for six months", "If known: at least.", ge=0
    )
    after_increase_min_days: int = number(
        90, "days", "house default", "If known: days since the last increase, at least.", ge=0
    )
    class_caps: dict[str, dict[str, Number]] = number(
        {},
        "money by currency",
        "house default",
        "Highest limit per risk class: {A: {USD: 250000}}.",
    )


class FindingActions(Section):
    """What the account's owner must do about each finding."""

    utilisation_watch: tuple[AccountAction, ...] = number(
        ("WATCHLIST",), "actions", RUBRIC, "Utilisation between watch and limit."
    )
    utilisation_over: tuple[AccountAction, ...] = number(
        ("CREDIT_HOLD", "COLLECTIONS", "LIMIT_CHANGE_BLOCKED"), "actions", RUBRIC, "Over the limit."
    )
    ageing_warning: tuple[AccountAction, ...] = number(
        ("COLLECTIONS", "WATCHLIST"), "actions", RUBRIC, "The ageing check warns."
    )
    ageing_fail: tuple[AccountAction, ...] = number(
        ("CREDIT_HOLD", "COLLECTIONS", "ESCALATE"), "actions", RUBRIC, "The ageing check fails."
    )
    payment_slow: tuple[AccountAction, ...] = number(
        ("WATCHLIST",), "actions", RUBRIC, "The last payment is neither recent nor dormant."
    )
    payment_unknown: tuple[AccountAction, ...] = number(
        ("WATCHLIST",), "actions", RUBRIC, "No payment date and no start date."
    )
    dormant: tuple[AccountAction, ...] = number(
        ("REACTIVATION_REQUIRED",), "actions", RUBRIC, "Dormant."
    )
    track_record_weak: tuple[AccountAction, ...] = number(
        ("MANDATORY_REVIEW",), "actions", RUBRIC, "Score below pass_min, or missing."
    )
    dispute: tuple[AccountAction, ...] = number(
        ("DISPUTE_RESOLUTION",), "actions", RUBRIC, "An open dispute."
    )
    critical: tuple[AccountAction, ...] = number(
        ("COMMITTEE_REVIEW",), "actions", RUBRIC, "Band Critical."
    )
    reduced_below_balance: tuple[AccountAction, ...] = number(
        ("CREDIT_HOLD",), "actions", RUBRIC, "The new limit is below what is owed."
    )
    data_error: tuple[AccountAction, ...] = number(
        ("DATA_CORRECTION",), "actions", RUBRIC, "A field that cannot be read or cannot be true."
    )


class Stages(Section):
    """Monitoring label for expected credit loss; it never changes an allowance."""

    impaired_buckets: tuple[Bucket, ...] = number(
        ("90+",), "ageing buckets", "IFRS 9 B5.5.37 presumption", "Stage 3."
    )
    impaired_dispute_band: Band = number("Critical", "band", RUBRIC + ", FAQ", "With a dispute: 3.")
    risen_buckets: tuple[Bucket, ...] = number(
        ("61-90",), "ageing buckets", RUBRIC + ", FAQ", "Stage 2."
    )
    risen_track_below: Number = number(Decimal(50), "score", RUBRIC + ", FAQ", "Stage 2.", ge=0)
    sicr_30dpd_backstop: bool = number(
        False,
        "yes or no",
        "IFRS 9 5.5.11 rebuttable presumption",
        "31-60 is Stage 2 too; off: the pack says that the presumption is rebutted.",
    )


class CompositeWeights(Section):
    """Shares of the composite score; they add up to 1."""

    utilisation: Number = number(Decimal("0.30"), "share", RUBRIC, "Utilisation.", ge=0, le=1)
    ageing: Number = number(Decimal("0.30"), "share", RUBRIC, "Ageing.", ge=0, le=1)
    recency: Number = number(Decimal("0.15"), "share", RUBRIC, "Days since payment.", ge=0, le=1)
    track_record: Number = number(Decimal("0.15"), "share", RUBRIC, "Track record.", ge=0, le=1)
    dso: Number = number(Decimal("0.10"), "share", RUBRIC, "DSO.", ge=0, le=1)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = self.utilisation + self.ageing + self.recency + self.track_record + self.dso
        if total != 1:
            raise ValueError(f"the weights add up to {total}, not 1")
        return self


class CompositeMissing(Section):
    """Term used where an input is missing."""

    utilisation: Number = number(Decimal(1), "share 0..1", RUBRIC, "No usable limit.", ge=0, le=1)
    ageing: Number = number(Decimal(1), "share 0..1", "house default", "No ageing.", ge=0, le=1)
    recency: Number = number(Decimal(1), "share 0..1", RUBRIC, "No payment date.", ge=0, le=1)
    track_record: Number = number(Decimal("0.5"), "share 0..1", RUBRIC, "No score.", ge=0, le=1)
    dso: Number = number(Decimal("0.5"), "share 0..1", RUBRIC, "No DSO.", ge=0, le=1)


class Composite(Section):
    """Ranking inside a band, 0 to 100, higher is riskier."""

    weights: CompositeWeights = CompositeWeights()
    missing: CompositeMissing = CompositeMissing()
    utilisation_from_pct: int = number(50, "percent of limit", RUBRIC, "Term starts here.", ge=0)
    utilisation_full_pct: int = number(100, "percent of limit", RUBRIC, "Term is 1 here.", gt=0)
    gap_full_days: int = number(180, "days", RUBRIC, "Recency term is 1 here.", gt=0)
    dso_from_days: int = number(30, "days", RUBRIC, "DSO term starts here.", ge=0)
    dso_full_days: int = number(120, "days", RUBRIC, "DSO term is 1 here.", gt=0)
    dispute_uplift: Number = number(
        Decimal("0.25"),
        "share",
        RUBRIC,
        "Times the larger of the ageing and DSO terms.",
        ge=0,
        le=1,
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.utilisation_from_pct >= self.utilisation_full_pct:
            raise ValueError("utilisation_from_pct must be below utilisation_full_pct")
        if self.dso_from_days >= self.dso_full_days:
            raise ValueError("dso_from_days must be below dso_full_days")
        return self


class TaxId(Section):
    """How tax identifiers gate a row."""

    country_by_currency: dict[str, str] = number(
        {"INR": "IN"}, "country", "house default", "Country of a row that names none, by currency."
    )
    country_default: str | None = number(
        None, "country", "house default", "Country of a row that names none otherwise."
    )
    gstin_strict: bool = number(
        False,
        "yes or no",
        "CGST Rule 10(1) gives the structure; the gate is policy, not law",
        "Quarantine on a wrong check digit, state or holder letter too.",
    )


class Fx(Section):
    """Exchange rates."""

    rate_age_max_days: int = number(5, "days", "house default", "An older rate is refused.", ge=0)


class Dso(Section):
    """Days sales outstanding per account, when computed from invoices."""

    window_days: int = number(
        90, "days", "DSO simple: receivables / credit sales x days", "Sales window.", gt=0
    )


class CurvePoint(Section):
    """One corner of the promptness curve."""

    days_late: int = number(0, "days", "payment index key", "Negative is early.")
    points: int = number(0, "points", "payment index key", "0 to 100.", ge=0, le=100)


def _curve() -> tuple[CurvePoint, ...]:
    corners = (
        (-30, 100), (-20, 90), (0, 80), (15, 70), (22, 60),
        (30, 50), (60, 40), (90, 30), (120, 20), (180, 0),
    )  # fmt: skip
    return tuple(CurvePoint(days_late=days, points=points) for days, points in corners)


class TrackScore(Section):
    """How the track record is computed from invoices and payments."""

    window_days: int = number(365, "days", "house default", "Invoices due in this window.", gt=0)
    curve: tuple[CurvePoint, ...] = Field(
        default_factory=_curve,
        description="Points by days beyond terms, linear between corners.",
        json_schema_extra={"unit": "points", "source": "D&B PAYDEX key; the tail to 0 is ours"},
        min_length=2,
    )
    recent_days: int = number(90, "days", "house default", "Recent part of the window.", gt=0)
    trend_free_days: Number = number(Decimal(5), "days", "house default", "Slowing forgiven.", ge=0)
    trend_points_per_day: Number = number(
        Decimal("0.5"), "points per day", "house default", "Slope.", ge=0
    )
    trend_points_max: Number = number(Decimal(15), "points", "house default", "Cap.", ge=0)
    dispute_free_share: Number = number(
        Decimal("0.02"), "share of invoiced", "house default", "Disputes forgiven.", ge=0, le=1
    )
    dispute_points_per_share: Number = number(
        Decimal(50), "points per share", "house default", "Slope.", ge=0
    )
    dispute_points_max: Number = number(Decimal(10), "points", "house default", "Cap.", ge=0)
    failure_points: Number = number(
        Decimal(3), "points", "house default", "Per returned payment or broken promise.", ge=0
    )
    failure_points_max: Number = number(Decimal(9), "points", "house default", "Cap.", ge=0)
    prompt_share_min: Number = number(
        Decimal("0.95"),
        "share of amount",
        "house default",
        "Paid on time, for the bonus.",
        ge=0,
        le=1,
    )
    prompt_invoices_min: int = number(12, "invoices", "house default", "For the bonus.", ge=1)
    prompt_bonus_points: Number = number(Decimal(5), "points", "house default", "Bonus.", ge=0)
    invoices_min: int = number(3, "invoices", "D&B: three experiences", "Fewer: no score.", ge=1)
    history_min_days: int = number(60, "days", "house default", "Shorter: no score.", ge=0)

    @model_validator(mode="after")
    def _falling(self) -> Self:
        days = [corner.days_late for corner in self.curve]
        points = [corner.points for corner in self.curve]
        if days != sorted(set(days)) or points != sorted(points, reverse=True):
            raise ValueError("curve: days_late must rise and points must not")
        return self


def _steps() -> dict[str, Decimal]:
    return {"INR": Decimal(10000), "USD": Decimal(1000), "EUR": Decimal(1000), "GBP": Decimal(1000)}


class Policy(Section):
    """A written credit policy for the review of a portfolio."""

    version: Literal[1] = Field(1, description="Version of this document's form.")
    name: str = Field("standard", min_length=1, max_length=80, description="Short name.")
    locale: str = Field(
        "en-US", description="How numbers are written, such as en-US, en-GB, en-IN or de-DE."
    )
    currency: str | None = Field(
        None, pattern="^[A-Z]{3}$", description="Functional currency when the file names none."
    )
    entity: str = Field("MAIN", min_length=1, description="Legal entity when the file names none.")
    utilisation: Utilisation = Utilisation()
    ageing: Ageing = Ageing()
    recency: Recency = Recency()
    track_record: TrackRecord = TrackRecord()
    dispute: Dispute = Dispute()
    reduction: Reduction = Reduction()
    increase: Increase = Increase()
    limit_step: dict[str, Number] = Field(
        default_factory=_steps,
        description="Limits are rounded down to a multiple of this; other currencies: one unit.",
        json_schema_extra={"unit": "money by currency", "source": "house default"},
    )
    actions: FindingActions = FindingActions()
    stages: Stages = Stages()
    composite: Composite = Composite()
    tax_id: TaxId = TaxId()
    fx: Fx = Fx()
    dso: Dso = Dso()
    track_score: TrackScore = TrackScore()
