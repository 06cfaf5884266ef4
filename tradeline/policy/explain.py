"""The policy in words: sentences a controller would sign."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from tradeline.money import format_money, to_minor
from tradeline.policy.fields import Leaf, leaf_at, value_at
from tradeline.policy.gate_words import gate_in_words
from tradeline.policy.schema import CurvePoint
from tradeline.policy.term_words import terms_in_words
from tradeline.policy.words import SENTENCES, Sentence

if TYPE_CHECKING:
    from tradeline.policy.schema import Policy

_OTHER: Final = re.compile(r"\[([a-z_0-9.+-]+)\]")

# Singular and plural of what a unit counts; units without an entry are written as bare numbers.
_COUNTED: Final = {
    "days": ("day", "days"),
    "days past the basis date": ("day", "days"),
    "months": ("month", "months"),
    "bands": ("level", "levels"),
    "points": ("point", "points"),
    "points per day": ("point", "points"),
    "points per whole share": ("point", "points"),
    "invoices": ("invoice", "invoices"),
    "messages": ("message", "messages"),
}
_ACTION_WORDS: Final = {"ESCALATE": "escalation", "LIMIT_CHANGE_BLOCKED": "no change of limit"}
_GATE_UNITS: Final = {
    "reaction", "rules by scope", "feeds", "kinds of signal", "statuses", "roles",
}  # fmt: skip
_NOTHING: Final = {"actions": "none", "ageing buckets": "no ageing bucket"}


@dataclass(frozen=True)
class Chapter:
    """Sentences on one topic."""

    title: str
    sentences: tuple[str, ...]


def explain(policy: Policy) -> tuple[Chapter, ...]:
    """Return the whole policy as sentences, by topic; numbers as its locale writes them."""
    said = (sentence for sentence in SENTENCES if sentence.chapter)
    chapters = groupby(said, key=lambda sentence: sentence.chapter)
    return tuple(
        Chapter(title, tuple(say(policy, sentence) for sentence in sentences))
        for title, sentences in chapters
    )


def say(policy: Policy, sentence: Sentence, *, now: str = "") -> str:
    """Return the sentence with the policy's values; `now` is put where a change is reported."""
    path = tuple(sentence.path.split(".")) if sentence.path else ()
    leaf = leaf_at(path)
    value = value_at(policy, path) if leaf else None
    absent = leaf is not None and sentence.otherwise and not value
    template = sentence.otherwise if absent else sentence.text
    own = in_words(policy, leaf, value) if leaf else ""
    text = _OTHER.sub(lambda match: _other(policy, match[1]), template)
    return text.replace("{now}", now).replace("{}", own)


def in_words(policy: Policy, leaf: Leaf, value: Any) -> str:
    """Return a leaf's value as a part of a sentence, with its unit."""
    if value is None or value == "":
        return "none"
    if leaf.path[0] == "terms" and value:
        return terms_in_words(value, leaf.path[-1], policy.locale)
    if leaf.unit in _GATE_UNITS and value:
        return gate_in_words(value, leaf.path[-1], partial(in_words, policy))
    return _plainly(policy, leaf, value)


def _plainly(policy: Policy, leaf: Leaf, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _map(value, policy.locale) or "none"
    if isinstance(value, tuple):
        return _list(value, leaf, policy.locale)
    if isinstance(value, str):
        return value.replace("_", " ") if leaf.path == ("ageing", "basis") else value
    return counted(value, leaf.unit, policy.locale)


def counted(value: Decimal | Fraction | int, unit: str, locale: str) -> str:
    """Return a number with its unit: 90 %, 1 day, 3 points, or bare where the unit is a share."""
    number = _number(value, locale)
    if unit.startswith("percent"):
        return f"{number} %"
    if unit in _COUNTED:
        return f"{number} {_COUNTED[unit][value != 1]}"
    return number


def _number(value: Decimal | Fraction | int, locale: str) -> str:
    from babel.numbers import format_decimal

    if isinstance(value, Fraction) and value.denominator > 1:
        return str(value)
    plain = int(value) if value == int(value) else value
    return str(format_decimal(plain, locale=locale.replace("-", "_"), decimal_quantization=False))


def _other(policy: Policy, dotted: str) -> str:
    path = tuple(dotted.split("."))
    leaf = leaf_at(path)
    assert leaf is not None, dotted
    value = value_at(policy, leaf.path)
    rest = path[len(leaf.path) :]
    return in_words(policy, leaf, value[int(rest[0])] if rest else value)


def _list(values: tuple[Any, ...], leaf: Leaf, locale: str) -> str:
    if not values:
        return _NOTHING.get(leaf.unit, "none")
    if isinstance(values[0], CurvePoint):
        return _curve(values, locale)
    words = [_number(v, locale) if isinstance(v, int | Decimal) else v for v in values]
    if leaf.unit == "actions":
        words = [_ACTION_WORDS.get(w, w.lower().replace("_", " ")) for w in words]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _curve(corners: tuple[CurvePoint, ...], locale: str) -> str:
    """Return the corners as words; the curve is level beyond the outer ones."""
    words = [_corner(corner, locale) for corner in corners]
    return ", ".join([f"{words[0]} or before", *words[1:-1], f"{words[-1]} or after"])


def _corner(corner: CurvePoint, locale: str) -> str:
    points = counted(corner.points, "points", locale)
    if corner.days_late == 0:
        return f"{points} when paid on the due date"
    side = "late" if corner.days_late > 0 else "early"
    return f"{points} at {counted(abs(corner.days_late), 'days', locale)} {side}"


def _map(values: Mapping[str, Any], locale: str) -> str:
    """Return amounts by currency, by class and currency, or countries by currency."""
    parts = []
    for key, value in sorted(values.items()):
        if isinstance(value, Mapping):
            parts.append(f"{_map(value, locale) or 'no amount'} in class {key}")
        elif isinstance(value, Decimal):
            parts.append(f"{key} {format_money(to_minor(value, key), key, locale)}")
        else:
            parts.append(f"{key} means {value}")
    return ", ".join(parts)
