"""What the gate answered, and to which call."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import Owned, amount, code, one_of
from tradeline.models.base import key as link


class Outcome(models.TextChoices):
    """What a decision says; `done` answers a change that needs no check."""

    APPROVED = "approved"
    WARNED = "approved_with_warning"
    HELD = "held"
    REJECTED = "rejected"
    DONE = "done"
    REFUSED = "refused"
    VOIDED = "voided"  # before the call came: it is never made


class Decision(Owned):
    """One answer of the gate, with what it was made of; insert-only.

    `client` and `key` name the call: one that comes again gets the same answer, for its id follows
    from them (app.call_id in sql/gate.sql; the database checks it). `facts` are the
    numbers of that moment, as JSON: the line before, its standing, the order, the feeds' ages.
    """

    client = code()
    key = code(max_length=128)
    body_sha256 = models.CharField(max_length=64, db_collation="C")
    verb = models.CharField(max_length=12, db_collation="C")
    status = models.SmallIntegerField()  # of HTTP
    outcome = models.CharField(max_length=24, db_collation="C", choices=Outcome.choices)
    line_id = models.UUIDField(null=True)
    commitment_id = models.UUIDField(null=True)
    order_no = code(blank=True)
    version = models.BigIntegerField(null=True)
    amount_minor = amount(null=True)  # asked for, in the order's currency
    rules_id = models.UUIDField(null=True)
    release_id = models.UUIDField(null=True)  # of a hold, used up by this decision
    facts = models.TextField(null=True)  # noqa: DJ001 - none is not an empty text
    answer = models.TextField()
    lines = models.JSONField(null=True)  # of the order, as they were asked for
    at = models.DateTimeField()
    by = link("tradeline.User", db_constraint=False)

    class Meta:
        db_table = "decision"
        indexes = [
            # Not by organisation first: a table without statistics could then be searched by this
            # index for a decision's id.
            models.Index(fields=["line_id", "at"], name="decision_line"),
        ]
        constraints = [
            one_of("outcome", Outcome, "decision_outcome"),
        ]

    def __str__(self) -> str:
        """Return the outcome."""
        return self.outcome
