"""Held orders: people propose what becomes of them, time ends them, and rules let go what fits."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.gate import retried, settle_within
from tradeline.actions.proposals import submit
from tradeline.errors import ArgumentFault, NotFound, StateFault
from tradeline.models import Hold
from tradeline.money import to_decimal
from tradeline.queries.policies import policy_in_force
from tradeline.queries.proposals import ProposalRow, proposal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

SWEEPER: Final = "sweeper"
"""Names the calls to the gate that time and the rules make."""

_BATCH: Final = 200  # lines that one transaction locks at most
_LOG: Final = logging.getLogger(__name__)


def propose_release(
    *, hold_id: UUID, reason: str, by: Actor, at: datetime, amount_minor: int | None = None
) -> ProposalRow:
    """Propose to let a held order go, in whole or up to an amount of the whole order.

    What is beyond the amount is given up: whoever wants it asks for it anew.

    Raises:
        NotFound: there is no such hold.
        StateFault: it is not held any more, a rule rejects it, or a proposal waits already.
        ArgumentFault: the amount is not part of what is held, or there is no reason.
    """
    return _propose("release", hold_id, reason, by, at, amount_minor)


def propose_reject(*, hold_id: UUID, reason: str, by: Actor, at: datetime) -> ProposalRow:
    """Propose to reject a held order; one more person signs.

    Raises what `propose_release` raises.
    """
    return _propose("reject", hold_id, reason, by, at, None)


def release_what_fits(*, by: Actor, at: datetime) -> int:
    """Ask the gate again for orders that only limit or overdue rules hold; return how many go.

    In the order of priority, ship date and arrival: each is asked on the book as those before it
    left it. One that still does not fit waits on, and lets smaller ones pass.
    """
    return _in_batches(by, at, _QUEUE, _let_go)


def expire_holds(*, by: Actor, at: datetime) -> int:
    """End holds and releases whose time is over by the database's clock; return how many."""

    def end_releases() -> int:
        with working(by, "holds.sweep", at=at) as work:
            return int(work.value("SELECT app.end_releases()"))

    return _in_batches(by, at, _OVER, _asked("lapse")) + retried(end_releases)


def expire_commitments(*, by: Actor, at: datetime) -> int:
    """Free what was not shipped in time, by the database's clock; return of how many orders."""
    return _in_batches(by, at, _UNSHIPPED, _asked("expire"))


def remind(*, by: Actor, at: datetime) -> int:
    """Remind of orders that are held for longer than the policy says, once in that time."""
    with working(by, "holds.sweep", at=at) as work:
        return work.run(
            _REMIND,
            {"organisation": by.organisation_id, "days": policy_in_force().gate.hold_remind_days},
        )


def follow_up(*, by: Actor, at: datetime) -> int:
    """Let go what fits after the book has changed; a failure is logged and undoes nothing."""
    try:
        return release_what_fits(by=by, at=at)
    except Exception:  # noqa: BLE001 - whatever fails here is no fault of the change before it
        _LOG.exception("held orders were not asked again")
        return 0


def _propose(
    action: str, hold_id: UUID, reason: str, by: Actor, at: datetime, amount_minor: int | None
) -> ProposalRow:
    with working(by, "holds.propose", at=at) as work:
        hold = Hold.objects.select_related("account__entity").filter(pk=hold_id).first()
        if hold is None:
            raise NotFound(f"there is no hold {hold_id}", mend="see: tradeline holds")
        if hold.state != "open":
            raise StateFault(f"the hold of order {hold.order_no} is {hold.state}",
                             mend="nothing is left to decide; see: tradeline holds")  # fmt: skip
        amount = hold.amount_minor if amount_minor is None else amount_minor
        _check_part(hold, amount)
        payload = {
            "action": action, "amount": str(to_decimal(amount, hold.currency)),
            "currency": hold.currency, "customer": hold.account.customer_no,
            "entity": hold.account.entity.code, "hold": str(hold.pk), "order_no": hold.order_no,
            "version": hold.version,
        }  # fmt: skip
        made = submit(work, kind="hold_release", hold_id=hold.pk, payload=payload, reason=reason)
        return proposal(made)


def _check_part(hold: Hold, amount: int) -> None:
    """Raise unless the amount is the whole order or lets some of what is held go."""
    least = hold.amount_minor - hold.delta_minor
    if amount == hold.amount_minor or least < amount < hold.amount_minor:
        return
    raise ArgumentFault(
        f"{to_decimal(amount, hold.currency)} lets nothing of order {hold.order_no} go, or more "
        "than is held",
        mend=f"name an amount of the whole order above {to_decimal(least, hold.currency)} and up "
        f"to {to_decimal(hold.amount_minor, hold.currency)} {hold.currency}",
    )


_REMIND: Final = """WITH late AS (
        UPDATE hold SET reminded_at = now() WHERE organisation_id = %(organisation)s
            AND state = 'open' AND coalesce(reminded_at, created_at)
                <= now() - make_interval(days => %(days)s)
        RETURNING *)
    INSERT INTO outbox (organisation_id, topic, line_id, line_version, payload)
    SELECT h.organisation_id, 'alert.hold', h.line_id, l.version, jsonb_build_object(
        'hold_id', h.id, 'order_no', h.order_no, 'customer_no', a.customer_no,
        'codes', h.codes, 'held_since', h.created_at, 'expires_at', h.expires_at)
    FROM late h JOIN credit_line l ON l.organisation_id = h.organisation_id AND l.id = h.line_id
        JOIN account a ON a.organisation_id = h.organisation_id AND a.id = h.account_id"""

_Step = Any  # a row of a queue

_CUSTOMER: Final = """
    JOIN account n ON n.organisation_id = x.organisation_id AND n.id = x.account_id
    JOIN legal_entity e ON e.organisation_id = x.organisation_id AND e.id = n.entity_id"""
# By the reasons of the decision: a rule that only warned does not keep an order from going.
_QUEUE: Final = f"""SELECT x.id, n.customer_no, e.code, x.order_no, x.currency,
        least(x.amount_minor, k.authorised_minor - k.cancelled_minor + k.held_minor), x.ship_date,
        k.version
    FROM hold x {_CUSTOMER} JOIN decision d ON d.organisation_id = x.organisation_id
        AND d.id = x.decision_id
    JOIN commitment k ON k.organisation_id = x.organisation_id AND k.id = x.commitment_id
    WHERE x.organisation_id = %(organisation)s AND x.state = 'open' AND x.delta_minor > 0
        AND NOT EXISTS (SELECT FROM jsonb_array_elements(d.answer::jsonb -> 'reasons') r
            WHERE r ->> 'reaction' <> 'warn' AND r ->> 'code' !~ '^(CL|OV)')
    ORDER BY x.priority, x.ship_date NULLS LAST, x.created_at, x.id"""
_OVER: Final = f"""SELECT x.id || ':lapse', n.customer_no, e.code, x.order_no
    FROM hold x {_CUSTOMER} WHERE x.organisation_id = %(organisation)s AND x.state = 'open'
        AND x.expires_at <= now() ORDER BY x.line_id, x.id"""
_UNSHIPPED: Final = f"""SELECT x.id || ':' || x.version, n.customer_no, e.code, x.order_no
    FROM commitment x {_CUSTOMER} WHERE x.organisation_id = %(organisation)s
        AND x.state IN ('authorised', 'part_shipped') AND x.expires_at <= now()
    ORDER BY x.line_id, x.id"""


def _in_batches(
    by: Actor, at: datetime, queue: str, step: Callable[[Work, Sequence[_Step]], int]
) -> int:
    """Take what a queue holds now in batches, each in a transaction of its own; return the sum."""
    with working(by, "holds.sweep", at=at) as work:
        rows = work.rows(queue, {"organisation": by.organisation_id})

    def taken(start: int) -> int:
        with working(by, "holds.sweep", at=at) as work:
            return step(work, rows[start : start + _BATCH])

    return sum(retried(lambda start=start: taken(start))  # type: ignore[misc]
               for start in range(0, len(rows), _BATCH))  # fmt: skip


def _let_go(work: Work, rows: Sequence[_Step]) -> int:
    """Try the orders without effect, and ask in earnest for those that fit."""
    calls = [
        {"client": SWEEPER, "key": f"{key}:{work.at.isoformat()}", "customer": customer,
         "entity": entity, "order_no": order, "currency": currency, "amount_minor": amount,
         "ship_date": ship_date}
        for key, customer, entity, order, currency, amount, ship_date, _ in rows
    ]  # fmt: skip
    tried = settle_within(work, [call | {"verb": "dry_run"} for call in calls])
    fits = [call | {"verb": "recheck", "version": version}
            for (*_, version), call, told in zip(rows, calls, tried, strict=True)
            if told.decision.startswith("approved")]  # fmt: skip
    told = settle_within(work, fits)
    return sum(each.decision.startswith("approved") for each in told)


def _asked(verb: str) -> Callable[[Work, Sequence[_Step]], int]:
    def step(work: Work, rows: Sequence[_Step]) -> int:
        told = settle_within(work, [
            {"verb": verb, "client": SWEEPER, "key": key, "customer": customer, "entity": entity,
             "order_no": order}
            for key, customer, entity, order in rows
        ])  # fmt: skip
        return sum(each.status < 300 for each in told)

    return step
