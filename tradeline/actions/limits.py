"""Limits with two times: the days they hold for, and when they were known.

Nothing is edited: a version that a later one overlaps is superseded, and what remains of its days
is written again. A temporary limit replaces the base limit on its days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions.groups import open_group_lines
from tradeline.actions.revaluation import change_currencies, held_limit_sql
from tradeline.actions.staging import Load, Outcome, stage
from tradeline.actions.standing import mark_stale
from tradeline.engine.feed_checks import set_aside, settle_repeats, without_blanks
from tradeline.money import to_decimal

if TYPE_CHECKING:
    from datetime import date

KEY: Final = ("holder_id", "kind", "valid_from")  # of an account or a group
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
    """Leave out equal repeats and set aside conflicting ones, of accounts and groups alike."""
    frame = frame.with_columns(holder_id=pl.coalesce("account_id", "group_id"))
    return settle_repeats(frame, KEY, _FACTS)


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Record the versions that are new, and bring the lines' limits up to the day."""
    rank = pl.col("valid_from").rank("ordinal").over("holder_id", "kind").cast(pl.Int64)
    staged = rows.select(*KEY, *_FACTS, "group_id").with_columns(turn=rank)
    stage(load.work, staged, KEY, ids=("holder_id", "group_id"))
    open_group_lines(
        load, "SELECT group_id, min(currency) AS currency FROM staged WHERE group_id IS NOT NULL "
        "GROUP BY group_id"
    )  # fmt: skip
    load.run(
        """CREATE TEMP TABLE difference ON COMMIT DROP AS
        SELECT l.* FROM (
            SELECT s.*, l.id AS line_id FROM staged s JOIN credit_line l
                ON l.organisation_id = %(organisation)s AND l.account_id = s.holder_id
            UNION ALL SELECT s.*, l.id FROM staged s JOIN credit_line l
                ON l.organisation_id = %(organisation)s AND l.group_id = s.group_id) l
        WHERE NOT EXISTS (SELECT FROM limit_version v
            WHERE v.organisation_id = %(organisation)s AND v.line_id = l.line_id
                AND v.superseded_at IS NULL AND v.kind = l.kind
                AND (v.valid_from <= l.valid_from AND v.amount_minor = l.limit_minor
                    AND v.currency = l.currency AND v.valid_to IS NOT DISTINCT FROM l.valid_to))"""
    )
    for turn in range(1, 1 + (load.value("SELECT max(turn) FROM difference") or 0)):
        _supersede(load, turn)
    applied = load.value("SELECT count(*) FROM difference")
    moved = resolve_limits(load, "SELECT line_id FROM difference")
    return Outcome(
        applied=applied, unchanged=rows.height - applied, moved=moved, remarks=_lowering(load)
    )


def _lowering(load: Load) -> tuple[str, ...]:
    """Return a remark for each temporary limit of the file that is below the base it replaces.

    A temporary limit is mostly meant to raise; one that lowers is applied all the same. So is told
    of a base limit that is set above a temporary one which holds already.
    """
    found = load.work.rows(
        """SELECT coalesce(a.customer_no || ' (' || e.code || ')', 'group ' || g.code) AS whose,
            t.valid_from, t.valid_to, t.currency, t.amount_minor, b.amount_minor
        FROM limit_version t
        JOIN limit_version b ON b.organisation_id = t.organisation_id AND b.line_id = t.line_id
            AND b.kind = 'base' AND b.superseded_at IS NULL AND b.currency = t.currency
            AND b.amount_minor > t.amount_minor AND daterange(b.valid_from, b.valid_to, '[]')
                && daterange(t.valid_from, t.valid_to, '[]')
        JOIN credit_line l ON l.organisation_id = t.organisation_id AND l.id = t.line_id
        LEFT JOIN account a ON a.organisation_id = l.organisation_id AND a.id = l.account_id
        LEFT JOIN legal_entity e ON e.organisation_id = a.organisation_id AND e.id = a.entity_id
        LEFT JOIN customer_group g ON g.organisation_id = l.organisation_id AND g.id = l.group_id
        WHERE t.organisation_id = %(organisation)s AND t.kind = 'temporary'
            AND t.superseded_at IS NULL AND t.valid_to >= %(day)s
            AND %(batch)s IN (t.batch_id, b.batch_id)
            AND t.line_id IN (SELECT line_id FROM difference)
        ORDER BY 1, 2""",
        load.values,
    )
    return tuple(
        f"{whose}: the temporary limit of {currency} {to_decimal(low, currency)} from {first} to "
        f"{last} is below the base limit of {currency} {to_decimal(high, currency)}, which it "
        "replaces on these days"
        for whose, first, last, currency, low, high in found
    )


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
