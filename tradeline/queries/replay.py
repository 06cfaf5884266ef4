"""One decision, with all it was made of, and the same made again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tradeline.engine.exposure import utilisation_text
from tradeline.engine.gate import HOLD, REJECT, verdict
from tradeline.engine.gate_facts import FEEDS, Facts, Rules, read_facts, read_rules
from tradeline.errors import NotFound
from tradeline.models import Decision, LineRules
from tradeline.money import to_decimal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

_OF_THE_ORDER: Final = frozenset({"RS01", "DT03"})
"""Reasons that are no rule of the check: told of the order's life, or before there are facts."""


@dataclass(frozen=True, kw_only=True)
class Decided:
    """A decision: what was asked, the answer, and the facts and rules of that moment.

    Facts and rules are None where nothing was tested, such as for a shipment that went well.
    """

    decision_id: UUID
    verb: str
    outcome: str
    order_no: str
    version: int | None
    amount_minor: int | None  # in the order's currency
    lines: Sequence[Mapping[str, str]]  # of the order, as they were asked for; empty where unnamed
    at: datetime
    by: str
    released: bool  # people let it go
    answer: Mapping[str, Any]
    facts: Facts | None
    rules: Rules | None


def decided(decision_id: UUID) -> Decided:
    """Return a decision of the acting organisation.

    Raises:
        NotFound: there is none.
    """
    row = Decision.objects.select_related("by").filter(id=decision_id).first()
    if row is None:
        raise NotFound("there is no such decision", where=str(decision_id),
                       mend="its id stands in the answer, as decision_id")  # fmt: skip
    rules = LineRules.objects.filter(id=row.rules_id).values().first() if row.rules_id else None
    tested = row.facts is not None and rules is not None
    return Decided(
        decision_id=row.id, verb=row.verb, outcome=row.outcome, order_no=row.order_no,
        version=row.version, amount_minor=row.amount_minor, lines=row.lines or (), at=row.at,
        by=row.by.username, released=row.release_id is not None, answer=json.loads(row.answer),
        facts=read_facts(json.loads(row.facts or "")) if tested else None,
        rules=read_rules(rules) if tested and rules is not None else None,
    )  # fmt: skip


def replayed(decision: Decided) -> list[str]:
    """Return what differs when the decision is made again from its facts; nothing should.

    Reasons are held against each other word for word, then the outcome and the figures.
    """
    if decision.facts is None or decision.rules is None:
        return []
    found = verdict(decision.facts, decision.rules)
    told = [each for each in decision.answer["reasons"] if each["code"] not in _OF_THE_ORDER]
    again = [reason.as_json() for reason in found.reasons]
    faults = [f"{name} {each['code']}: {each['message']}"
              for name, some, others in (("only now", again, told), ("only then", told, again))
              for each in some if each not in others]  # fmt: skip
    if not faults and told != again:
        faults.append("the reasons come in another order")
    outcome = _outcome(found.reaction, decision)
    if outcome != decision.outcome:
        faults.append(f"the outcome was {decision.outcome} and is {outcome}")
    return faults + _figures(decision.facts, decision.answer)


def _outcome(reaction: int, decision: Decided) -> str:
    remarked = any(each["code"] in _OF_THE_ORDER for each in decision.answer["reasons"])
    if reaction == REJECT:
        return "rejected"
    if reaction == HOLD and not decision.released:
        return "held"
    return "approved_with_warning" if reaction or remarked else "approved"


def _figures(f: Facts, answer: Mapping[str, Any]) -> list[str]:
    """Return the figures of the answer that do not follow from the facts."""

    def money(minor: int | None) -> str | None:
        return None if minor is None else str(to_decimal(minor, f.currency))

    exposure = answer["exposure"]
    pairs = {
        "before": (exposure["before"], money(f.before_minor)),
        "after": (exposure["after"], money(f.after_minor)),
        "limit": (exposure["limit"], money(f.limit_minor)),
        "utilisation": (exposure["utilisation"], utilisation_text(f.after_minor, f.limit_minor)),
        "data_age": (answer["data_age"], dict(zip(FEEDS, f.ages, strict=True))),
    }
    return [f"{name} was {then} and is {now}" for name, (then, now) in pairs.items() if then != now]
