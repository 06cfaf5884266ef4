"""Lines of credit with their counters, and the versions of their limits."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, amount, currency, key, not_negative, one_of

GROSS: Final = (
    "receivables_minor", "billed_not_posted_minor", "shipped_not_billed_minor", "orders_minor",
    "reserved_minor", "special_minor",
)  # fmt: skip
"""Buckets that add to exposure; each unit of value sits in exactly one."""

OWN_FUNDS: Final = ("unapplied_cash_minor", "unapplied_credits_minor", "deposits_minor")
"""Buckets that reduce exposure."""

MEMO: Final = ("orders_later_minor", "held_minor", "disputed_minor")
"""Shown beside: orders beyond the horizon, held orders, the disputed part of receivables."""

COUNTERS: Final = (*GROSS, *OWN_FUNDS, *MEMO)


class CreditLine(Owned):
    """An account's line of credit, or a group's: limit and exposure by bucket, kept up to date.

    Counters are in minor units of the line's currency and change only together with a LineEvent.
    `limit_minor` is the limit valid now, a temporary one in place of the base; null is "no limit
    known", 0 is cash only.
    """

    account = key("tradeline.Account", null=True, blank=True)
    group = key("tradeline.CustomerGroup", null=True, blank=True)
    currency = currency()
    limit_minor = amount(null=True)
    receivables_minor = amount(default=0)
    billed_not_posted_minor = amount(default=0)
    shipped_not_billed_minor = amount(default=0)
    orders_minor = amount(default=0)
    reserved_minor = amount(default=0)
    special_minor = amount(default=0)
    unapplied_cash_minor = amount(default=0)
    unapplied_credits_minor = amount(default=0)
    deposits_minor = amount(default=0)
    orders_later_minor = amount(default=0)
    held_minor = amount(default=0)
    disputed_minor = amount(default=0)
    exposure_minor = amount(default=0)  # by the policy's switches, after own funds; may be negative
    version = models.BigIntegerField(default=0)
    alert_armed = models.SmallIntegerField(default=0, db_default=0)  # see sql/alerts.sql

    class Meta:
        db_table = "credit_line"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "account"], name="credit_line_account"),
            models.UniqueConstraint(
                fields=["organisation", "group"], name="credit_line_group",
                condition=Q(group__isnull=False),  # no index entry for each account's line
            ),
            models.CheckConstraint(
                condition=Q(account__isnull=True) ^ Q(group__isnull=True),
                name="credit_line_of_account_or_group",
            ),
            not_negative("credit_line_buckets", *COUNTERS, "version"),
            models.CheckConstraint(
                condition=Q(limit_minor__isnull=True) | Q(limit_minor__gte=0),
                name="credit_line_limit",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the key."""
        return str(self.pk)


class LimitKind(models.TextChoices):
    """A base limit stands until the next; a temporary one has an end and replaces it till then."""

    BASE = "base"
    TEMPORARY = "temporary"


class LimitVersion(Owned):
    """A limit over a span of days (valid time), as it was known over a span of time (recorded).

    A version is never edited: it is superseded by setting `superseded_at` once. "What did we know
    on day D" reads the versions recorded by D and not superseded by then.
    """

    line = key("tradeline.CreditLine")
    kind = models.CharField(max_length=10, choices=LimitKind.choices)
    amount_minor = amount()
    currency = currency()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)  # inclusive; null: until further notice
    recorded_at = models.DateTimeField()
    superseded_at = models.DateTimeField(null=True)
    recorded_by = key("tradeline.User", db_constraint=True)
    reason = models.CharField(max_length=500)
    batch = key("tradeline.ImportBatch", null=True)

    class Meta:
        db_table = "limit_version"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "line", "kind", "valid_from"],
                condition=Q(superseded_at__isnull=True), name="limit_version_current",
            ),
            one_of("kind", LimitKind, "limit_version_kind"),
            not_negative("limit_version_amount", "amount_minor"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="limit_version_days",
            ),
            models.CheckConstraint(
                condition=Q(kind="base") | Q(valid_to__isnull=False),
                name="limit_version_temporary_ends",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gte=F("recorded_at")),
                name="limit_version_times",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return kind and first day."""
        return f"{self.kind} from {self.valid_from}"
