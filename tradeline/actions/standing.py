"""Take the day away from what checks tested last: the next check resolves it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradeline.actions.acting import Work


def mark_stale(work: Work, accounts: str | None = None, values: list[object] | None = None) -> None:
    """Let the next check of these accounts read anew what their standing is made of.

    `accounts` is a query of account ids; without it, all accounts. A check holds its line when it
    writes its standing: whoever moves lines too has locked them before; for all accounts or named
    ones the lines are locked here, so that a line's first check ever does not overlook the change.
    """
    chosen = f"""AND line_id IN (SELECT l.id FROM credit_line l
        WHERE l.organisation_id = standing.organisation_id AND l.account_id IN ({accounts}))"""
    if accounts is None or values:
        work.run(
            f"""SELECT FROM credit_line WHERE organisation_id = %s
            AND account_id IN ({accounts or "account_id"}) ORDER BY id FOR NO KEY UPDATE""",
            [work.actor.organisation_id, *(values or [])],
        )
    work.run(
        f"""UPDATE standing SET day = NULL
        WHERE organisation_id = %s AND day IS NOT NULL {chosen if accounts else ""}""",
        [work.actor.organisation_id, *(values or [])],
    )
