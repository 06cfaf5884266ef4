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
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.book import _organisation, say
from benchmarks.gate import OURS, lay_book
from benchmarks.gate import Bench as Function
from benchmarks.http_load import Load, closed, opened

_LINES: Final = 100_000


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
        bench = Bench(Path(name), lines, seconds)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            bench.measure(runner)


class Bench:
    """A company with so many lines, a key, and the ways to ask."""

    def __init__(self, folder: Path, lines: int, seconds: float) -> None:
        self.lines, self.seconds, at = lines, seconds, datetime.now(UTC)
        by = _organisation()
        from tradeline.actions.keys import issue_key  # after Django has started
        from tradeline.actions.organisations import add_member
        from tradeline.models import User

        lay_book(by, lines)
        user = User.objects.get(pk=by.user_id)
        add_member(user=user, roles=["integration"], by=by, at=at)
        issued = issue_key(name="bench", user=user, scopes=["orders.check"], by=by, at=at,
                           rate_per_second=10_000, expires_at=at + timedelta(days=1))  # fmt: skip
        self.key = issued.text
        self.function = Function(folder, seconds=int(seconds), turns=1)

    def measure(self, runner: asyncio.Runner) -> None:
        """Say each ratio."""
        direct = [self.direct()]
        combined, single = self.http(runner, "--combine"), self.http(runner, "--no-combine")
        direct.append(self.direct())
        base = sum(direct) / 2
        say(ratio=combined / base, what="HTTP with combiner, 64 connections, to the function",
            per_s=combined, function_per_s=base, aim=0.5)  # fmt: skip
        say(ratio=single / base, what="HTTP without combiner, 64 connections, to the function",
            per_s=single, function_per_s=base, aim=0.25)  # fmt: skip
        with served("--combine") as port:
            runner.run(self.arrivals(port, combined))
            runner.run(self.batches(port, base))
            runner.run(self.one_line(port, base))

    def direct(self) -> float:
        """Return the function's calls a second through pgbench, 16 clients."""
        pick = f"\\set c random(1, {self.lines})"
        return self.function.per_second(OURS.format(pick=pick, batch=1), 16)

    def load(self, port: int, *, lines: int | None = None, path: str = "orders/checks") -> Load:
        """Return a load of single checks."""
        dice, mark, among = random.Random(1), uuid.uuid4().hex[:8], lines or self.lines
        day = _day()

        def body(turn: int) -> tuple[bytes, bytes]:
            text = (f'{{"customer":"C{1 + dice.randrange(among)}","order_no":"{mark}-{turn}",'
                    f'"amount":"25.00","currency":"INR","ship_date":"{day}"}}')  # fmt: skip
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
            checks = [{"key": f"{mark}-{n}", "customer": f"C{1 + dice.randrange(self.lines)}",
                       "order_no": f"{mark}-{n}", "amount": "25.00", "currency": "INR",
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
