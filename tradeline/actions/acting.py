"""The frame of every action: a transaction for one organisation, with the actor's roles in hand."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

from tradeline.models.context import Actor
from tradeline.queries.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.backends.utils import CursorWrapper

__all__ = ["Actor", "Work", "working"]


@dataclass(frozen=True, kw_only=True)
class Work:
    """An action under way: who, when, and the cursor of its transaction."""

    actor: Actor
    at: datetime
    cursor: CursorWrapper

    def run(self, sql: str, values: Any = None) -> int:
        """Run one statement and return how many rows it touched."""
        self.cursor.execute(sql, values)
        return int(self.cursor.rowcount)

    def rows(self, sql: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        self.cursor.execute(sql, values)
        return list(self.cursor.fetchall())

    def value(self, sql: str, values: Any = None) -> Any:
        """Return the first value of a query, None when it has no row."""
        self.cursor.execute(sql, values)
        row = self.cursor.fetchone()
        return row[0] if row else None


@contextmanager
def working(actor: Actor, permission: str, *, at: datetime) -> Iterator[Work]:
    """Open the transaction of an action and check the permission in it.

    Raises:
        Refused: none of the actor's roles in the organisation has the permission.
    """
    with reading(actor, permission), connection.cursor() as cursor:
        yield Work(actor=actor, at=at, cursor=cursor)
