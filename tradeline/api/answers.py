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


class SignOff(BaseModel):
    """One level's word on a proposal."""

    level: int
    signer: str
    decision: Literal["sign", "refuse"]
    reason: str
    at: str


class Proposal(BaseModel):
    """What was proposed about a held order, who signs it, and who has."""

    proposal: str
    kind: str
    state: str
    maker: str
    reason: str
    payload: dict[str, object] = Field(description="What is proposed; amounts are decimal texts.")
    payload_sha256: str = Field(description="Sign and refuse repeat it: it says what was seen.")
    evidence_sha256: str
    levels: list[str] = Field(description="Roles, in the order in which they sign.")
    next_role: str | None
    signed: list[SignOff]
    created_at: str
    expires_at: str


class ProposalList(BaseModel):
    """Proposals that wait for signatures, the oldest first."""

    proposals: list[Proposal]


class Signed(BaseModel):
    """Where a proposal stands after somebody's word on it."""

    proposal: str
    state: Literal["submitted", "applied", "stale", "rejected", "withdrawn"]
    next_role: str | None
    because: list[str] = Field(description="Why its evidence does not hold any more, when stale.")
    decision: str | None = Field(description="What the gate said when it was carried out.")


class Measure(BaseModel):
    """What a release is judged by."""

    what: str
    of: str
    currency: str
    amount: Money


class Case(BaseModel):
    """How a release of the whole order would be judged now."""

    levels: list[str] = Field(description="Roles that would sign; empty where nobody's reach does.")
    codes: list[str]
    decision: str = Field(description="What the rules would say.")
    measures: list[Measure]


class Hold(BaseModel):
    """A held order."""

    hold: str
    order_no: str
    version: int
    customer_no: str
    customer_name: str
    entity: str
    currency: str
    amount: Money = Field(description="Of the whole order.")
    held: Money = Field(description="Beyond what is authorised already.")
    codes: list[str]
    reasons: list[Reason]
    priority: int
    ship_date: str | None
    state: Literal["open", "released", "rejected", "expired", "ended", "used"]
    age_days: int
    created_at: str
    expires_at: str
    released: Money | None
    usable_until: str | None
    next_role: str | None = Field(description="Whose signature is waited for.")
    proposal: Proposal | None


class HoldWithCase(Hold):
    """A held order, and who would sign its release; null once it is settled."""

    case: Case | None


class HoldList(BaseModel):
    """Held orders, in the order in which they go when there is room."""

    holds: list[Hold]


class SignalAnswer(BaseModel):
    """A signal that was taken in; it stops new orders at once."""

    signal_id: str
    customer: str
    entity: str
    kind: str
    raised_at: str
