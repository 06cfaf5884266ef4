"""What every row of an organisation has in common."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models.functions import Least
from django.db.models.lookups import GreaterThanOrEqual

from tradeline.engine.feed_checks import CODE_MAX


def key(to: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """Return a foreign key within one organisation.

    Django adds no constraint of its own: the migration adds one that carries the organisation, so
    that no row can point at another organisation's (see models/tenancy.py).
    """
    defaults = {"on_delete": models.PROTECT, "db_constraint": False, "related_name": "+"}
    return models.ForeignKey(to, **{**defaults, "db_index": False, **options})


class Owned(models.Model):
    """A row that belongs to one organisation; the database's key is (organisation, id)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = key("tradeline.Organisation")

    class Meta:
        abstract = True


def code(max_length: int = CODE_MAX, **options: Any) -> models.CharField[Any, Any]:
    """Return a column for numbers and names of the user's systems, compared byte by byte."""
    return models.CharField(max_length=max_length, db_collation="C", **options)


def amount(**options: Any) -> models.BigIntegerField[Any, Any]:
    """Return a column for money in minor units of the row's currency."""
    return models.BigIntegerField(**options)


def currency(**options: Any) -> models.CharField[Any, Any]:
    """Return a column for an ISO 4217 code."""
    return models.CharField(max_length=3, db_collation="C", **options)


def one_of(column: str, values: type[models.TextChoices], name: str) -> models.CheckConstraint:
    """Return the constraint that a column holds one of the choices."""
    return models.CheckConstraint(condition=models.Q(**{f"{column}__in": values.values}), name=name)


def not_negative(name: str, *columns: str) -> models.CheckConstraint:
    """Return the constraint that none of the columns is below zero.

    The database reads a condition anew for each statement that writes: one comparison of the least
    costs half of one for each column.
    """
    if len(columns) == 1:
        return models.CheckConstraint(condition=models.Q((f"{columns[0]}__gte", 0)), name=name)
    return models.CheckConstraint(condition=GreaterThanOrEqual(Least(*columns), 0), name=name)
