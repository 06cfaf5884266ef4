"""What is stored, one entity per file; invariants as constraints, no workflow."""

from __future__ import annotations

from tradeline.models.accounts import Account, AccountAlias
from tradeline.models.alerts import (
    AlertState,
    AlertSubscription,
    Delivery,
    Outbox,
    WebhookEndpoint,
)
from tradeline.models.audit import AuditAnchor, AuditEvent, AuditSeal
from tradeline.models.commitments import Commitment
from tradeline.models.decisions import Decision
from tradeline.models.documents import Document
from tradeline.models.exposure import LineEvent, Position
from tradeline.models.flags import ExternalFlag
from tradeline.models.groups import CustomerGroup
from tradeline.models.holds import Hold
from tradeline.models.imports import Feed, ImportBatch, QuarantinedRow
from tradeline.models.keys import ApiKey
from tradeline.models.limits import CreditLine, LimitVersion
from tradeline.models.mitigants import Mitigant
from tradeline.models.orders import OrderLine
from tradeline.models.organisations import LegalEntity, Membership, Organisation
from tradeline.models.payments import Payment
from tradeline.models.people import User
from tradeline.models.policies import PolicyVersion
from tradeline.models.proposals import Proposal, SignOff
from tradeline.models.rates import FxRate
from tradeline.models.standing import GatePolicy, LineRules, Standing
from tradeline.models.terms import AgreedTerms

__all__ = [
    "Account",
    "AccountAlias",
    "AgreedTerms",
    "AlertState",
    "AlertSubscription",
    "ApiKey",
    "AuditAnchor",
    "AuditEvent",
    "AuditSeal",
    "Commitment",
    "CreditLine",
    "CustomerGroup",
    "Decision",
    "Delivery",
    "Document",
    "ExternalFlag",
    "Feed",
    "FxRate",
    "GatePolicy",
    "Hold",
    "ImportBatch",
    "LegalEntity",
    "LimitVersion",
    "LineEvent",
    "LineRules",
    "Membership",
    "Mitigant",
    "OrderLine",
    "Organisation",
    "Outbox",
    "Payment",
    "PolicyVersion",
    "Position",
    "Proposal",
    "QuarantinedRow",
    "SignOff",
    "Standing",
    "User",
    "WebhookEndpoint",
]
