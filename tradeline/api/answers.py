"""What the API answers, for its description; the gate's answers are the database's own bytes."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Money = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]{1,4})?$", examples=["95000.00"])]


class FieldError(BaseModel):
    """One field that cannot be used."""

    field: str
    message: str
    mend: str | None = None


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(examples=["urn:tradeline:problem:invalid"])
    title: str
    status: int
    detail: str
    errors: list[FieldError] | None = None


class Reason(BaseModel):
    """A rule that was hit."""

    code: str = Field(examples=["CL02"])
    reaction: Literal["warn", "hold", "reject"]
    measured: str | None
    threshold: str | None
    message: str
    evidence: str | None = None


class ExposureAround(BaseModel):
    """The line of credit before and after the order."""

    currency: str
    before: Money | None
    after: Money | None
    limit: Money | None
    headroom: Money | None
    utilisation: str | None = Field(description="Percent.")


class Decision(BaseModel):
    """The answer of the gate; for what is approved, also the reservation."""

    decision: Literal["approved", "approved_with_warning", "held", "rejected", "done", "voided"]
    decision_id: str
    order_no: str | None
    version: int | None = None
    state: str | None = None
    reasons: list[Reason] = []
    exposure: ExposureAround | None = None
    unblock: list[dict[str, object]] = Field(
        default=[], description="The smallest steps that would let a held order go."
    )
    data_age: dict[str, int | None] = Field(default={}, description="Days, by feed.")
    policy: str | None = None
    at: str | None = None


class BatchEntry(BaseModel):
    """The answer to one order of a batch: `body` is what the order alone would have got."""

    key: str
    status: int
    body: dict[str, object] = Field(description="A decision, or problem details.")


class BatchAnswer(BaseModel):
    """The answers to a batch, in its order."""

    answers: list[BatchEntry]


class Buckets(BaseModel):
    """A customer's exposure, part by part."""

    customer_no: str
    customer_name: str
    entity: str
    currency: str
    limit: Money | None
    exposure: Money
    headroom: Money | None
    utilisation_pct: str | None
    ar_utilisation_pct: str | None
    status: Literal["over", "near", "within", "no_limit"]
    buckets: dict[str, Money | None]
    beside: dict[str, Money | None]


class ExposureAnswer(BaseModel):
    """The customer's lines of credit, one per legal entity."""

    lines: list[Buckets]


class DecisionRow(BaseModel):
    """A decision in a list."""

    decision_id: str
    verb: str
    outcome: str
    order_no: str
    version: int | None
    at: str


class DecisionList(BaseModel):
    """Decisions, the newest first; `before` of the next call is the last one's `at`."""

    decisions: list[DecisionRow]


class SignalAnswer(BaseModel):
    """A signal that was taken in; it stops new orders at once."""

    signal_id: str
    customer: str
    entity: str
    kind: str
    raised_at: str
