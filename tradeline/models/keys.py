"""Keys with which a program acts for a person of an organisation."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tradeline.models.base import Owned, code, key

PREFIX_LENGTH = 12
"""Letters of a key's public part, by which it is found and named."""


class ApiKey(Owned):
    """A key: its hash, never itself; whom it acts for and what it may do there.

    `prefix` is the public part. It is no unique column: that would tell one organisation of
    another's keys, and what proves a key is its hash.
    """

    user = key("tradeline.User", db_constraint=True)
    name = models.CharField(max_length=100)
    prefix = code(PREFIX_LENGTH, db_index=False)
    hash = code(64)
    scopes = ArrayField(code(40))
    rate_per_second = models.PositiveIntegerField()
    created_at = models.DateTimeField()
    created_by = key("tradeline.User", db_constraint=True)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = key("tradeline.User", null=True, db_constraint=True)

    class Meta:
        db_table = "api_key"
        indexes = [models.Index(fields=["prefix"], name="api_key_prefix")]
        constraints = [
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="api_key_revoked_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="api_key_expires_later"
            ),
            models.CheckConstraint(condition=Q(rate_per_second__gt=0), name="api_key_rate"),
        ]

    def __str__(self) -> str:
        """Return the public part."""
        return str(self.prefix)
