"""Orders of the gate, when files tell of them: who speaks for an order, and what it counts.

An order counts by whoever spoke last: its rows in the order file, or its commitment, never both.
A file of a later day takes over; one of the same day only when it counts no less, for it may have
been written before the last call. What the gate was told to be invoiced counts as billed until
the ledger has it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradeline.actions.staging import Load
    from tradeline.policy.exposure import OrderMeaning

COUNTED: Final = {
    "counted_reserved_minor": "reserved_minor", "counted_later_minor": "orders_later_minor",
    "counted_shipped_minor": "shipped_not_billed_minor",
    "counted_billed_minor": "billed_not_posted_minor", "counted_held_minor": "held_minor",
}  # fmt: skip
"""What a commitment counts, and the line's counter that holds it."""

SPEAKS: Final = """EXISTS (SELECT FROM commitment k WHERE k.organisation_id = o.organisation_id
    AND k.account_id = o.account_id AND k.order_no = o.order_no AND k.speaks)"""
"""Condition on a row `o` of the order file: the gate speaks for its order."""


def lock_counted(load: Load) -> None:
    """Lock the lines that a recount may move, in the order of their ids: the gate waits."""
    load.run(
        """SELECT FROM credit_line l WHERE l.organisation_id = %(organisation)s
        AND l.account_id IN (
            SELECT account_id FROM touched UNION SELECT account_id FROM line_change)
        ORDER BY l.id FOR UPDATE"""
    )


def hand_over(load: Load, meanings: Mapping[str, OrderMeaning]) -> None:
    """Let the order file speak for the orders in `staged` of which it knows the latest."""
    load.run(
        """UPDATE commitment c SET speaks = false FROM (
            SELECT o.account_id, o.order_no, o.currency, sum(
                greatest(CASE WHEN m.meaning = 'none' THEN o.shipped_minor
                    ELSE greatest(o.ordered_minor - o.cancelled_minor, o.shipped_minor) END
                    - o.invoiced_minor, 0)) AS live
            FROM order_line o JOIN (SELECT DISTINCT account_id, order_no FROM staged) s
                USING (account_id, order_no)
            LEFT JOIN unnest(%(statuses)s::text[], %(meanings)s::text[]) AS m (status, meaning)
                ON m.status = o.status
            WHERE o.organisation_id = %(organisation)s GROUP BY 1, 2, 3) f
        WHERE c.organisation_id = %(organisation)s AND c.account_id = f.account_id
            AND c.order_no = f.order_no AND c.currency = f.currency AND c.speaks
            AND ((c.changed_at AT TIME ZONE 'UTC')::date < %(day)s
                OR ((c.changed_at AT TIME ZONE 'UTC')::date = %(day)s AND f.live
                    >= c.authorised_minor - c.cancelled_minor - c.invoiced_minor))""",
        statuses=list(meanings), meanings=list(meanings.values()),
    )  # fmt: skip


def recount_commitments(load: Load) -> None:
    """Count the gate's orders in `touched` anew: what the ledger has of them, the day's rates."""
    load.run(
        """UPDATE commitment c SET posted_minor = p.posted, rate_above = p.above,
            rate_below = p.below
        FROM (SELECT c.id, greatest(coalesce(sum(CASE WHEN d.kind = 'invoice' THEN d.amount_minor
                    ELSE -d.amount_minor END), 0), 0) AS posted,
                coalesce(f.above, c.rate_above) AS above, coalesce(f.below, c.rate_below) AS below
            FROM commitment c JOIN touched t USING (account_id, order_no, currency)
            JOIN credit_line l ON l.organisation_id = c.organisation_id AND l.id = c.line_id
            LEFT JOIN document d ON d.organisation_id = c.organisation_id
                AND d.account_id = c.account_id AND d.order_no = c.order_no
                AND d.currency = c.currency AND d.kind IN ('invoice', 'credit_note')
            LEFT JOIN factor f ON f.currency = c.currency AND f.line_currency = l.currency
                AND c.currency <> l.currency
            WHERE c.organisation_id = %(organisation)s
            GROUP BY c.id, f.above, f.below, c.rate_above, c.rate_below) p
        WHERE c.organisation_id = %(organisation)s AND c.id = p.id
            AND (c.posted_minor, c.rate_above, c.rate_below) <> (p.posted, p.above, p.below)"""
    )
    names = ", ".join(COUNTED)
    load.run(
        f"""CREATE TEMP TABLE recounted_order ON COMMIT DROP AS
        SELECT c.id, c.account_id, {", ".join(f"c.{name} AS old_{name}" for name in COUNTED)},
            n.reserved, n.later, n.shipped, n.billed, n.held
        FROM commitment c JOIN touched t USING (account_id, order_no, currency),
            app.commitment_counts(c, %(horizon)s) n
        WHERE c.organisation_id = %(organisation)s
            AND ({names}) <> (n.reserved, n.later, n.shipped, n.billed, n.held)""",
        horizon=load.day + timedelta(days=load.policy.exposure.horizon_days),
    )
    load.run(
        f"""UPDATE commitment c SET ({names}) = (r.reserved, r.later, r.shipped, r.billed, r.held)
        FROM recounted_order r WHERE c.organisation_id = %(organisation)s AND c.id = r.id"""
    )
    sums = ", ".join(f"sum({new} - old_{name})" for name, new in zip(
        COUNTED, ("reserved", "later", "shipped", "billed", "held"), strict=True))  # fmt: skip
    columns = tuple(COUNTED.values())
    adds = ", ".join(f"{name} = line_change.{name} + excluded.{name}" for name in columns)
    load.run(
        f"""INSERT INTO line_change (account_id, {", ".join(columns)})
        SELECT account_id, {sums} FROM recounted_order GROUP BY account_id
        ON CONFLICT (account_id) DO UPDATE SET {adds}"""
    )
    load.run("DROP TABLE recounted_order")
