"""Limits with two times: the days they hold for, and when they were known.

Nothing is edited: a version that a later one overlaps is superseded, and what remains of its days
is written again. A temporary limit replaces the base limit on its days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions.revaluation import change_currencies, held_limit_sql
from tradeline.actions.staging import Load, Outcome, stage
from tradeline.actions.standing import mark_stale
from tradeline.engine.feed_checks import set_aside, settle_repeats, without_blanks

if TYPE_CHECKING:
    from datetime import date

KEY: Final = ("account_id", "kind", "valid_from")
_FACTS: Final = ("currency", "limit_minor", "valid_to")
TABLE: Final = "limit_version"
TOTAL: Final = "limit_minor"


def check(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside the limits that cannot be."""
    frame = without_blanks(frame, ("customer_no", "currency", "limit_minor"))
    frame = set_aside(frame, pl.col("limit_minor") < 0, "the limit is negative")
    frame = set_aside(
        frame, pl.col("valid_to") < pl.col("valid_from"), "the limit ends before it begins"
    )
    lasting = (pl.col("kind") == "temporary") & pl.col("valid_to").is_null()
    return set_aside(frame, lasting, "a temporary limit needs its last day")


def dated(frame: pl.DataFrame, day: date) -> pl.DataFrame:
    """Let a limit without a first day hold from the file's day on."""
    return frame.with_columns(pl.col("valid_from").fill_null(day))


def settle(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out equal repeats and set aside conflicting ones."""
    return settle_repeats(frame, KEY, _FACTS)


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Record the versions that are new, and bring the lines' limits up to the day."""
    rank = pl.col("valid_from").rank("ordinal").over("account_id", "kind").cast(pl.Int64)
    stage(load.work, rows.select(*KEY, *_FACTS).with_columns(turn=rank), KEY)
    load.run(
        """CREATE TEMP TABLE difference ON COMMIT DROP AS
        SELECT s.*, l.id AS line_id FROM staged s
        JOIN credit_line l ON l.organisation_id = %(organisation)s AND l.account_id = s.account_id
        WHERE NOT EXISTS (SELECT FROM limit_version v
            WHERE v.organisation_id = %(organisation)s AND v.line_id = l.id
                AND v.superseded_at IS NULL AND v.kind = s.kind
                AND (v.valid_from <= s.valid_from AND v.amount_minor = s.limit_minor
                    AND v.currency = s.currency AND v.valid_to IS NOT DISTINCT FROM s.valid_to))"""
    )
    for turn in range(1, 1 + (load.value("SELECT max(turn) FROM difference") or 0)):
        _supersede(load, turn)
    applied = load.value("SELECT count(*) FROM difference")
    moved = resolve_limits(load, "SELECT line_id FROM difference")
    return Outcome(applied=applied, unchanged=rows.height - applied, moved=moved)


def _supersede(load: Load, turn: int) -> None:
    """Write one turn's versions; what they overlap is superseded, its rest written again."""
    load.run(
        """WITH old AS (
            UPDATE limit_version v SET superseded_at = %(at)s FROM difference n
            WHERE v.organisation_id = %(organisation)s AND v.line_id = n.line_id
                AND n.turn = %(turn)s AND v.kind = n.kind AND v.superseded_at IS NULL
                AND daterange(v.valid_from, v.valid_to, '[]')
                    && daterange(n.valid_from, n.valid_to, '[]')
            RETURNING v.*, n.valid_from AS new_from, n.valid_to AS new_to),
        rest AS (
            SELECT *, valid_from AS rest_from, new_from - 1 AS rest_to FROM old
            WHERE valid_from < new_from
            UNION ALL
            SELECT *, new_to + 1, valid_to FROM old
            WHERE new_to IS NOT NULL AND (valid_to IS NULL OR valid_to > new_to))
        INSERT INTO limit_version (organisation_id, id, line_id, kind, amount_minor, currency,
            valid_from, valid_to, recorded_at, recorded_by_id, reason, batch_id)
        SELECT organisation_id, gen_random_uuid(), line_id, kind, amount_minor, currency, rest_from,
            rest_to, %(at)s, %(by)s, reason, batch_id FROM rest
        UNION ALL
        SELECT %(organisation)s, gen_random_uuid(), line_id, kind, limit_minor, currency,
            valid_from, valid_to, %(at)s, %(by)s, 'imported', %(batch)s
        FROM difference WHERE turn = %(turn)s""",
        turn=turn,
    )


def resolve_limits(load: Load, only: str | None = None) -> int:
    """Bring the limit of each line, or of those a query names, to what holds on the load's day.

    A line whose limit is in another currency than before turns to it. Returns how many limits
    changed; each leaves an event.

    Raises:
        MissingRate: a line that turns cannot be converted.
    """
    chosen = f"l.id IN ({only})" if only else "true"
    change_currencies(load, chosen)
    moved = load.run(
        f"""WITH held AS (
            SELECT l.id, {held_limit_sql("amount_minor")} AS limit_minor
            FROM credit_line l WHERE l.organisation_id = %(organisation)s AND {chosen}
            ORDER BY l.id FOR UPDATE),
        moved AS (
            UPDATE credit_line l SET limit_minor = h.limit_minor, version = l.version + 1
            FROM held h
            WHERE l.organisation_id = %(organisation)s AND l.id = h.id
                AND l.limit_minor IS DISTINCT FROM h.limit_minor
            RETURNING l.id, l.version, l.exposure_minor, l.limit_minor)
        INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
            exposure_minor, limit_minor, by_id, batch_id, reason)
        SELECT %(organisation)s, id, version, 'limit', %(at)s, %(day)s, '{{}}', exposure_minor,
            limit_minor, %(by)s, %(batch)s, ''
        FROM moved"""
    )
    mark_stale(load.work, f"SELECT l.account_id FROM credit_line l WHERE {chosen}")
    return moved
