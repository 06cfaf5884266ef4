"""Ask for something that others must sign; sign, refuse, withdraw; carry out on the last signature.

One mechanism for every kind of proposal. What may be asked, who signs and whether the evidence
still holds is decided by the database (sql/proposals.sql and the kind's own file), which also
refuses what this module forgot.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import IntegrityError, connection, transaction

from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.audit import record
from tradeline.actions.gate import Answer
from tradeline.errors import ArgumentFault, NotFound, Refused, StateFault
from tradeline.files.audit_json import canonical
from tradeline.models import Membership, Proposal, SignOff
from tradeline.models.context import acting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from uuid import UUID

REASON_MAX = 2_000
"""Characters of a reason."""


@dataclass(frozen=True, kw_only=True)
class Signed:
    """Where a proposal stands after somebody's word on it."""

    proposal_id: UUID
    state: str
    next_role: str | None = None  # whose signature it waits for now
    because: tuple[str, ...] = ()  # why its evidence does not hold any more
    answer: Answer | None = None  # what the gate said when it was carried out

    def told(self) -> dict[str, Any]:
        """Return the documented fields, as every door tells them."""
        return {"proposal": str(self.proposal_id), "state": self.state,
                "next_role": self.next_role, "because": list(self.because),
                "decision": self.answer.decision if self.answer else None}  # fmt: skip


def submit(
    work: Work, *, kind: str, hold_id: UUID, payload: Mapping[str, Any], reason: str
) -> UUID:
    """Make a proposal within an action, and return its id.

    Raises:
        ArgumentFault: there is no reason, or it is too long.
        StateFault: it cannot be asked for, or somebody has asked already.
    """
    text = canonical(payload).decode()
    with _as_fault():
        made = Proposal.objects.create(
            organisation_id=work.actor.organisation_id, kind=kind, hold_id=hold_id, payload=text,
            maker_id=work.actor.user_id, reason=_reason(reason),
        )  # fmt: skip
    made.refresh_from_db()
    after = {"kind": kind, "payload": dict(payload), "levels": list(made.levels),
             "payload_sha256": made.payload_sha256,
             "evidence_sha256": made.evidence_sha256}  # fmt: skip
    record(work, "PROPOSAL_MADE", f"proposal {made.pk}", after=after, reason=reason)
    return made.pk


def sign(
    *, proposal_id: UUID, payload_sha256: str, reason: str = "", by: Actor, at: datetime
) -> Signed:
    """Sign the next level of a proposal, for the payload that was seen; the last carries it out.

    Evidence that has moved makes the proposal stale instead: it must be asked for anew.

    Raises:
        NotFound: there is no such proposal.
        Refused: this person may not sign this level.
        StateFault: it does not wait for a signature, or it is not what was seen.
    """
    with _told(by, at, proposal_id), working(by, "proposals.sign", at=at) as work:
        # The line's lock comes first, as everywhere; then the proposal's.
        because = work.value("SELECT app.stale_because(%s)", [proposal_id])
        proposal = _waiting(proposal_id, payload_sha256)
        _check_signer(work, proposal)
        if because:
            return _gone_stale(work, proposal, tuple(because))
        level = _keep(work, proposal, "sign", reason)
        if level < len(proposal.levels):
            return Signed(proposal_id=proposal.pk, state="submitted",
                          next_role=proposal.levels[level])  # fmt: skip
        return _carry_out(work, proposal)


def refuse(
    *, proposal_id: UUID, payload_sha256: str, reason: str, by: Actor, at: datetime
) -> Signed:
    """Refuse a proposal on the level that it waits for: it ends, and what it asked for stays.

    Raises what `sign` raises, and ArgumentFault without a reason.
    """
    with _told(by, at, proposal_id), working(by, "proposals.sign", at=at) as work:
        proposal = _waiting(proposal_id, payload_sha256)
        _check_signer(work, proposal)
        _keep(work, proposal, "refuse", _reason(reason))
        _move(proposal, "rejected", reason)
    return Signed(proposal_id=proposal.pk, state="rejected")


def withdraw(*, proposal_id: UUID, reason: str = "", by: Actor, at: datetime) -> Signed:
    """Take back one's own proposal; its row stays.

    Raises:
        NotFound: there is no such proposal.
        Refused: somebody else made it.
        StateFault: it does not wait any more.
    """
    with working(by, "proposals.withdraw", at=at) as work:
        proposal = _waiting(proposal_id, None)
        if work.value("SELECT app.me()") != proposal.maker_human:
            raise Refused("somebody else made this proposal", where=f"proposal {proposal_id}",
                          mend="refuse it instead")  # fmt: skip
        _move(proposal, "withdrawn", reason)
        record(work, "PROPOSAL_WITHDRAWN", f"proposal {proposal.pk}", after={}, reason=reason)
    return Signed(proposal_id=proposal.pk, state="withdrawn")


def expire_proposals(*, by: Actor, at: datetime) -> int:
    """End the proposals whose time is over by the database's clock, and return how many."""
    with working(by, "holds.sweep", at=at) as work:
        over = work.rows(
            """UPDATE proposal SET state = 'expired', outcome = 'its time was over'
            WHERE organisation_id = %(organisation)s AND id = ANY (ARRAY(SELECT id FROM proposal
                WHERE organisation_id = %(organisation)s AND state IN ('submitted', 'approved')
                    AND expires_at <= now() ORDER BY id FOR UPDATE SKIP LOCKED))
            RETURNING id""",
            {"organisation": by.organisation_id},
        )
        for (key,) in over:
            record(work, "PROPOSAL_EXPIRED", f"proposal {key}", after={})
    return len(over)


def _waiting(proposal_id: UUID, payload_sha256: str | None) -> Proposal:
    """Return the locked proposal, which waits for signatures and is what was seen."""
    proposal = Proposal.objects.select_for_update(of=("self",)).filter(pk=proposal_id).first()
    if proposal is None:
        raise NotFound(f"there is no proposal {proposal_id}", mend="see: tradeline holds")
    if proposal.state != "submitted":
        raise StateFault(f"the proposal is {proposal.state}", where=f"proposal {proposal_id}",
                         mend="nothing is left to sign; see: tradeline holds")  # fmt: skip
    if payload_sha256 not in (None, proposal.payload_sha256, _digest(proposal.payload)):
        raise StateFault("what was seen is not what is proposed", where=f"proposal {proposal_id}",
                         mend="look at it again: tradeline holds")  # fmt: skip
    return proposal


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _check_signer(work: Work, proposal: Proposal) -> None:
    fault = work.value("SELECT app.may_not_sign(%s)", [proposal.pk])
    if fault is None:
        return
    if fault == "the proposal has expired":
        raise StateFault(fault, where=f"proposal {proposal.pk}", mend="ask for it anew")
    raise Refused(fault, where=f"proposal {proposal.pk}", mend="ask somebody else to sign")


def _keep(work: Work, proposal: Proposal, decision: str, reason: str) -> int:
    """Write a level's word, and return the level."""
    level = 1 + SignOff.objects.filter(proposal=proposal, decision="sign").count()
    with _as_fault():
        SignOff.objects.create(
            organisation_id=work.actor.organisation_id, proposal=proposal, level=level,
            signer_id=work.actor.user_id, decision=decision, reason=reason[:REASON_MAX],
            payload_sha256=proposal.payload_sha256,
        )  # fmt: skip
    action = "PROPOSAL_SIGNED" if decision == "sign" else "PROPOSAL_REFUSED"
    after = {"level": level, "role": proposal.levels[level - 1],
             "payload_sha256": proposal.payload_sha256}  # fmt: skip
    record(work, action, f"proposal {proposal.pk}", after=after, reason=reason)
    return level


def _gone_stale(work: Work, proposal: Proposal, because: tuple[str, ...]) -> Signed:
    _move(proposal, "stale", "; ".join(because))
    after = {"because": list(because)}
    record(work, "PROPOSAL_STALE", f"proposal {proposal.pk}", after=after)
    return Signed(proposal_id=proposal.pk, state="stale", because=because)


def _carry_out(work: Work, proposal: Proposal) -> Signed:
    _move(proposal, "approved", "")
    with _as_fault():
        [(status, body)] = work.rows(
            "SELECT status, answer FROM app.apply_proposal(%s, %s)",
            [proposal.pk, work.actor.door],
        )
    answer = None if status is None else Answer(status=status, body=body)
    after = {"decision": answer.decision if answer else None}
    record(work, "PROPOSAL_APPLIED", f"proposal {proposal.pk}", after=after)
    return Signed(proposal_id=proposal.pk, state="applied", answer=answer)


def _move(proposal: Proposal, state: str, outcome: str) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(state=state, outcome=outcome)


def _reason(text: str) -> str:
    if not text.strip() or len(text) > REASON_MAX:
        raise ArgumentFault("a reason is needed" if not text.strip() else "the reason is too long",
                            mend=f"write it in at most {REASON_MAX} characters")  # fmt: skip
    return text


@contextmanager
def _as_fault() -> Iterator[None]:
    """Turn what the database refuses into an error that can be mended; nothing of it is written."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        diagnosis = error.__cause__.diag if isinstance(error.__cause__, psycopg.Error) else None
        if diagnosis is None or diagnosis.constraint_name not in _OURS:
            raise
        said = _OURS[diagnosis.constraint_name] or str(diagnosis.message_primary)
        raise StateFault(said, mend="see what waits: tradeline holds") from error


_OURS = {"four_eyes": "", "proposal_open_once": "a proposal for this order waits already"}


@contextmanager
def _told(by: Actor, at: datetime, proposal_id: UUID) -> Iterator[None]:
    """Write into the trail who tried to sign and may not."""
    try:
        yield
    except Refused as refused:
        with acting(by), connection.cursor() as cursor:
            if Membership.objects.filter(user_id=by.user_id,
                                         organisation_id=by.organisation_id).exists():  # fmt: skip
                work = Work(actor=by, at=at, cursor=cursor)
                record(work, "SIGNATURE_NOT_ALLOWED", f"proposal {proposal_id}", after={},
                       reason=refused.what)  # fmt: skip
        raise
