"""Messages that leave the book: the outbox, deliveries, addresses, wishes, and how far alerts are."""

import uuid
from typing import Any, ClassVar

import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

from tradeline.models.tenancy import Tenant, sql_file

READ_ADD = "SELECT, INSERT"


def _key(to: str, **options: Any) -> Any:
    defaults: dict[str, Any] = {"on_delete": django.db.models.deletion.PROTECT, "db_constraint": False,
                "related_name": "+", "db_index": False, "to": to}
    return models.ForeignKey(**{**defaults, **options})


def _person(**options: Any) -> Any:
    return _key(settings.AUTH_USER_MODEL, db_constraint=True, **options)


def _organisation() -> Any:
    return _key("tradeline.organisation")


class Migration(migrations.Migration):
    """Add the tables and secure them; the line keeps how many levels have sent."""

    dependencies: ClassVar = [("tradeline", "0003_again")]
    operations: ClassVar = [
        migrations.AddField("account", "owner", _person(blank=True, null=True)),
        migrations.AddField(
            "creditline", "alert_armed", models.SmallIntegerField(db_default=0, default=0)
        ),
        migrations.CreateModel(
            name="Outbox",
            fields=[
                ("id", models.UUIDField(db_default=models.Func(function="gen_random_uuid"), editable=False, primary_key=True, serialize=False)),
                ("organisation", _organisation()),
                ("topic", models.CharField(max_length=60)),
                ("line_id", models.UUIDField(null=True)),
                ("line_version", models.BigIntegerField(null=True)),
                ("payload", models.JSONField()),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("fanned_at", models.DateTimeField(null=True)),
                ("settled_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "outbox",
                "constraints": [
                    models.CheckConstraint(condition=~models.Q(topic=""), name="outbox_topic"),
                    models.CheckConstraint(condition=models.Q(("line_id__isnull", True), ("line_version__isnull", False), _connector="OR"), name="outbox_line_in_order"),
                    models.CheckConstraint(condition=models.Q(("settled_at__isnull", True), ("fanned_at__isnull", False), _connector="OR"), name="outbox_fanned_before_settled"),
                ],
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("organisation", _organisation()),
                ("url", models.CharField(max_length=2000)),
                ("topics", models.JSONField()),
                ("serial", models.IntegerField(default=1)),
                ("previous_until", models.DateTimeField(null=True)),
                ("state", models.CharField(choices=[("active", "Active"), ("off", "Off")], default="active", max_length=6)),
                ("failures", models.IntegerField(default=0)),
                ("off_because", models.CharField(blank=True, max_length=500)),
                ("created_by", _person()),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "webhook_endpoint",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("state__in", ["active", "off"])), name="webhook_endpoint_state"),
                    models.CheckConstraint(condition=models.Q(("failures__gte", 0)), name="webhook_endpoint_failures"),
                    models.CheckConstraint(condition=models.Q(("serial__gte", 1)), name="webhook_endpoint_serial"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("organisation", _organisation()),
                ("outbox", _key("tradeline.outbox")),
                ("channel", models.CharField(choices=[("webhook", "Webhook"), ("mail", "Mail"), ("digest", "Digest")], max_length=8)),
                ("endpoint", _key("tradeline.webhookendpoint", null=True)),
                ("person", _person(null=True)),
                ("line_id", models.UUIDField(null=True)),
                ("line_version", models.BigIntegerField(null=True)),
                ("severity", models.CharField(blank=True, max_length=8)),
                ("state", models.CharField(choices=[("pending", "Pending"), ("sent", "Sent"), ("dead", "Dead")], default="pending", max_length=8)),
                ("attempts", models.IntegerField(default=0)),
                ("next_at", models.DateTimeField(null=True)),
                ("leased_until", models.DateTimeField(null=True)),
                ("lease", models.UUIDField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                ("made_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
            options={
                "db_table": "delivery",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "outbox", "endpoint", "person"), name="delivery_once", nulls_distinct=False),
                    models.CheckConstraint(condition=models.Q(("channel__in", ["webhook", "mail", "digest"])), name="delivery_channel"),
                    models.CheckConstraint(condition=models.Q(("state__in", ["pending", "sent", "dead"])), name="delivery_state"),
                    models.CheckConstraint(condition=models.Q(("attempts__gte", 0)), name="delivery_attempts"),
                    models.CheckConstraint(condition=models.Q(models.Q(("channel", "webhook"), ("endpoint__isnull", False), ("person__isnull", True)), models.Q(("channel__in", ["mail", "digest"]), ("endpoint__isnull", True), ("person__isnull", False)), _connector="OR"), name="delivery_has_one_recipient"),
                    models.CheckConstraint(condition=models.Q(models.Q(("done_at__isnull", True), ("state", "pending")), models.Q(models.Q(("state", "pending"), _negated=True), ("done_at__isnull", False), ("lease__isnull", True)), _connector="OR"), name="delivery_done_at_some_time"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertState",
            fields=[
                ("pk", models.CompositePrimaryKey("organisation_id", "kind", "subject", blank=True, editable=False, primary_key=True, serialize=False)),
                ("organisation", _organisation()),
                ("kind", models.CharField(choices=[("overdue", "Overdue"), ("limit_expiry", "Limit Expiry"), ("feed_age", "Feed Age")], max_length=12)),
                ("subject", models.UUIDField()),
                ("step", models.SmallIntegerField()),
                ("epoch", models.IntegerField(default=0)),
            ],
            options={
                "db_table": "alert_state",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("kind__in", ["overdue", "limit_expiry", "feed_age"])), name="alert_state_kind"),
                    models.CheckConstraint(condition=django.db.models.lookups.GreaterThanOrEqual(django.db.models.functions.comparison.Least("step", "epoch"), 0), name="alert_state_step"),
                ],
            },
        ),
        migrations.CreateModel(
            name="AlertSubscription",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("organisation", _organisation()),
                ("user", _person()),
                ("topic", models.CharField(max_length=60)),
                ("way", models.CharField(choices=[("at_once", "At Once"), ("digest", "Digest"), ("off", "Off")], max_length=8)),
                ("severity_min", models.CharField(blank=True, max_length=8)),
            ],
            options={
                "db_table": "alert_subscription",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "user", "topic"), name="alert_subscription_once"),
                    models.CheckConstraint(condition=models.Q(("way__in", ["at_once", "digest", "off"])), name="alert_subscription_way"),
                    models.CheckConstraint(condition=models.Q(("severity_min__in", ["", "info", "warning", "high", "critical"])), name="alert_subscription_severity"),
                ],
            },
        ),
        Tenant("Outbox", app="SELECT, INSERT, UPDATE (settled_at)",
               sender="SELECT, INSERT, UPDATE (fanned_at, settled_at)", hot=True),
        Tenant("WebhookEndpoint", sender="SELECT, UPDATE (state, failures, off_because)"),
        Tenant("Delivery", app="SELECT, UPDATE", sender="SELECT, INSERT, UPDATE"),
        Tenant("AlertState"),
        Tenant("AlertSubscription", sender="SELECT"),
        sql_file("alerts", undo=""),
    ]
