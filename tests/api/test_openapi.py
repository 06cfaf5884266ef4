"""The description is true: it is current, has an example of each call, and survives a fuzzer."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys

import jsonschema
import pytest

from tests.api.conftest import shop_of
from tests.api.serving import DESK, ROOT, SCOPES, key_for
from tools.openapi import openapi_page

PAGE = ROOT / "docs" / "reference" / "openapi.json"
DOCUMENT = json.loads(PAGE.read_text(encoding="utf-8"))
EXAMPLES_EACH = 400 if os.environ.get("TRADELINE_TORTURE") else 6


def operation(path, method):
    """Return the description of an address that is filled in."""
    for described, operations in DOCUMENT["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", ".+", re.escape(described))
        if re.fullmatch(pattern, path) and method.lower() in operations:
            return operations[method.lower()]
    raise AssertionError(path)


def example(path, method):
    """Return the example of an address's body, None where it has none."""
    body = operation(path, method).get("requestBody")
    return body["content"]["application/json"].get("example", EXAMPLE) if body else None


EXAMPLE = DOCUMENT["paths"]["/api/v1/orders/checks"]["post"]["requestBody"]["content"][
    "application/json"]["example"]  # fmt: skip


def test_the_page_is_current():
    """It is what the code describes; run `make docs` after a change."""
    assert openapi_page() == PAGE.read_text(encoding="utf-8")


def test_the_server_says_the_same(shop):
    """What is served is what is written."""
    assert shop.http.get("/api/v1/openapi.json").json() == DOCUMENT


@pytest.mark.parametrize(
    ("path", "method"),
    [(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations],
)
def test_each_example_fits_its_form(path, method):
    """Every write has an example, and the form takes it."""
    body = DOCUMENT["paths"][path][method].get("requestBody")
    if body is None:
        assert method in {"get", "delete"}
        return
    content = body["content"]["application/json"]
    schema = content["schema"] | {"components": DOCUMENT["components"]}
    jsonschema.validate(content["example"], schema)


@pytest.mark.slow
def test_a_fuzzer_finds_no_fault(url, northwind, tmp_path):
    """Schemathesis over every address: no answer of 500 and above, none beyond the description."""
    from tests.people import AT
    from tradeline.actions.organisations import add_entity

    entity = add_entity(code="US01", name="US", currency="USD", country="US", by=northwind.admin,
                        at=AT)  # fmt: skip
    shop = shop_of(url, northwind.admin, entity, customer_no="C-1042")
    assert shop.check(amount="900000.00").json()["decision"] == "held"
    key = key_for(northwind.admin, *SCOPES, *DESK, role="manager", rate=10_000)
    done = subprocess.run(
        [sys.executable, "-m", "schemathesis.cli", "run", f"{url}/api/v1/openapi.json",
         "--header", f"Authorization: Bearer {key}", "--max-examples", str(EXAMPLES_EACH),
         "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,"
         "response_schema_conformance,negative_data_rejection,unsupported_method",
         "--phases", "examples,coverage,fuzzing", "--seed", "7",
         "--generation-database", "none", "--no-color"],
        capture_output=True, text=True, check=False, timeout=3_600, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
