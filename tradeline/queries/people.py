"""Who belongs where."""

from __future__ import annotations

from django.db import connection, transaction

from tradeline.models import Organisation, User
from tradeline.models.context import signed


def organisations_of(user: User) -> list[Organisation]:
    """Return the organisations of which the person is a member."""
    with transaction.atomic(), connection.cursor() as cursor:
        token = signed(None, user.pk, process=connection.connection.info.backend_pid)
        cursor.execute("SELECT set_config('tradeline.context', %s, true)", [token])
        return list(Organisation.objects.order_by("name"))
