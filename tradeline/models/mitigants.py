"""What secures a balance: insurance, guarantees, letters of credit, collateral."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, amount, currency, key, not_negative, one_of


class MitigantKind(models.TextChoices):
    """In the order in which they are used up."""

    LETTER_OF_CREDIT = "letter_of_credit"
    BANK_GUARANTEE = "bank_guarantee"
    INSURANCE = "insurance"
    COLLATERAL = "collateral"
    PARENT_GUARANTEE = "parent_guarantee"


class Mitigant(Owned):
    """Cover for an account; it lowers the net exposure only, never the exposure that is tested."""

    account = key("tradeline.Account")
    kind = models.CharField(max_length=20, choices=MitigantKind.choices)
    currency = currency()
    amount_minor = amount()
    cover_bp = models.IntegerField(default=10_000)  # insured share, hundredths of a percent
    haircut_bp = models.IntegerField(default=0)  # hundredths of a percent
    valid_from = models.DateField()
    valid_to = models.DateField()
    terms_days_max = models.IntegerField(null=True)  # of the insurer
    presentation_days = models.IntegerField(default=0)  # of a letter of credit
    reference = models.CharField(max_length=200, blank=True)

    class Meta:
        db_table = "mitigant"
        constraints = [
            one_of("kind", MitigantKind, "mitigant_kind"),
            not_negative("mitigant_amount", "amount_minor", "cover_bp", "haircut_bp"),
            models.CheckConstraint(
                condition=Q(cover_bp__lte=10_000) & Q(haircut_bp__lte=10_000),
                name="mitigant_shares",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from")), name="mitigant_days"
            ),
        ]

    def __str__(self) -> str:
        """Return the kind."""
        return self.kind
