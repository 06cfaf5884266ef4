"""Orders that wait for a person, and what people decide about them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, amount, code, currency, key, one_of


class HoldState(models.TextChoices):
    """Where a hold stands; the moves are in transitions.py."""

    OPEN = "open"
    RELEASED = "released"  # may be used until `usable_until`
    USED = "used"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ENDED = "ended"  # the order was cancelled, or asked again and passed or was rejected


class Hold(Owned):
    """One version of an order that was not let go, in the order's currency.

    `codes` are the rules that were hit. What people settle names their proposal; without one the
    rules let the order go, or its time was over.
    """

    commitment = key("tradeline.Commitment")
    account = key("tradeline.Account")
    line = key("tradeline.CreditLine")
    decision_id = models.UUIDField()
    order_no = code()
    version = models.BigIntegerField()
    currency = currency()
    amount_minor = amount()  # of the whole order
    delta_minor = amount()  # beyond what is authorised already
    codes = ArrayField(models.CharField(max_length=4))
    priority = models.SmallIntegerField()
    ship_date = models.DateField(null=True)
    state = models.CharField(max_length=10, db_collation="C", choices=HoldState.choices)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    released_minor = amount(null=True)  # may be less than was asked for
    usable_until = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    proposal = key("tradeline.Proposal", null=True)  # by which people released or rejected it

    class Meta:
        db_table = "hold"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "commitment"], name="hold_open_once",
                condition=Q(state__in=["open", "released"]),
            ),
            one_of("state", HoldState, "hold_state"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True)
                | (~Q(state="open") & Q(settled_at__isnull=False)),
                name="hold_settled_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(released_minor__isnull=True, usable_until__isnull=True)
                | Q(released_minor__gt=0, released_minor__lte=F("amount_minor"),
                    usable_until__isnull=False),
                name="hold_release_is_bounded",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the order's number."""
        return str(self.order_no)
