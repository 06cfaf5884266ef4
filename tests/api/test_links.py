"""The link to the database is cut: a clear answer at once, nothing twice, well again by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.api.conftest import shop_of
from tests.api.links import link_to
from tests.api.serving import served


@pytest.fixture(scope="module")
def linked(book):
    """Return a link and the address of a process that uses it."""
    with link_to(book) as (link, environment), served(**environment) as url:
        yield link, url


@pytest.fixture
def shop(linked, northwind):
    """Return a shop behind the link."""
    return shop_of(linked[1], northwind.admin, northwind.entity)


@pytest.fixture
def link(linked):
    """Return the link, whole before and after."""
    yield linked[0]
    linked[0].mend()


def ready(shop):
    """Wait until the process can decide again; return how long it took."""
    began = time.monotonic()
    while shop.http.get("/readyz").status_code != 200:
        assert time.monotonic() - began < 10
        time.sleep(0.05)
    return time.monotonic() - began


def test_without_the_database_nothing_is_approved(shop, link):
    """503 with Retry-After within 200 ms, on every path, and no approval; then well again."""
    assert shop.check().status_code == 201
    link.cut()
    for call in (shop.check, lambda: shop.http.get(f"/api/v1/customers/{shop.customer}/exposure"),
                 lambda: shop.http.get("/readyz"), shop.check):  # fmt: skip
        began = time.monotonic()
        answer = call()
        assert answer.status_code == 503, answer.text
        assert time.monotonic() - began < 0.4  # 200 ms, on a machine that does other things too
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["type"] == "urn:tradeline:problem:not-decided"
    assert shop.http.get("/healthz").status_code == 200
    link.mend()
    ready(shop)
    assert shop.check().status_code == 201


def test_an_answer_that_was_lost_is_asked_for_again(shop, link):
    """Cut after the commit and before the answer: the repeat finds it, and it counts once."""
    shop.check()
    link.cut_after_answers = 1
    cuts, key, order = link.cuts, uuid4().hex, shop.order(amount="300.00")
    answer = shop.post("/orders/checks", order, key)
    assert answer.status_code in {201, 503}
    assert link.cuts == cuts + 1
    ready(shop)
    again = shop.post("/orders/checks", order, key)
    assert again.status_code == 201
    assert answer.status_code == 503 or again.content == answer.content
    [line] = shop.http.get(f"/api/v1/customers/{shop.customer}/exposure").json()["lines"]
    assert line["exposure"] == "400.00"


def test_cuts_under_load_lose_and_double_nothing(shop, link):
    """Each order is sent until it is decided: as much is reserved as was approved."""
    orders = [(uuid4().hex, shop.order(amount="1.00")) for _ in range(150)]

    def until_decided(call):
        for _ in range(100):
            answer = shop.post("/orders/checks", call[1], call[0])
            if answer.status_code != 503:
                return answer
            time.sleep(0.05)
        raise AssertionError("never decided")

    with ThreadPoolExecutor(8) as threads:
        answers = threads.map(until_decided, orders)
        for _ in range(3):
            time.sleep(0.1)
            link.cut()
            time.sleep(0.1)
            link.mend()
        answers = list(answers)
    assert {answer.status_code for answer in answers} == {201}
    ready(shop)
    [line] = shop.http.get(f"/api/v1/customers/{shop.customer}/exposure").json()["lines"]
    assert line["exposure"] == "150.00"
