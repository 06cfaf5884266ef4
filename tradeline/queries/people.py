"""Who belongs where."""

from __future__ import annotations

from django.db import transaction

from tradeline.models import Organisation, User
from tradeline.models.context import tell


def organisations_of(user: User) -> list[Organisation]:
    """Return the organisations of which the person is a member."""
    with transaction.atomic(durable=True):
        tell(None, user.pk)
        return list(Organisation.objects.order_by("name"))
