"""Raise alerts in the transaction of what they tell of: into the outbox, each once.

Use of the limit is looked at whenever lines may have moved; how old debts, limits and feeds are, at
the turn of the day. One message for a jump over several steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.engine.feed_checks import DEBITS

if TYPE_CHECKING:
    from datetime import date

    from tradeline.actions.acting import Work
    from tradeline.policy.schema import Policy

UTILISATION: Final = "alert.utilisation"
OVERDUE: Final = "alert.overdue"
LIMIT_EXPIRY: Final = "alert.limit_expiry"
FEED_AGE: Final = "alert.feed_age"
DELIVERY: Final = "alert.delivery"
HOLD: Final = "alert.hold"  # an order waits for people for long; written by actions/holds.py
TOPICS: Final = (UTILISATION, OVERDUE, LIMIT_EXPIRY, FEED_AGE, DELIVERY, HOLD)

_DEBITS: Final = ", ".join(f"'{kind}'" for kind in DEBITS)


def raise_utilisation(work: Work, *, policy: Policy, day: date) -> int:
    """Write an alert for each line that reached a level; return how many there are.

    Asked at the end of a transaction, when lines have the limits and exposure they keep. Lines that
    others move are brought up to date by those, so every line that is due was moved here.
    """
    values = _values(work, day) | {"ladder": policy.alerts.ladder, "rearm": policy.alerts.rearm}
    return work.run(
        f"""WITH due AS (
            SELECT l.id, l.version, l.currency, l.exposure_minor, l.limit_minor, s.armed_after,
                s.crossed
            FROM credit_line l, LATERAL app.alert_step(%(ladder)s, %(rearm)s, l.alert_armed,
                l.exposure_minor, l.limit_minor) s
            WHERE l.organisation_id = %(organisation)s
                AND app.alert_due(%(ladder)s, %(rearm)s, l.alert_armed, l.exposure_minor,
                    l.limit_minor)
            ORDER BY l.id FOR UPDATE OF l),
        stepped AS (
            UPDATE credit_line l SET alert_armed = d.armed_after FROM due d
            WHERE l.organisation_id = %(organisation)s AND l.id = d.id)
        INSERT INTO outbox (organisation_id, topic, line_id, line_version, at, payload)
        SELECT %(organisation)s, '{UTILISATION}', id, version, %(at)s,
            app.alert_payload(crossed, exposure_minor, limit_minor, currency, %(day)s)
        FROM due WHERE crossed <> '{{}}'""",
        values,
    )


def keep_armed(work: Work, *, old: Policy, new: Policy) -> None:
    """Let a new ladder take over what the old one has sent: levels up to the highest of those."""
    if old.alerts.ladder == new.alerts.ladder:
        return
    work.run(
        """UPDATE credit_line SET alert_armed = (
            SELECT count(*) FROM unnest(%(new)s::int[]) level WHERE level <= (%(old)s::int[])[
                least(alert_armed, cardinality(%(old)s::int[]))])
        WHERE organisation_id = %(organisation)s AND alert_armed > 0""",
        {"old": old.alerts.ladder, "new": new.alerts.ladder,
         "organisation": work.actor.organisation_id},
    )  # fmt: skip


def raise_daily(work: Work, *, policy: Policy, day: date) -> int:
    """Write the alerts of a day: debts that grew old, limits that end, feeds that fell behind."""
    alerts = policy.alerts
    values = _values(work, day) | {
        "overdue": list(alerts.overdue_days), "grace": alerts.overdue_grace_days,
        "expiry": list(alerts.expiry_days),
        "feeds": list(policy.exposure.feed_age_max_days),
        "ages": list(policy.exposure.feed_age_max_days.values()),
    }  # fmt: skip
    steps = (("overdue", OVERDUE, _OLD), ("limit_expiry", LIMIT_EXPIRY, _ENDING),
             ("feed_age", FEED_AGE, _LATE))  # fmt: skip
    return sum(_step(work, kind, topic, found, values) for kind, topic, found in steps)


def _values(work: Work, day: date) -> dict[str, Any]:
    return {"organisation": work.actor.organisation_id, "at": work.at, "day": day}


# Each names subject, step (from 1), line and its version where there is one, and what to say. A
# subject that is not named has cleared.
_OLD: Final = f"""
    SELECT a.id AS subject, l.id AS line_id, l.version,
        (SELECT count(*) FROM unnest(%(overdue)s::int[]) s WHERE s <= o.days)::int AS step,
        jsonb_build_object('days', o.days, 'due_date', o.due_date,
            'overdue_minor', o.overdue_minor, 'currency', l.currency) AS payload
    FROM (SELECT account_id, min(due_date) AS due_date, sum(counted_minor) AS overdue_minor,
            (%(day)s::date - min(due_date)) - %(grace)s AS days
        FROM document WHERE organisation_id = %(organisation)s AND open_minor > 0
            AND kind IN ({_DEBITS}) AND due_date < %(day)s::date - %(grace)s
        GROUP BY account_id) o
    JOIN account a ON a.organisation_id = %(organisation)s AND a.id = o.account_id
    JOIN credit_line l ON l.organisation_id = %(organisation)s AND l.account_id = a.id
    WHERE NOT a.intercompany"""
_ENDING: Final = """
    SELECT v.id AS subject, l.id AS line_id, l.version,
        (SELECT count(*) FROM unnest(%(expiry)s::int[]) s
            WHERE s >= v.valid_to - %(day)s::date)::int AS step,
        jsonb_build_object('kind', v.kind, 'valid_to', v.valid_to,
            'days', v.valid_to - %(day)s::date, 'limit_minor', v.amount_minor,
            'currency', v.currency) AS payload
    FROM limit_version v
    JOIN credit_line l ON l.organisation_id = v.organisation_id AND l.id = v.line_id
    WHERE v.organisation_id = %(organisation)s AND v.superseded_at IS NULL
        AND v.valid_from <= %(day)s AND v.valid_to >= %(day)s
        AND NOT EXISTS (SELECT FROM limit_version n
            WHERE n.organisation_id = v.organisation_id AND n.line_id = v.line_id
                AND n.kind = v.kind AND n.superseded_at IS NULL
                AND n.valid_from = v.valid_to + 1)"""
_LATE: Final = """
    SELECT f.id AS subject, NULL::uuid AS line_id, NULL::bigint AS version, 1 AS step,
        jsonb_build_object('feed', f.kind, 'entity', e.code, 'as_of', f.as_of,
            'days', %(day)s::date - f.as_of, 'days_max', m.age) AS payload
    FROM feed f JOIN unnest(%(feeds)s::text[], %(ages)s::int[]) AS m (kind, age) USING (kind)
    LEFT JOIN legal_entity e ON e.organisation_id = f.organisation_id AND e.id = f.entity_id
    WHERE f.organisation_id = %(organisation)s AND %(day)s::date - f.as_of > m.age"""


_NOW: Final = "coalesce((SELECT n.step FROM stand n WHERE n.subject = t.subject), 0)"


def _step(work: Work, kind: str, topic: str, found: str, values: dict[str, Any]) -> int:
    """Bring what was told of a kind up to the day; what rose a step sends, what fell can again.

    A step is told once in an epoch of its subject, which ends whenever the subject falls.
    """
    work.run(f"CREATE TEMP TABLE stand ON COMMIT DROP AS {found}", values)
    work.run(
        f"""UPDATE alert_state t SET epoch = t.epoch + 1, step = {_NOW}
        WHERE t.organisation_id = %(organisation)s AND t.kind = '{kind}' AND t.step > {_NOW}""",
        values,
    )
    count = work.run(
        f"""WITH risen AS (
            SELECT n.*, coalesce(o.epoch, 0) AS epoch FROM stand n
            LEFT JOIN alert_state o ON o.organisation_id = %(organisation)s
                AND o.kind = '{kind}' AND o.subject = n.subject
            WHERE n.step > coalesce(o.step, 0)),
        kept AS (
            INSERT INTO alert_state (organisation_id, kind, subject, step, epoch)
            SELECT %(organisation)s, '{kind}', subject, step, 0 FROM risen
            ON CONFLICT (organisation_id, kind, subject) DO UPDATE SET step = excluded.step)
        INSERT INTO outbox (organisation_id, topic, line_id, line_version, at, payload)
        SELECT %(organisation)s, '{topic}', line_id, version, %(at)s,
            payload || jsonb_build_object('step', step, 'day', %(day)s::date,
                'key', concat_ws(':', '{kind}', subject, step, epoch))
        FROM risen""",
        values,
    )
    work.run("DROP TABLE stand")
    return count
