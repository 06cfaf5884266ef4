"""The audit trail: events as they were written, their seals, and signed heads."""

from __future__ import annotations

from django.db import models
from django.db.models.expressions import Func
from django.db.models.functions import Cast

from tradeline.models.base import Owned, key


class AuditEvent(Owned):
    """One change, written in its transaction; insert-only for the application.

    `body` holds the exact bytes that are sealed; the other columns repeat parts of it for search.
    """

    at = models.DateTimeField()
    by = key("tradeline.User", db_constraint=False)
    door = models.CharField(max_length=12)  # web, api, cli, job
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)  # kind and key of what changed
    body = models.BinaryField()
    xid = models.BigIntegerField(  # the transaction that wrote it
        editable=False,
        db_default=Cast(Cast(Func(function="pg_current_xact_id"), models.TextField()),
                        models.BigIntegerField()),
    )  # fmt: skip

    class Meta:
        db_table = "audit_event"

    def __str__(self) -> str:
        """Return the action."""
        return self.action


class AuditSeal(models.Model):
    """The place of an event in its organisation's hash chain; written by the sealer only."""

    pk = models.CompositePrimaryKey("organisation_id", "seq")
    organisation = key("tradeline.Organisation")
    seq = models.BigIntegerField()
    event = key("tradeline.AuditEvent")
    previous = models.CharField(max_length=64, db_collation="C")
    hash = models.CharField(max_length=64, db_collation="C")

    class Meta:
        db_table = "audit_seal"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "event"], name="audit_seal_event"),
        ]

    def __str__(self) -> str:
        """Return the place in the chain."""
        return str(self.seq)


class AuditAnchor(Owned):
    """A signed head of the chain; a copy goes outside the database."""

    seq = models.BigIntegerField()
    hash = models.CharField(max_length=64, db_collation="C")
    at = models.DateTimeField()
    key_id = models.CharField(max_length=64)
    signature = models.CharField(max_length=200)

    class Meta:
        db_table = "audit_anchor"

    def __str__(self) -> str:
        """Return the place it covers."""
        return str(self.seq)
