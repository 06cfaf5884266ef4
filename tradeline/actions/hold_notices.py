"""Where messages about held orders leave from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.actions.acting import Work

TOPIC = "hold.reminder"


def holds_wait(work: Work, rows: Sequence[tuple[Any, ...]]) -> None:
    """Tell that orders wait for people; rows are id of the hold, id of the line, order number.

    It is called in the transaction that notes the reminder: a row of the outbox with TOPIC belongs
    here, one for each order.
    """
    del work, rows
