"""Every page: who sees it, what it costs, that nothing in it runs, and that it is nobody else's."""

from __future__ import annotations

import re

import pytest

from tests.web.conftest import browser

PAGES = ("/exposure", "{account}", "/holds", "/holds/{hold}", "/sign-offs", "/proposals/{proposal}")
READERS = {"analyst": 200, "manager": 200, "controller": 200, "auditor": 200, "admin": 200,
           "seller": 403}  # fmt: skip
INLINE = re.compile(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:")


@pytest.fixture(scope="module")
def addresses(house):
    """Return the addresses of all pages, with an order that is held and a proposal about it."""
    hold = house.desk.held()
    asked = house.desk.propose(hold)
    names = {"account": house.account_page, "hold": hold, "proposal": asked.proposal_id}
    return [page.format(**names) for page in PAGES]


@pytest.mark.parametrize("role", READERS)
def test_who_sees_what(house, addresses, role):
    """A role that may not read says so with the reason; nobody meets a fault."""
    client = house.person(getattr(house.desk.people, role))
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == READERS[role], address
        if answer.status_code == 403:
            assert "needs one of the roles" in answer.content.decode()


def test_nobody_gets_in_without_signing_in(addresses):
    """Every address but that of signing in leads there, also to whoever posts."""
    from django.urls import get_resolver

    client = browser()
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, answer.url.split("?")[0]) == (302, "/sign-in"), address
    names = {route.name for route in get_resolver("tradeline.web.urls").url_patterns}
    assert names == {"first", "sign-in", "sign-out", "organisation", "exposure", "account", "holds",
                     "hold", "propose", "sign-offs", "proposal", "word"}  # fmt: skip
    for path in ("/organisation", "/sign-out", addresses[3] + "/propose", addresses[5] + "/word"):
        assert client.post(path).status_code == 302, path


def test_another_companys_things_are_as_if_they_were_not(house, addresses):
    """The stranger is controller, elsewhere: 404 for each thing, and no name in any list."""
    client = house.person(house.desk.people.stranger)
    number = house.desk.account.customer_no
    for address in (addresses[1], addresses[3], addresses[5]):
        assert client.get(address).status_code == 404, address
    for address in (addresses[0], addresses[2], addresses[4]):
        answer = client.get(address)
        assert answer.status_code == 200
        assert number not in answer.content.decode()
    theirs = {"organisation": str(house.desk.people.admin.organisation_id)}
    assert client.post("/organisation", theirs).status_code == 404


@pytest.mark.parametrize("place", range(len(PAGES)))
def test_what_a_page_costs_and_holds(house, addresses, place):
    """At most 15 statements of SQL, under 150 kB, nothing inline, and a policy against it."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client = house.person(house.desk.people.manager)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(addresses[place])
    text = answer.content.decode()
    reads = [each["sql"] for each in queries if each["sql"].startswith("SELECT")]
    assert len(reads) <= 15, "\n".join(each[:90] for each in reads)
    assert len(answer.content) < 150_000
    assert INLINE.findall(text) == []
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert text.count("<h1>") == 1
    assert 'lang="en"' in text


def test_names_are_text_and_never_marks(house):
    """What a file calls a customer is shown as it is, and runs nowhere."""
    from tests import book_builders as build

    people = house.desk.people
    account = build.account(people.controller, people.entity, name="<script>alert(1)</script>")
    build.line(people.controller, account)
    client = house.person(people.analyst)
    for address in ("/exposure", f"/accounts/MAIN/{account.customer_no}"):
        text = client.get(address).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text


@pytest.mark.parametrize("query", ["over=abc", "over=nan", "sort=x", "from=-1", "from=1e9",
                                   "over=1e999999999"])  # fmt: skip
def test_odd_questions_are_answered_in_words(house, query):
    """Not with a fault."""
    answer = house.person(house.desk.people.analyst).get(f"/exposure?{query}")
    assert answer.status_code == 422
    assert "<h1>" in answer.content.decode()


@pytest.mark.parametrize("address", ["/exposure?q=%00", "/accounts/MAIN/%00", "/holds/%00"])
def test_what_is_no_text_is_refused(house, address):
    """A zero byte reaches no statement."""
    answer = house.person(house.desk.people.analyst).get(address)
    assert answer.status_code == 400
    assert "cannot be read" in answer.content.decode()


def test_an_address_that_is_none_has_a_page(house):
    """For people a page, for programs a problem."""
    client = house.person(house.desk.people.analyst)
    assert client.get("/nowhere").status_code == 404
    assert "There is no such page" in client.get("/nowhere").content.decode()
