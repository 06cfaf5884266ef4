"""Connections go from one organisation's request to another's, and carry nothing along.

`TRADELINE_TORTURE=1` runs the full number of requests.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

ORGANISATIONS = 20
CONNECTIONS = 4
THREADS = 8
REQUESTS = 20_000 if os.environ.get("TRADELINE_TORTURE") else 2_000


@pytest.fixture(scope="module")
def crowd(book):
    """Return the founders of twenty organisations, each with an account named by its owner."""
    from tests.book_builders import account
    from tests.people import organisation

    people = [organisation(f"Company {turn}") for turn in range(ORGANISATIONS)]
    for founder, entity in people:
        account(founder, entity, name=str(founder.organisation_id))
    return [founder for founder, _ in people]


@pytest.fixture
def pool(book):
    """Return a function that opens a pool of the project's own settings with other options."""
    from django.db import connections

    opened = []

    def make(**options):
        name = f"pool_{uuid4().hex[:8]}"
        base = connections.settings["default"]
        pooled = base["OPTIONS"]["pool"] | {"min_size": 1, "max_size": CONNECTIONS} | options
        connections.settings[name] = base | {"OPTIONS": base["OPTIONS"] | {"pool": pooled}}
        opened.append(name)
        return name

    yield make
    for name in opened:
        connections[name].close()
        connections[name].close_pool()


def seen(using):
    """Return the names and owners of all accounts that this transaction sees."""
    from tradeline.models import Account

    rows = Account.objects.using(using).values_list("name", "organisation_id")
    return {str(part) for row in rows for part in row}


def run(using, text):
    """Run one statement."""
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute(text)


WRECKS = {
    "read": None,
    "write": "UPDATE account SET name = organisation_id::text",
    "division": "SELECT 1 / 0",
    "timeout": "SET LOCAL statement_timeout = '1ms'; SELECT pg_sleep(1)",
    "cancel": "SELECT pg_cancel_backend(pg_backend_pid()), pg_sleep(1)",
    "session": "SET search_path = pg_catalog; SET statement_timeout = '1h'",
    "temporary": "CREATE TEMP TABLE account AS SELECT * FROM public.account",
    "held": "DECLARE held CURSOR WITH HOLD FOR SELECT * FROM account",
    "prepared": "PREPARE mine AS SELECT * FROM account",
}
"""What a request does after it looked: nothing, a write, or something that goes wrong or stays."""


def request(using, actor, wreck):
    """Return what one request saw of others: in its context, and after it on no one's behalf."""
    from django.db import DatabaseError, connections

    from tradeline.models.context import acting

    foreign = set()
    try:
        foreign |= seen(using)  # nobody acts yet
        with acting(actor, using=using):
            foreign |= seen(using) - {str(actor.organisation_id)}
            if WRECKS[wreck]:
                run(using, WRECKS[wreck])
    except DatabaseError as error:
        if wreck not in {"division", "timeout", "cancel"}:
            foreign.add(repr(error))
    finally:
        connections[using].close()
    return foreign


def storm(using, crowd, *, wrecks=tuple(WRECKS), requests=REQUESTS):
    """Return how often which foreign thing was seen, over requests from several threads."""
    dice = random.Random(20260630)
    chosen = [(dice.choice(crowd), dice.choice(wrecks)) for _ in range(requests)]
    with ThreadPoolExecutor(THREADS) as threads:
        results = threads.map(lambda each: request(using, *each), chosen)
        return Counter(thing for foreign in results for thing in foreign)


def test_nothing_is_carried_along(pool, crowd):
    """Thousands of requests over four connections, a third of them wrecked: no foreign canary."""
    assert storm(pool(), crowd) == {}


def test_without_a_reset_the_context_still_ends(pool, crowd):
    """The context ends with its transaction, whether the pool tidies up or not."""
    assert storm(pool(reset=None), crowd, wrecks=("read", "write", "division", "timeout", "cancel"),
                 requests=REQUESTS // 10) == {}  # fmt: skip


def test_a_context_of_the_session_bleeds(pool, crowd, monkeypatch):
    """The control: told for the session and not reset, the next request sees the last one's."""
    from tradeline.models import context

    monkeypatch.setattr(context, "_TELL", context._TELL.replace("true", "false"))
    assert storm(pool(reset=None), crowd, wrecks=("read",), requests=100)


def test_the_reset_ends_a_context_of_the_session(pool, crowd, monkeypatch):
    """Even a context that was told for the session ends when the connection goes back."""
    from tradeline.models import context

    monkeypatch.setattr(context, "_TELL", context._TELL.replace("true", "false"))
    assert storm(pool(), crowd, wrecks=("read",), requests=100) == {}


@pytest.mark.parametrize("wreck", ["temporary", "held", "prepared", "session"])
def test_what_would_stay_goes_with_the_reset(pool, crowd, wreck):
    """One connection: after the request it has no table, cursor, statement or setting of it."""
    using = pool(max_size=1)
    assert request(using, crowd[0], wreck) == set()
    left = (
        "SELECT count(*) FROM (SELECT name FROM pg_cursors WHERE name = 'held' UNION ALL "
        "SELECT name FROM pg_prepared_statements UNION ALL "
        "SELECT relname FROM pg_class WHERE relnamespace = pg_my_temp_schema() UNION ALL "
        "SELECT 1::text WHERE current_setting('statement_timeout') <> '0' "
        "OR current_setting('timezone') <> 'UTC' "
        "OR current_setting('search_path') <> 'public, pg_temp') l"
    )
    assert value(using, left) == (0,)


def value(using, text):
    """Return the first row of a query, the connection given back."""
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute(text)
        found = cursor.fetchone()
    connections[using].close()
    return found


def test_without_the_reset_it_stays(pool, crowd):
    """The control: a pool that does not tidy up hands a cursor's rows to the next request."""
    using = pool(max_size=1, reset=None)
    assert request(using, crowd[0], "held") == set()
    assert value(using, "FETCH held")[0]


def test_a_request_acts_for_one(pool, crowd):
    """A context inside a context is refused: the inner one would outlast its block."""
    from tradeline.models.context import acting

    using, (one, other) = pool(), crowd[:2]
    with acting(one, using=using), pytest.raises(RuntimeError), acting(other, using=using):
        pass
    assert request(using, one, "read") == set()
