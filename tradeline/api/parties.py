"""Who asks and what is answered, as the combiner and the connections speak of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from uuid import UUID

DEADLINE_S: Final = 2.0
"""Longest time from a request to its answer; then it is not decided, or by its key only."""


@dataclass(frozen=True, slots=True)
class Party:
    """Whose requests share a transaction: one person acting for one organisation."""

    organisation_id: UUID
    user_id: UUID


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as the database gave it."""

    status: int
    body: str
