"""A day over the program's own doors, amid kills, cuts and imports.

120 orders in the suite, 10,000 in `make torture`.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from tests.gate.day import Day
from tests.gate.kit import TORTURE
from tests.gate.office import ROOT, Office, free_port, kill

ORDERS = 10_000 if TORTURE else 120
MISHAPS = tuple(n / 10 for n in range(1, 9)) if TORTURE else (0.3, 0.5)
AGAIN = 500 if TORTURE else 60  # calls that are made once more in the evening


@pytest.fixture(scope="module")
def day():
    """Return a day that was lived, with its server still up."""
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")  # shown when it fails
    with TemporaryDirectory(prefix="tradeline-day-", ignore_cleanup_errors=True) as data:
        begun = Day(Office(Path(data), free_port()), ORDERS, seed, MISHAPS)
        try:
            yield begun.lived()
        finally:
            kill(begun.server.pid)
            kill(int((Path(data) / "postgres" / "postmaster.pid").read_text().split()[0]))


@pytest.fixture(scope="module")
def orders(day):
    """Return the book's orders of the day: shipped, invoiced, by number."""
    with psycopg.connect(day.office.database) as connection:
        return {number: amounts for number, *amounts in connection.execute(
            "SELECT order_no, shipped_minor, invoiced_minor FROM commitment "
            "WHERE order_no LIKE 'DAY-%'")}  # fmt: skip


def test_much_happened(day):
    """Orders passed and were held; processes died, files came; nobody was left without answer."""
    sys.stdout.write(f"{dict(sorted(day.diary.counts.items()))}\n"
                     f"longest wait {day.diary.longest_s:.1f} s\n")  # fmt: skip
    counts = day.diary.counts
    assert day.asked == ORDERS
    assert counts["approved"] + counts["approved_with_warning"] > ORDERS // 3
    assert counts["held"] > 0
    assert counts["servers killed"] + counts["databases killed"] == len(MISHAPS)
    assert counts["files of ar"] > 0
    assert counts["files of limits"] > 0


def test_every_invariant_holds(day):
    """The outside checker, which reads only the database, finds nothing."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.gate_checker", day.office.database], cwd=ROOT, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["looked_at"]["decision"] >= len(day.diary.calls)


def test_nothing_was_lost_or_done_twice(day, orders):
    """Order by order the book has shipped and invoiced what the warehouse was answered."""
    book = {number: amounts for number, amounts in orders.items() if any(amounts)}
    diary = {number: [day.diary.shipped[number], day.diary.invoiced[number]]
             for number in day.diary.shipped if day.diary.shipped[number]}  # fmt: skip
    assert book == diary


def test_a_call_made_again_has_the_same_answer(day):
    """Whatever has happened since, word for word, and without effect."""
    with psycopg.connect(day.office.database) as connection, day.client() as credit:
        count = "SELECT count(*) FROM decision"
        before = connection.execute(count).fetchone()
        made = sorted(day.diary.calls.items(), key=lambda each: each[0])
        for key, (call, answer) in random.Random(1).sample(made, min(AGAIN, len(made))):
            assert call(credit, key).raw == answer.raw
        connection.rollback()
        assert connection.execute(count).fetchone() == before
