"""Addresses of held orders: what waits, what is proposed about it, and who signs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from ninja import Router
from ninja.params.functions import Query

from tradeline.actions import holds, proposals
from tradeline.api import forms
from tradeline.api.answers import HoldList, HoldWithCase, Proposal, ProposalList, Signed
from tradeline.api.described import with_example
from tradeline.api.problems import Problem
from tradeline.api.routes_orders import caller_of, only
from tradeline.api.routes_reads import CUSTOMER, ENTITY, actor_of, json_of
from tradeline.queries import holds as found
from tradeline.queries import proposals as proposed
from tradeline.queries.reading import reading

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from tradeline.actions.proposals import Signed as Done
    from tradeline.models.context import Actor

router = Router(tags=["holds"])


def _now() -> datetime:
    return datetime.now(UTC)


@router.get("/holds", response={200: HoldList}, operation_id="holds")
def worklist(
    request: HttpRequest, customer: str | None = CUSTOMER, entity: str | None = ENTITY,
    count: int = Query(50, ge=1, le=200),
) -> HttpResponse:  # fmt: skip
    """Return the orders that are held, in the order in which they go when there is room."""
    by = actor_of(caller_of(request, "holds.read"))
    only(request, "customer", "entity", "count")
    with reading(by, "holds.read"):
        rows = found.worklist(at=_now(), customer_no=customer, entity=entity, count=count)
    return json_of({"holds": [found.told(row) for row in rows]})


@router.get("/holds/{hold_id}", response={200: HoldWithCase}, operation_id="hold")
def hold(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Return a held order, and who would have to sign its release."""
    by = actor_of(caller_of(request, "holds.read"))
    only(request)
    with reading(by, "holds.read"):
        row = found.hold(hold_id, at=_now())
        case = found.case_of(row) if row.state == "open" else None
    return json_of(found.told(row) | {"case": case and found.told_case(case)})


@router.post("/holds/{hold_id}/release", response={201: Proposal}, operation_id="release_hold",
             openapi_extra=with_example("release", key=False))  # fmt: skip
def release(request: HttpRequest, hold_id: UUID, body: forms.Release) -> HttpResponse:
    """Propose to let a held order go; others sign. A second proposal beside it is refused."""
    by = actor_of(caller_of(request, "holds.propose"))
    if body.currency is not None:
        _check_currency(by, hold_id, body.currency)
    made = holds.propose_release(
        hold_id=hold_id, amount_minor=body.amount_minor, reason=body.reason, by=by, at=_now()
    )
    return json_of(proposed.told(made), 201)


@router.post("/holds/{hold_id}/reject", response={201: Proposal}, operation_id="reject_hold",
             openapi_extra=with_example("reject", key=False))  # fmt: skip
def reject(request: HttpRequest, hold_id: UUID, body: forms.Reject) -> HttpResponse:
    """Propose to reject a held order; another person signs."""
    by = actor_of(caller_of(request, "holds.propose"))
    made = holds.propose_reject(hold_id=hold_id, reason=body.reason, by=by, at=_now())
    return json_of(proposed.told(made), 201)


@router.get("/proposals", response={200: ProposalList}, operation_id="proposals")
def waiting(request: HttpRequest, count: int = Query(50, ge=1, le=200)) -> HttpResponse:
    """Return the proposals that wait for signatures, the oldest first."""
    by = actor_of(caller_of(request, "holds.read"))
    only(request, "count")
    with reading(by, "holds.read"):
        rows = proposed.waiting(count=count)
    return json_of({"proposals": [proposed.told(row) for row in rows]})


@router.get("/proposals/{proposal_id}", response={200: Proposal}, operation_id="proposal")
def one(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Return a proposal with its signatures."""
    by = actor_of(caller_of(request, "holds.read"))
    only(request)
    with reading(by, "holds.read"):
        return json_of(proposed.told(proposed.proposal(proposal_id)))


@router.post("/proposals/{proposal_id}/sign", response={200: Signed}, operation_id="sign_proposal",
             openapi_extra=with_example("sign", key=False))  # fmt: skip
def sign(request: HttpRequest, proposal_id: UUID, body: forms.Sign) -> HttpResponse:
    """Sign the next level of a proposal; the last signature carries it out."""
    by = actor_of(caller_of(request, "proposals.sign"))
    return _told(proposals.sign(
        proposal_id=proposal_id, payload_sha256=body.payload_sha256, reason=body.reason or "",
        by=by, at=_now(),
    ))  # fmt: skip


@router.post("/proposals/{proposal_id}/refuse", response={200: Signed},
             operation_id="refuse_proposal",
             openapi_extra=with_example("refuse", key=False))  # fmt: skip
def refuse(request: HttpRequest, proposal_id: UUID, body: forms.Refuse) -> HttpResponse:
    """Refuse a proposal in place of signing it: it ends, and the order stays held."""
    by = actor_of(caller_of(request, "proposals.sign"))
    return _told(proposals.refuse(
        proposal_id=proposal_id, payload_sha256=body.payload_sha256, reason=body.reason, by=by,
        at=_now(),
    ))  # fmt: skip


@router.post("/proposals/{proposal_id}/withdraw", response={200: Signed},
             operation_id="withdraw_proposal",
             openapi_extra=with_example("withdraw", key=False))  # fmt: skip
def withdraw(request: HttpRequest, proposal_id: UUID, body: forms.Withdraw) -> HttpResponse:
    """Take back a proposal of one's own."""
    by = actor_of(caller_of(request, "holds.propose"))
    return _told(proposals.withdraw(
        proposal_id=proposal_id, reason=body.reason or "", by=by, at=_now()
    ))  # fmt: skip


def _told(done: Done) -> HttpResponse:
    return json_of(done.told())


def _check_currency(by: Actor, hold_id: UUID, given: str) -> None:
    with reading(by, "holds.propose"):
        of_order = found.hold(hold_id, at=_now()).currency
    if of_order != given:
        raise Problem("invalid", "Mend currency.", errors=[
            {"field": "currency", "message": f"the order is in {of_order}",
             "mend": f"write {of_order}"}
        ])  # fmt: skip
