"""The API's connections carry nothing from one call to the next."""

from __future__ import annotations

import asyncio
import json
import random
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from tests.api.conftest import shop_of

LEFT = ("SELECT coalesce(current_setting('tradeline.context', true), ''), "
        "coalesce(current_setting('tradeline.key', true), ''), "
        "(SELECT count(*) FROM membership), (SELECT count(*) FROM api_key), "
        "current_setting('lock_timeout'), current_setting('statement_timeout')")  # fmt: skip
CLEAN = ("", "", 0, 0, "500ms", "1500ms")


@pytest.fixture
def one_connection(book):
    """Return a function that runs a scenario on connections that are one."""
    from tradeline.api.connections import Connections

    def run(scenario):
        async def whole():
            connections = Connections(book.urls["app"], size=1)
            await connections.open()
            try:
                return await scenario(connections)
            finally:
                await connections.close()

        return asyncio.run(asyncio.wait_for(whole(), 20))

    return run


def request(**changes):
    """Return what the gate is asked by an order."""
    return json.dumps({
        "verb": "authorise", "client": "test", "key": uuid4().hex, "body_sha256": "0",
        "door": "api", "customer": "C-nobody", "order_no": "SO-1", "amount_minor": 1,
        "currency": "USD",
    } | changes)  # fmt: skip


def test_nothing_is_left_after_a_call(one_connection, northwind):
    """Neither who acted nor which key was presented; and nothing of it can be read."""
    from tests.api.serving import key_for
    from tradeline.api.parties import Party

    key = key_for(northwind.admin)
    who = Party(northwind.admin.organisation_id, northwind.admin.user_id)

    async def scenario(connections):
        seen = [(await connections.rows(LEFT, []))[0]]
        until = time.monotonic() + 5
        found = await connections.rows("SELECT * FROM app.api_key_of(%s)", [key])
        assert len(found) == 1
        seen += await connections.rows(LEFT, [])
        assert await connections.told("SELECT app.roles_told(%s)", who, [], until)
        seen += await connections.rows(LEFT, [])
        assert len(await connections.settle(who, [request(), request()], until)) == 2
        seen += await connections.rows(LEFT, [])
        return seen

    assert one_connection(scenario) == [CLEAN] * 4


def test_nothing_is_left_after_an_error(one_connection, northwind):
    """A statement that fails, one that takes too long, one that nobody waits for any more."""
    from tradeline.api.parties import Party
    from tradeline.api.problems import Problem

    who = Party(northwind.admin.organisation_id, northwind.admin.user_id)
    failing = "SELECT set_config('tradeline.context', %s, true), 1 / 0"
    sleeping = "SELECT set_config('tradeline.context', %s, true), pg_sleep(1)"

    async def scenario(connections):
        seen = []
        with pytest.raises(psycopg.errors.DivisionByZero):
            await connections.told(failing, who, [], time.monotonic() + 5)
        seen += await connections.rows(LEFT, [])
        with pytest.raises(Problem):
            await connections.told(sleeping, who, [], time.monotonic() + 0.1)
        await asyncio.sleep(0.1)
        seen += await connections.rows(LEFT, [])
        return seen

    assert one_connection(scenario) == [CLEAN] * 2


def test_a_key_shows_its_own_row_alone(northwind, book):
    """Who presents a key sees one row; one who knows only the public part sees none."""
    from tests.api.serving import key_for

    key = key_for(northwind.admin)
    key_for(northwind.admin)
    with psycopg.connect(book.urls["app"]) as app:
        told = "SELECT set_config('tradeline.key', %s, true)"
        for presented, rows in ((key, 1), (key[:-1], 0), (key.split("_")[1], 0), ("", 0)):
            app.execute(told, [presented])
            assert app.execute("SELECT count(*) FROM api_key").fetchone() == (rows,)
        app.execute(told, [key])
        assert app.execute("UPDATE api_key SET revoked_at = now()").rowcount == 0


def test_two_companies_interleaved_see_their_own(url, northwind):
    """Hundreds of calls of two companies at once, a part of them wrong: no foreign customer."""
    shops = [shop_of(url, northwind.admin, northwind.entity),
             shop_of(url, northwind.stranger, northwind.stranger_entity)]  # fmt: skip
    dice = random.Random(7)

    def call(_):
        turn = dice.randrange(2)
        mine, other = shops[turn], shops[1 - turn]
        kind = dice.choice(["check", "foreign", "wrong", "read", "foreign read"])
        if kind == "check":
            return mine.check(amount="1.00").status_code == 201
        if kind == "wrong":
            return mine.check(amount="0").status_code == 422
        if kind == "read":
            lines = mine.http.get(f"/api/v1/customers/{mine.customer}/exposure").json()["lines"]
            return [line["customer_no"] for line in lines] == [mine.customer]
        if kind == "foreign":
            return mine.check(customer=other.customer).json().get("decision") in {None, "held"}
        found = mine.http.get(f"/api/v1/customers/{other.customer}/exposure")
        return found.status_code == 404

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(call, range(400)))
