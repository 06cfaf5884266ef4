"""What changed between two policies, value by value, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradeline.policy.explain import in_words, say
from tradeline.policy.fields import Leaf, leaves, value_at
from tradeline.policy.words import SENTENCES

if TYPE_CHECKING:
    from tradeline.policy.schema import Policy


@dataclass(frozen=True, kw_only=True)
class Change:
    """One value that differs; `old` and `new` are written as in a sentence."""

    path: str
    unit: str
    old: str
    new: str
    sentence: str


def diff(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Return every value that differs, in the order of the schema."""
    pairs = ((leaf, value_at(old, leaf.path), value_at(new, leaf.path)) for leaf in leaves())
    return tuple(_change(old, new, leaf, *values) for leaf, *values in pairs if _differ(*values))


def _differ(before: Any, after: Any) -> bool:
    return bool(before != after)


def _change(old: Policy, new: Policy, leaf: Leaf, before: Any, after: Any) -> Change:
    sentence = next(s for s in SENTENCES if s.path == leaf.dotted)
    before_words = in_words(old, leaf, before)
    text = say(new, sentence, now=" now").rstrip(".")
    return Change(
        path=leaf.dotted,
        unit=leaf.unit,
        old=before_words,
        new=in_words(new, leaf, after),
        sentence=f"{text}; before: {before_words}.",
    )
