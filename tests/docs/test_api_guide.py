"""The recipes of the page on the API do what they say, and its tables are those of the code."""

from __future__ import annotations

import json
import re

import httpx
import pytest

from tests.docs.pages import ROOT
from tradeline.api.problems import TITLES
from tradeline.client import Client
from tradeline.permissions import SCOPES

PAGE = (ROOT / "docs" / "guides" / "api.md").read_text(encoding="utf-8")
DOCUMENT = json.loads((ROOT / "docs" / "reference" / "openapi.json").read_text(encoding="utf-8"))
ORDER = {"number": "SO-1", "version": 2, "customer": "C-1", "total": "10.00", "currency": "USD",
         "ship_date": "2026-07-10", "till": 7}  # fmt: skip


def recipe(name):
    """Return what a recipe defines."""
    code = re.search(rf"^```python {name}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[1]
    made = {}
    exec(code, made)
    return made


@pytest.fixture
def credit(monkeypatch):
    """Return a client whose gate decides as it is told, and the requests it got."""
    monkeypatch.setattr("tradeline.client.time.sleep", lambda _: None)
    requests = []

    def handle(request):
        requests.append(request)
        if handle.says == "nothing":
            return httpx.Response(503, json={"detail": "away"})
        return httpx.Response(201, json={"decision": handle.says, "decision_id": "d"})

    client = Client("http://x", key="k", transport=httpx.MockTransport(handle))
    client.requests, client.gate = requests, handle
    return client


@pytest.mark.parametrize(
    ("says", "then"),
    [("approved", "confirm"), ("approved_with_warning", "confirm"), ("held", "hold"),
     ("rejected", "refuse"), ("nothing", "hold")],
)  # fmt: skip
def test_an_erp_asks_before_it_confirms(credit, says, then):
    """Its key is of the order and its version."""
    credit.gate.says = says
    assert recipe("before_confirm")["before_confirm"](credit, ORDER) == then
    assert {each.headers["Idempotency-Key"] for each in credit.requests} == {"erp-SO-1-2"}


@pytest.mark.parametrize(
    ("says", "then"), [("approved", "on terms"), ("held", "card"), ("nothing", "card")]
)
def test_a_shop_offers_terms_or_the_card(credit, says, then):
    """It keeps its key, and undoes a basket that was given up by it."""
    credit.gate.says, basket = says, dict(ORDER)
    shop = recipe("checkout")
    assert shop["checkout"](credit, basket) == (then, basket["credit_key"])
    assert {each.headers["Idempotency-Key"] for each in credit.requests} == {basket["credit_key"]}
    credit.gate.says = "done"
    shop["given_up"](credit, basket)
    last = credit.requests[-1]
    assert (last.method, last.url.path.split("/")[-1]) == ("DELETE", basket["credit_key"])


@pytest.mark.parametrize(
    ("says", "then"), [("approved", "account"), ("rejected", "cash"), ("nothing", "cash")]
)
def test_a_till_takes_account_or_cash(credit, says, then):
    """It books in one call."""
    credit.gate.says = says
    assert recipe("at_the_till")["at_the_till"](credit, ORDER) == then
    assert credit.requests[0].url.path == "/api/v1/sales"


def forms():
    """Return by address and method the fields of its form."""
    found = {}
    for path, operations in DOCUMENT["paths"].items():
        for method, operation in operations.items():
            if body := operation.get("requestBody"):
                name = body["content"]["application/json"]["schema"]["$ref"].split("/")[-1]
                found[path, method.upper()] = DOCUMENT["components"]["schemas"][name]["properties"]
    return found


@pytest.mark.parametrize("name", ["before_confirm", "checkout", "at_the_till"])
def test_recipes_send_fields_that_exist(credit, name):
    """Each field is one of the form of its address."""
    credit.gate.says = "approved"
    recipe(name)[name](credit, dict(ORDER))
    for request in credit.requests:
        known = forms()[request.url.path, request.method]
        assert json.loads(request.content).keys() <= known.keys()


def test_the_page_names_every_problem_scope_and_address():
    """None is missing, none made up."""
    kinds = set(re.findall(r"`([a-z-]+)`", PAGE.split("## Errors")[1].split("Amounts are")[0]))
    assert set(TITLES) - {"fault", "wrong-method"} <= kinds
    table = PAGE.split("| Call | Scope | For |")[1].split("\n\n")[0]
    assert set(re.findall(r"`([a-z]+\.[a-z]+)`", table)) == set(SCOPES)
    for path in DOCUMENT["paths"]:
        last = re.sub(r"\{(decision|hold|proposal)_id\}", "{id}", path.rsplit("/", 1)[-1])
        assert last in table, path
