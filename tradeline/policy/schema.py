"""The written credit policy as a typed document: every number that decides something.

Each number carries its unit and its source; `tradeline policy init` writes both beside the value,
and the JSON schema hands them to editors. Percentages, scores and factors are decimals, compared
exactly; days are whole.
"""

from decimal import Decimal
from typing import Literal

from tradeline.policy.alerts import Alerts
from tradeline.policy.behaviour import CurvePoint, Dso, TrackScore
from tradeline.policy.codes import Currency, LocaleCode, MoneyByCurrency
from tradeline.policy.exposure import Exposure
from tradeline.policy.form import (
    BANDS,
    BUCKETS,
    OUTCOMES,
    RUBRIC,
    AccountAction,
    Band,
    Bucket,
    Number,
    Outcome,
    Section,
    Share,
    Text,
    Tier,
    number,
)
from tradeline.policy.gate import Gate
from tradeline.policy.limits import (
    Composite,
    CompositeMissing,
    CompositeWeights,
    FindingActions,
    Increase,
    Reduction,
    Stages,
)
from tradeline.policy.rubric import (
    Ageing,
    BucketRule,
    Dispute,
    Fx,
    Recency,
    TaxId,
    TrackRecord,
    Utilisation,
)
from tradeline.policy.terms import Term, Terms

__all__ = [
    "BANDS",
    "BUCKETS",
    "OUTCOMES",
    "RUBRIC",
    "AccountAction",
    "Ageing",
    "Alerts",
    "Band",
    "Bucket",
    "BucketRule",
    "Composite",
    "CompositeMissing",
    "CompositeWeights",
    "CurvePoint",
    "Dispute",
    "Dso",
    "FindingActions",
    "Fx",
    "Gate",
    "Increase",
    "Number",
    "Outcome",
    "Policy",
    "Recency",
    "Reduction",
    "Section",
    "Share",
    "Stages",
    "TaxId",
    "Term",
    "Terms",
    "Tier",
    "TrackRecord",
    "TrackScore",
    "Utilisation",
]


def _steps() -> dict[str, Decimal]:
    return {
        "EUR": Decimal(1000),
        "GBP": Decimal(1000),
        "INR": Decimal(10000),
        "USD": Decimal(1000),
    }


class Policy(Section):
    """A written credit policy for the review of a portfolio."""

    version: Literal[1] = number(
        1, "version", "this document's form", "Version of this document's form.", allowed="1"
    )
    name: Text = number(
        "standard",
        "name",
        "the policy's owner",
        "Short name, printed on every page of a pack.",
        allowed="a text of 1 to 80 characters",
        min_length=1,
        max_length=80,
    )
    purpose: Text = number(
        "",
        "text",
        "the policy's owner",
        "What the policy is for and why it departs from the standard, in the owner's words.",
        allowed="a text of up to 2,000 characters, or nothing",
        max_length=2000,
    )
    locale: LocaleCode = number(
        "en-US",
        "locale",
        "CLDR",
        "How numbers are written.",
        allowed="a language and a country, such as en-US, en-GB, en-IN or de-DE",
    )
    currency: Currency | None = number(
        None,
        "currency",
        "ISO 4217",
        "Functional currency when the file names none.",
        allowed="three capital letters of ISO 4217, such as USD, or null",
    )
    entity: Text = number(
        "MAIN",
        "name",
        "the policy's owner",
        "Legal entity when the file names none.",
        allowed="a text of 1 to 80 characters",
        min_length=1,
        max_length=80,
    )
    utilisation: Utilisation = Utilisation()
    ageing: Ageing = Ageing()
    recency: Recency = Recency()
    track_record: TrackRecord = TrackRecord()
    dispute: Dispute = Dispute()
    reduction: Reduction = Reduction()
    increase: Increase = Increase()
    limit_step: MoneyByCurrency = number(
        _steps(),
        "money by currency",
        "house default",
        "Limits are rounded down to a multiple of this; other currencies to their smallest unit.",
        allowed="positive amounts by currency, such as {USD: 1000}",
    )
    actions: FindingActions = FindingActions()
    stages: Stages = Stages()
    composite: Composite = Composite()
    tax_id: TaxId = TaxId()
    fx: Fx = Fx()
    dso: Dso = Dso()
    track_score: TrackScore = TrackScore()
    exposure: Exposure = Exposure()
    alerts: Alerts = Alerts()
    terms: Terms = Terms()
    gate: Gate = Gate()
