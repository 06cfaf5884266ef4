"""Hold a book against the promises of its gate, from outside: python -m tools.gate_checker URL.

It reads the database and nothing else: no code of the program, only its tables. All questions are
asked of one snapshot, so that it may run while orders are decided. It prints one line of JSON, with
the first breach by name, and ends with 0 when every promise holds, with 1 otherwise.

URL is a superuser's. With `--organisation` it looks at one organisation; then a reader's URL will
do, if TRADELINE_CONTEXT_KEY is set to the key that signs who is acting.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import psycopg

from tools.gate_promises import PROMISES

if TYPE_CHECKING:
    from collections.abc import Sequence

LOOKED_AT: Final = ("credit_line", "line_event", "commitment", "decision", "hold")


Connection = psycopg.Connection[Any]


def checked(connection: Connection, organisation: UUID | None = None) -> dict[str, Any]:
    """Return what was looked at, and of each promise that is broken its first breach."""
    values = {"of": organisation}
    breaches = {}
    for name, sql in PROMISES.items():
        row = connection.execute(f"{sql} LIMIT 1", values).fetchone()
        if row:
            breaches[name] = {"subject": str(row[0]), "detail": row[1]}
    first = next(iter(breaches), None)
    return {
        "breach": first, "promises": len(PROMISES), "breaches": breaches,
        "looked_at": {table: _count(connection, table, values) for table in LOOKED_AT},
    }  # fmt: skip


def _count(connection: Connection, table: str, values: dict[str, Any]) -> int:
    sql = f"SELECT count(*) FROM {table} WHERE %(of)s::uuid IS NULL OR organisation_id = %(of)s"
    row = connection.execute(sql, values).fetchone()
    return int(row[0]) if row else 0


def token(organisation: UUID, key: str, process: int) -> str:
    """Return what lets a reader see an organisation's rows, signed for one server process."""
    plain = f"{organisation}:{organisation}:{int(time.time()) + 600}:{process}"
    return f"{plain}:{hmac.new(bytes.fromhex(key), plain.encode(), hashlib.sha256).hexdigest()}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the book at a URL, print a line of JSON, and return the exit code."""
    parser = argparse.ArgumentParser(description="Hold a book against the promises of its gate.")
    parser.add_argument("url")
    parser.add_argument("--organisation", type=UUID, help="look at this organisation only")
    asked = parser.parse_args(arguments)
    key = os.environ.get("TRADELINE_CONTEXT_KEY")
    with psycopg.connect(asked.url) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if asked.organisation and key:
            told = token(asked.organisation, key, connection.info.backend_pid)
            connection.execute("SELECT set_config('tradeline.context', %s, true)", [told])
        found = checked(connection, asked.organisation)
    sys.stdout.write(json.dumps(found) + "\n")
    return int(found["breach"] is not None)


if __name__ == "__main__":
    sys.exit(main())
