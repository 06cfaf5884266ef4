"""Groups of customers under one parent."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import Owned, code, key


class CustomerGroup(Owned):
    """A node of the parent tree; the database refuses a cycle (sql/groups.sql)."""

    code = code()  # the parent's customer number
    name = models.CharField(max_length=200, blank=True)
    parent = key("tradeline.CustomerGroup", null=True, blank=True)
    set_off = models.BooleanField(default=False)  # a set-off agreement allows netting

    class Meta:
        db_table = "customer_group"
        constraints = [
            models.UniqueConstraint(fields=["organisation", "code"], name="customer_group_code"),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="customer_group_not_own_parent"
            ),
        ]

    def __str__(self) -> str:
        """Return the code."""
        return str(self.code)
