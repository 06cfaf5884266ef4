"""The policy's fields as a list: path, unit, source, meaning and what is allowed.

A leaf is the smallest part that is explained, compared and documented as one: a number, a choice,
a list of names, a map of amounts. Sections and the four ageing buckets are not leaves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from tradeline.policy.form import BUCKETS, Bucket, Section
from tradeline.policy.schema import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One value of the policy and everything that is known about it beforehand."""

    path: tuple[str, ...]
    unit: str
    source: str
    meaning: str
    allowed: str

    @property
    def dotted(self) -> str:
        """Return the path as users write it, such as `ageing.buckets.90+.tier`."""
        return ".".join(self.path)


def value_at(policy: Policy, path: tuple[str, ...]) -> Any:
    """Return the value of a leaf or section."""
    value: Any = policy
    for part in path:
        value = value[part] if isinstance(value, Mapping) else getattr(value, part)
    return value


@cache
def leaves() -> tuple[Leaf, ...]:
    """Return every leaf in the order of the schema."""
    return tuple(_walk(Policy, ()))


@cache
def leaf_at(path: tuple[str, ...]) -> Leaf | None:
    """Return the leaf at the path, or the leaf that holds it, or nothing for a section."""
    known = {leaf.path: leaf for leaf in leaves()}
    starts = (path[:length] for length in range(len(path), 0, -1))
    return next((known[start] for start in starts if start in known), None)


def names_at(path: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names a section may hold; nothing where the path is no section."""
    if path == ("ageing", "buckets"):
        return tuple(BUCKETS)
    model = section_at(path)
    return tuple(model.model_fields) if model else ()


def section_at(path: tuple[str, ...]) -> type[Section] | None:
    """Return the form of the section at the path."""
    model: type[Section] = Policy
    for part in path:
        if part in BUCKETS:
            continue
        info = model.model_fields.get(part)
        inner = _section_of(info) if info else None
        if inner is None:
            return None
        model = inner
    return None if path == ("ageing", "buckets") else model


def form_at(path: tuple[str, ...]) -> type[Section] | None:
    """Return the form of a part inside a leaf too: a corner of a curve, a named term, its rule."""
    kind = _kind_at(path)
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def allowed_at(path: tuple[str, ...]) -> str:
    """Return what is allowed where the path leads, or where the nearest described part stands."""
    for length in range(len(path), 0, -1):
        form = form_at(path[: length - 1])
        info = form.model_fields.get(path[length - 1]) if form else None
        if info is not None and isinstance(info.json_schema_extra, dict):
            return str(info.json_schema_extra["allowed"]) or _allowed(info)
    return ""


def _kind_at(path: tuple[str, ...]) -> Any:
    """Return the type of the value at the path; maps and lists are entered by any name."""
    kind: Any = Policy
    for part in path:
        if isinstance(kind, type) and issubclass(kind, Section):
            info = kind.model_fields.get(part)
            kind = info.annotation if info else None
        else:
            kind = get_args(kind)[1 if get_origin(kind) is dict else 0] if get_args(kind) else None
        kind = _bare(kind)
    return kind


def _bare(kind: Any) -> Any:
    """Return the type without its validators and without `or null`."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    if get_origin(kind) in (Union, UnionType):
        return _bare(next(each for each in get_args(kind) if each is not type(None)))
    return kind


def _section_of(info: FieldInfo) -> type[Section] | None:
    """Return the section a field holds, alone or by bucket."""
    kind = info.annotation
    if get_origin(kind) is dict and get_args(kind)[0] == Bucket:
        kind = get_args(kind)[1]
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def _walk(model: type[Section], path: tuple[str, ...]) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        inner = _section_of(info)
        if inner is None:
            yield _leaf((*path, name), info)
        elif get_origin(info.annotation) is dict:
            for bucket in BUCKETS:
                yield from _walk(inner, (*path, name, bucket))
        else:
            yield from _walk(inner, (*path, name))


def _leaf(path: tuple[str, ...], info: FieldInfo) -> Leaf:
    extra = info.json_schema_extra
    assert isinstance(extra, dict), f"{path} lacks a unit and a source"
    return Leaf(
        path=path,
        unit=str(extra["unit"]),
        source=str(extra["source"]),
        meaning=str(info.description),
        allowed=str(extra["allowed"]) or _allowed(info),
    )


def _allowed(info: FieldInfo) -> str:
    """Say in words what the type and its bounds permit."""
    kind = _bare(info.annotation)
    if kind is bool:
        return "true or false"
    if get_origin(kind) is Literal:
        return _either(get_args(kind))
    if get_origin(kind) is tuple:
        return "a list of " + _either(get_args(get_args(kind)[0])) + "; it may be empty: []"
    return _allowed_number(kind, info)


def _either(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + " or " + names[-1]


def _allowed_number(kind: Any, info: FieldInfo) -> str:
    bounds: dict[str, Any] = {}
    for item in info.metadata:
        bounds |= {n: getattr(item, n) for n in ("ge", "le", "decimal_places") if hasattr(item, n)}
    what = "a number" if kind is Decimal else "a whole number"
    text = f"{what} from {bounds['ge']:,} to {bounds['le']:,}"
    if kind is Decimal:
        text += f" with at most {bounds['decimal_places']} decimals"
    return text
