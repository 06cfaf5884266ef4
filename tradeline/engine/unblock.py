"""What would let a held order go: the smallest changes that pass every rule that stops it.

    pay      overdue invoices, the cheapest choice that does
    limit    a temporary limit until the order has shipped, of the account or of a group above it
    later    a ship date beyond the horizon
    prepay   cash, in advance or on account
    advance  the whole order paid before it ships
    part     the part of the order that fits now
    clear    what no money helps against: a flag, a late feed, better terms than granted

Several steps are joined where one alone does not do. Options are ranked by what they cost the
customer beyond what is due anyway: nothing for overdue invoices, a limit or a later date; the
amount for cash; what is not delivered for a part. Equal costs go by the list above, the fewer
steps first. A limit names the lowest role that may sign so much, as the policy's levels have it.

Each option is worked out by the reference rules (gate.py): the least that passes them all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tradeline.engine.gate import REJECT, verdict
from tradeline.engine.gate_facts import read_facts, read_rules
from tradeline.engine.unblock_plan import Option, Plan
from tradeline.engine.unblock_steps import (
    NO_LIMIT,
    OF_ORDER,
    PAID_OFF,
    advance,
    cleared,
    later,
    least_cash,
    limit,
    paid,
    part,
    prepaid,
)
from tradeline.engine.unblock_words import UNKNOWN_CUSTOMER, sentence, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradeline.engine.gate_facts import Facts, Rules

KINDS: Final = ("clear", "pay", "limit", "later", "prepay", "advance", "part")
OPTIONS_MAX: Final = 8

Way = Callable[[Plan], Plan | None]


def complete(answer: str, facts: str) -> str:
    """Return a held order's answer with its ways out added, always the same for the same texts.

    Other answers stay as they are.
    """
    if not answer.startswith('{"decision":"held"'):
        return answer
    found = json.dumps(_ways_out(json.loads(facts)), ensure_ascii=False, separators=(",", ":"))
    return f'{answer[:-1]},"unblock":{found}}}'


def _ways_out(given: dict[str, Any]) -> list[dict[str, Any]]:
    if given["rules"] is None:
        return [{"kind": "clear", "clears": ["DT03"], "text": sentence([UNKNOWN_CUSTOMER])}]
    facts = read_facts(given)
    levels = given.get("levels") or ()
    found = options(facts, read_rules(given["rules"]))
    return [told(each, facts.currency, levels) for each in found]


def options(facts: Facts, rules: Rules) -> tuple[Option, ...]:
    """Return the ways out of a hold, those that cost the customer least first.

    None for an order that nothing stops, or that is rejected. Without a rate for the order only
    the rate is asked for: what else would stop it is not known.
    """
    start = Plan(facts, rules)
    stops = tuple(start.stops())
    if not stops or verdict(facts, rules).reaction == REJECT:
        return ()
    if "DT02" in stops:
        return (Option(cleared(start, only="DT02").steps, ("DT02",)),)
    ends = (*_small_enough(start), *_ways(cleared(start)), *_advanced(start))
    found = dict.fromkeys(Option(plan.steps, stops) for plan in ends)
    return tuple(sorted(found, key=_rank)[:OPTIONS_MAX])


def _rank(option: Option) -> tuple[int, int, list[int]]:
    kinds = [KINDS.index(step.kind) for step in option.steps]
    return option.cost_minor, len(kinds), sorted(kinds, reverse=True)


def _small_enough(start: Plan) -> Iterator[Plan]:
    """Yield the part that a late feed only warns of."""
    if "DT01" in start.stops() and start.rules.stand_in_max_minor is not None:
        small = part(cleared(start, but="DT01"))
        if small is not None:
            yield small


def _advanced(start: Plan) -> Iterator[Plan]:
    """Yield the order paid in advance as a whole, where that clears anything."""
    paid_first = advance(start)
    if paid_first is not None and paid_first.steps[-1].clears:
        end = cleared(paid_first)
        if not end.stops():
            yield end


def _ways(base: Plan) -> Iterator[Plan]:
    """Yield what does by invoices alone, else the invoices that must be paid and one step more."""
    if not base.stops():
        yield base
        return
    low = base
    if PAID_OFF.intersection(base.stops()):
        settled = paid(base, 0)
        if settled is None:
            return
        low = settled
    if not low.stops():
        yield low
        return
    whole = paid(base, least_cash(base))
    if whole is not None and not whole.stops():
        yield whole
    yield from _more(low, (part, later, prepaid, limit))


def _more(plan: Plan, ways: tuple[Way, ...]) -> list[Plan]:
    """Return the single steps that do; where none does, steps for some rules and then others.

    A step that makes a later one smaller comes first: each is then as small as does.
    """
    ends = [end for way in ways if (end := way(plan)) is not None]
    if ends:
        return ends
    partly = (
        (part, part(plan, only=OF_ORDER), (later, prepaid, limit)),
        (later, later(plan, whole=False), (prepaid, limit)),
        (prepaid, prepaid(plan, only=NO_LIMIT), (limit,)),
        (part, part(plan, only=OF_ORDER | NO_LIMIT), (limit,)),
    )
    return [
        end for way, begun, rest in partly
        if way in ways and begun is not None and begun.steps[-1].clears
        for end in _more(begun, rest)
    ]  # fmt: skip
