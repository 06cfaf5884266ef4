"""Who is let in: keys that are missing, wrong, expired, revoked, or without the scope."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest

from tests.api.conftest import shop_of
from tests.api.serving import DESK, SCOPES, key_for

CHECK = "/api/v1/orders/checks"


def asked(url, authorization):
    """Return the answer to a check with an Authorization header."""
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    if authorization is not None:
        headers["Authorization"] = authorization
    return httpx.post(f"{url}{CHECK}", content=b"{}", headers=headers)


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer x", "Basic dDp0", f"Bearer tl_{'0' * 12}_{'0' * 64}",
     f"bearer tl_{'0' * 12}_{'0' * 64}", f"Bearer tl_{'0' * 12}_{'0' * 65}", "Bearer tl__' OR 1"],
)  # fmt: skip
def test_without_a_good_key_nobody_is_let_in(url, authorization):
    """The answer is one and the same, whatever is wrong with the key."""
    answer = asked(url, authorization)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "urn:tradeline:problem:no-key"


def test_a_changed_letter_is_another_key(url, northwind):
    """The public part alone opens nothing."""
    key = key_for(northwind.admin)
    other = key[:-1] + ("0" if key[-1] != "0" else "1")
    assert asked(url, f"Bearer {key}").status_code == 422
    assert asked(url, f"Bearer {other}").status_code == 401


def test_an_expired_key_is_refused(url, northwind):
    """A key that ended a second ago is none, by the database's clock."""
    then = datetime.now(UTC) - timedelta(days=1, seconds=1)
    assert asked(url, f"Bearer {key_for(northwind.admin, days=1, at=then)}").status_code == 401


def test_a_revoked_key_is_refused_within_seconds(url, northwind):
    """A key that is in use stops within the two seconds for which callers are kept."""
    from tradeline.actions.keys import revoke_key

    key = key_for(northwind.admin)
    assert asked(url, f"Bearer {key}").status_code == 422
    revoke_key(prefix=key.split("_")[1], reason="lost", by=northwind.admin, at=datetime.now(UTC))
    until = time.monotonic() + 2.5
    while asked(url, f"Bearer {key}").status_code != 401:
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_role_that_is_taken_away_takes_the_scope(url, northwind, book):
    """A key never may more than its person."""
    key = key_for(northwind.admin)
    with psycopg.connect(book.superuser_url, dbname="tradeline") as root:
        person = "(SELECT user_id FROM api_key WHERE prefix = %s)"
        root.execute(f"DELETE FROM membership WHERE user_id = {person}", [key.split("_")[1]])
    assert asked(url, f"Bearer {key}").status_code == 403


NOWHERE = "00000000-0000-0000-0000-000000000000"
CALLS = {
    "orders.check": [("POST", CHECK), ("PUT", f"{CHECK}/k"), ("DELETE", f"{CHECK}/k"),
                     ("POST", f"{CHECK}:dry-run"), ("POST", f"{CHECK}:batch"),
                     ("POST", "/api/v1/sales")],
    "orders.change": [("POST", f"/api/v1/orders/SO-1/{verb}")
                      for verb in ("amend", "ship", "invoice", "cancel", "close", "return",
                                   "reopen", "move")],
    "exposure.read": [("GET", "/api/v1/customers/C-1/exposure")],
    "decisions.read": [("GET", "/api/v1/customers/C-1/decisions"),
                       ("GET", f"/api/v1/decisions/{NOWHERE}")],
    "signals.raise": [("POST", "/api/v1/signals")],
    "holds.read": [("GET", "/api/v1/holds"), ("GET", f"/api/v1/holds/{NOWHERE}"),
                   ("GET", "/api/v1/proposals"), ("GET", f"/api/v1/proposals/{NOWHERE}")],
    "holds.propose": [("POST", f"/api/v1/holds/{NOWHERE}/release"),
                      ("POST", f"/api/v1/holds/{NOWHERE}/reject"),
                      ("POST", f"/api/v1/proposals/{NOWHERE}/withdraw")],
    "proposals.sign": [("POST", f"/api/v1/proposals/{NOWHERE}/sign"),
                       ("POST", f"/api/v1/proposals/{NOWHERE}/refuse")],
}  # fmt: skip


def test_every_address_is_below(url):
    """No address of the description lacks its scope here."""
    paths = httpx.get(f"{url}/api/v1/openapi.json").json()["paths"]
    described = sum(len(operations) for operations in paths.values())
    assert described == sum(len(calls) for calls in CALLS.values())


@pytest.mark.parametrize("scope", CALLS)
def test_each_scope_opens_its_addresses_alone(url, northwind, scope):
    """With every other scope each address of this one is closed, with this one it is not."""
    from tests.api.test_openapi import example

    closed = [each for each in (*SCOPES, *DESK) if each != scope]
    others = key_for(northwind.admin, *closed, role="manager")
    only = key_for(northwind.admin, scope, role="manager")
    for method, path in CALLS[scope]:
        for key, closed in ((others, True), (only, False)):
            headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
            answer = httpx.request(method, f"{url}{path}", json=example(path, method),
                                   headers=headers)  # fmt: skip
            assert (answer.status_code == 403) == closed, (method, path, answer.text)


def test_another_companys_things_are_as_if_they_were_not(shop, stranger_shop):
    """Customer, decision and key of another company answer like ones that are nowhere."""
    made = shop.check(key="mine").json()
    for path in (f"/customers/{shop.customer}/exposure", f"/customers/{shop.customer}/decisions",
                 f"/decisions/{made['decision_id']}"):  # fmt: skip
        theirs = stranger_shop.http.get(f"/api/v1{path}")
        ghost = path.replace(shop.customer, "C-nobody").replace(
            made["decision_id"], "00000000-0000-0000-0000-000000000000"
        )
        nowhere = stranger_shop.http.get(f"/api/v1{ghost}")
        assert (theirs.status_code, theirs.text) == (nowhere.status_code, nowhere.text)
        assert theirs.status_code == 404
    assert stranger_shop.check(key="mine").json()["decision"] == "approved"


def test_the_roles_of_the_person_bound_the_scopes(northwind):
    """A key for somebody from sales gets no scope of the book."""
    from tradeline.errors import StateFault

    with pytest.raises(StateFault, match=r"may not exposure\.read"):
        key_for(northwind.admin, "exposure.read", role="sales")


def test_only_an_admin_issues(northwind):
    """A manager may not."""
    from tradeline.actions.keys import issue_key
    from tradeline.errors import Refused
    from tradeline.models import User

    user = User.objects.get(pk=northwind.manager.user_id)
    at = datetime.now(UTC)
    with pytest.raises(Refused):
        issue_key(name="x", user=user, scopes=["orders.check"], rate_per_second=1, at=at,
                  expires_at=at + timedelta(days=1), by=northwind.manager)  # fmt: skip


def test_the_database_holds_no_key(northwind, book):
    """What is stored is a hash, and both the issue and the revocation are in the trail."""
    from tradeline.actions.keys import hash_of, revoke_key

    key = key_for(northwind.admin)
    prefix = key.split("_")[1]
    revoke_key(prefix=prefix, reason="test", by=northwind.admin, at=datetime.now(UTC))
    with psycopg.connect(book.superuser_url, dbname="tradeline") as root:
        [row] = root.execute("SELECT k::text, hash FROM api_key k WHERE prefix = %s", [prefix])
        events = "SELECT action, convert_from(body, 'UTF8') FROM audit_event WHERE subject = %s"
        trail = root.execute(f"{events} ORDER BY at, action", [f"key {prefix}"]).fetchall()
    assert row[1] == hash_of(key)
    assert key.split("_")[2] not in row[0] + str(trail)
    assert [action for action, _ in trail] == ["KEY_ISSUED", "KEY_REVOKED"]


def test_requests_beyond_the_rate_wait(url, northwind):
    """Twice the rate may come at once; the next one is told when to come again, others are not."""
    slow = shop_of(url, northwind.admin, northwind.entity, rate=3)
    answers = [slow.check() for _ in range(7)]
    assert [answer.status_code for answer in answers] == [201] * 6 + [429]
    assert answers[0].headers["RateLimit"] == '"key";r=5;t=2'
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=6;w=2'
    assert int(answers[-1].headers["Retry-After"]) == 1
    assert answers[-1].json()["type"] == "urn:tradeline:problem:too-many"
    other = shop_of(url, northwind.admin, northwind.entity)
    assert other.check().status_code == 201
    time.sleep(1)
    assert slow.check().status_code == 201


def test_a_batch_counts_each_order(url, northwind):
    """A batch of ten takes ten."""
    slow = shop_of(url, northwind.admin, northwind.entity, rate=4)
    batch = {"checks": [slow.order(key=f"k{turn}") for turn in range(10)]}
    assert slow.post("/orders/checks:batch", batch).status_code == 200
    assert slow.check().status_code == 429
