"""Payments, one row per document that a payment settles."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import amount, code, currency, key, one_of


class PaymentKind(models.TextChoices):
    """What came in, or failed to."""

    PAYMENT = "payment"
    RETURNED = "returned"
    BROKEN_PROMISE = "broken_promise"
    WRITE_OFF = "write_off"


class Payment(models.Model):
    """A payment, or the part of it that settles one document; without a document, on account.

    Payments tell behaviour. What is owed and what is unapplied comes from the ledger's open items,
    so that an amount is never counted from both.
    """

    pk = models.CompositePrimaryKey(
        "organisation_id", "account_id", "payment_no", "document_no", "kind"
    )
    organisation = key("tradeline.Organisation")
    account = key("tradeline.Account")
    payment_no = code()
    document_no = code(blank=True)
    kind = models.CharField(max_length=15, db_collation="C", choices=PaymentKind.choices)
    date = models.DateField()
    currency = currency()
    amount_minor = amount()
    batch_id = models.UUIDField()

    class Meta:
        db_table = "payment"
        constraints = [one_of("kind", PaymentKind, "payment_kind")]

    def __str__(self) -> str:
        """Return the number."""
        return str(self.payment_no)
