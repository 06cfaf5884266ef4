"""Statements by which one organisation might read, change or sense another's rows, generated.

Each is made twice: aimed at a row that is there, and at a ghost, a row that is nowhere. Whoever
gets another answer from the two has learned that the row exists.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb, set_json_loads

_UNIQUE = re.compile(r"([A-Z]-)?[0-9a-f]{12,}")  # texts that the builders made up


@dataclass(frozen=True, kw_only=True)
class Aim:
    """A table, a row of one's own in it, and the row one is after."""

    table: str
    key: tuple[str, ...]
    links: tuple[str, ...]
    mine: dict[str, Any]
    theirs: dict[str, Any]

    def where(self, row: dict[str, Any]) -> tuple[str, list[Any]]:
        """Return the condition that finds a row by its key."""
        condition = " AND ".join(f'"{name}" = %s' for name in self.key)
        return condition, [row[name] for name in self.key]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """One statement; what one writes into the own organisation is undone."""

    verb: str
    table: str
    sql: str
    values: list[Any]
    undone: bool = False


def rows_of(url: str, organisation: UUID) -> dict[str, dict[str, Any]]:
    """Return one row of the organisation from each table, as the superuser sees it."""
    from tradeline.queries.guards import owned_models

    with psycopg.connect(url, row_factory=dict_row) as connection:
        set_json_loads(lambda text: Jsonb(json.loads(text)), connection)
        tables = [model._meta.db_table for model in owned_models()]
        found = {
            table: connection.execute(
                f'SELECT {_written(connection, table)} FROM "{table}" '
                "WHERE organisation_id = %s LIMIT 1",
                [organisation],
            ).fetchone()
            for table in tables
        }
    assert None not in found.values(), f"no row to attack: {found}"
    return {table: dict(row) for table, row in found.items() if row}


def _written(connection: Any, table: str) -> str:
    """Return the columns that are written; the database itself makes the others from them."""
    return connection.execute(  # type: ignore[no-any-return]
        """SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS names FROM pg_attribute
        WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''""",
        [table],
    ).fetchone()["names"]


def ghost(row: dict[str, Any], known: dict[Any, Any]) -> dict[str, Any]:
    """Return the row with every identity replaced, the same one by the same."""
    return {name: _other(value, known) for name, value in row.items()}


def _other(value: Any, known: dict[Any, Any]) -> Any:
    if isinstance(value, UUID):
        return known.setdefault(value, uuid4())
    if isinstance(value, str) and _UNIQUE.fullmatch(value):
        return known.setdefault(value, value[:2] + uuid4().hex[: len(value) - 2])
    return value


def aims(mine: dict[str, Any], theirs: dict[str, Any]) -> list[Aim]:
    """Return an aim for every owned table."""
    from tradeline.queries.guards import _links, owned_models

    return [
        Aim(
            table=model._meta.db_table, mine=mine[model._meta.db_table],
            theirs=theirs[model._meta.db_table],
            key=("organisation_id", *(field.column for field in model._meta.pk_fields
                                      if field.column != "organisation_id")),
            links=tuple(field.column for field in _links(model)),
        )
        for model in owned_models()
    ]  # fmt: skip


def attacks(aim: Aim) -> list[Attack]:
    """Return every statement against a table."""
    made = [*_reads(aim), *_changes(aim), *_writes(aim), *_by_column(aim)]
    return [
        Attack(verb=verb, table=aim.table, sql=sql.replace("@", f'"{aim.table}"'), values=values,
               undone=verb.startswith("own "))
        for verb, sql, values in made
    ]  # fmt: skip


Made = list[tuple[str, str, list[Any]]]


def _reads(aim: Aim) -> Made:
    where, key = aim.where(aim.theirs)
    owner, me = aim.theirs["organisation_id"], aim.mine["organisation_id"]
    return [
        ("select", f"SELECT * FROM @ WHERE {where}", key),
        ("select all", "SELECT * FROM @ WHERE organisation_id = %s", [owner]),
        ("select unlike", "SELECT * FROM @ WHERE organisation_id <> %s", [me]),
        ("count", "SELECT 1 FROM @ WHERE organisation_id = %s HAVING count(*) > 0", [owner]),
        ("exists", f"SELECT 1 WHERE EXISTS (SELECT FROM @ WHERE {where})", key),
        ("lock", f"SELECT * FROM @ WHERE {where} FOR UPDATE", key),
        ("share", f"SELECT * FROM @ WHERE {where} FOR KEY SHARE", key),
        ("join", "SELECT b.* FROM organisation a JOIN @ b ON b.organisation_id <> a.id", []),
        ("copy", f"COPY (SELECT * FROM @ WHERE organisation_id = '{owner}') TO STDOUT", []),
        ("copy all", "COPY @ TO STDOUT", []),
        ("keep", "CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM @ "
         "WHERE organisation_id = %s", [owner]),
        ("cursor", f"DECLARE c CURSOR FOR SELECT * FROM @ WHERE organisation_id = '{owner}'; "
         "FETCH ALL FROM c", []),
    ]  # fmt: skip


def _changes(aim: Aim) -> Made:
    where, key = aim.where(aim.theirs)
    own, own_key = aim.where(aim.mine)
    owner, me = aim.theirs["organisation_id"], aim.mine["organisation_id"]
    matches = " AND ".join(f't."{name}" = %s' for name in aim.key)
    return [
        ("update", f"UPDATE @ SET organisation_id = organisation_id WHERE {where}", key),
        ("update all", "UPDATE @ SET organisation_id = organisation_id WHERE organisation_id = %s",
         [owner]),
        ("give away", f"UPDATE @ SET organisation_id = %s WHERE {own}", [owner, *own_key]),
        ("take", f"UPDATE @ SET organisation_id = %s WHERE {where}", [me, *key]),
        ("delete", f"DELETE FROM @ WHERE {where}", key),
        ("delete all", "DELETE FROM @ WHERE organisation_id = %s", [owner]),
        ("merge", f"MERGE INTO @ t USING (SELECT 1) s ON {matches} WHEN MATCHED THEN DELETE", key),
        ("merge take", f"MERGE INTO @ t USING (SELECT 1) s ON {matches} "
         "WHEN MATCHED THEN UPDATE SET organisation_id = %s", [*key, me]),
        ("truncate", "TRUNCATE @", []),
    ]  # fmt: skip


def _insert(row: dict[str, Any], more: str = "") -> tuple[str, list[Any]]:
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(["%s"] * len(row))
    return f"INSERT INTO @ ({names}) VALUES ({marks}) {more}", [adapted(v) for v in row.values()]


def _writes(aim: Aim) -> Made:
    owner, links = aim.theirs["organisation_id"], {n: aim.mine[n] for n in aim.links}
    fresh = {n: uuid4() for n in ("id",) if n in aim.mine}
    key = ", ".join(f'"{name}"' for name in aim.key)
    take = f"ON CONFLICT ({key}) DO UPDATE SET organisation_id = excluded.organisation_id"
    mine = {"organisation_id": aim.mine["organisation_id"]}
    names = ", ".join(f'"{name}"' for name in aim.theirs)
    return [
        ("plant", *_insert(aim.mine | {"organisation_id": owner} | fresh)),
        ("again", *_insert(aim.theirs)),
        ("upsert", *_insert(aim.theirs, take)),
        ("upsert nothing", *_insert(aim.theirs, "ON CONFLICT DO NOTHING")),
        ("insert select", f"INSERT INTO @ ({names}) SELECT {names} FROM @ "
         "WHERE organisation_id = %s", [owner]),
        ("own same names", *_insert(aim.theirs | mine | links)),
        ("own upsert", *_insert(aim.theirs | mine | links, take)),
        ("own adopted", *_insert(aim.theirs | mine)),
    ]  # fmt: skip


def _by_column(aim: Aim) -> Made:
    owner, (own, own_key) = aim.theirs["organisation_id"], aim.where(aim.mine)
    made: Made = []
    for name, value in aim.theirs.items():
        made += [
            ("read column", f'SELECT "{name}" FROM @ WHERE "{name}" IS NOT DISTINCT FROM %s '
             "AND organisation_id = %s", [adapted(value), owner]),
            ("update column", f'UPDATE @ SET "{name}" = "{name}" WHERE organisation_id = %s',
             [owner]),
            ("own column", f'UPDATE @ SET "{name}" = %s WHERE {own}', [adapted(value), *own_key]),
        ]  # fmt: skip
    return made


def adapted(value: Any) -> Any:
    """Return a value that was read as one that can be written."""
    return Jsonb(value) if isinstance(value, dict) else value
