"""The lives of orders, holds and proposals: for each one table, from state and event to states.

The database refuses every other move of a hold or a proposal: `app.may_move` is made from these
tables by the migration. How an order moves follows from its amounts (`app.commitment_state`); tests
hold it against its table. Diagrams are drawn from here (docs/reference/states.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

BEGINNING: Final = ""
"""Where there is nothing yet."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """States and moves of one thing; where an event leads to several states, amounts decide."""

    name: str
    moves: Mapping[tuple[str, str], tuple[str, ...]]

    @property
    def states(self) -> tuple[str, ...]:
        """Return every state, in the order in which the table comes to it."""
        found = [state for targets in self.moves.values() for state in targets]
        return tuple(dict.fromkeys(found))

    @property
    def ends(self) -> tuple[str, ...]:
        """Return the states that nothing leads out of."""
        left = {state for state, _ in self.moves}
        return tuple(state for state in self.states if state not in left)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return every pair of a state and one that may follow it."""
        return frozenset((state, target) for (state, _), targets in self.moves.items()
                         for target in targets)  # fmt: skip

    def may(self, state: str, target: str) -> bool:
        """Return whether the target may follow the state; to stay is no move."""
        return state == target or (state, target) in self.pairs()


COMMITMENT: Final = Machine(
    name="commitment",
    moves={
        (BEGINNING, "approved"): ("authorised",),
        (BEGINNING, "held"): ("held",),
        (BEGINNING, "rejected"): ("rejected",),
        (BEGINNING, "sold"): ("closed",),
        ("held", "approved or released"): ("authorised",),
        ("held", "rejected"): ("rejected",),
        ("held", "cancelled or closed"): ("cancelled",),
        ("held", "expired"): ("expired",),
        ("held", "invoiced"): ("closed",),
        ("rejected", "asked again"): ("authorised", "held"),
        ("rejected", "invoiced"): ("closed",),
        ("authorised", "shipped"): ("part_shipped", "shipped"),
        ("authorised", "invoiced"): ("part_shipped", "closed"),
        ("authorised", "cancelled or closed"): ("cancelled",),
        ("authorised", "expired"): ("expired",),
        ("part_shipped", "shipped"): ("shipped",),
        ("part_shipped", "invoiced"): ("closed",),
        ("part_shipped", "returned"): ("authorised", "shipped", "closed"),
        ("part_shipped", "cancelled, closed or expired"): ("shipped", "closed"),
        ("shipped", "invoiced"): ("closed",),
        ("shipped", "returned"): ("closed", "cancelled", "held"),
        ("shipped", "amended"): ("part_shipped",),
        ("closed", "amended"): ("part_shipped",),
        ("closed", "shipped"): ("shipped",),
        ("cancelled", "asked again"): ("authorised", "held", "rejected"),
        ("cancelled", "shipped"): ("shipped", "held"),
        ("cancelled", "invoiced"): ("closed",),
        ("expired", "asked again"): ("authorised", "held", "rejected"),
        ("expired", "shipped"): ("shipped", "held"),
        ("expired", "cancelled or closed"): ("cancelled",),
        ("expired", "invoiced"): ("closed",),
    },
)
"""An order; what ends frees the rest, to `shipped` or `closed` where some of it went."""

HOLD: Final = Machine(
    name="hold",
    moves={
        (BEGINNING, "held"): ("open",),
        ("open", "release signed"): ("released",),
        ("open", "rejection signed"): ("rejected",),
        ("open", "time over"): ("expired",),
        ("open", "asked again, or the order ended"): ("ended",),
        ("released", "asked again, or the order ended"): ("used",),
        ("released", "time over"): ("expired",),
    },
)
"""One version of an order that waits for people."""

PROPOSAL: Final = Machine(
    name="proposal",
    moves={
        (BEGINNING, "submitted"): ("submitted",),
        ("submitted", "last level signed"): ("approved",),
        ("submitted", "a level refused"): ("rejected",),
        ("submitted", "maker took it back"): ("withdrawn",),
        ("submitted", "time over"): ("expired",),
        ("submitted", "evidence moved"): ("stale",),
        ("approved", "carried out"): ("applied",),
        ("approved", "time over"): ("expired",),
        ("approved", "evidence moved"): ("stale",),
    },
)
"""What somebody asks for and others sign."""

MACHINES: Final = (COMMITMENT, HOLD, PROPOSAL)


def diagram(machine: Machine) -> str:
    """Return the machine as a Mermaid state diagram."""
    lines = ["stateDiagram-v2"]
    for (state, event), targets in machine.moves.items():
        lines += [f"    {state or '[*]'} --> {target}: {event}" for target in targets]
    lines += [f"    {state} --> [*]" for state in machine.ends]
    return "\n".join(lines) + "\n"


def moves_sql(*machines: Machine) -> str:
    """Return SQL that makes `app.may_move(machine, state, target)` from the tables."""
    rows = ",\n    ".join(f"('{each.name}', '{state}', '{target}')" for each in machines
                          for state, target in sorted(each.pairs()))  # fmt: skip
    return f"""CREATE OR REPLACE FUNCTION app.may_move(machine text, state text, target text)
RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN (machine, state, target) IN (
    {rows});
"""
