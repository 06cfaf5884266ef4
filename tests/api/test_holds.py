"""Held orders over the API: a program of the credit department lists, proposes and signs."""

from __future__ import annotations

import httpx
import pytest

from tests.api.serving import DESK, key_for

BEYOND = "60000.00"  # of a limit of 50,000.00


@pytest.fixture
def desk(url, northwind):
    """Return by role what a person of the credit department calls with."""

    def of(role):
        scopes = DESK if role != "sales" else ("holds.propose",)
        key = key_for(northwind.admin, *scopes, role=role)
        headers = {"Authorization": f"Bearer {key}"}
        return httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=10)

    return {role: of(role) for role in ("analyst", "manager", "controller", "sales")}


def held(shop, **changes):
    """Return the number of an order that is held."""
    answer = shop.check(amount=BEYOND, **changes).json()
    assert answer["decision"] == "held"
    return answer["order_no"]


def hold_of(desk, shop):
    """Return the one hold of the shop's customer."""
    [found] = desk["analyst"].get("/holds", params={"customer": shop.customer}).json()["holds"]
    return found


def said(proposal, **more):
    """Return the body of a signature on what was seen."""
    return {"payload_sha256": proposal["payload_sha256"], **more}


def signed(desk, proposal):
    """Let everybody sign who has to, and return where the proposal stands then."""
    for role in proposal["levels"]:
        path = f"/proposals/{proposal['proposal']}/sign"
        answer = desk[role].post(path, json=said(proposal))
        assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_held_order_is_released_by_those_who_must_sign(desk, shop):
    """It is listed with its reasons and its signers; the last signature lets it go."""
    number = held(shop)
    row = hold_of(desk, shop)
    assert (row["order_no"], row["amount"], row["held"]) == (number, BEYOND, BEYOND)
    assert "CL02" in [reason["code"] for reason in row["reasons"]]
    case = desk["analyst"].get(f"/holds/{row['hold']}").json()["case"]
    made = desk["sales"].post(f"/holds/{row['hold']}/release", json={"reason": "agreed"})
    assert made.status_code == 201
    proposal = made.json()
    assert proposal["levels"] == case["levels"] != []
    waiting = desk["manager"].get("/proposals").json()["proposals"]
    assert [each["proposal"] for each in waiting] == [proposal["proposal"]]
    done = signed(desk, proposal)
    assert (done["state"], done["next_role"], done["decision"]) == (
        "applied", None, "approved_with_warning")  # fmt: skip
    assert desk["analyst"].get("/holds", params={"customer": shop.customer}).json() == {"holds": []}
    settled = desk["analyst"].get(f"/holds/{row['hold']}").json()
    assert (settled["state"], settled["case"], settled["released"]) == ("released", None, BEYOND)
    seen = desk["manager"].get(f"/proposals/{proposal['proposal']}").json()
    assert [each["decision"] for each in seen["signed"]] == ["sign"] * len(proposal["levels"])


def test_a_part_is_released(desk, shop):
    """In the order's currency only, and the rest is given up."""
    held(shop)
    path = f"/holds/{hold_of(desk, shop)['hold']}/release"
    part = {"amount": "52000.00", "reason": "so much"}
    wrong = desk["analyst"].post(path, json=part | {"currency": "EUR"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "currency")
    alone = desk["analyst"].post(path, json=part)
    assert alone.status_code == 422
    made = desk["analyst"].post(path, json=part | {"currency": "USD"}).json()
    assert signed(desk, made)["state"] == "applied"
    [line] = shop.http.get(f"/api/v1/customers/{shop.customer}/exposure").json()["lines"]
    assert (line["exposure"], line["beside"]["held"]) == ("52000.00", "0.00")


def test_a_held_order_is_rejected(desk, shop):
    """One more person signs; the order is then no more."""
    number = held(shop)
    row = hold_of(desk, shop)
    made = desk["sales"].post(f"/holds/{row['hold']}/reject", json={"reason": "no more"}).json()
    assert signed(desk, made)["decision"] == "rejected"
    again = shop.post(f"/orders/{number}/ship", {"amount": "1.00", "currency": "USD"})
    assert again.status_code == 409


def test_nobody_signs_alone_or_unseen(desk, shop):
    """Neither who proposed it, nor who lacks the role, nor for another payload, nor twice."""
    held(shop)
    row = hold_of(desk, shop)
    proposal = desk["manager"].post(f"/holds/{row['hold']}/release", json={"reason": "x"}).json()
    path = f"/proposals/{proposal['proposal']}"
    assert desk["manager"].post(f"{path}/sign", json=said(proposal)).status_code == 403
    assert desk["sales"].post(f"{path}/sign", json=said(proposal)).status_code == 403
    other = {"payload_sha256": "0" * 64}
    assert desk["controller"].post(f"{path}/sign", json=other).status_code == 409
    twice = desk["analyst"].post(f"/holds/{row['hold']}/release", json={"reason": "x"})
    assert twice.status_code == 409
    assert twice.json()["detail"] == "a proposal for this order waits already."


def test_refused_and_withdrawn_leave_the_order_held(desk, shop):
    """A refusal has a reason; only its maker withdraws a proposal."""
    held(shop)
    path = f"/holds/{hold_of(desk, shop)['hold']}/release"
    made = desk["analyst"].post(path, json={"reason": "x"}).json()
    proposal = f"/proposals/{made['proposal']}"
    signer = desk[made["levels"][0]]
    assert signer.post(f"{proposal}/refuse", json=said(made)).status_code == 422
    done = signer.post(f"{proposal}/refuse", json=said(made, reason="not now"))
    assert done.json()["state"] == "rejected"
    made = desk["analyst"].post(path, json={"reason": "x"}).json()
    proposal = f"/proposals/{made['proposal']}"
    assert signer.post(f"{proposal}/withdraw", json={}).status_code == 403
    done = desk["analyst"].post(f"{proposal}/withdraw", json={"reason": "paid"})
    assert done.json()["state"] == "withdrawn"
    assert hold_of(desk, shop)["proposal"] is None


def test_what_is_not_there_says_no_more(desk, stranger_shop, shop, northwind, url):
    """Another company's hold answers like none, without a command of the terminal."""
    held(shop)
    mine = hold_of(desk, shop)["hold"]
    key = key_for(northwind.stranger, *DESK, role="manager")
    stranger = httpx.Client(base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"})
    answer = stranger.get(f"/holds/{mine}")
    assert (answer.status_code, answer.json()["detail"]) == (404, f"there is no hold {mine}.")
    assert stranger.post(f"/holds/{mine}/reject", json={"reason": "x"}).status_code == 404
