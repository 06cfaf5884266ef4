"""Load a written policy: from a file, a text or a preset; and name it by its content.

A file starts from a preset (`based_on`, else `standard`) and replaces what it writes. Sections are
merged name by name; lists and maps of amounts are replaced whole, so that what stands in the file
is complete.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from tradeline.errors import PolicyFault
from tradeline.policy.faults import Problem, problems_of, wrong
from tradeline.policy.fields import names_at
from tradeline.policy.schema import Policy
from tradeline.policy.source import BYTES_MAX, Source, read

PRESETS: Final = ("standard", "prudent", "india")


def preset_names() -> tuple[str, ...]:
    """Return the names of the policies that come with the package."""
    return PRESETS


@cache
def load_preset(name: str) -> Policy:
    """Return a policy that comes with the package; PolicyFault names the ones there are."""
    if name not in PRESETS:
        raise PolicyFault(
            f"{name} is not a preset{_near(name)}",
            mend=f"Name one of {', '.join(PRESETS)}, or a policy file",
        )
    resource = files("tradeline.policy").joinpath("presets", f"{name}.yaml")
    return parse_policy(resource.read_text(encoding="utf-8"), f"{name}.yaml")


def load_policy(path: Path) -> Policy:
    """Return the policy a file holds; PolicyFault lists every fault with its line."""
    return parse_policy(read_text(path), path.name)


def find_policy(name_or_path: str) -> Policy:
    """Return a preset by its name, or else the policy in the file; ./india is always a file."""
    if name_or_path in PRESETS:
        return load_preset(name_or_path)
    path = Path(name_or_path)
    if not path.exists() and not path.suffix and len(path.parts) == 1:
        return load_preset(name_or_path)
    return load_policy(path)


def read_text(path: Path) -> str:
    """Return the file's text; PolicyFault when it cannot be read, is too large or is no UTF-8."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTES_MAX + 1)
        return content.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        mend = "Check the name, or write a first policy: tradeline policy init"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"line {line} is not UTF-8 text"
        mend = "Save the file as UTF-8"
    raise PolicyFault(f"{path.name} cannot be used: {reason}", where=str(path), mend=mend)


def parse_policy(text: str, name: str) -> Policy:
    """Return the policy a text holds; `name` is the file's name in messages."""
    source = read(text, name)
    values = _document(source)
    base_name = values.pop("based_on", None)
    base = Policy() if base_name is None else _base(base_name, source)
    merged = _merge(base.model_dump(), values, ())
    try:
        policy = Policy.model_validate(merged)
    except ValidationError as error:
        raise wrong(name, problems_of(error, replace(source, values=merged))) from error
    return _named(policy, base, base_name, values)


def policy_version(policy: Policy) -> str:
    """Return the SHA-256 of the policy's content, whatever its file looks like."""
    content = policy.model_dump(mode="json")
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def _document(source: Source) -> dict[str, Any]:
    if isinstance(source.values, dict):
        return dict(source.values)
    message = "the document must be a section of names and values, such as `name: standard`"
    raise wrong(source.name, [Problem(line=1, column=1, field="", message=message)])


def _base(name: Any, source: Source) -> Policy:
    if isinstance(name, str) and name in PRESETS:
        return load_preset(name)
    spot = source.spot(("based_on",))
    message = f"based_on is {name}; allowed: {', '.join(PRESETS)}{_near(str(name))}"
    problem = Problem(line=spot.line, column=spot.column, field="based_on", message=message)
    raise wrong(source.name, [problem])


def _near(name: str) -> str:
    near = get_close_matches(name, PRESETS, n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _merge(base: Any, values: Any, path: tuple[str, ...]) -> Any:
    """Lay the written values over the base, name by name where the path is a section."""
    if not names_at(path):
        return values
    if values is None and path:
        return base  # a section whose lines are all commented out
    if not isinstance(values, dict):
        return values
    laid = {name: _merge(base.get(name), value, (*path, name)) for name, value in values.items()}
    return {**base, **laid}


def _named(policy: Policy, base: Policy, base_name: Any, values: dict[str, Any]) -> Policy:
    """A preset that was changed must not carry the preset's name."""
    if base_name is None or "name" in values or policy == base:
        return policy
    update = {"name": f"{base_name}, changed", "purpose": values.get("purpose", "")}
    return policy.model_copy(update=update)
