"""Versions of the written policy."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import Owned, key


class PolicyVersion(Owned):
    """The policy's text as it was put in force; its version is its content's hash."""

    version = models.CharField(max_length=64, db_collation="C")
    text = models.TextField()
    active_from = models.DateTimeField()
    activated_by = key("tradeline.User", db_constraint=True)

    class Meta:
        db_table = "policy_version"

    def __str__(self) -> str:
        """Return the first digits of the version."""
        return self.version[:12]
