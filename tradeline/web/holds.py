"""Pages on held orders: the worklist, one order, and the proposals that people sign."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from tradeline.actions import holds, proposals
from tradeline.errors import ArgumentFault
from tradeline.files.entered import minor_units
from tradeline.policy.gate import ROLES
from tradeline.queries import holds as found
from tradeline.queries import proposals as proposed
from tradeline.queries.decisions import answer_of
from tradeline.queries.reading import reading
from tradeline.web.desk import desk_of, page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from tradeline.queries.proposals import ProposalRow
    from tradeline.web.desk import Desk


def _now() -> datetime:
    return datetime.now(UTC)


@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """Show the orders that are held, in the order in which they go when there is room."""
    desk = desk_of(request)
    with reading(desk.actor, "holds.read"):
        rows = found.worklist(at=_now(), count=200)
    return page(request, "holds", {"rows": rows, "here": "holds"})


@require_safe
def one(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Show a held order: why, what would let it go, and who would have to sign."""
    desk = desk_of(request)
    with reading(desk.actor, "holds.read"):
        row = found.hold(hold_id, at=_now())
        case = found.case_of(row) if row.state == "open" else None
        ways = json.loads(answer_of(row.decision_id) or "{}").get("unblock", ()) if case else ()
    return page(request, "hold", {"row": row, "case": case, "ways": ways, "here": "holds"})


@require_POST
def propose(request: HttpRequest, hold_id: UUID) -> HttpResponse:
    """Propose to release a held order, in whole or in part, or to reject it."""
    desk, given = desk_of(request), request.POST
    if given.get("what") == "reject":
        made = holds.propose_reject(hold_id=hold_id, reason=given.get("reason", ""), by=desk.actor,
                                    at=_now())  # fmt: skip
    else:
        with reading(desk.actor, "holds.propose"):
            currency = found.hold(hold_id, at=_now()).currency
        made = holds.propose_release(
            hold_id=hold_id, amount_minor=_minor(given.get("amount", ""), currency),
            reason=given.get("reason", ""), by=desk.actor, at=_now(),
        )  # fmt: skip
    messages.success(request, f"Proposed. It waits for the {made.next_role}.")
    return redirect("hold", hold_id=hold_id)


@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Show what waits for signatures, what this person may sign first."""
    desk = desk_of(request)
    with reading(desk.actor, "holds.read"):
        rows = proposed.waiting()
    mine = [row for row in rows if _may_sign(desk, row)]
    others = [row for row in rows if row not in mine]
    return page(request, "sign_offs", {"mine": mine, "others": others, "here": "sign-offs"})


@require_safe
def proposal(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Show a proposal with its evidence and the ladder of its signatures."""
    desk = desk_of(request)
    with reading(desk.actor, "holds.read"):
        row = proposed.proposal(proposal_id)
        order = found.hold(row.hold_id, at=_now()) if row.hold_id else None
    return page(request, "proposal", {
        "row": row, "order": order, "here": "sign-offs",
        "ladder": [(role, row.signed[place] if place < len(row.signed) else None)
                   for place, role in enumerate(row.levels)],
    })  # fmt: skip


@require_POST
def word(request: HttpRequest, proposal_id: UUID) -> HttpResponse:
    """Sign a proposal for what was seen, refuse it, or take one's own back."""
    desk, given, what = desk_of(request), request.POST, request.POST.get("what", "")
    reason, seen = given.get("reason", ""), given.get("seen", "")
    if what == "withdraw":
        done = proposals.withdraw(proposal_id=proposal_id, reason=reason, by=desk.actor, at=_now())
    elif what == "refuse":
        done = proposals.refuse(proposal_id=proposal_id, payload_sha256=seen, reason=reason,
                                by=desk.actor, at=_now())  # fmt: skip
    elif what == "sign":
        done = proposals.sign(proposal_id=proposal_id, payload_sha256=seen, reason=reason,
                              by=desk.actor, at=_now())  # fmt: skip
    else:
        raise ArgumentFault("it is not said what to do", mend="sign, refuse or withdraw")
    if done.because:
        messages.warning(request, f"It was not signed: {'; '.join(done.because)}. Propose it anew.")
    else:
        messages.success(request, f"The proposal is {done.state}.")
    return redirect("proposal", proposal_id=proposal_id)


def _may_sign(desk: Desk, row: ProposalRow) -> bool:
    """Return whether a proposal is shown as this person's to sign; the database has the last word.

    Whoever signs higher up signs for the lower levels too; the maker never does.
    """
    if row.next_role is None or row.maker == desk.person.username:
        return False
    return not desk.roles.isdisjoint(ROLES[ROLES.index(row.next_role) :])


def _minor(text: str, currency: str) -> int | None:
    """Return an amount as people write it in minor units; None where none is written."""
    if not text.strip():
        return None
    try:
        minor = minor_units(text.replace(",", "").strip(), currency)
    except ArgumentFault:
        minor = 0
    if not minor:
        raise ArgumentFault(f"'{text[:40]}' is no amount in {currency}", where="amount",
                            mend="write it as 25000.00")  # fmt: skip
    return minor
