"""The policy's form as a JSON schema, for editors and other programs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema

from tradeline.policy.load import PRESETS
from tradeline.policy.schema import Policy

SCHEMA_ID: Final = "urn:tradeline:policy:1"
# Pydantic leaves a bound of a value that may be null under its own name.
_BOUNDS: Final = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum"}
DIALECT: Final = GenerateJsonSchema.schema_dialect


def json_schema() -> dict[str, Any]:
    """Return the schema, draft 2020-12; it refuses unknown names as the loader does.

    Each field carries its default, bounds, unit and source. What compares two fields, such as an
    order of thresholds, is beyond a JSON schema: `tradeline policy check` tests that.
    """
    generated = Policy.model_json_schema(mode="validation")
    definitions = {name: _section(part) for name, part in generated.pop("$defs").items()}
    for field in definitions["BucketRule"]["properties"].values():
        field.pop("default", None)  # each bucket has its own
    top = _section(generated)
    top["properties"] = {"based_on": _based_on(), **top["properties"]}
    top["title"] = "Written credit policy"
    return {"$schema": DIALECT, "$id": SCHEMA_ID, **top, "$defs": definitions}


def _based_on() -> dict[str, Any]:
    return {
        "title": "based_on",
        "description": "Preset that this file starts from; without it the schema's defaults.",
        "enum": list(PRESETS),
    }


def _section(schema: dict[str, Any]) -> dict[str, Any]:
    """Every field may be left out or, for a section, left empty; a corner needs both figures."""
    fields = {name: _field(name, field) for name, field in schema["properties"].items()}
    return {**schema, "properties": fields}


def _field(name: str, field: dict[str, Any]) -> dict[str, Any]:
    described = _described(field)
    described.pop("allowed", None)
    if "$ref" in described:
        described.pop("default", None)
    elif "default" in described:
        described["default"] = _plain(described["default"])
    return {**_numeric(described), "title": name}


def _described(field: dict[str, Any]) -> dict[str, Any]:
    """Put unit and source into the description, which is what editors show."""
    if "unit" not in field:
        return dict(field)
    rest = {key: value for key, value in field.items() if key not in {"unit", "source"}}
    unit, source = field["unit"], field["source"]
    allowed = f" Allowed: {field['allowed']}." if field.get("allowed") else ""
    text = f"{field['description']} Unit: {unit}.{allowed} Source: {source}."
    return {**rest, "description": text}


def _numeric(schema: dict[str, Any]) -> dict[str, Any]:
    """Pydantic offers every decimal as text too; in a policy it is a number."""
    named = {_BOUNDS.get(key, key): _inner(value) for key, value in schema.items()}
    schema = {key: value for key, value in named.items() if key != "decimal_places"}
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    options = schema.get("anyOf", [])
    numbers = [option for option in options if option.get("type") == "number"]
    if not numbers:
        return schema
    rest = {k: v for k, v in schema.items() if k != "anyOf"}
    nothing = [option for option in options if option.get("type") == "null"]
    return {**rest, "anyOf": [*numbers, *nothing]} if nothing else {**rest, **numbers[0]}


def _inner(value: Any) -> Any:
    if isinstance(value, list):
        return [_inner(item) for item in value]
    return _numeric(value) if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    """Return a default as JSON's own number where its digits are exact, else as it is."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _number(value) if isinstance(value, str) else value


def _number(text: str) -> Any:
    """Decimals arrive as texts; names of buckets, actions and countries stay texts."""
    if not text.replace(".", "", 1).isdigit():
        return text
    value = Decimal(text)
    return int(value) if value == int(value) else float(value)
