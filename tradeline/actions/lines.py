"""Move the counters of lines of credit: always together with one event per line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.engine.exposure import BUCKETS, signs
from tradeline.models.limits import COUNTERS

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from tradeline.actions.acting import Work
    from tradeline.policy.schema import Policy

_COLUMNS: Final = ", ".join(f"{name} bigint NOT NULL DEFAULT 0" for name in COUNTERS)


def exposure_sql(policy: Policy, prefix: str = "") -> str:
    """Return the sum over the counters that the policy counts, as SQL; `prefix` is a table."""
    dot = f"{prefix}." if prefix else ""
    terms = [f"{'+' if sign > 0 else '-'} {dot}{name}_minor"
             for name, sign in signs(policy.exposure).items() if sign]  # fmt: skip
    return " ".join(["0", *terms])


def begin_changes(work: Work) -> None:
    """Make the temporary table `line_change`: one row per account, what its counters move by."""
    work.run(f"CREATE TEMP TABLE IF NOT EXISTS line_change (account_id uuid PRIMARY KEY, {_COLUMNS}"
             ") ON COMMIT DROP")  # fmt: skip
    work.run("TRUNCATE line_change")


def apply_changes(
    work: Work, *, kind: str, day: date, batch_id: UUID | None, reason: str, policy: Policy
) -> int:
    """Move the lines by `line_change`, one event each, and return how many moved.

    Lines are locked in the order of their ids first, so that two movers never wait for each other.
    """
    idle = " AND ".join(f"{name} = 0" for name in COUNTERS)
    work.run(f"DELETE FROM line_change WHERE {idle}")
    work.run(
        "SELECT FROM credit_line l JOIN line_change c ON c.account_id = l.account_id "
        "WHERE l.organisation_id = %s ORDER BY l.id FOR UPDATE OF l",
        [work.actor.organisation_id],
    )
    moves = ", ".join(f"{name} = l.{name} + c.{name}" for name in COUNTERS)
    change = ", ".join(f"'{_plain(name)}', nullif(c.{name}, 0)" for name in COUNTERS)
    return work.run(
        f"""WITH moved AS (
            UPDATE credit_line l SET {moves}, version = l.version + 1,
                exposure_minor = l.exposure_minor + {exposure_sql(policy, "c")}
            FROM line_change c
            WHERE l.organisation_id = %(organisation)s AND l.account_id = c.account_id
            RETURNING l.id, l.version, l.exposure_minor, l.limit_minor,
                jsonb_strip_nulls(jsonb_build_object({change})) AS change)
        INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
            exposure_minor, limit_minor, by_id, batch_id, reason)
        SELECT %(organisation)s, id, version, %(kind)s, %(at)s, %(day)s, change,
            exposure_minor, limit_minor, %(by)s, %(batch)s, %(reason)s
        FROM moved""",
        {"organisation": work.actor.organisation_id, "kind": kind, "at": work.at, "day": day,
         "by": work.actor.user_id, "batch": batch_id, "reason": reason},
    )  # fmt: skip


def _plain(name: str) -> str:
    return name.removesuffix("_minor")


assert {f"{name}_minor" for name in BUCKETS} <= set(COUNTERS)
