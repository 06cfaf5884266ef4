"""Exchange rates as they were stated."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tradeline.models.base import Owned, currency, key


class FxRate(Owned):
    """One unit of `base` is worth `rate` units of `quote` on a day."""

    day = models.DateField()
    base = currency()
    quote = currency()
    rate = models.DecimalField(max_digits=24, decimal_places=12)
    batch = key("tradeline.ImportBatch", null=True)

    class Meta:
        db_table = "fx_rate"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "base", "quote", "day"], name="fx_rate_day"
            ),
            models.CheckConstraint(condition=Q(rate__gt=0), name="fx_rate_positive"),
        ]

    def __str__(self) -> str:
        """Return the pair."""
        return f"{self.base}/{self.quote}"
