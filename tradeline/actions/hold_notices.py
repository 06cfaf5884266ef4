"""Where messages about held orders leave from: into the outbox, with what they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.actions.acting import Work

TOPIC: Final = "hold.reminder"


def holds_wait(work: Work, hold_ids: Sequence[Any]) -> None:
    """Tell that these orders still wait for people: one message for each."""
    work.run(
        f"""INSERT INTO outbox (organisation_id, topic, line_id, line_version, payload)
        SELECT h.organisation_id, '{TOPIC}', h.line_id, l.version, jsonb_build_object(
            'hold_id', h.id, 'order_no', h.order_no, 'customer_no', a.customer_no,
            'codes', h.codes, 'held_since', h.created_at, 'expires_at', h.expires_at)
        FROM hold h JOIN credit_line l ON l.organisation_id = h.organisation_id AND l.id = h.line_id
            JOIN account a ON a.organisation_id = h.organisation_id AND a.id = h.account_id
        WHERE h.organisation_id = %s AND h.id = ANY (%s::uuid[])""",
        [work.actor.organisation_id, list(hold_ids)],
    )
