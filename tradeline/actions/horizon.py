"""The turn of a day: orders that come inside the horizon, limits that begin or end, positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradeline.actions.acting import Actor, working
from tradeline.actions.alerts import raise_daily, raise_utilisation
from tradeline.actions.audit import record
from tradeline.actions.holds import follow_up
from tradeline.actions.limits import resolve_limits
from tradeline.actions.revaluation import revalue
from tradeline.actions.staging import Load, lock_feeds
from tradeline.models.limits import COUNTERS
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from datetime import date, datetime

_ALL = "SELECT account_id FROM credit_line WHERE account_id IS NOT NULL"


@dataclass(frozen=True, kw_only=True)
class Rolled:
    """What the turn of a day moved."""

    lines_counted: int
    limits_changed: int
    positions: int
    alerts: int


def roll_day(*, day: date, by: Actor, at: datetime) -> Rolled:
    """Count every line as of a day: rates, horizon, limits; and keep the day's positions.

    Raises:
        MissingRate: a currency has no rate that is recent enough; nothing is changed.
    """
    with working(by, "horizon.roll", at=at) as work:
        lock_feeds(work)
        load = Load(
            work=work, batch_id=None, day=day, full_extract=False, confirmed=False,
            policy=policy_in_force(), entity_ids=(),
        )  # fmt: skip
        limits = resolve_limits(load)  # first: a line may turn to its new limit's currency
        counted = revalue(load, _ALL, kind="horizon", reason=f"as of {day}")
        kept = keep_positions(load)
        alerts = raise_utilisation(work, policy=load.policy, day=day)
        alerts += raise_daily(work, policy=load.policy, day=day)
        after = {"day": day.isoformat(), "lines_counted": counted, "limits_changed": limits,
                 "alerts": alerts}  # fmt: skip
        record(work, "DAY_ROLLED", f"day {day}", after=after)
    follow_up(by=by, at=at)
    return Rolled(lines_counted=counted, limits_changed=limits, positions=kept, alerts=alerts)


def keep_positions(load: Load) -> int:
    """Write each account's counters as its line's position of the day, replacing earlier ones."""
    pairs = ", ".join(f"'{name.removesuffix('_minor')}', nullif({name}, 0)" for name in COUNTERS)
    return load.run(
        f"""INSERT INTO position (organisation_id, id, line_id, day, limit_minor, exposure_minor,
            buckets)
        SELECT organisation_id, gen_random_uuid(), id, %(day)s, limit_minor, exposure_minor,
            jsonb_strip_nulls(jsonb_build_object({pairs}))
        FROM credit_line
        WHERE organisation_id = %(organisation)s AND account_id IS NOT NULL
        ON CONFLICT (organisation_id, line_id, day) DO UPDATE
        SET limit_minor = excluded.limit_minor, exposure_minor = excluded.exposure_minor,
            buckets = excluded.buckets"""
    )
