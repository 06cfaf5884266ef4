"""The JSON schema and the reference pages: valid, strict and current."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tradeline.policy.fields import leaves
from tradeline.policy.json_schema import SCHEMA_ID, json_schema
from tradeline.policy.load import PRESETS
from tradeline.policy.write import to_yaml

ROOT = Path(__file__).parents[2]
PRESET_FILES = ROOT / "tradeline" / "policy" / "presets"
EXAMPLES = sorted((ROOT / "examples" / "policies").glob("*.yaml"))


@pytest.fixture(scope="module")
def validator():
    """The schema, itself checked."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.fixture(scope="module")
def reference():
    """The generator of the reference pages."""
    spec = importlib.util.spec_from_file_location("reference", ROOT / "tools" / "reference.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "path", [PRESET_FILES / f"{name}.yaml" for name in PRESETS] + EXAMPLES, ids=lambda p: p.stem
)
def test_presets_and_examples_are_valid(validator, path):
    """What the package ships passes its own schema; read as YAML 1.2 reads it."""
    text = path.read_text(encoding="utf-8").replace("NOK: NO", 'NOK: "NO"')
    assert not list(validator.iter_errors(yaml.safe_load(text)))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_valid_policy_is_valid_for_editors(validator, any_policy, data):
    """The schema never marks what the loader accepts."""
    written = to_yaml(data.draw(any_policy))
    assert not list(validator.iter_errors(yaml.safe_load(written)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"utilization": {}},
        {"utilisation": {"watch": 3}},
        {"utilisation": {"limit_pct": 1001}},
        {"utilisation": {"limit_pct": "90"}},
        {"utilisation": {"tier_above_watch": "Critical"}},
        {"ageing": {"buckets": {"91+": {}}}},
        {"ageing": {"buckets": {"90+": {"score": 2}}}},
        {"recency": {"recent_days": 1.5}},
        {"actions": {"dispute": ["HOLD"]}},
        {"limit_step": {"usd": 1}},
        {"track_score": {"curve": [{"days_late": 1}]}},
        {"based_on": "mine"},
    ],
    ids=str,
)
def test_wrong_documents_are_refused(validator, wrong):
    """Unknown names, values out of bounds and wrong types are marked in the editor."""
    assert list(validator.iter_errors(wrong))


def test_the_schema_describes_every_field():
    """Each field has a title, and a description with unit and source; no draft but 2020-12."""
    schema = json_schema()
    assert schema["$id"] == SCHEMA_ID
    assert schema["$schema"].endswith("2020-12/schema")
    parts = [schema, *schema["$defs"].values()]
    text = json.dumps(parts)
    described = [f for part in parts for f in part["properties"].values() if "$ref" not in f]
    assert all("title" in field and "description" in field for field in described)
    for leaf in leaves():
        assert json.dumps(f"Unit: {leaf.unit}.")[1:-1] in text, leaf.dotted


def test_committed_pages_are_current(reference):
    """docs/reference is what tools/reference.py writes; run it after a change of the form."""
    for name, page in reference.PAGES.items():
        committed = (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8")
        assert committed == page(), f"{name} is stale: python tools/reference.py"


def test_the_page_lists_every_field(reference):
    """Every field has its row, and every row all its cells."""
    rows = [
        row
        for row in reference.policy_page().splitlines()
        if row.startswith("| `") and "." not in row.split("`")[1]
    ]
    assert len(rows) == len(leaves())
    assert {row.replace("\\|", "").count("|") for row in rows} == {len(PRESETS) + 6}
