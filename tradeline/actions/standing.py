"""Take the day away from what checks tested last: the next check resolves it anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tradeline.actions.acting import Work


def mark_stale(work: Work, accounts: str | None = None, values: list[object] | None = None) -> None:
    """Let the next check of these accounts read anew what their standing is made of.

    `accounts` is a query of account ids; without it, all accounts. Whoever moves lines too locks
    them before: a check holds its line when it writes its standing.
    """
    chosen = f"""AND line_id IN (SELECT l.id FROM credit_line l
        WHERE l.organisation_id = standing.organisation_id AND l.account_id IN ({accounts}))"""
    work.run(
        f"""UPDATE standing SET day = NULL
        WHERE organisation_id = %s AND day IS NOT NULL {chosen if accounts else ""}""",
        [work.actor.organisation_id, *(values or [])],
    )
