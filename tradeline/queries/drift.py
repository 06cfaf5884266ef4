"""The full re-sum: counters against the documents and orders they are the sums of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import connection

from tradeline.engine.exposure import signs
from tradeline.engine.feed_checks import DEBITS
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEBITS: Final = ", ".join(f"'{kind}'" for kind in DEBITS)
_DOCUMENTS: Final[Mapping[str, str]] = {
    "receivables_minor": f"kind IN ({_DEBITS})",
    "unapplied_credits_minor": "kind = 'credit_note'",
    "unapplied_cash_minor": "kind = 'cash'",
    "deposits_minor": "kind = 'deposit'",
    "disputed_minor": f"disputed AND kind IN ({_DEBITS})",
}
_ORDERS: Final[Mapping[str, str]] = {
    "shipped_not_billed_minor": "counted_shipped_minor",
    "orders_minor": "counted_orders_minor",
    "orders_later_minor": "counted_later_minor",
    "held_minor": "counted_held_minor",
}
_COMMITTED: Final[Mapping[str, str]] = {
    "shipped_not_billed_minor": "counted_shipped_minor",
    "reserved_minor": "counted_reserved_minor",
    "orders_later_minor": "counted_later_minor",
    "held_minor": "counted_held_minor",
    "billed_not_posted_minor": "counted_billed_minor",
}


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A counter, or the exposure, that is not the sum of what it counts."""

    line_id: str
    customer_no: str
    bucket: str
    counter_minor: int
    summed_minor: int  # of documents or orders
    events_minor: int  # of the line's history

    @property
    def cause(self) -> str:
        """Return which of the three does not agree, in words."""
        if self.counter_minor == self.events_minor:
            return "documents or orders were changed without an event on the line"
        if self.summed_minor == self.events_minor:
            return "the counter was changed without an event"
        return "counter, documents and events all differ"


# A document in its line's own currency counts what is open of it; another's rate is not known here.
_OPEN: Final = """SELECT d.account_id, d.kind, d.disputed,
        CASE WHEN d.currency = c.currency THEN d.open_minor ELSE d.counted_minor END AS minor
    FROM document d JOIN credit_line c ON c.organisation_id = d.organisation_id
        AND c.account_id = d.account_id"""

_EVENTS: Final = """CASE p.bucket WHEN 'exposure_minor' THEN coalesce((
        SELECT v.exposure_minor FROM line_event v
        WHERE v.organisation_id = l.organisation_id AND v.line_id = l.id
        ORDER BY v.version DESC LIMIT 1), 0)
    ELSE coalesce((SELECT sum((v.change ->> replace(p.bucket, '_minor', ''))::bigint)
        FROM line_event v WHERE v.organisation_id = l.organisation_id AND v.line_id = l.id), 0)
    END"""


def _exposure_sql(summed: Mapping[str, str]) -> str:
    """Return the exposure by the policy's switches; buckets without documents as they are."""
    terms = [f"{sign} * {summed.get(f'{name}_minor', f'l.{name}_minor')}"
             for name, sign in signs(policy_in_force().exposure).items() if sign]  # fmt: skip
    return f"({' + '.join(['0', *terms])})"


def resum() -> list[Drift]:
    """Return every counter of the acting organisation that differs from the full sum."""
    sums = ", ".join(f"coalesce(sum(minor) FILTER (WHERE {condition}), 0) AS {name}"
                     for name, condition in _DOCUMENTS.items())  # fmt: skip
    order_sums = ", ".join(f"sum({column}) AS {name}" for name, column in _ORDERS.items())
    kept_sums = ", ".join(f"sum({column}) AS {name}" for name, column in _COMMITTED.items())
    parts = (("d", _DOCUMENTS), ("o", _ORDERS), ("k", _COMMITTED))
    summed = {
        name: " + ".join(f"coalesce({table}.{name}, 0)" for table, names in parts if name in names)
        for name in dict.fromkeys((*_DOCUMENTS, *_ORDERS, *_COMMITTED))
    }
    summed["exposure_minor"] = _exposure_sql(summed)
    pairs = ", ".join(f"('{name}', l.{name}, {total})" for name, total in summed.items())
    differs = " OR ".join(f"l.{name} <> {total}" for name, total in summed.items())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT l.id, coalesce(a.customer_no, ''), p.bucket, p.counter, p.summed,
                {_EVENTS}
            FROM credit_line l
            LEFT JOIN (SELECT account_id, {sums} FROM ({_OPEN}) d GROUP BY account_id) d
                ON d.account_id = l.account_id
            LEFT JOIN (SELECT account_id, {order_sums} FROM order_line GROUP BY account_id) o
                ON o.account_id = l.account_id
            LEFT JOIN (SELECT line_id, {kept_sums} FROM commitment GROUP BY line_id) k
                ON k.line_id = l.id
            LEFT JOIN account a ON a.organisation_id = l.organisation_id AND a.id = l.account_id
            CROSS JOIN LATERAL (VALUES {pairs}) AS p (bucket, counter, summed)
            WHERE ({differs}) AND p.counter <> p.summed
            ORDER BY 2, 3"""
        )
        rows = cursor.fetchall()
    return [
        Drift(line_id=str(line), customer_no=number, bucket=bucket.removesuffix("_minor"),
              counter_minor=int(counter), summed_minor=int(summed), events_minor=int(events))
        for line, number, bucket, counter, summed, events in rows
    ]  # fmt: skip
