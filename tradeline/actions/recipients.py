"""Who gets a message: the policy's roles, the account's owner, and what people wish themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from tradeline.actions import alerts
from tradeline.policy.alerts import SEVERITIES, Alerts, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from uuid import UUID

ALL: Final = "*"


@dataclass(frozen=True, kw_only=True)
class Reader:
    """A person of the organisation."""

    id: UUID
    roles: frozenset[str]
    mail: str


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a person wants of a topic."""

    way: str
    severity_min: str


def severity_of(topic: str, payload: Mapping[str, Any], policy: Alerts) -> Severity | None:
    """Return how grave a message is by the policy; None where it is no alert."""
    if topic == alerts.UTILISATION:
        return _of_level(max(payload["levels_bp"]), policy)
    if topic == alerts.OVERDUE:
        steps = policy.overdue_severities
        return steps[min(payload["step"], len(steps)) - 1] if steps else SEVERITIES[0]
    fixed: dict[str, Severity] = {
        alerts.LIMIT_EXPIRY: policy.expiry_severity,
        alerts.FEED_AGE: policy.feed_age_severity,
        alerts.DELIVERY: policy.delivery_severity,
        alerts.HOLD: SEVERITIES[1],
    }
    return fixed.get(topic)


def _of_level(level_bp: int, policy: Alerts) -> Severity:
    """Return the severity of the highest level that is no higher: the ladder may be another now."""
    pairs = zip(policy.ladder, policy.severities, strict=True)
    return next((s for level, s in reversed(list(pairs)) if level <= level_bp), SEVERITIES[0])


def wants(topics: Iterable[str], topic: str) -> bool:
    """Return whether one of the names is the topic, or its beginning followed by *."""
    return any(
        each == topic or (each.endswith(ALL) and topic.startswith(each[:-1])) for each in topics
    )


def readers(
    topic: str, severity: Severity, *, policy: Alerts, people: Collection[Reader],
    owner: UUID | None, wishes: Mapping[tuple[UUID, str], Wish],
) -> Iterator[tuple[Reader, str]]:  # fmt: skip
    """Yield each person who gets an alert, and whether at once or in the digest.

    The policy says which roles get it; a person's wish adds graver ones, or says how, or off.
    """
    named = policy.delivery_to if topic == alerts.DELIVERY else policy.recipients(severity)
    for person in people:
        wish = wishes.get((person.id, topic)) or wishes.get((person.id, ALL))
        told = not person.roles.isdisjoint(named) or ("owner" in named and person.id == owner)
        if wish and wish.severity_min:
            least = SEVERITIES.index(cast("Severity", wish.severity_min))
            told = told or SEVERITIES.index(severity) >= least
        way = wish.way if wish else "at_once"
        if told and way != "off":
            yield person, way
