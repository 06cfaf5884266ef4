"""Messages that leave the book, to whom they go, and what became of each."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from tradeline.models.base import Owned, key, not_negative, one_of

URL_MAX: Final = 2000


class Outbox(Owned):
    """A message, written in the transaction of what it tells of; handed out afterwards.

    `line_id` has no foreign key: an order's decision writes here and holds the line's row anyway.
    """

    id = models.UUIDField(primary_key=True, editable=False,
                          db_default=models.Func(function="gen_random_uuid"))  # fmt: skip
    topic = models.CharField(max_length=60)
    line_id = models.UUIDField(null=True)
    line_version = models.BigIntegerField(null=True)  # messages of a line go out in this order
    payload = models.JSONField()
    at = models.DateTimeField(db_default=Now())
    fanned_at = models.DateTimeField(null=True)  # since then its deliveries are known
    settled_at = models.DateTimeField(null=True)  # since then none of them is pending

    class Meta:
        db_table = "outbox"
        constraints = [
            models.CheckConstraint(condition=~Q(topic=""), name="outbox_topic"),
            models.CheckConstraint(
                condition=Q(line_id__isnull=True) | Q(line_version__isnull=False),
                name="outbox_line_in_order",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(fanned_at__isnull=False),
                name="outbox_fanned_before_settled",
            ),
        ]

    def __str__(self) -> str:
        """Return the topic."""
        return self.topic


class EndpointState(models.TextChoices):
    """Whether an address gets messages."""

    ACTIVE = "active"
    OFF = "off"


class WebhookEndpoint(Owned):
    """An address that gets messages by HTTP POST, signed.

    No secret is stored: it is derived from the server's key and `serial`; see connectors.
    """

    url = models.CharField(max_length=URL_MAX)
    topics = models.JSONField()  # names, or beginnings that end in *
    serial = models.IntegerField(default=1)  # of the secret; a rotation raises it
    previous_until = models.DateTimeField(null=True)  # the secret before it signs along until then
    state = models.CharField(
        max_length=6, choices=EndpointState.choices, default=EndpointState.ACTIVE
    )
    failures = models.IntegerField(default=0)  # messages given up in a row
    off_because = models.CharField(max_length=500, blank=True)
    created_by = key("tradeline.User", db_constraint=True)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "webhook_endpoint"
        constraints = [
            one_of("state", EndpointState, "webhook_endpoint_state"),
            not_negative("webhook_endpoint_failures", "failures"),
            models.CheckConstraint(condition=Q(serial__gte=1), name="webhook_endpoint_serial"),
        ]

    def __str__(self) -> str:
        """Return the address."""
        return self.url


class Channel(models.TextChoices):
    """By which way a message goes; a digest gathers a day's messages in one mail."""

    WEBHOOK = "webhook"
    MAIL = "mail"
    DIGEST = "digest"


class DeliveryState(models.TextChoices):
    """Where a delivery stands; a dead one was given up and can be replayed."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


class Delivery(Owned):
    """One message for one recipient: tried until it is sent, or given up with the reason.

    Line and version repeat the message's, so that the order of a line is one index away.
    """

    outbox = key("tradeline.Outbox")
    channel = models.CharField(max_length=8, choices=Channel.choices)
    endpoint = key("tradeline.WebhookEndpoint", null=True)
    person = key("tradeline.User", null=True, db_constraint=True)
    line_id = models.UUIDField(null=True)
    line_version = models.BigIntegerField(null=True)
    severity = models.CharField(max_length=8, blank=True)
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)  # null: a digest takes it
    leased_until = models.DateTimeField(null=True)
    lease = models.UUIDField(null=True)  # whose claim it is
    error = models.CharField(max_length=500, blank=True)  # of the last try
    made_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "delivery"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "outbox", "endpoint", "person"], name="delivery_once",
                nulls_distinct=False,
            ),
            one_of("channel", Channel, "delivery_channel"),
            one_of("state", DeliveryState, "delivery_state"),
            not_negative("delivery_attempts", "attempts"),
            models.CheckConstraint(
                condition=Q(channel="webhook", endpoint__isnull=False, person__isnull=True)
                | Q(channel__in=["mail", "digest"], endpoint__isnull=True, person__isnull=False),
                name="delivery_has_one_recipient",
            ),
            models.CheckConstraint(
                condition=Q(state="pending", done_at__isnull=True)
                | ~Q(state="pending") & Q(done_at__isnull=False, lease__isnull=True),
                name="delivery_done_at_some_time",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return channel and state."""
        return f"{self.channel} {self.state}"


class AlertKind(models.TextChoices):
    """What the turn of a day looks at; use of the limit is kept on the line itself."""

    OVERDUE = "overdue"
    LIMIT_EXPIRY = "limit_expiry"
    FEED_AGE = "feed_age"


class AlertState(models.Model):
    """How far up its steps an account, limit or feed is; each step sends once until it clears."""

    pk = models.CompositePrimaryKey("organisation_id", "kind", "subject")
    organisation = key("tradeline.Organisation")
    kind = models.CharField(max_length=12, choices=AlertKind.choices)
    subject = models.UUIDField()  # account, version of a limit, or feed
    step = models.SmallIntegerField()
    epoch = models.IntegerField(default=0)  # how often it fell

    class Meta:
        db_table = "alert_state"
        constraints = [
            one_of("kind", AlertKind, "alert_state_kind"),
            not_negative("alert_state_step", "step", "epoch"),
        ]

    def __str__(self) -> str:
        """Return kind and step."""
        return f"{self.kind} {self.step}"


class Way(models.TextChoices):
    """How a person wants alerts."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    OFF = "off"


class AlertSubscription(Owned):
    """A person's own wish about alerts of a topic, or of all; else the policy's roles decide."""

    user = key("tradeline.User", db_constraint=True)
    topic = models.CharField(max_length=60)  # or * for all
    way = models.CharField(max_length=8, choices=Way.choices)
    severity_min = models.CharField(max_length=8, blank=True)  # gets these whatever the policy says

    class Meta:
        db_table = "alert_subscription"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user", "topic"], name="alert_subscription_once"
            ),
            one_of("way", Way, "alert_subscription_way"),
            models.CheckConstraint(
                condition=Q(severity_min__in=["", "info", "warning", "high", "critical"]),
                name="alert_subscription_severity",
            ),
        ]

    def __str__(self) -> str:
        """Return topic and way."""
        return f"{self.topic} {self.way}"


__all__ = [
    "AlertState", "AlertSubscription", "Channel", "Delivery", "DeliveryState", "EndpointState",
    "Outbox", "Way", "WebhookEndpoint",
]  # fmt: skip
