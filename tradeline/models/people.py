"""People who sign in."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A login; what it may do in an organisation is its memberships' matter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    same_as = models.ForeignKey(  # the login that stands for whoever has several
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        """Return the login name."""
        return self.username
