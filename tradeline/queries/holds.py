"""Orders that wait for people: the worklist, one order, and who would have to sign."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, OuterRef, Subquery

from tradeline.errors import ArgumentFault, NotFound
from tradeline.models import Decision, Hold
from tradeline.money import to_decimal
from tradeline.queries import proposals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from tradeline.queries.proposals import ProposalRow


@dataclass(frozen=True, kw_only=True)
class HoldRow:
    """A held order; amounts in minor units of its own currency."""

    hold_id: UUID
    decision_id: UUID  # that held it
    order_no: str
    version: int
    customer_no: str
    customer_name: str
    entity: str
    currency: str
    amount_minor: int  # of the whole order
    delta_minor: int  # beyond what is authorised already
    codes: tuple[str, ...]
    reasons: tuple[Mapping[str, Any], ...]  # as the gate told them
    priority: int
    ship_date: date | None
    state: str
    age_days: int
    created_at: datetime
    expires_at: datetime
    released_minor: int | None
    usable_until: datetime | None
    proposal: ProposalRow | None  # that waits for signatures

    @property
    def next_role(self) -> str | None:
        """Return whose signature is waited for; None where nobody has proposed anything."""
        return self.proposal.next_role if self.proposal else None


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a release would be judged by, as it stands now."""

    levels: tuple[str, ...]  # roles that would sign, in order; empty where nobody's reach does
    codes: tuple[str, ...]
    decision: str  # what the rules would say today
    measures: tuple[Mapping[str, Any], ...]  # what, of, currency, minor, level
    problem: str


def worklist(
    *, at: datetime, customer_no: str | None = None, entity: str | None = None, count: int = 100
) -> list[HoldRow]:
    """Return the orders that are held, in the order in which they would be let go."""
    found = Hold.objects.filter(state="open")
    if customer_no is not None:
        found = found.filter(account__customer_no=customer_no)
    if entity is not None:
        found = found.filter(account__entity__code=entity)
    ranked = found.order_by("priority", F("ship_date").asc(nulls_last=True), "created_at", "pk")
    return _rows(ranked[:count], at)


def held_order(order_no: str, *, at: datetime, entity: str | None = None) -> HoldRow:
    """Return the latest hold of an order.

    Raises:
        NotFound: there is no such order, or it was never held.
        ArgumentFault: several legal entities have one.
    """
    found = Hold.objects.filter(order_no=order_no)
    if entity is not None:
        found = found.filter(account__entity__code=entity)
    rows = _rows(found.order_by("-created_at", "-version")[:20], at)
    if not rows:
        raise NotFound(f"no order {order_no} was held", mend="see: tradeline holds")
    if len({row.entity for row in rows}) > 1:
        raise ArgumentFault(
            f"several legal entities have an order {order_no}",
            mend="name one with --entity: " + ", ".join(sorted({row.entity for row in rows})),
        )
    return rows[0]


def hold(hold_id: UUID, *, at: datetime) -> HoldRow:
    """Return a hold of the acting organisation.

    Raises:
        NotFound: there is none.
    """
    for row in _rows(Hold.objects.filter(pk=hold_id), at):
        return row
    raise NotFound(f"there is no hold {hold_id}", mend="see: tradeline holds")


def case_of(row: HoldRow, amount_minor: int | None = None) -> Case:
    """Return what the order's release, in whole or up to an amount, would be judged by now."""
    amount = row.amount_minor if amount_minor is None else amount_minor
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.release_case(%s, %s)", [row.hold_id, amount])
        judged = json.loads(cursor.fetchone()[0])
    return Case(
        levels=tuple(judged.get("levels") or ()), codes=tuple(judged.get("codes") or ()),
        decision=judged.get("decision", ""), measures=tuple(judged.get("measures") or ()),
        problem=judged.get("problem", ""),
    )  # fmt: skip


def told(row: HoldRow) -> dict[str, Any]:
    """Return a hold's documented fields, as every door tells them; money as decimal texts."""
    return {
        "hold": str(row.hold_id), "order_no": row.order_no, "version": row.version,
        "customer_no": row.customer_no, "customer_name": row.customer_name, "entity": row.entity,
        "currency": row.currency, "amount": _amount(row.amount_minor, row.currency),
        "held": _amount(row.delta_minor, row.currency), "codes": list(row.codes),
        "reasons": [dict(reason) for reason in row.reasons], "priority": row.priority,
        "ship_date": row.ship_date and row.ship_date.isoformat(), "state": row.state,
        "age_days": row.age_days, "created_at": row.created_at.isoformat(),
        "expires_at": row.expires_at.isoformat(),
        "released": _amount(row.released_minor, row.currency),
        "usable_until": row.usable_until and row.usable_until.isoformat(),
        "next_role": row.next_role,
        "proposal": proposals.told(row.proposal) if row.proposal else None,
    }  # fmt: skip


def told_case(case: Case) -> dict[str, Any]:
    """Return the documented fields of a case; money as decimal texts."""
    measures = [
        {"what": each["what"], "of": each["of"], "currency": each["currency"],
         "amount": _amount(each["minor"], each["currency"])}
        for each in case.measures
    ]  # fmt: skip
    return {"levels": list(case.levels), "codes": list(case.codes), "decision": case.decision,
            "measures": measures}  # fmt: skip


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(to_decimal(minor, currency))


def _rows(found: Any, at: datetime) -> list[HoldRow]:
    answer = Decision.objects.filter(pk=OuterRef("decision_id")).values("answer")
    rows = list(found.select_related("account__entity").annotate(answer=Subquery(answer)))
    proposed = proposals.of_holds(row.pk for row in rows)
    return [_row(row, proposed.get(row.pk), at) for row in rows]


def _row(row: Any, proposed: ProposalRow | None, at: datetime) -> HoldRow:
    reasons = tuple(json.loads(row.answer).get("reasons", ()))
    return HoldRow(
        hold_id=row.pk, decision_id=row.decision_id, order_no=row.order_no, version=row.version,
        customer_no=row.account.customer_no, customer_name=row.account.name,
        entity=row.account.entity.code, currency=row.currency, amount_minor=row.amount_minor,
        delta_minor=row.delta_minor, codes=tuple(dict.fromkeys(row.codes)), reasons=reasons,
        priority=row.priority, ship_date=row.ship_date, state=row.state,
        age_days=(at - row.created_at).days, created_at=row.created_at,
        expires_at=row.expires_at, released_minor=row.released_minor,
        usable_until=row.usable_until, proposal=proposed,
    )  # fmt: skip
