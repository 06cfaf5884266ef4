"""An order as it would stand after some steps, and the search for the least step that does."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tradeline.engine.exposure import BASIS_POINTS
from tradeline.engine.gate import HOLD, group_bound, hits
from tradeline.engine.gate_facts import Facts, Item, Rules, converted, with_tolerance
from tradeline.engine.unblock_words import sentence

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date


class Step(NamedTuple):
    """One thing to do; the amount is what to pay, the new limit, or the part to order."""

    kind: str
    text: str
    cost_minor: int = 0  # beyond what is due anyway, in the line's currency
    amount_minor: int | None = None
    currency: str = ""
    items: tuple[Item, ...] = ()
    day: date | None = None
    group: str = ""
    clears: tuple[str, ...] = ()


class Option(NamedTuple):
    """Steps that together let the order go, and the rules that they clear."""

    steps: tuple[Step, ...]
    clears: tuple[str, ...]

    @property
    def cost_minor(self) -> int:
        """Return what the steps cost the customer beyond what is due anyway."""
        return sum(step.cost_minor for step in self.steps)

    @property
    def text(self) -> str:
        """Return the steps as one sentence."""
        return sentence([step.text for step in self.steps])


class Plan(NamedTuple):
    """The order as it would stand after some steps; `aside` are rules that others clear."""

    facts: Facts
    rules: Rules
    steps: tuple[Step, ...] = ()
    aside: frozenset[str] = frozenset()

    def stops(self) -> list[str]:
        """Return the rules that still stop the order."""
        found = (hit.code for hit in hits(self.facts, self.rules) if hit.reaction >= HOLD)
        return [code for code in dict.fromkeys(found) if code not in self.aside]

    def passes(self, facts: Facts, only: frozenset[str] | None = None) -> bool:
        """Return whether no rule, or none of some, would stop the order if these were its facts."""
        stops = self._replace(facts=facts).stops()
        return not stops if only is None else only.isdisjoint(stops)

    def then(self, step: Step, facts: Facts, aside: frozenset[str] = frozenset()) -> Plan:
        """Return the plan with one more step, which says what it clears."""
        new = self._replace(facts=facts, aside=self.aside | aside)
        left = new.stops()
        step = step._replace(clears=tuple(code for code in self.stops() if code not in left))
        return new._replace(steps=(*self.steps, step))


def gap_minor(plan: Plan) -> int:
    """Return by how much exposure passes its bounds: most often the very answer."""
    f, r = plan.facts, plan.rules
    gaps = [0]
    if f.limit_minor is not None:
        bound = with_tolerance(f.limit_minor, r.tolerance_bp, r.tolerance_max_minor)
        used = f.limit_minor * r.used_bp // BASIS_POINTS
        gaps += [f.after_minor - most for code, most in (("CL02", bound), ("CL06", used))
                 if r.reaction(code) >= HOLD]  # fmt: skip
        gaps += [f.static_after_minor - bound] if r.reaction("CL01") >= HOLD else []
    for group in f.groups if r.reaction("CL03") >= HOLD else ():
        if group.after_minor is not None and group.above and group.below:
            excess = group.after_minor - group_bound(group, r)
            gaps.append(converted(excess, group.below, group.above))
    return max(gaps)


def least(does: Callable[[int], bool], most: int, guess: int) -> int | None:
    """Return the least number from 1 to `most` that does, None if `most` does not.

    What does goes on doing for all larger numbers. The search widens from a guess.
    """
    if most < 1 or not does(most):
        return None
    low, high, step = 0, most, 1
    while low < guess < high:
        if does(guess):
            high, guess = guess, guess - step
        else:
            low, guess = guess, guess + step
        step *= 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if does(middle) else (middle, high)
    return high
