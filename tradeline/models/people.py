"""People who sign in."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from tradeline.models.context import password_of

if TYPE_CHECKING:
    from django.db.models.sql.compiler import SQLCompiler

    _Text = models.CharField[str, str]
else:
    _Text = models.CharField  # takes no types where it runs


class _ReadWhenAsked(DeferredAttribute):
    """Reads a person's hash when something asks for it, such as a login or a session."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name in instance.__dict__ and instance.__dict__[name] is None:
            instance.__dict__[name] = password_of(instance.pk, using=instance._state.db)
        return instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class PasswordHash(_Text):
    """The hash of a password: written as any column, never read with the rest of its row.

    The application may not select the column; a query that lists people reads nothing in its place.
    """

    descriptor_class = _ReadWhenAsked

    def select_format(
        self, compiler: SQLCompiler, sql: str, params: Any  # noqa: ARG002
    ) -> tuple[str, tuple[()]]:  # fmt: skip
        """Return what stands in the list of a query in the column's place."""
        return "NULL", ()


class User(AbstractUser):
    """A login; what it may do in an organisation is its memberships' matter."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    password = PasswordHash("password", max_length=128)
    same_as = models.ForeignKey(  # the login that stands for whoever has several
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        db_table = "person"

    def __str__(self) -> str:
        """Return the login name."""
        return self.username
