"""Books of one's own in which the gate may be spoiled: the controls of the gate's proof.

A control is a spoiled build on which the proof must fail; it is made by changing the text of the
functions as they stand in the database, so that it breaks loudly when they change.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.gate.kit import Shop

DEFINITION = """SELECT pg_get_functiondef(p.oid) FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'app' AND p.proname = %s"""
LOCK = "FOR NO KEY UPDATE;"


@contextmanager
def copied(shop: Shop) -> Iterator[Shop]:
    """Lend a copy of the shop's book, in a database of its own."""
    name = f"spoiled_{uuid4().hex[:12]}"
    _rest()
    url = make_conninfo(shop.superuser_url, dbname="postgres")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE datname = 'tradeline'")  # fmt: skip
        server.execute(f"CREATE DATABASE {name} TEMPLATE tradeline")
        try:
            yield replace(
                shop, url=make_conninfo(shop.url, dbname=name),
                superuser_url=make_conninfo(shop.superuser_url, dbname=name),
            )  # fmt: skip
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _rest() -> None:
    """Let go of the book: it is copied only while nobody is connected to it."""
    from django.db import connections

    for connection in connections.all():
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()


def spoil(shop: Shop, function: str, *changes: tuple[str, str]) -> None:
    """Change a function's text in the shop's database; what is changed must be there."""
    with psycopg.connect(shop.superuser_url, autocommit=True) as connection:
        found = connection.execute(DEFINITION, [function]).fetchall()
        assert len(found) == 1, function
        text = found[0][0]
        for old, new in changes:
            assert old in text, (function, old)
            text = text.replace(old, new)
        connection.execute(text)


def run(shop: Shop, *statements: str) -> None:
    """Run statements as the superuser."""
    with psycopg.connect(shop.superuser_url, autocommit=True) as connection:
        for sql in statements:
            connection.execute(sql)


def without_locks(shop: Shop) -> None:
    """The naive build: read, check, think for a moment, write; nothing is locked."""
    think = "PERFORM pg_sleep(0.003);\n    w := app.wanted("
    spoil(shop, "settle_ask", (LOCK, ";"), ("w := app.wanted(", think))
    _adding_up(shop)


def before_the_lock(shop: Shop) -> None:
    """The build that reads the line before it has the lock: what it decides by is old."""
    spoil(
        shop, "settle_ask",
        (LOCK, ";\n    PERFORM pg_sleep(0.003);\n    PERFORM FROM credit_line x "
         "WHERE x.organisation_id = org AND x.id = l.id FOR NO KEY UPDATE;"),
        ("l := q.l; s := q.s;", "s := q.s;"),
    )  # fmt: skip
    _adding_up(shop)


def _adding_up(shop: Shop) -> None:
    """Let writes add to what is there, as a naive build does; versions do not stand guard."""
    spoil(shop, "move_lines", (
        "exposure_minor = v.exposure_minor,\n        version = v.version",
        "exposure_minor = t.exposure_minor + (v.moves).reserved, version = t.version + 1",
    ))  # fmt: skip
    run(shop, "ALTER TABLE line_event DROP CONSTRAINT line_event_pkey")


def without_order(shop: Shop) -> None:
    """The build that locks lines as calls come to them, and not in the order of their ids."""
    ahead = "app.lock_lines(asks), set_config('tradeline.locked', 'yes', true);"
    spoil(shop, "check_orders", (f"PERFORM {ahead}", "NULL;"))


def without_unique_keys(shop: Shop) -> None:
    """The build in which nothing but the program itself keeps a key to one decision."""
    run(shop, "ALTER TABLE decision DROP CONSTRAINT decision_pkey")


def soon(shop: Shop) -> str:
    """Return the statement that lets the server look for deadlocks after a moment, not a second."""
    name = str(conninfo_to_dict(shop.url)["dbname"])
    return f"ALTER DATABASE {name} SET deadlock_timeout = '20ms'"
