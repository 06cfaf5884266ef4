"""Messages arrive in each line's order; late commits are not missed; kills lose nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from threading import Barrier, Thread

import psycopg
import pytest
from post_office import AT
from psycopg.types.json import Jsonb

ROOT = Path(__file__).resolve().parents[2]


def test_a_line_keeps_its_order_and_others_flow(office):
    """While version 2 fails, 3 and 4 wait; another line's and another address's go on."""
    office.endpoint("/in")
    office.endpoint("/other")
    line, free = office.line(), office.line()
    ids = [office.write(line, version) for version in (1, 2, 3, 4)]
    office.hook.answer = lambda got: (
        503 if (got.path, got.headers["webhook-id"]) == ("/in", str(ids[1])) else 200
    )
    office.write(free, 9)
    office.deliver()
    assert [each for each in office.hook.versions() if each != 9] == [1, 2]
    assert 9 in office.hook.versions()
    assert [each for each in office.hook.versions("/other") if each != 9] == [1, 2, 3, 4]
    office.hook.answer = lambda _: 200
    office.deliver(minutes=1)
    assert [each for each in office.hook.versions() if each != 9] == [1, 2, 2, 3, 4]


def test_versions_decide_not_clocks(office):
    """A message whose clock is behind still goes in the order of its line."""
    from datetime import timedelta

    office.endpoint()
    line = office.line()
    for version, minutes in ((2, 0), (1, 5), (3, -5)):
        office.write(line, version, at=AT + timedelta(minutes=minutes))
    office.deliver(minutes=10)
    assert office.hook.versions() == [1, 2, 3]


def test_what_is_not_handed_out_yet_holds_up_the_line(office, book):
    """While another sender hands out version 1, version 2 is not sent before it."""
    office.endpoint()
    line = office.line()
    first = office.write(line, 1)
    office.write(line, 2)
    with psycopg.connect(book.superuser_url, dbname="tradeline") as other:
        other.execute("SELECT FROM outbox WHERE id = %s FOR UPDATE", [first])
        assert office.deliver().sent == 0
        assert office.deliver().sent == 0
    assert office.deliver().sent == 2
    assert office.hook.versions() == [1, 2]


def test_two_senders_at_once_send_each_once_and_in_order(office):
    """Senders side by side share the work; with nobody killed nothing goes twice."""
    from django.db import connections

    office.endpoint()
    lines = [office.line() for _ in range(4)]
    for line in lines:
        for version in range(1, 6):
            office.write(line, version)
    start = Barrier(3)

    def send():
        start.wait()
        office.deliver()
        connections.close_all()

    senders = [Thread(target=send) for _ in range(3)]
    for each in senders:
        each.start()
    for each in senders:
        each.join()
    office.deliver()
    assert len(office.hook.got) == 20
    by_line = {}
    for got in office.hook.got:
        data = got.json["data"]
        by_line.setdefault(data["customer_no"], []).append(data["line_version"])
    assert list(by_line.values()) == [[1, 2, 3, 4, 5]] * 4


@pytest.fixture
def late(office, book):
    """Write ten messages in transactions that commit in another order than they began.

    Yields for each the number that it drew at the insert, its id and its connection.
    """
    organisation = office.people.admin.organisation_id
    dice = random.Random(4)
    with psycopg.connect(book.superuser_url, dbname="tradeline") as root:
        root.execute("CREATE SEQUENCE IF NOT EXISTS drawn")
        root.commit()
    opened = []
    for _ in range(10):
        connection = psycopg.connect(book.superuser_url, dbname="tradeline")
        number, key = connection.execute(
            """INSERT INTO outbox (organisation_id, topic, payload) VALUES (%s, 'order.decided', %s)
            RETURNING nextval('drawn'), id""", [organisation, Jsonb({})],
        ).fetchone()  # fmt: skip
        opened.append((number, str(key), connection))
    dice.shuffle(opened)
    yield opened
    for *_, connection in opened:
        connection.close()


def test_commits_out_of_order_are_not_missed(office, late):
    """Polled after each commit, all ten arrive; who asks for later numbers misses some."""
    office.endpoint()
    naive, last = [], 0
    for _, key, connection in late:
        connection.commit()
        office.deliver()
        fresh = [number for number, _, each in late if _is_idle(each) and number > last]
        naive += fresh
        last = max([last, *fresh])
        assert key in {got.headers["webhook-id"] for got in office.hook.got}
    assert len({got.headers["webhook-id"] for got in office.hook.got}) == 10
    assert len(naive) < 10  # the positive control


def _is_idle(connection):
    return connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE


def _sender(office, *, die):
    """Start a process that delivers and kills itself after so many were sent."""
    command = [sys.executable, str(Path(__file__).with_name("sending.py")), str(ROOT),
               str(office.people.admin.organisation_id), office.clock.at.isoformat(),
               str(office.hook.port), str(die)]  # fmt: skip
    return subprocess.run(command, env=os.environ, capture_output=True, text=True, check=False)


def test_killed_between_send_and_settle(office):
    """What was sent and not settled is sent again after the lease; nothing is lost, order stays."""
    office.endpoint()
    line = office.line()
    for version in range(1, 7):
        office.write(line, version)
    for die in (1, 2):
        done = _sender(office, die=die)
        assert done.returncode == -signal.SIGKILL, done.stderr
        office.deliver()  # the lease still holds: nothing overtakes
        office.clock.on(seconds=61)
    assert office.deliver().sent >= 1
    versions = office.hook.versions()
    assert versions == sorted(versions)
    assert set(versions) == set(range(1, 7))
    assert len(versions) == 8  # two were sent twice
    assert office.states().count("pending") == 0


def test_what_kills_every_sender_is_given_up(office):
    """After five claims that nobody settled the message is dead, and the next goes out."""
    office.endpoint()
    line = office.line()
    office.write(line, 1)
    office.deliver(minutes=-1)
    bad = office.write(line, 2)
    office.write(line, 3)
    for _ in range(5):
        assert _claimed(office) == [str(bad)]
        office.clock.on(seconds=61)
    assert office.deliver().dead == 1
    assert office.hook.versions() == [1, 3]


def _claimed(office):
    """Claim as a sender that is killed right after would."""
    from django.db import connections

    from tradeline.actions.claims import claim
    from tradeline.actions.delivery import NOBODY, SENDER
    from tradeline.actions.handout import hand_out
    from tradeline.models.context import Actor, acting
    from tradeline.policy.alerts import Alerts

    organisation = office.people.admin.organisation_id
    actor = Actor(organisation_id=organisation, user_id=NOBODY, door="job")
    with acting(actor, using=SENDER), connections[SENDER].cursor() as cursor:
        hand_out(cursor, organisation_id=organisation, policy=Alerts(), at=office.clock.at)
        taken = claim(cursor, organisation_id=organisation, channels=["webhook"],
                      at=office.clock.at, count=1)  # fmt: skip
    return [each.message.id for each in taken]


def test_hundreds_arrive_with_senders_killed(office):
    """300 messages on 20 lines, senders killed at random: each arrives, each line in its order."""
    office.endpoint()
    lines = [office.line() for _ in range(20)]
    _fill(office, lines, 15)
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    for _ in range(4):
        _sender(office, die=dice.randrange(1, 8))
        office.clock.on(seconds=61)
    office.deliver()
    by_line = {}
    for got in office.hook.got:
        data = got.json["data"]
        by_line.setdefault(data["customer_no"], []).append(data["line_version"])
    assert len(by_line) == 20
    for versions in by_line.values():
        assert versions == sorted(versions)
        assert set(versions) == set(range(1, 16))


def _fill(office, lines, versions):
    """Write messages on lines in one statement."""
    from django.db import connection

    from tradeline.models.context import acting

    payload = ('{"levels_bp": [8000], "exposure_minor": 80, "limit_minor": 100, '
               '"currency": "USD", "day": "2026-06-30"}')  # fmt: skip
    with acting(office.people.controller), connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO outbox (organisation_id, topic, line_id, line_version, payload, at)
            SELECT %s, 'alert.utilisation', line, version, %s, %s
            FROM unnest(%s::uuid[]) line, generate_series(1, %s) version""",
            [office.people.admin.organisation_id, payload, office.clock.at,
             [line.pk for line in lines], versions],
        )  # fmt: skip


def test_the_outbox_is_settled_when_all_is_done(office):
    """A message is settled once none of its deliveries is pending; one without any, at once."""
    office.write(office.line(), 1, topic="order.decided", payload={})
    office.deliver()
    assert office.rows("SELECT settled_at IS NOT NULL FROM outbox") == [(True,)]
    office.endpoint("/a", ("order.*",))
    office.endpoint("/b", ("order.*",))
    office.write(office.line(), 1, topic="order.decided", payload={})
    office.hook.answer = lambda got: 500 if got.path == "/b" else 200
    office.deliver()
    assert len(office.rows("SELECT FROM outbox WHERE settled_at IS NULL")) == 1
    office.hook.answer = lambda _: 200
    office.deliver(minutes=1)
    assert office.rows("SELECT FROM outbox WHERE settled_at IS NULL") == []


def test_a_long_backlog_is_not_sent_with_an_old_time(office):
    """The clock is read at every round, so that receivers find each message fresh."""
    from datetime import timedelta

    from tradeline.actions.delivery import deliver_all

    office.endpoint()
    _fill(office, [office.line()], 3)
    ticks = iter(AT + timedelta(minutes=10 * n) for n in range(100))
    deliver_all(out=office.out, clock=lambda: next(ticks),
                only=[office.people.admin.organisation_id])  # fmt: skip
    times = [int(got.headers["webhook-timestamp"]) for got in office.hook.got]
    assert len(set(times)) == 3
