"""The history of a line: one event per change, one position per day."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import Owned, amount, key
from tradeline.models.limits import COUNTERS


class LineEventKind(models.TextChoices):
    """Why a line moved."""

    OPENED = "opened"
    LIMIT = "limit"
    DOCUMENTS = "documents"
    ORDERS = "orders"
    SPECIAL = "special"
    HORIZON = "horizon"
    REVALUED = "revalued"
    POLICY = "policy"
    CORRECTED = "corrected"
    AUTHORISED = "authorised"
    HELD = "held"
    SHIPPED = "shipped"
    BILLED = "billed"
    FREED = "freed"


class LineEvent(models.Model):
    """One change of a line; versions have no gap, so the history can be replayed from outside.

    `change` holds the counters that moved, by name, in minor units of the line's currency.
    """

    pk = models.CompositePrimaryKey("organisation_id", "line_id", "version")
    organisation = key("tradeline.Organisation")
    line = key("tradeline.CreditLine")
    version = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=LineEventKind.choices)
    at = models.DateTimeField()
    day = models.DateField()  # the business day it counts for
    change = models.JSONField()
    exposure_minor = amount()  # after the change
    limit_minor = amount(null=True)  # after the change
    by = key("tradeline.User", db_constraint=False)
    batch_id = models.UUIDField(null=True)
    decision_id = models.UUIDField(null=True)  # of the gate
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        db_table = "line_event"

    def __str__(self) -> str:
        """Return kind and version."""
        return f"{self.kind} {self.version}"


class Position(Owned):
    """A line's counters at the end of a day, for charts, averages and the bridge."""

    line = key("tradeline.CreditLine")
    day = models.DateField()
    limit_minor = amount(null=True)
    exposure_minor = amount()
    buckets = models.JSONField()

    class Meta:
        db_table = "position"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "line", "day"], name="position_day")
        ]

    def __str__(self) -> str:
        """Return the day."""
        return str(self.day)


__all__ = ["COUNTERS", "LineEvent", "LineEventKind", "Position"]
