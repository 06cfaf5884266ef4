"""Keys for programs, and the functions by which the API's own connections ask."""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tradeline.models.tenancy import Tenant, sql_file

PROTECT = django.db.models.deletion.PROTECT
REVOKE = "SELECT, INSERT, UPDATE (revoked_at, revoked_by_id)"
PRESENTED = "hash = (SELECT app.presented())"
"""A key is visible to who presents it, before any organisation is told."""


class Migration(migrations.Migration):
    """A key's row shows its hash alone; who does not know the key learns nothing of others."""

    dependencies: ClassVar = [("tradeline", "0005_gate")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("prefix", models.CharField(db_collation="C", max_length=12)),
                ("hash", models.CharField(db_collation="C", max_length=64)),
                ("scopes", django.contrib.postgres.fields.ArrayField(base_field=models.CharField(db_collation="C", max_length=40), size=None)),
                ("rate_per_second", models.PositiveIntegerField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
                ("created_by", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("organisation", models.ForeignKey(db_constraint=False, db_index=False, on_delete=PROTECT, related_name="+", to="tradeline.organisation")),
                ("revoked_by", models.ForeignKey(db_index=False, null=True, on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
                ("user", models.ForeignKey(db_index=False, on_delete=PROTECT, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "db_table": "api_key",
                "indexes": [models.Index(fields=["prefix"], name="api_key_prefix")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(revoked_at__isnull=True, revoked_by__isnull=True)
                        | models.Q(revoked_at__isnull=False, revoked_by__isnull=False),
                        name="api_key_revoked_by_someone",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(expires_at__gt=models.F("created_at")),
                        name="api_key_expires_later",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(rate_per_second__gt=0), name="api_key_rate"
                    ),
                ],
            },
        ),
        sql_file("presented", undo=""),
        Tenant("ApiKey", app=REVOKE, also_visible=PRESENTED),
        sql_file("api", undo=""),
    ]
