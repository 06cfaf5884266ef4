"""Customer accounts: one per legal entity and customer number."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import Owned, code, key, one_of


class AccountStatus(models.TextChoices):
    """How an account may buy."""

    ACTIVE = "active"
    BLOCKED = "blocked"
    CLOSED = "closed"
    CASH_ONLY = "cash_only"
    CREDIT_HOLD = "credit_hold"


class Account(Owned):
    """A customer as one legal entity knows it."""

    entity = key("tradeline.LegalEntity")
    customer_no = code()
    name = models.CharField(max_length=200, blank=True)
    group = key("tradeline.CustomerGroup", null=True, blank=True)
    segment = code(blank=True)
    tier = code(blank=True)
    industry = code(blank=True)
    country = models.CharField(max_length=2, blank=True)
    tax_id = code(blank=True)
    intercompany = models.BooleanField(default=False)  # own affiliates are left out of rankings
    status = models.CharField(max_length=12, choices=AccountStatus.choices, default="active")
    dunning_level = models.SmallIntegerField(default=0)
    review_due = models.DateField(null=True)  # the day by which its limit is to be reviewed
    owner = key("tradeline.User", null=True, blank=True, db_constraint=True)  # who looks after it

    class Meta:
        db_table = "account"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "customer_no", "entity"], name="account_no"
            ),
            models.CheckConstraint(condition=~models.Q(customer_no=""), name="account_has_no"),
            one_of("status", AccountStatus, "account_status"),
        ]

    def __str__(self) -> str:
        """Return the customer number."""
        return str(self.customer_no)


class AccountAlias(Owned):
    """Another number under which files name an account."""

    entity = key("tradeline.LegalEntity")
    account = key("tradeline.Account")
    alias = code()

    class Meta:
        db_table = "account_alias"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "alias", "entity"], name="account_alias_once"
            ),
        ]

    def __str__(self) -> str:
        """Return the alias."""
        return str(self.alias)
