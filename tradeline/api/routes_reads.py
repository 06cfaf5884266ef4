"""Addresses that read the book, and the one that takes signals in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Path, Query

from tradeline.actions.flags import raise_flag
from tradeline.api import forms
from tradeline.api.answers import (
    Decision,
    DecisionList,
    ExposureAnswer,
    SignalAnswer,
)
from tradeline.api.described import with_example
from tradeline.api.fields import CLEAN
from tradeline.api.problems import Problem
from tradeline.api.routes_orders import caller_of, key_of, only
from tradeline.engine.feed_checks import CODE_MAX
from tradeline.files.audit_json import compact, iso
from tradeline.models.context import Actor
from tradeline.queries import decisions
from tradeline.queries.exposure import ExposureRow, of_account, told
from tradeline.queries.reading import reading

if TYPE_CHECKING:
    from tradeline.api.callers import Caller

router = Router(tags=["book"])
NUMBER: Any = Path(min_length=1, max_length=CODE_MAX, pattern=CLEAN)
CUSTOMER: Any = Query(None, min_length=1, max_length=CODE_MAX, pattern=CLEAN)
ENTITY: Any = Query(None, min_length=1, max_length=CODE_MAX, pattern=CLEAN)


def actor_of(caller: Caller) -> Actor:
    """Return who acts by a key."""
    return Actor(organisation_id=caller.party.organisation_id, user_id=caller.party.user_id,
                 door="api")  # fmt: skip


def json_of(value: dict[str, Any], status: int = 200) -> HttpResponse:
    """Return an answer as JSON."""
    return HttpResponse(compact(value).encode(), status=status, content_type="application/json")


def _lines(customer_no: str, entity: str | None) -> list[ExposureRow]:
    found = of_account(customer_no, entity)
    if not found:
        raise Problem("not-found", "There is no such customer.")
    return found


@router.get("/customers/{path:customer_no}/exposure", response={200: ExposureAnswer},
            operation_id="exposure")  # fmt: skip
def exposure(
    request: HttpRequest, customer_no: str = NUMBER, entity: str | None = ENTITY
) -> HttpResponse:
    """Return what a customer owes and has ordered against its limit, per legal entity."""
    caller = caller_of(request, "exposure.read")
    only(request, "entity")
    with reading(actor_of(caller), "exposure.read"):
        return json_of({"lines": [told(row) for row in _lines(customer_no, entity)]})


@router.get("/customers/{path:customer_no}/decisions", response={200: DecisionList},
            operation_id="decisions_of_customer")  # fmt: skip
def decisions_of_customer(
    request: HttpRequest, customer_no: str = NUMBER, entity: str | None = ENTITY,
    before: str | None = None, count: int = Query(50, ge=1, le=200),
) -> HttpResponse:  # fmt: skip
    """Return the decisions about a customer's orders, the newest first."""
    caller = caller_of(request, "decisions.read")
    only(request, "entity", "before", "count")
    moment = _moment(before)
    with reading(actor_of(caller), "decisions.read"):
        lines = [row.line_id for row in _lines(customer_no, entity)]
        rows = decisions.of_lines(lines, before=moment, count=count)
    return json_of({"decisions": [
        {"decision_id": str(row.decision_id), "verb": row.verb, "outcome": row.outcome,
         "order_no": row.order_no, "version": row.version, "at": iso(row.at)} for row in rows
    ]})  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.utcoffset() is None:
        raise Problem("invalid", "Mend before.", errors=[
            {"field": "before", "message": "is no moment", "mend": "write 2026-06-30T09:14:07Z"}
        ])  # fmt: skip
    return moment


@router.get("/decisions/{decision_id}", response={200: Decision},
            operation_id="decision")  # fmt: skip
def decision(request: HttpRequest, decision_id: UUID) -> HttpResponse:
    """Return a decision, byte for byte as it was answered."""
    caller = caller_of(request, "decisions.read")
    only(request)
    with reading(actor_of(caller), "decisions.read"):
        answer = decisions.answer_of(decision_id)
    if answer is None:
        raise Problem("not-found", "There is no such decision.")
    return HttpResponse(answer.encode(), content_type="application/json")


@router.post("/signals", response={201: SignalAnswer}, operation_id="raise_signal",
             openapi_extra=with_example("signal"))  # fmt: skip
def raise_signal(request: HttpRequest, body: forms.Signal) -> HttpResponse:
    """Take in what an outside source reports; it stops the customer's new orders at once."""
    caller = caller_of(request, "signals.raise")
    by, key = actor_of(caller), key_of(request)
    with reading(by, "flags.raise"):
        lines = _lines(body.customer, body.entity)
    if len(lines) > 1:
        codes = ", ".join(row.entity for row in lines)
        raise Problem("invalid", "Mend entity.", errors=[
            {"field": "entity", "message": f"several know this number: {codes}", "mend": "name one"}
        ])  # fmt: skip
    [row] = lines
    flag = raise_flag(
        account_id=str(row.account_id), kind=body.kind, source=body.source,
        detail=body.detail or "", repeat_key=f"{caller.key_id} {key}", by=by,
        at=datetime.now(UTC),
    )  # fmt: skip
    return json_of({"signal_id": str(flag.pk), "customer": row.customer_no, "entity": row.entity,
                  "kind": flag.kind, "raised_at": iso(flag.raised_at)}, 201)  # fmt: skip
