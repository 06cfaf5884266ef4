"""Let time pass for one row, as no role of the application could: the triggers are asleep."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo


def root(book: Any) -> psycopg.Connection[Any]:
    """Return a superuser's connection to the book."""
    return psycopg.connect(make_conninfo(book.superuser_url, dbname="tradeline"), autocommit=True)


def age(book: Any, table: str, key: Any, days: float, *columns: str) -> None:
    """Make moments of a row earlier by so many days."""
    moved = ", ".join(f"{name} = {name} - make_interval(secs => %(s)s)" for name in columns)
    with root(book) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(f"UPDATE {table} SET {moved} WHERE id = %(id)s",
                           {"s": days * 86_400, "id": key})  # fmt: skip
