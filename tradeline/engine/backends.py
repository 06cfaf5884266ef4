"""The engines: where the expressions run. Each gives the same tables."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import ibis

from tradeline.errors import EngineFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir
    import pyarrow as pa

ENGINES: Final = ("duckdb", "polars", "postgres", "spark")


class Engine(Protocol):
    """Three verbs are all the review needs of an engine."""

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return an expression over an Arrow table."""

    def stage(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the computed rows, so that later steps start from columns."""

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Return the computed rows."""


class TableEngine:
    """An engine that keeps each step as a temporary table: DuckDB, Polars, PostgreSQL."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return an expression over an Arrow table."""
        return self.connection.create_table(name, table, temp=True)

    def stage(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the computed rows."""
        return self.connection.create_table(name, expression, temp=True)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Return the computed rows."""
        return expression.to_pyarrow()


@contextmanager
def open_engine(kind: str, url: str | None = None) -> Iterator[Engine]:
    """Yield the engine named `kind`; `url` is a PostgreSQL URL or a Spark master."""
    if kind == "duckdb":
        connection = ibis.duckdb.connect()
        yield TableEngine(connection)
        connection.disconnect()
    elif kind == "polars":
        yield TableEngine(ibis.polars.connect())
    else:
        raise EngineFault(
            f"there is no engine '{kind}'", mend="choose one of " + ", ".join(ENGINES)
        )
