"""Terms that were agreed with an account."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tradeline.models.base import Owned, key


class AgreedTerms(Owned):
    """Terms of an account from a day on; they win over those of its tier, segment and policy."""

    account = key("tradeline.Account")
    name = models.CharField(max_length=80)  # of a term in the policy
    valid_from = models.DateField()
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    recorded_by = key("tradeline.User", db_constraint=True)

    class Meta:
        db_table = "agreed_terms"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "account", "valid_from"],
                condition=Q(superseded_at__isnull=True), name="agreed_terms_current",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the term's name."""
        return str(self.name)
