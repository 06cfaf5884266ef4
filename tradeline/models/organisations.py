"""Organisations, their legal entities and who belongs to them."""

from __future__ import annotations

import uuid

from django.db import models

from tradeline.models.base import Owned, code, currency, key, one_of


class Organisation(models.Model):
    """A company, or group of companies, that keeps its book here; the boundary of all rows."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)

    class Meta:
        db_table = "organisation"

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class LegalEntity(Owned):
    """A company that invoices; amounts are compared in its functional currency."""

    code = code()
    name = models.CharField(max_length=200)
    currency = currency()
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        db_table = "legal_entity"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "code"], name="legal_entity_code"),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return str(self.code)


class Role(models.TextChoices):
    """What a member may do; the table of permissions is in permissions.py."""

    ANALYST = "analyst"
    MANAGER = "manager"
    CONTROLLER = "controller"
    SALES = "sales"
    AUDITOR = "auditor"
    ADMIN = "admin"
    INTEGRATION = "integration"


class Membership(Owned):
    """A person's role in an organisation."""

    user = key("tradeline.User", db_constraint=True, db_index=True)
    role = models.CharField(max_length=20, choices=Role.choices)

    class Meta:
        db_table = "membership"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "user", "role"], name="membership_once"
            ),
            one_of("role", Role, "membership_role"),
        ]

    def __str__(self) -> str:
        """Return the role."""
        return self.role
