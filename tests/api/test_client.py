"""The Python client: typed answers, repeats with the same key, problems as exceptions."""

from __future__ import annotations

import subprocess
import sys

import httpx
import pytest

from tests.api.serving import ROOT
from tradeline import client as module
from tradeline.client import ApiError, Client, Decision, Undecided, new_key

ANSWER = {"decision": "held", "decision_id": "d", "order_no": "SO-1", "version": 1, "state": "held",
          "reasons": [{"code": "CL02", "reaction": "hold", "measured": "2", "threshold": "1",
                       "message": "over", "later": "more"}], "added_later": 1}  # fmt: skip


@pytest.fixture
def no_wait(monkeypatch):
    """Return the pauses that the client would have made."""
    pauses = []
    monkeypatch.setattr(module.time, "sleep", pauses.append)
    return pauses


def answering(*answers):
    """Return a client whose calls get these answers, and the requests it makes."""
    requests, left = [], list(answers)

    def handle(request):
        requests.append(request)
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body, headers = answer
        return httpx.Response(status, json=body, headers=headers)

    return Client("http://x", key="k", transport=httpx.MockTransport(handle)), requests


def test_it_imports_without_the_rest():
    """A program that only asks needs neither the framework nor the book."""
    code = ("import sys, tradeline.client; bad = [m for m in sys.modules if m.split('.')[0] in "
            "('django', 'psycopg', 'pydantic', 'polars')]; assert not bad, bad")  # fmt: skip
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_repeat_reuses_the_key(no_wait):
    """Lost answers, a busy server, a full rate: one key throughout, and what the server said."""
    credit, requests = answering(
        httpx.ReadTimeout("lost"), (503, {}, {"Retry-After": "1"}), (429, {}, {"Retry-After": "2"}),
        (201, ANSWER, {}),
    )  # fmt: skip
    with credit:
        assert credit.check(key="mine", amount="1").decision == "held"
    assert [request.headers["Idempotency-Key"] for request in requests] == ["mine"] * 4
    assert len({request.content for request in requests}) == 1
    pauses = zip((0.2, 1, 2), no_wait, strict=True)
    assert all(least <= pause <= 1.5 * least for least, pause in pauses)


def test_without_a_key_the_call_makes_one(no_wait):
    """It stays the same within the call."""
    credit, requests = answering((503, {}, {}), (201, ANSWER, {}))
    credit.check(amount="1")
    first, second = (request.headers["Idempotency-Key"] for request in requests)
    assert first == second
    assert len(first) == len(new_key()) == 32


def test_it_gives_up_and_says_so(no_wait):
    """Nothing is known then; the caller still has the key."""
    credit, requests = answering(*[(503, {"detail": "away"}, {})] * 4)
    with pytest.raises(Undecided, match="away"):
        credit.check(key="mine", amount="1")
    assert len(requests) == 4


def test_what_is_wrong_is_not_repeated(no_wait):
    """A problem names its fields."""
    problem = {"type": "urn:tradeline:problem:invalid", "title": "t", "detail": "Mend amount.",
               "errors": [{"field": "amount", "message": "m", "mend": "x"}]}  # fmt: skip
    credit, requests = answering((422, problem, {}))
    with pytest.raises(ApiError, match=r"Mend amount\.") as raised:
        credit.check(amount="0")
    assert (raised.value.status, raised.value.errors[0]["field"]) == (422, "amount")
    assert (len(requests), no_wait) == (1, [])


def test_an_answer_that_is_no_json_is_an_error_too(no_wait):
    """A proxy's page, for example."""

    def page(_request):
        return httpx.Response(404, text="<html>")

    with pytest.raises(ApiError):
        Client("http://x", key="k", transport=httpx.MockTransport(page)).exposure("C-1")


def test_answers_have_types_and_may_grow():
    """What a later server adds is no error."""
    decision = Decision.of(ANSWER)
    assert not decision.approved
    assert (decision.reasons[0].code, decision.reasons[0].evidence) == ("CL02", None)
    assert decision.raw["added_later"] == 1


def test_every_call_against_a_server(url, shop):
    """Each method reaches its address."""
    with Client(url, key=shop.key) as credit:
        order = shop.order()
        key = new_key()
        made = credit.check(key=key, **order)
        assert made.approved
        assert credit.check(key=key, **order).raw == made.raw
        assert credit.dry_run(**shop.order()).decision
        assert credit.decision(made.decision_id).raw == made.raw
        assert credit.exposure(shop.customer)[0]["customer_no"] == shop.customer
        anew = {name: value for name, value in order.items() if name != "order_no"}
        changed = credit.change("amend", order["order_no"], **anew | {"amount": "120.00"})
        assert changed.approved
        good, bad = credit.check_many([
            shop.order(key=new_key()), shop.order(key=new_key(), customer="C-nobody")
        ])  # fmt: skip
        assert good.approved
        assert isinstance(bad, ApiError) or bad.decision == "held"
        assert credit.sale(**shop.order()).decision
        assert credit.signal(customer=shop.customer, kind="bureau", source="Bureau X")["signal_id"]
        credit.void(new_key())
        with pytest.raises(ApiError) as raised:
            credit.check(**shop.order(amount="0"))
        assert raised.value.errors[0]["field"] == "amount"


def test_a_number_with_a_slash_is_one_number(url, shop):
    """Order numbers such as 2026/17 stand in an address."""
    with Client(url, key=shop.key) as credit:
        credit.check(**shop.order(order_no="2026/17"))
        made = credit.change("cancel", "2026/17", version=2)
        assert made.order_no == "2026/17"
