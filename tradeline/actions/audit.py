"""Write the audit trail: one event per change, in the change's own transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tradeline.files.audit_json import canonical
from tradeline.models import AuditEvent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradeline.actions.acting import Work


def record(
    work: Work, action: str, subject: str, *, after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None, reason: str = "",
) -> None:  # fmt: skip
    """Write who did what to which subject, when, what it was before and is after, and why."""
    body = canonical(
        {
            "action": action, "actor": str(work.actor.user_id), "after": dict(after),
            "at": work.at.isoformat(), "before": dict(before or {}), "door": work.actor.door,
            "reason": reason, "subject": subject,
        }
    )  # fmt: skip
    AuditEvent.objects.create(
        organisation_id=work.actor.organisation_id, at=work.at, by_id=work.actor.user_id,
        door=work.actor.door, action=action, subject=subject, body=body,
    )  # fmt: skip
