"""Documents of the receivables ledger."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tradeline.models.base import amount, code, currency, key, one_of


class DocumentKind(models.TextChoices):
    """Debits add to receivables; credits, cash and deposits reduce exposure in their own bucket."""

    INVOICE = "invoice"
    DEBIT_NOTE = "debit_note"
    INTEREST = "interest"
    CREDIT_NOTE = "credit_note"
    CASH = "cash"
    DEPOSIT = "deposit"


class Document(models.Model):
    """One ledger document; closed ones stay, for they carry the payment behaviour.

    The key is natural, since files name documents so. `counted_minor` is what the line's counters
    hold for it now, in the line's currency: the counters are the sums of these.
    """

    pk = models.CompositePrimaryKey("organisation_id", "account_id", "document_no", "kind")
    organisation = key("tradeline.Organisation")
    account = key("tradeline.Account")
    document_no = code()
    kind = models.CharField(max_length=12, db_collation="C", choices=DocumentKind.choices)
    document_date = models.DateField(null=True)
    due_date = models.DateField(null=True)
    currency = currency()
    amount_minor = amount()
    open_minor = amount()
    counted_minor = amount()
    disputed = models.BooleanField(default=False)
    order_no = code(blank=True)
    batch_id = models.UUIDField()  # the import that wrote this state

    class Meta:
        db_table = "document"
        constraints = [
            one_of("kind", DocumentKind, "document_kind"),
            models.CheckConstraint(
                condition=Q(open_minor__gte=0) & Q(open_minor__lte=F("amount_minor")),
                name="document_open_within_amount",
            ),
            models.CheckConstraint(condition=Q(counted_minor__gte=0), name="document_counted"),
        ]

    def __str__(self) -> str:
        """Return kind and number."""
        return f"{self.kind} {self.document_no}"
