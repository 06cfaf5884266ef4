"""Count lines anew: when a line's currency changes, when rates move, when the horizon rolls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.actions.lines import apply_changes, begin_changes
from tradeline.actions.orders import LIVE, recount_orders
from tradeline.actions.rates import add_factors, begin_factors, converted_sql
from tradeline.actions.standing import mark_stale
from tradeline.engine.feed_checks import DEBITS
from tradeline.queries.rates import rates_on

if TYPE_CHECKING:
    from tradeline.actions.staging import Load

_DEBITS: Final = ", ".join(f"'{kind}'" for kind in DEBITS)


def held_limit_sql(column: str) -> str:
    """Return a column of the limit that a line `l` has on the day, as SQL; temporary ones win."""
    return f"""(SELECT v.{column} FROM limit_version v
        WHERE v.organisation_id = l.organisation_id AND v.line_id = l.id
            AND v.superseded_at IS NULL AND v.valid_from <= %(day)s
            AND (v.valid_to IS NULL OR v.valid_to >= %(day)s)
        ORDER BY v.kind = 'temporary' DESC LIMIT 1)"""


def change_currencies(load: Load, chosen: str) -> None:
    """Give lines the currency of the limit they have on the day; `chosen` is a condition on `l`.

    A group's line turns by itself: nothing is counted on it.

    Raises:
        MissingRate: what is already counted on such a line cannot be converted.
    """
    changed = load.run(
        f"""CREATE TEMP TABLE turned ON COMMIT DROP AS
        SELECT id, account_id, currency FROM (
            SELECT l.id, l.account_id, l.currency AS old, {held_limit_sql("currency")} AS currency
            FROM credit_line l
            WHERE l.organisation_id = %(organisation)s AND {chosen}) h
        WHERE currency <> old"""
    )
    if not changed:
        return
    load.run(
        """UPDATE credit_line l SET currency = t.currency FROM turned t
        WHERE l.organisation_id = %(organisation)s AND l.id = t.id"""
    )
    accounts = "SELECT account_id FROM turned WHERE account_id IS NOT NULL"
    if load.value(f"SELECT EXISTS ({accounts})"):
        revalue(load, accounts, kind="revalued", reason="currency of the limit")


def revalue(load: Load, accounts: str, *, kind: str, reason: str) -> int:
    """Count the documents and orders of the accounts that a query names at the day's rates.

    Raises:
        MissingRate: a currency has no rate that is recent enough.
    """
    begin_factors(load.work)
    pairs = load.work.rows(
        f"""SELECT DISTINCT t.currency, l.currency
        FROM (SELECT account_id, currency FROM document
                WHERE organisation_id = %(organisation)s AND open_minor > 0
            UNION ALL SELECT account_id, currency FROM order_line d
                WHERE organisation_id = %(organisation)s AND {LIVE}) t
        JOIN credit_line l ON l.organisation_id = %(organisation)s AND l.account_id = t.account_id
        WHERE l.account_id IN ({accounts}) AND t.currency <> l.currency ORDER BY 1, 2""",
        load.values,
    )
    add_factors(load.work, rates_on(load.day, load.policy), pairs)
    begin_changes(load.work)
    _recount_documents(load, accounts)
    recount_orders(
        load, f"""SELECT account_id, order_no, currency FROM order_line
        WHERE organisation_id = %(organisation)s AND account_id IN ({accounts})
        UNION SELECT account_id, order_no, currency FROM commitment
        WHERE organisation_id = %(organisation)s AND account_id IN ({accounts})"""
    )  # fmt: skip
    moved = apply_changes(load.work, kind=kind, day=load.day, batch_id=load.batch_id,
                          reason=reason, policy=load.policy)  # fmt: skip
    mark_stale(load.work, accounts)
    return moved


def _recount_documents(load: Load, accounts: str) -> None:
    load.run(
        f"""WITH counted AS (
            SELECT d.account_id, d.document_no, d.kind, d.disputed, d.counted_minor AS old,
                {converted_sql("d.open_minor", "d.currency = l.currency")} AS new
            FROM document d JOIN credit_line l ON l.organisation_id = d.organisation_id
                AND l.account_id = d.account_id
            LEFT JOIN factor f ON f.currency = d.currency AND f.line_currency = l.currency
            WHERE d.organisation_id = %(organisation)s AND d.account_id IN ({accounts})),
        written AS (
            UPDATE document d SET counted_minor = c.new FROM counted c
            WHERE d.organisation_id = %(organisation)s AND d.account_id = c.account_id
                AND d.document_no = c.document_no AND d.kind = c.kind AND c.new <> c.old)
        INSERT INTO line_change (account_id, receivables_minor, unapplied_credits_minor,
            unapplied_cash_minor, deposits_minor, disputed_minor)
        SELECT account_id,
            coalesce(sum(new - old) FILTER (WHERE kind IN ({_DEBITS})), 0),
            coalesce(sum(new - old) FILTER (WHERE kind = 'credit_note'), 0),
            coalesce(sum(new - old) FILTER (WHERE kind = 'cash'), 0),
            coalesce(sum(new - old) FILTER (WHERE kind = 'deposit'), 0),
            coalesce(sum(new - old) FILTER (WHERE disputed AND kind IN ({_DEBITS})), 0)
        FROM counted GROUP BY account_id"""
    )
