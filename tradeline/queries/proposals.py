"""What was proposed, by whom, and who signed it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradeline.errors import NotFound
from tradeline.models import Proposal, SignOff

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID


@dataclass(frozen=True, kw_only=True)
class SignOffRow:
    """One level's word."""

    level: int
    signer: str  # login
    decision: str  # sign or refuse
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class ProposalRow:
    """A proposal with its signatures; amounts are in its payload, as decimal texts."""

    proposal_id: UUID
    kind: str
    hold_id: UUID | None
    state: str
    maker: str  # login
    reason: str
    payload: Mapping[str, Any]
    payload_sha256: str
    evidence: Mapping[str, Any]
    evidence_sha256: str
    levels: tuple[str, ...]  # roles, in the order in which they sign
    signed: tuple[SignOffRow, ...]
    created_at: datetime
    expires_at: datetime
    settled_at: datetime | None
    outcome: str

    @property
    def next_role(self) -> str | None:
        """Return whose signature it waits for; None where it does not wait."""
        return self.levels[len(self.signed)] if self.state == "submitted" else None


def proposal(proposal_id: UUID) -> ProposalRow:
    """Return a proposal of the acting organisation.

    Raises:
        NotFound: there is none.
    """
    for row in _rows(Proposal.objects.filter(pk=proposal_id)):
        return row
    raise NotFound(f"there is no proposal {proposal_id}", mend="see: tradeline holds")


def waiting(*, count: int = 100) -> list[ProposalRow]:
    """Return the proposals that wait for signatures, the oldest first."""
    return _rows(Proposal.objects.filter(state="submitted").order_by("created_at", "pk")[:count])


def of_holds(hold_ids: Iterable[UUID]) -> dict[UUID, ProposalRow]:
    """Return by hold the proposal that waits for signatures."""
    found = Proposal.objects.filter(hold_id__in=list(hold_ids), state="submitted")
    return {row.hold_id: row for row in _rows(found) if row.hold_id is not None}


def told(row: ProposalRow) -> dict[str, Any]:
    """Return a proposal's documented fields, as every door tells them."""
    return {
        "proposal": str(row.proposal_id), "kind": row.kind, "state": row.state,
        "maker": row.maker, "reason": row.reason, "payload": dict(row.payload),
        "payload_sha256": row.payload_sha256, "evidence_sha256": row.evidence_sha256,
        "levels": list(row.levels), "next_role": row.next_role,
        "signed": [
            {"level": each.level, "signer": each.signer, "decision": each.decision,
             "reason": each.reason, "at": each.at.isoformat()}
            for each in row.signed
        ],
        "created_at": row.created_at.isoformat(), "expires_at": row.expires_at.isoformat(),
    }  # fmt: skip


def _rows(found: Any) -> list[ProposalRow]:
    rows = list(found.select_related("maker"))
    said: dict[UUID, list[SignOffRow]] = {row.pk: [] for row in rows}
    signs = SignOff.objects.filter(proposal_id__in=list(said)).select_related("signer")
    for sign in signs.order_by("level"):
        said[sign.proposal_id].append(_sign_off(sign))
    return [_row(row, tuple(said[row.pk])) for row in rows]


def _sign_off(sign: SignOff) -> SignOffRow:
    assert sign.at is not None, "the database says when"
    return SignOffRow(level=sign.level, signer=sign.signer.username, decision=sign.decision,
                      reason=sign.reason, at=sign.at)  # fmt: skip


def _row(row: Proposal, signed: tuple[SignOffRow, ...]) -> ProposalRow:
    assert row.created_at is not None, "the database says when"
    assert row.expires_at is not None, "and until when"
    return ProposalRow(
        proposal_id=row.pk, kind=row.kind, hold_id=row.hold_id, state=row.state,
        maker=row.maker.username, reason=row.reason, payload=json.loads(row.payload),
        payload_sha256=row.payload_sha256, evidence=json.loads(row.evidence),
        evidence_sha256=row.evidence_sha256, levels=tuple(row.levels), signed=signed,
        created_at=row.created_at, expires_at=row.expires_at, settled_at=row.settled_at,
        outcome=row.outcome,
    )  # fmt: skip
