"""Keys of calls: a repeat gets the first answer's bytes, another body is refused, a void stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest


def test_a_repeat_gets_the_same_bytes(shop):
    """Whatever the order of the fields and the blanks between them."""
    order, key = shop.order(), uuid4().hex
    first = shop.post("/orders/checks", order, key)
    again = shop.post("/orders/checks", dict(reversed(order.items())), key)
    put = shop.http.put(f"/api/v1/orders/checks/{key}", json=order)
    assert first.status_code == again.status_code == put.status_code == 201
    assert first.content == again.content == put.content


def test_a_hundred_at_once_are_one(shop):
    """A hundred calls with one key at one moment: one effect, one answer."""
    order, key = shop.order(), uuid4().hex
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: shop.post("/orders/checks", order, key), range(100)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    [line] = shop.http.get(f"/api/v1/customers/{shop.customer}/exposure").json()["lines"]
    assert line["exposure"] == "100.00"


def test_another_body_under_the_key_is_refused(shop):
    """The first call stays."""
    order, key = shop.order(), uuid4().hex
    first = shop.post("/orders/checks", order, key)
    other = shop.post("/orders/checks", order | {"amount": "200.00"}, key)
    assert (first.status_code, other.status_code) == (201, 422)
    assert other.headers["Content-Type"] == "application/problem+json"
    assert shop.post("/orders/checks", order, key).content == first.content


def test_another_order_under_the_key_is_refused(shop):
    """The order's number stands in the address, and is part of the call."""
    key = uuid4().hex
    shop.check(order_no="A-1")
    shop.check(order_no="A-2")
    assert shop.post("/orders/A-1/cancel", {}, key).status_code == 200
    assert shop.post("/orders/A-2/cancel", {}, key).status_code == 422


def test_keys_are_each_clients_own(shop, stranger_shop):
    """The same key of another company is another call, and tells nothing."""
    mine, theirs = shop.check(key="shared"), stranger_shop.check(key="shared")
    assert mine.status_code == theirs.status_code == 201
    assert mine.json()["decision_id"] != theirs.json()["decision_id"]


def test_a_void_refuses_the_call_that_comes_late(shop):
    """Undone before it arrived, a call is never made."""
    key = uuid4().hex
    assert shop.http.delete(f"/api/v1/orders/checks/{key}").status_code == 200
    assert shop.check(key=key).status_code == 409


@pytest.mark.parametrize("key", ["", "x" * 129, "two words", "\u00e9"])
def test_a_key_that_is_none_is_refused(shop, key):
    """400 in the header; the address of none is no address."""
    answer = shop.http.post("/api/v1/orders/checks", json=shop.order(),
                            headers={"Idempotency-Key": key.encode()})  # fmt: skip
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "path", ["/orders/checks", "/sales", "/orders/SO-1/cancel", "/signals"]
)  # fmt: skip
def test_writes_need_a_key(shop, path):
    """Without one there is no way to repeat a call that got no answer."""
    from tests.api.test_openapi import example

    body = example(f"/api/v1{path}", "POST")
    answer = shop.http.post(f"/api/v1{path}", json=body)
    assert answer.status_code == 400, answer.text
    assert "Idempotency-Key" in answer.json()["detail"]


def test_the_quotes_of_the_draft_may_stand(shop):
    """The key is what stands between them."""
    order = shop.order()
    plain, quoted = (shop.post("/orders/checks", order, key) for key in ("k-1", '"k-1"'))
    assert plain.content == quoted.content


def test_an_order_asked_for_anew_is_decided_again(shop):
    """Under another key, with the same figures or none beyond them, it stays approved, and once."""
    order = shop.order()
    answers = [shop.post("/orders/checks", order) for _ in range(3)]
    answers.append(shop.http.post("/api/v1/orders/checks:dry-run", json=order))
    assert [answer.status_code for answer in answers] == [201, 201, 201, 200]
    assert {answer.json()["decision"] for answer in answers} == {"approved"}


def test_two_keys_of_one_call_are_refused(shop):
    """Address and header must not differ."""
    answer = shop.http.put("/api/v1/orders/checks/a", json=shop.order(),
                           headers={"Idempotency-Key": "b"})  # fmt: skip
    assert answer.status_code == 400


def test_each_of_a_batch_has_its_own_answer_and_key(shop):
    """One that is refused takes none with it; alone with its key, each gets its answer again."""
    orders = [shop.order(key=uuid4().hex) for _ in range(120)]
    orders[7] |= {"customer": "C-nobody"}
    answers = shop.post("/orders/checks:batch", {"checks": orders}).json()["answers"]
    assert [each["key"] for each in answers] == [order["key"] for order in orders]
    said = [each["body"].get("decision") for each in answers]
    assert {turn for turn, each in enumerate(said) if each != "approved"} == {7}
    alone = {name: value for name, value in orders[3].items() if name != "key"}
    again = shop.post("/orders/checks", alone, orders[3]["key"])
    assert again.json() == answers[3]["body"]


def test_a_batch_with_one_key_twice_is_refused(shop):
    """As a whole, by the name of the field."""
    orders = [shop.order(key="k"), shop.order(key="k")]
    answer = shop.post("/orders/checks:batch", {"checks": orders})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "checks"


def test_a_dry_run_reserves_nothing(shop):
    """Its answer is a check's, its effect none."""
    answer = shop.http.post("/api/v1/orders/checks:dry-run", json=shop.order())
    assert answer.json()["decision"] == "approved"
    [line] = shop.http.get(f"/api/v1/customers/{shop.customer}/exposure").json()["lines"]
    assert line["exposure"] == "0.00"


def test_a_signal_is_taken_in_once(shop):
    """A repeat gives the same flag, another signal under the key is refused."""
    signal = {"customer": shop.customer, "kind": "fraud", "source": "Bureau X"}
    first, again = (shop.post("/signals", signal, "s-1") for _ in range(2))
    assert first.status_code == 201
    assert first.content == again.content
    assert shop.post("/signals", signal | {"kind": "bureau"}, "s-1").status_code == 409
    nobody = shop.post("/signals", signal | {"customer": "C-nobody"}, "s-2")
    assert nobody.status_code == 404


def test_a_decision_is_told_again_as_it_was(shop):
    """By its id, a held one with its ways out, and in the list of its customer."""
    held = shop.check(order_no="SO-held", amount="900000000.00")
    assert held.json()["decision"] == "held"
    assert held.json()["unblock"]
    found = shop.http.get(f"/api/v1/decisions/{held.json()['decision_id']}")
    assert found.content == held.content
    made = shop.check()
    found = shop.http.get(f"/api/v1/decisions/{made.json()['decision_id']}")
    assert found.content == made.content
    rows = shop.http.get(f"/api/v1/customers/{shop.customer}/decisions").json()["decisions"]
    assert [row["decision_id"] for row in rows] == [
        each.json()["decision_id"] for each in (made, held)
    ]
    page = shop.http.get(f"/api/v1/customers/{shop.customer}/decisions",
                         params={"before": rows[-1]["at"]})  # fmt: skip
    assert page.json() == {"decisions": []}


def test_a_signal_stops_the_next_order(shop):
    """What a check resolved a moment before holds no longer."""
    assert shop.post("/orders/checks", shop.order()).json()["decision"] == "approved"
    signal = {"customer": shop.customer, "kind": "insolvency", "source": "Court"}
    assert shop.post("/signals", signal).status_code == 201
    answer = shop.post("/orders/checks", shop.order()).json()
    assert answer["decision"] == "held"
    assert [reason["code"] for reason in answer["reasons"]] == ["EX01"]
