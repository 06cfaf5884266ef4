"""Rows into PostgreSQL in bulk, and what an import is applied with."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from concurrent.futures import Future
    from datetime import date
    from uuid import UUID

    from tradeline.actions.acting import Work
    from tradeline.policy.schema import Policy

_ROWS_PER_CHUNK: Final = 50_000
_MAINTAIN_VERSION: Final = 17_00_00
_MUCH: Final = 0.2  # of what the planner knows of a table
_TYPES: Final[Mapping[Any, str]] = {pl.Int64: "bigint", pl.Date: "date", pl.Boolean: "boolean"}


@dataclass(frozen=True, kw_only=True)
class Load:
    """What the rows of a file are applied with."""

    work: Work
    batch_id: UUID | None  # None: no file
    day: date  # the business day the file speaks of
    full_extract: bool
    confirmed: bool
    policy: Policy
    entity_ids: tuple[str, ...]  # of the file
    extract_ids: tuple[str, ...] = ()  # entities of which it is a full extract
    late: bool = False  # the book knows the feed as of a later day
    kept_ids: tuple[str, ...] = ()  # accounts with a row that is set aside: nothing is closed there
    homeless: int = 0  # rows set aside of which not even the customer or entity is known

    @property
    def values(self) -> dict[str, Any]:
        """Return the values that statements take by name."""
        return {
            "organisation": self.work.actor.organisation_id, "batch": self.batch_id,
            "day": self.day, "at": self.work.at, "by": self.work.actor.user_id,
            "entities": list(self.extract_ids), "kept": list(self.kept_ids),
        }  # fmt: skip

    def run(self, sql: str, **more: Any) -> int:
        """Run one statement with the values by name; return how many rows it touched."""
        return self.work.run(sql, self.values | more)

    def value(self, sql: str, **more: Any) -> Any:
        """Return the first value of a query."""
        return self.work.value(sql, self.values | more)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the usable rows, and of what a full extract no longer has."""

    applied: int
    unchanged: int
    closed: int = 0
    moved: int = 0  # lines
    refused: Mapping[int, str] = field(default_factory=dict)  # source row: why the book refused it
    remarks: tuple[str, ...] = ()  # on what was applied, and may not be meant


def lock_feeds(work: Work) -> None:
    """Let one transaction at a time count an organisation's documents and orders."""
    work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
        [f"import {work.actor.organisation_id}"],
    )


def add_rows(work: Work, table: str, frame: pl.DataFrame) -> None:
    """Insert the frame's rows into a table; columns go by their names.

    Rows go through a temporary table: PostgreSQL copies into no table that has row security.
    """
    names = ", ".join(f'"{name}"' for name in frame.columns)
    work.run(f'CREATE TEMP TABLE incoming AS SELECT {names} FROM "{table}" WITH NO DATA')
    copy_rows(work, "incoming", frame)
    work.run(f'INSERT INTO "{table}" ({names}) SELECT {names} FROM incoming')
    work.run("DROP TABLE incoming")


def refresh_statistics(work: Work, table: str, written: int) -> None:
    """Let the planner look anew at a table that grew by much, and at the lines its rows moved.

    PostgreSQL before 17 keeps that to the owner; there autovacuum does it within minutes.
    """
    if work.cursor.connection.info.server_version < _MAINTAIN_VERSION:
        return
    known = work.value("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
    if written > _MUCH * known:
        work.run(f"ANALYZE account, credit_line, line_event, {table}")


def stage(
    work: Work, frame: pl.DataFrame, key: tuple[str, ...], ids: tuple[str, ...] = ("account_id",)
) -> None:
    """Put the frame into the temporary table `staged`; `key` is what its rows are told apart by."""
    columns = [f'"{name}" {_type(name, dtype, ids)}' for name, dtype in frame.schema.items()]
    work.run(f"CREATE TEMP TABLE staged ({', '.join(columns)}) ON COMMIT DROP")
    copy_rows(work, "staged", frame)
    quoted = ", ".join(f'"{name}"' for name in key)
    work.run(f"ANALYZE staged ({quoted})")


def copy_rows(work: Work, table: str, frame: pl.DataFrame) -> None:
    """Copy the frame into a temporary table; one part is written while the last one is sent."""
    names = ", ".join(f'"{name}"' for name in frame.columns)
    with work.cursor.copy(f'COPY "{table}" ({names}) FROM STDIN (FORMAT csv)') as copy:
        for part in _parts(frame):
            copy.write(part)


def _parts(frame: pl.DataFrame) -> Iterator[bytes]:
    coming: Future[bytes] | None = None
    with ThreadPoolExecutor(1) as writer:
        for start in range(0, frame.height, _ROWS_PER_CHUNK):
            following = writer.submit(_csv, frame.slice(start, _ROWS_PER_CHUNK))
            if coming:
                yield coming.result()
            coming = following
        if coming:
            yield coming.result()


def _csv(frame: pl.DataFrame) -> bytes:
    text = io.BytesIO()
    frame.write_csv(text, include_header=False)
    return text.getvalue()


def _type(name: str, dtype: pl.DataType, ids: tuple[str, ...]) -> str:
    return "uuid" if name in ids else _TYPES.get(type(dtype), 'text COLLATE "C"')
