"""What somebody asks for, and who signed it: nothing of it changes, and none of it goes away."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, key, one_of


class ProposalKind(models.TextChoices):
    """What can be asked for; each kind is filled in by sql/proposals.sql."""

    HOLD_RELEASE = "hold_release"  # let a held order go, in whole or in part, or reject it


class ProposalState(models.TextChoices):
    """Where a proposal stands; the moves are in transitions.py."""

    SUBMITTED = "submitted"
    APPROVED = "approved"
    APPLIED = "applied"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    STALE = "stale"  # what it was judged by has moved: ask anew


class Proposal(Owned):
    """Something that is done once others than its maker signed it.

    The payload is what is to be done, the evidence what it was judged by; both are texts of JSON,
    kept as they were hashed. Levels, evidence and times are the database's own (sql/proposals.sql).
    """

    kind = models.CharField(max_length=20, db_collation="C", choices=ProposalKind.choices)
    hold = key("tradeline.Hold", null=True)
    payload = models.TextField()
    payload_sha256 = models.CharField(max_length=64, db_collation="C", blank=True)
    evidence = models.TextField(blank=True)
    evidence_sha256 = models.CharField(max_length=64, db_collation="C", blank=True)
    levels = ArrayField(models.CharField(max_length=20), default=list)  # roles, in order
    maker = key("tradeline.User", db_constraint=True)
    maker_human = models.UUIDField(null=True)  # whoever acts by this and other logins
    reason = models.TextField()
    state = models.CharField(max_length=10, db_collation="C", choices=ProposalState.choices,
                             default="submitted")  # fmt: skip
    created_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    outcome = models.TextField(blank=True)  # in words: why it was refused, or is stale

    class Meta:
        db_table = "proposal"
        constraints = [
            one_of("kind", ProposalKind, "proposal_kind"),
            one_of("state", ProposalState, "proposal_state"),
            models.UniqueConstraint(
                fields=["organisation", "hold"], name="proposal_open_once",
                condition=Q(state__in=["submitted", "approved"]),
            ),
            models.UniqueConstraint(  # a signature repeats these, and cannot mistake them
                fields=["organisation", "id", "payload_sha256", "maker_human"],
                name="proposal_as_signed",
            ),
            models.CheckConstraint(
                condition=Q(maker_human__isnull=False, created_at__isnull=False)
                & Q(expires_at__gt=F("created_at")) & Q(levels__len__gte=1),
                name="proposal_is_whole",
            ),
            models.CheckConstraint(condition=Q(reason__regex=r"\S"), name="proposal_has_a_reason"),
            models.CheckConstraint(
                condition=Q(state__in=["submitted", "approved"], settled_at__isnull=True)
                | ~Q(state__in=["submitted", "approved"]) & Q(settled_at__isnull=False),
                name="proposal_settled_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(kind="hold_release") | Q(hold__isnull=False),
                name="proposal_of_a_hold",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return kind and state."""
        return f"{self.kind}, {self.state}"


class SignDecision(models.TextChoices):
    """What a level said."""

    SIGN = "sign"
    REFUSE = "refuse"


class SignOff(Owned):
    """One level's word on a proposal, by somebody who is not its maker; insert-only."""

    proposal = key("tradeline.Proposal")
    level = models.SmallIntegerField()  # from 1
    signer = key("tradeline.User", db_constraint=True)
    human = models.UUIDField(null=True)
    maker_human = models.UUIDField(null=True)  # as in the proposal
    decision = models.CharField(max_length=6, db_collation="C", choices=SignDecision.choices)
    reason = models.TextField(blank=True)
    payload_sha256 = models.CharField(max_length=64, db_collation="C")  # of what was seen
    at = models.DateTimeField(null=True)

    class Meta:
        db_table = "sign_off"
        constraints = [
            one_of("decision", SignDecision, "sign_off_decision"),
            models.UniqueConstraint(
                fields=["organisation", "proposal", "level"], name="sign_off_once_a_level"
            ),
            models.UniqueConstraint(
                fields=["organisation", "proposal", "human"], name="sign_off_once_a_human"
            ),
            models.CheckConstraint(
                condition=Q(human__isnull=False, maker_human__isnull=False, at__isnull=False)
                & ~Q(human=F("maker_human")),
                name="sign_off_by_another",
            ),
            models.CheckConstraint(
                condition=Q(decision="sign") | Q(reason__regex=r"\S"), name="sign_off_refused_why"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return what was said."""
        return self.decision
