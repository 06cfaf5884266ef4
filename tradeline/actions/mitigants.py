"""Cover for an account: insurance, guarantees, letters of credit, collateral."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.actions.acting import Actor, working
from tradeline.actions.audit import record
from tradeline.models import Mitigant
from tradeline.money import to_decimal

if TYPE_CHECKING:
    from datetime import datetime

    from tradeline.engine.exposure import Cover


def add_cover(
    *, account_id: str, cover: Cover, currency: str, reference: str, by: Actor, at: datetime
) -> Mitigant:
    """Add cover to an account; it lowers the net exposure, never the one that is tested."""
    with working(by, "mitigants.set", at=at) as work:
        made = Mitigant.objects.create(
            organisation_id=by.organisation_id, account_id=account_id, kind=cover.kind,
            currency=currency, amount_minor=cover.amount_minor, cover_bp=cover.cover_bp,
            haircut_bp=cover.haircut_bp, valid_from=cover.valid_from, valid_to=cover.valid_to,
            terms_days_max=cover.terms_days_max, presentation_days=cover.presentation_days,
            reference=reference,
        )  # fmt: skip
        after = {
            "kind": cover.kind, "amount": str(to_decimal(cover.amount_minor, currency)),
            "currency": currency, "cover_bp": cover.cover_bp, "haircut_bp": cover.haircut_bp,
            "valid_from": cover.valid_from.isoformat(), "valid_to": cover.valid_to.isoformat(),
            "reference": reference,
        }  # fmt: skip
        record(work, "COVER_ADDED", f"account {account_id}", after=after)
    return made
