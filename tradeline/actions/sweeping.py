"""What time alone brings about: one call from a clock, which changes nothing the second time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradeline.actions.holds import expire_commitments, expire_holds, release_what_fits, remind
from tradeline.actions.proposals import expire_proposals

if TYPE_CHECKING:
    from datetime import datetime

    from tradeline.actions.acting import Actor


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many of each."""

    proposals_expired: int
    holds_expired: int
    orders_expired: int
    orders_let_go: int
    reminders: int


def sweep(*, by: Actor, at: datetime) -> Swept:
    """End what is over, let go what fits, remind of what waits; each in transactions of its own.

    Raises:
        Refused: the actor may not.
    """
    return Swept(
        proposals_expired=expire_proposals(by=by, at=at),
        holds_expired=expire_holds(by=by, at=at),
        orders_expired=expire_commitments(by=by, at=at),
        orders_let_go=release_what_fits(by=by, at=at),  # after what was freed
        reminders=remind(by=by, at=at),
    )
