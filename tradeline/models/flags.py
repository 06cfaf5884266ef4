"""Signals from outside: bureau, insolvency, fraud."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, key, one_of


class FlagKind(models.TextChoices):
    """What was reported."""

    BUREAU = "bureau"
    INSOLVENCY = "insolvency"
    SANCTION = "sanction"
    FRAUD = "fraud"


class ExternalFlag(Owned):
    """A signal on an account, active until it is cleared."""

    account = key("tradeline.Account")
    kind = models.CharField(max_length=12, choices=FlagKind.choices)
    source = models.CharField(max_length=100)
    detail = models.TextField(blank=True)
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_by = key("tradeline.User", null=True, db_constraint=True)

    class Meta:
        db_table = "external_flag"
        constraints = [
            one_of("kind", FlagKind, "external_flag_kind"),
            models.CheckConstraint(
                condition=Q(cleared_at__isnull=True, cleared_by__isnull=True)
                | Q(cleared_at__isnull=False, cleared_by__isnull=False),
                name="external_flag_cleared_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(cleared_at__isnull=True) | Q(cleared_at__gte=F("raised_at")),
                name="external_flag_times",
            ),
        ]

    def __str__(self) -> str:
        """Return the kind."""
        return self.kind
