"""Put a policy in force: every line is counted by its switches from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.actions.acting import Actor, working
from tradeline.actions.alerts import keep_armed, raise_utilisation
from tradeline.actions.holds import follow_up
from tradeline.actions.lines import exposure_sql
from tradeline.actions.organisations import activate
from tradeline.actions.revaluation import revalue
from tradeline.actions.staging import Load, lock_feeds
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from datetime import date, datetime

    from tradeline.policy.schema import Policy

_ALL: Final = "SELECT account_id FROM credit_line WHERE account_id IS NOT NULL"


def activate_policy(*, policy: Policy, reason: str, day: date, by: Actor, at: datetime) -> int:
    """Put a policy in force as of a day, and return how many lines count differently by it.

    Raises:
        Refused: the actor may not.
        MissingRate: what is to be counted anew has no rate that is recent enough.
    """
    with working(by, "policy.activate", at=at) as work:
        lock_feeds(work)
        before = policy_in_force()
        activate(work, policy, reason)
        load = Load(work=work, batch_id=None, day=day, full_extract=False, confirmed=False,
                    policy=policy, entity_ids=())  # fmt: skip
        moved = _by_new_switches(load) + revalue(load, _ALL, kind="policy", reason=reason)
        keep_armed(work, old=before, new=policy)
        raise_utilisation(work, policy=policy, day=day)
    follow_up(by=by, at=at)
    return moved


def _by_new_switches(load: Load) -> int:
    """Bring each line's exposure to what the policy counts of its buckets; one event each."""
    exposure = exposure_sql(load.policy)
    return load.run(
        f"""WITH moved AS (
            UPDATE credit_line SET exposure_minor = {exposure}, version = version + 1
            WHERE organisation_id = %(organisation)s AND exposure_minor <> {exposure}
            RETURNING id, version, exposure_minor, limit_minor)
        INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
            exposure_minor, limit_minor, by_id, reason)
        SELECT %(organisation)s, id, version, 'policy', %(at)s, %(day)s, '{{}}', exposure_minor,
            limit_minor, %(by)s, 'a policy with other switches'
        FROM moved"""
    )
