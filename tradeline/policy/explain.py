"""The policy in words: sentences a controller would sign."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradeline.policy.schema import Policy


@dataclass(frozen=True)
class Chapter:
    """Sentences on one topic."""

    title: str
    sentences: tuple[str, ...]


def explain(policy: Policy) -> tuple[Chapter, ...]:
    """Return the whole policy as sentences, by topic."""
    return (Chapter("The policy", (f"This policy is called {policy.name}.",)),)
