"""The engines: where the expressions run. Each gives the same tables."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import ibis
import pyarrow as pa

from tradeline.errors import EngineFault

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

MEMORY_LIMIT: Final = "2GB"
BATCH_ROWS: Final = 122_880
ENGINES: Final = ("duckdb", "polars", "postgres", "spark")


class Engine(Protocol):
    """Three verbs are all the review needs of an engine."""

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return an expression over an Arrow table."""

    def stage(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the computed rows, so that later steps start from columns."""

    def step(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over rows that only get columns; an engine may compute them later.

        It parts long expressions; use `stage` where rows are joined or added up.
        """

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Return the computed rows."""

    def close(self) -> None:
        """Let go of memory and temporary tables."""


class DuckdbEngine:
    """DuckDB inside this process. Speaks to it directly: ibis only writes the SQL.

    That keeps pandas, which ibis loads to hand tables over, out of a small run.
    """

    def __init__(self) -> None:
        # Beyond this DuckDB goes on in files; Arrow tables beside it need memory too.
        self.scratch = tempfile.TemporaryDirectory(prefix="tradeline-duckdb-")
        self.ibis = ibis.duckdb.connect(
            memory_limit=MEMORY_LIMIT, temp_directory=self.scratch.name
        )
        self.duckdb = self.ibis.con
        self.duckdb.execute("SET arrow_large_buffer_size = true")  # one piece holds any text
        self.rows_max = 1  # of the tables loaded: results come in one piece, not to be joined

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return an expression over an Arrow table, without copying it.

        In batches: DuckDB gives each of its threads a batch at a time.
        """
        batches = table.to_batches(max_chunksize=BATCH_ROWS)
        self.duckdb.register(name, pa.Table.from_batches(batches, table.schema))
        self.rows_max = max(self.rows_max, table.num_rows)
        return self.ibis.table(name)

    def stage(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the computed rows, kept as a temporary table."""
        self.duckdb.execute(f'CREATE TEMP TABLE "{name}" AS {self.ibis.compile(expression)}')
        return self.ibis.table(name)

    def step(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over a view: columns flow on without being kept."""
        self.duckdb.execute(f'CREATE TEMP VIEW "{name}" AS {self.ibis.compile(expression)}')
        return self.ibis.table(name)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Return the computed rows."""
        return self.duckdb.sql(self.ibis.compile(expression)).to_arrow_table(self.rows_max)

    def close(self) -> None:
        """Let the memory go."""
        self.ibis.disconnect()
        self.scratch.cleanup()


class TableEngine:
    """An engine that ibis serves well as it is: each step is kept as a temporary table."""

    def __init__(self, connection: Any) -> None:
        self.ibis = connection

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return an expression over an Arrow table."""
        return self.ibis.create_table(name, table, temp=True)

    def stage(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the computed rows."""
        return self.ibis.create_table(name, expression, temp=True)

    def step(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the computed rows."""
        return self.stage(name, expression)

    def fetch(self, expression: ir.Table) -> pa.Table:
        """Return the computed rows."""
        return expression.to_pyarrow()

    def close(self) -> None:
        """Let the temporary tables go."""
        self.ibis.disconnect()


class SparkEngine(TableEngine):
    """Spark: each step is a cached temporary view; a table would need a warehouse folder."""

    def load(self, name: str, table: pa.Table) -> ir.Table:
        """Return an expression over an Arrow table, handed over without pandas."""
        frame = self.ibis._session.createDataFrame(table)  # noqa: SLF001 - ibis has no public door
        frame.createOrReplaceTempView(name)
        return self.ibis.table(name)

    def stage(self, name: str, expression: ir.Table) -> ir.Table:
        """Return an expression over the rows, computed once and kept by the cluster."""
        frame = self.ibis._session.sql(self.ibis.compile(expression)).cache()  # noqa: SLF001
        frame.createOrReplaceTempView(name)
        return self.ibis.table(name)


@contextmanager
def open_engine(kind: str, url: str | None = None) -> Iterator[Engine]:
    """Yield the engine named `kind`; `url` is a PostgreSQL URL or a Spark master.

    Raises:
        EngineFault: the engine is unknown, not installed or not reachable.
    """
    engine = _start(kind, url)
    try:
        yield engine
    finally:
        engine.close()


def _start(kind: str, url: str | None) -> Engine:
    if kind == "duckdb":
        return DuckdbEngine()
    if kind == "polars":
        return TableEngine(ibis.polars.connect())
    if kind == "postgres":
        return TableEngine(_postgres(url))
    if kind == "spark":
        return SparkEngine(_spark(url))
    raise EngineFault(f"there is no engine '{kind}'", mend=f"choose one of {', '.join(ENGINES)}")


def _postgres(url: str | None) -> Any:
    """Return a connection to a PostgreSQL server; temporary tables leave nothing behind."""
    if not url:
        raise EngineFault(
            "the postgres engine needs a server",
            mend="give --engine-url postgresql://user@host/database, or leave the choice to "
            "tradeline by not naming one",
        )
    try:
        return ibis.connect(url)
    except Exception as error:
        raise EngineFault(
            f"PostgreSQL does not answer: {error}", mend="check the URL and that the server runs"
        ) from error


def _spark(master: str | None) -> Any:
    """Return a connection to Spark, local with all cores unless a master is named."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise EngineFault(
            "the Spark engine is not installed", mend="pip install 'tradeline[spark]' (needs Java)"
        ) from error
    builder = SparkSession.builder.master(master or "local[*]").appName("tradeline")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        raise EngineFault(
            f"Spark does not start: {error}", mend="check that Java 17 runs, and the master's URL"
        ) from error
    session.sparkContext.setLogLevel("ERROR")
    return ibis.pyspark.connect(session)
