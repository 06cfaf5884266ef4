"""Write a policy as YAML with the unit, the bounds and the source beside every value.

The comments come from the form itself, so they are always true. Reading the text back gives an
equal policy.
"""

from __future__ import annotations

import json
import re
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import takewhile
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from tradeline.policy.fields import Leaf, leaves, section_at, value_at
from tradeline.policy.form import BUCKETS, Section, plain
from tradeline.policy.rubric import Ageing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradeline.policy.schema import Policy

WIDTH: Final = 100

_PLAIN_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_]*")
_TAKEN_WORDS: Final = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}  # YAML 1.1 too


def to_yaml(policy: Policy, *, schema: str | None = None) -> str:
    """Return the complete document; `schema` is the address of a JSON schema for editors."""
    lines = [f"# yaml-language-server: $schema={schema}"] if schema else []
    lines += wrap(
        "# A written credit policy. Each value stands below its meaning, unit, bounds and source; "
        "the comments are generated. Check the file with: tradeline policy check FILE",
        WIDTH,
        subsequent_indent="# ",
    )
    above: tuple[str, ...] = ()
    for leaf in leaves():
        lines += _sections(above, leaf.path[:-1])
        lines += _entry(leaf, value_at(policy, leaf.path))
        above = leaf.path[:-1]
    return "\n".join(lines) + "\n"


def _sections(above: tuple[str, ...], path: tuple[str, ...]) -> Iterator[str]:
    """Open every section of the path that the line above is not inside."""
    shared = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(above, path, strict=False))
    )
    for depth in range(shared, len(path)):
        here = path[: depth + 1]
        yield ""
        yield from _comment(_about(here), depth)
        yield "  " * depth + _text(path[depth]) + ":"


def _about(path: tuple[str, ...]) -> str:
    """Say what a section is; the ageing buckets share one form, described above the first."""
    if path == ("ageing", "buckets"):
        return str(Ageing.model_fields["buckets"].description)
    model = section_at(path)
    return "" if model is None or path[-1] in BUCKETS[1:] else str(model.__doc__)


def _entry(leaf: Leaf, value: Any) -> Iterator[str]:
    depth = len(leaf.path) - 1
    described = not set(leaf.path) & set(BUCKETS[1:])
    if described:
        yield ""
        yield from _comment(leaf.meaning, depth)
        yield from _comment(
            f"Unit: {leaf.unit}. Allowed: {leaf.allowed}. Source: {leaf.source}.", depth
        )
    yield from _lines(leaf.path[-1], value, depth)


def _comment(text: str, depth: int) -> list[str]:
    lead = "  " * depth + "# "
    return wrap(text, WIDTH, initial_indent=lead, subsequent_indent=lead)


def _lines(name: str, value: Any, depth: int) -> Iterator[str]:
    lead = "  " * depth
    if _holds_sections(value):
        yield f"{lead}{_text(name)}:"
        yield from _parts(value, lead + "  ")
    elif isinstance(value, str) and len(value) > WIDTH - 20 and " ".join(value.split()) == value:
        yield f"{lead}{name}: >-"
        yield from _folded(value, lead + "  ")
    elif isinstance(value, dict) and len(lead + name + _flow(value)) > WIDTH - len(": "):
        yield f"{lead}{name}:"
        yield from (f"{lead}  {_text(key)}: {_flow(item)}" for key, item in sorted(value.items()))
    else:
        yield f"{lead}{name}: {_flow(value)}"


def _holds_sections(value: Any) -> bool:
    """Say whether the value is a list or map of sections, such as a curve or named terms."""
    items = tuple(value.values()) if isinstance(value, dict) else value
    return isinstance(items, tuple) and bool(items) and isinstance(items[0], Section)


def _parts(value: Any, lead: str) -> Iterator[str]:
    """Yield the items of a list or the named parts of a map, on one line each where they fit."""
    if isinstance(value, tuple):
        for item in value:
            yield from _item(item, lead)
        return
    for name, part in _pairs(value):
        short = f"{lead}{_text(name)}: {_flow(part)}"
        if len(short) <= WIDTH or isinstance(part, str | Decimal | date):
            yield short
        elif isinstance(part, tuple) and not isinstance(part[0], Section):
            yield from wrap(short, WIDTH, subsequent_indent=lead + "  ", break_on_hyphens=False)
        else:
            yield f"{lead}{_text(name)}:"
            yield from _parts(part, lead + "  ")


def _item(item: Any, lead: str) -> Iterator[str]:
    short = f"{lead}- {_flow(item)}"
    if len(short) <= WIDTH or not isinstance(item, Section):
        yield short
        return
    first, *rest = _parts(item, lead + "  ")
    yield f"{lead}- {first.strip()}"
    yield from rest


def _pairs(value: Any) -> list[tuple[str, Any]]:
    """Return a section's values that are not its defaults, in its order; a map's by name."""
    if not isinstance(value, Section):
        return sorted(value.items())
    fields = type(value).model_fields
    named = [(name, getattr(value, name)) for name in fields]
    return [(name, part) for name, part in named if part != fields[name].default]


def _folded(text: str, lead: str) -> list[str]:
    """Return a long text as lines that YAML joins again with single spaces."""
    return wrap(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=lead,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _flow(value: Any) -> str:
    """Return the value on one line."""
    if isinstance(value, dict | Section):
        pairs = (f"{_text(key)}: {_flow(item)}" for key, item in _pairs(value))
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Fraction) and value.denominator > 1:
        return f'"{value}"'
    if isinstance(value, date):
        return _text(value.isoformat())
    return _text(value) if isinstance(value, str) else str(value)


def _text(value: str) -> str:
    """Return a word bare and everything that YAML might read otherwise in quotes."""
    bare = _PLAIN_WORD.fullmatch(value) and value.lower() not in _TAKEN_WORDS
    return value if bare else json.dumps(value, ensure_ascii=False)
