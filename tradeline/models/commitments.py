"""What was authorised: one order's life on a line of credit."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, amount, code, currency, key, not_negative, one_of


class CommitmentState(models.TextChoices):
    """Where an order stands; the moves between states are in transitions.py."""

    AUTHORISED = "authorised"
    HELD = "held"
    REJECTED = "rejected"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Commitment(Owned):
    """One order as the gate knows it; amounts in minor units of the order's currency.

    There is one for each order of an entity: its id follows from them (app.order_id in
    sql/gate.sql; the database checks it).

    authorised = unshipped + shipped not billed + invoiced + cancelled, at all times. The
    `counted_*` columns are what the line's counters hold for it, in the line's currency; they are
    zero while the order file speaks for the order (`speaks` is false), so that none counts twice.
    """

    account = key("tradeline.Account")
    entity = key("tradeline.LegalEntity")
    line = key("tradeline.CreditLine")
    order_no = code()
    version = models.BigIntegerField()
    state = models.CharField(max_length=12, db_collation="C", choices=CommitmentState.choices)
    currency = currency()
    rate_above = models.DecimalField(max_digits=72, decimal_places=0)  # line minor per order minor,
    rate_below = models.DecimalField(max_digits=72, decimal_places=0)  # as a fraction
    authorised_minor = amount()
    shipped_minor = amount(default=0)
    invoiced_minor = amount(default=0)  # at order prices
    cancelled_minor = amount(default=0)
    billed_minor = amount(default=0)  # totals of the invoices, freight and tax too
    posted_minor = amount(default=0)  # invoices less credit notes in the ledger
    held_minor = amount(default=0)  # asked for, and not authorised
    counted_reserved_minor = amount(default=0)
    counted_later_minor = amount(default=0)
    counted_shipped_minor = amount(default=0)
    counted_billed_minor = amount(default=0)
    counted_held_minor = amount(default=0)
    speaks = models.BooleanField(default=True)
    prepaid = models.BooleanField(default=False)
    ship_date = models.DateField(null=True)
    net_days = models.IntegerField(null=True)
    discount_bp = models.IntegerField(null=True)
    priority = models.SmallIntegerField(default=5)  # 1 goes first
    channel = code(blank=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "commitment"
        constraints = [
            one_of("state", CommitmentState, "commitment_state"),
            not_negative(
                "commitment_amounts", "authorised_minor", "shipped_minor", "invoiced_minor",
                "cancelled_minor", "billed_minor", "held_minor", "counted_reserved_minor",
                "counted_later_minor", "counted_shipped_minor", "counted_billed_minor",
                "counted_held_minor", "version",
            ),
            models.CheckConstraint(
                condition=Q(authorised_minor__gte=F("shipped_minor") + F("cancelled_minor"))
                & Q(authorised_minor__gte=F("invoiced_minor") + F("cancelled_minor")),
                name="commitment_conserves",
            ),
            models.CheckConstraint(
                condition=Q(rate_above__gt=0) & Q(rate_below__gt=0), name="commitment_rate"
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the order's number."""
        return str(self.order_no)
