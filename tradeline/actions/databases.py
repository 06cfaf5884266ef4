"""Make a database ready: roles, the database itself, its tables, and the key of the context."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradeline.database import APP_SETTINGS, NAME, ROLES, Database, role_name
from tradeline.errors import EngineFault

if TYPE_CHECKING:
    import psycopg

VERSION_MIN: Final = 15
EMBEDDED: Final = {
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",  # else a large file forces one checkpoint after the other
    "checkpoint_timeout": "15min",
    "jit": "off",  # statements are short; compiling them is longer
}
"""Settings of the embedded server that differ from PostgreSQL's own."""
_BLOCK: Final = 64  # of SHA-256, in bytes


def prepare(database: Database) -> None:
    """Bring the tables up to date and store the key of the context; what is there stays.

    Roles and database are there already: see `create_roles`.

    Raises:
        EngineFault: the server is too old, not reachable, or the owner's URL is missing.
    """
    if "owner" not in database.urls:
        raise EngineFault(
            "the tables cannot be made: the owner's URL is not known",
            mend="set DATABASE_OWNER_URL to the URL of the role tradeline_owner",
        )
    _migrate()
    _store_context_key(database)
    if database.data:
        _mark(database).write_text(_state(), encoding="utf-8")


def connect(url: str) -> psycopg.Connection[Any]:
    """Return a connection outside Django's, each statement a transaction.

    Raises:
        EngineFault: the server does not answer, or is older than PostgreSQL 15.
    """
    import psycopg

    try:
        connection = psycopg.connect(url, autocommit=True)
    except psycopg.OperationalError as error:
        raise EngineFault(
            f"PostgreSQL does not answer: {error}", mend="check the URL and that the server runs"
        ) from error
    if connection.info.server_version < VERSION_MIN * 10_000:
        raise EngineFault(
            f"PostgreSQL {connection.info.server_version // 10_000} is too old",
            mend=f"use PostgreSQL {VERSION_MIN} or newer",
        )
    return connection


def role_statements() -> list[str]:
    """Return the SQL that makes the roles; a database's administrator may run it himself."""
    made = [
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = "
        f"'{role_name(role)}') THEN CREATE ROLE {role_name(role)} LOGIN NOSUPERUSER NOCREATEDB "
        "NOCREATEROLE NOBYPASSRLS NOREPLICATION; END IF; END $$"
        for role in ROLES
    ]
    return made + [
        f"ALTER ROLE {role_name('app')} SET {name} = {_listed(value)}"
        for name, value in APP_SETTINGS.items()
    ]


def _listed(value: str) -> str:
    return ", ".join(f"'{part}'" for part in value.split(", "))


def is_prepared(database: Database) -> bool:
    """Return whether this version of the program has prepared the embedded database before."""
    mark = _mark(database)
    return mark.exists() and mark.read_text(encoding="utf-8") == _state()


def _mark(database: Database) -> Path:
    assert database.data is not None
    return database.data / "prepared"


def _state() -> str:
    """Return what the preparation depends on: roles, migrations and the SQL they run."""
    root = Path(__file__).parent.parent
    files = sorted([*root.glob("migrations/*.py"), *root.glob("sql/*.sql")])
    digest = hashlib.sha256("\n".join(role_statements()).encode())
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def create_roles(superuser_url: str) -> None:
    """Create the roles and the database where they are missing."""
    with connect(superuser_url) as connection:
        _tune(connection)
        for statement in role_statements():
            connection.execute(statement)
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [NAME]).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {NAME} OWNER {role_name('owner')}")
            connection.execute(f"REVOKE ALL ON DATABASE {NAME} FROM PUBLIC")
        names = ", ".join(role_name(role) for role in ROLES)  # one of them may be new
        connection.execute(f"GRANT CONNECT, TEMPORARY ON DATABASE {NAME} TO {names}")


def _tune(connection: psycopg.Connection[Any]) -> None:
    """Give the embedded server room for large files; the memory is there from its next start."""
    known = dict(connection.execute("SELECT name, sourcefile FROM pg_file_settings").fetchall())
    missing = {name: value for name, value in EMBEDDED.items()
               if not str(known.get(name, "")).endswith("postgresql.auto.conf")}  # fmt: skip
    for name, value in missing.items():
        connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
    if missing:
        connection.execute("SELECT pg_reload_conf()")


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", database="owner", verbosity=0, interactive=False)


def _store_context_key(database: Database) -> None:
    """Put the padded key where the database's own functions find it."""
    padded = bytes.fromhex(database.context_key).ljust(_BLOCK, b"\0")
    pads = [bytes(byte ^ mask for byte in padded) for mask in (0x36, 0x5C)]
    with connect(database.urls["owner"]) as connection:
        connection.execute(
            "INSERT INTO app.context_key (inner_pad, outer_pad) VALUES (%s, %s) "
            "ON CONFLICT (only_one) DO UPDATE "
            "SET inner_pad = excluded.inner_pad, outer_pad = excluded.outer_pad",
            pads,
        )
