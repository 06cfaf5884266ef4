"""How a line stands apart from its money, and the rules that hold for it: what a check reads."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tradeline.models.accounts import AccountStatus
from tradeline.models.base import Owned, amount, currency, key, one_of


class GatePolicy(Owned):
    """A policy as the gate reads it: rules, scopes, terms by name (engine/gate_rules.py)."""

    policy = models.CharField(max_length=64, db_collation="C")  # its version
    document = models.JSONField()
    active_from = models.DateTimeField()

    class Meta:
        db_table = "gate_policy"

    def __str__(self) -> str:
        """Return the first digits of the version."""
        return self.policy[:12]


class LineRules(Owned):
    """The policy's rules as they hold for some lines, in their currency; never edited.

    `reactions` follow policy.gate.CODES: 0 off, 1 warn, 2 hold, 3 reject. Shares are hundredths
    of a percent; an amount that is null sets no bound. `signs` say how the counters count, in the
    order of models.limits.COUNTERS.
    """

    policy = models.CharField(max_length=64, db_collation="C")  # its version
    digest = models.CharField(max_length=64, db_collation="C")  # of what follows
    currency = currency()
    reactions = ArrayField(models.SmallIntegerField())
    signs = ArrayField(models.SmallIntegerField())
    tolerance_bp = models.IntegerField()
    tolerance_max_minor = amount(null=True)
    average_bp = models.IntegerField()
    used_bp = models.IntegerField()
    overdue_days_max = models.IntegerField()
    overdue_share_days = models.IntegerField()
    overdue_share_bp = models.IntegerField()
    overdue_max_minor = amount(null=True)
    item_min_minor = amount()
    ignore_disputed = models.BooleanField()
    dunning_level_max = models.SmallIntegerField()
    document_max_minor = amount(null=True)
    review_grace_days = models.IntegerField()
    unsecured_max_minor = amount(null=True)
    stand_in_max_minor = amount(null=True)
    rejected_flags = ArrayField(models.CharField(max_length=12))
    rejected_statuses = ArrayField(models.CharField(max_length=12))
    horizon_days = models.IntegerField()
    rate_age_max_days = models.IntegerField()
    feed_ages_max = models.JSONField()  # days by feed; only what is tested
    feeds_required = ArrayField(models.CharField(max_length=10))
    reservation_days = models.IntegerField()
    hold_days = models.IntegerField()
    release_deviation_bp = models.IntegerField()
    ladder_bp = ArrayField(models.IntegerField())  # of alerts on use
    rearm_bp = models.IntegerField()

    class Meta:
        db_table = "line_rules"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "digest"], name="line_rules_once"),
        ]

    def __str__(self) -> str:
        """Return the first digits of the digest."""
        return self.digest[:12]


class Standing(models.Model):
    """What a check at order time tests besides the line's money: a cache that is never in the way.

    It is resolved by the first check of a day, and anew when what it stands for has changed:
    whoever changes that takes its day away (actions/standing.py).
    """

    pk = models.CompositePrimaryKey("organisation_id", "line_id")
    organisation = key("tradeline.Organisation")
    line = key("tradeline.CreditLine")
    rules = key("tradeline.LineRules")
    day = models.DateField(null=True)
    oldest_due = models.DateField(null=True)  # of the open debit items that are tested
    overdue_minor = amount(default=0)  # past due
    overdue_share_minor = amount(default=0)  # past due by more than rules.overdue_share_days
    open_minor = amount(default=0)  # of the items that are tested
    disputed_minor = amount(default=0)  # left out
    oldest = models.JSONField(default=list)  # up to twenty overdue items, the oldest first
    average_minor = amount(default=0)  # of 90 days
    covers = models.JSONField(default=list)  # in force, in the order in which they are used up
    status = models.CharField(max_length=12, choices=AccountStatus.choices, default="active")
    review_due = models.DateField(null=True)
    dunning_level = models.SmallIntegerField(default=0)
    flags = ArrayField(models.CharField(max_length=12), default=list)  # active external ones
    grace_days = models.IntegerField(default=0)  # of the granted terms
    terms_days_max = models.IntegerField(null=True)  # of the granted terms
    discount_bp_max = models.IntegerField(null=True)
    limit_from = models.DateField(null=True)
    limit_to = models.DateField(null=True)  # last day of the limit

    class Meta:
        db_table = "standing"
        constraints = [
            one_of("status", AccountStatus, "standing_status"),
            models.CheckConstraint(
                condition=models.Q(overdue_minor__gte=0) & models.Q(open_minor__gte=0)
                & models.Q(overdue_share_minor__gte=0), name="standing_amounts",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the status."""
        return self.status
