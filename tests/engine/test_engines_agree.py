"""The same oddities give the same tables, byte for byte, on every engine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from itertools import pairwise

import pytest

from tests.builders import portfolio, reviewed, standard
from tests.engine.oddities import odd_rows
from tradeline.engine.tables import ACCOUNTS, CHECK_ROWS, FINDINGS

TABLES = {"accounts": ACCOUNTS, "checks": CHECK_ROWS, "findings": FINDINGS}
INDIA = {
    "locale": "en-IN",
    "increase": {"class_caps": {"A": {"INR": 1_000_000}}},
    "tax_id": {"country_default": "US"},
}
GERMANY = {"locale": "de-DE", "tax_id": {"gstin_strict": True}, "limit_step": {}}


def first_difference(one, other):
    """Return the first row and columns in which two tables differ, or None."""
    if one.schema != other.schema:
        return f"schemas differ: {one.schema} and {other.schema}"
    if one.num_rows != other.num_rows:
        return f"{one.num_rows} rows and {other.num_rows} rows"
    if one.equals(other):
        return None
    for at, (left, right) in enumerate(zip(one.to_pylist(), other.to_pylist(), strict=True)):
        parts = {name: (left[name], right[name]) for name in left if left[name] != right[name]}
        if parts:
            return f"row {at} of {left}: {parts}"
    return "equal as Python values, different as Arrow arrays"


def assert_same(one, other):
    """Fail with the first difference of each table; the tables also keep their schemas."""
    for name, schema in TABLES.items():
        assert getattr(one, name).schema == schema
        assert first_difference(getattr(one, name), getattr(other, name)) is None, name


@pytest.fixture(scope="module")
def on_duckdb():
    """Return DuckDB's review of a seeded portfolio, each seed and policy reviewed once."""
    kept = {}

    def get(seed, policy, currency, count=400):
        key = (seed, repr(policy), currency, count)
        if key not in kept:
            kept[key] = reviewed(odd_rows(seed, count), standard(**policy), currency=currency)
        return kept[key]

    return get


def test_oddities_hold_every_status_and_finding(on_duckdb):
    """The portfolios reach all statuses, bands and actions, and nearly all findings."""
    tables = on_duckdb(1, INDIA, "INR")
    assert set(tables.accounts["status"].to_pylist()) == {"assessed", "not_assessed", "quarantined"}
    assert set(tables.accounts["band"].to_pylist()) == {"Low", "Medium", "High", "Critical", None}
    assert len(set(tables.findings["code"].to_pylist())) >= 22


@pytest.mark.parametrize("kind", ["polars", "postgres"])
@pytest.mark.parametrize(
    ("seed", "policy", "currency"), [(1, INDIA, "INR"), (2, GERMANY, "KWD"), (3, {}, "JPY")]
)
def test_engine_gives_the_tables_of_duckdb(kind, seed, policy, currency, on_duckdb, request):
    """Accounts, checks and findings are equal, order included."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else None
    other = reviewed(odd_rows(seed, 400), standard(**policy), currency=currency, kind=kind, url=url)
    assert_same(on_duckdb(seed, policy, currency), other)


@pytest.mark.parametrize("kind", ["polars", "postgres"])
def test_engine_reviews_an_empty_portfolio(kind, request):
    """No rows give a failed run check and empty tables on every engine."""
    url = request.getfixturevalue("postgres_url") if kind == "postgres" else None
    empty = reviewed([], kind=kind, url=url)
    assert empty.checks.to_pylist()[0]["status"] == "FAIL"
    assert empty.accounts.num_rows == empty.findings.num_rows == 0
    assert_same(reviewed([]), empty)


def test_postgres_keeps_nothing(postgres_url):
    """After a review the server holds no table of it."""
    import psycopg

    reviewed(odd_rows(4, 20), kind="postgres", url=postgres_url)
    with psycopg.connect(postgres_url) as connection:
        left = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'v')"
            " AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
            " AND n.nspname NOT LIKE 'pg_toast%'"
        ).fetchone()
    assert left == (0,)


def test_a_difference_is_seen(on_duckdb):
    """The comparison names row, column and both values when one status differs."""
    tables = on_duckdb(1, INDIA, "INR")
    rows = tables.accounts.to_pylist()
    rows[7]["stage"] = 9
    altered = type(tables.accounts).from_pylist(rows, schema=ACCOUNTS)
    assert "row 7" in first_difference(tables.accounts, altered)
    assert "'stage'" in first_difference(tables.accounts, altered)


def test_order_of_rows_changes_no_account(on_duckdb):
    """Reversing a file with repeats and contradictions changes no account."""
    rows = odd_rows(1, 400)
    tables = reviewed(rows[::-1], standard(**INDIA), currency="INR")
    there = on_duckdb(1, INDIA, "INR")
    key = str
    assert sorted(tables.accounts.to_pylist(), key=key) == sorted(
        there.accounts.to_pylist(), key=key
    )
    assert portfolio(rows).num_rows > there.accounts.num_rows


@pytest.mark.spark
@pytest.mark.slow
def test_spark_in_this_process_gives_the_tables_of_duckdb(spark_home, on_duckdb):
    """Spark with two threads gives the same tables."""
    other = reviewed(
        odd_rows(1, 400), standard(**INDIA), currency="INR", kind="spark", url="local[2]"
    )
    assert_same(on_duckdb(1, INDIA, "INR"), other)


@pytest.fixture
def cluster(spark_home, tmp_path):
    """Return the URL of a Spark master with two workers on loopback; all are ended afterwards."""
    port, web, *others = _free_ports(4)
    url = f"spark://127.0.0.1:{port}"
    environment = os.environ | {"SPARK_DAEMON_MEMORY": "256m", "SPARK_WORKER_DIR": str(tmp_path)}
    started = []

    def start(name, *arguments):
        started.append(
            subprocess.Popen(
                [spark_home / "bin" / "spark-class", f"org.apache.spark.deploy.{name}",
                 "--host", "127.0.0.1", *arguments],
                env=environment, cwd=tmp_path, start_new_session=True,
                stdout=(tmp_path / f"{len(started)}.log").open("w"), stderr=subprocess.STDOUT,
            )
        )  # fmt: skip

    try:
        start("master.Master", "--port", str(port), "--webui-port", str(web))
        _wait_for_log(tmp_path / "0.log", "New state: ALIVE", 1)
        for ui in others:
            start("worker.Worker", "--cores", "1", "--memory", "600m", "--webui-port", str(ui), url)
        _wait_for_log(tmp_path / "0.log", "Registering worker", 2)
        yield url
    finally:
        for process in started:
            os.killpg(process.pid, signal.SIGTERM)
        for process in started:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _free_ports(count):
    """Return ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    assert all(first != second for first, second in pairwise(sorted(ports)))
    return ports


def _wait_for_log(path, words, times, seconds=90):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.exists() and path.read_text().count(words) >= times:
            return
        time.sleep(0.2)
    pytest.fail(f"Spark did not say '{words}' {times} times:\n{path.read_text()}")


@pytest.mark.spark
@pytest.mark.slow
def test_spark_cluster_gives_the_tables_of_duckdb(cluster, on_duckdb):
    """A master and two workers in processes of their own give the same tables."""
    other = reviewed(
        odd_rows(2, 400), standard(**GERMANY), currency="KWD", kind="spark", url=cluster
    )
    assert_same(on_duckdb(2, GERMANY, "KWD"), other)
