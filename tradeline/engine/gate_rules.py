"""A policy as the gate reads it: rules, who they differ for, terms by name, how buckets count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.engine.exposure import BUCKETS, signs
from tradeline.engine.terms import credit_days_max
from tradeline.policy.gate import CODES

if TYPE_CHECKING:
    from tradeline.policy.gate import Gate, Override
    from tradeline.policy.schema import Policy
    from tradeline.policy.terms import Term

BASIS_POINTS: Final = 100


def gate_document(policy: Policy) -> dict[str, Any]:
    """Return the policy as the document that sql/gate_standing.sql resolves lines from."""
    gate, sign = policy.gate, signs(policy.exposure)
    ages = policy.exposure.feed_age_max_days
    return {
        "codes": list(CODES),
        "signs": [sign[name] for name in BUCKETS],  # as sql/gate_settle.sql looks them up
        "rules": gate.rules.model_dump(mode="json"),
        "customers": _scope(gate.overrides, "customers"),
        "groups": _scope(gate.overrides, "groups"),
        "tiers": _scope(gate.overrides, "tiers"),
        "terms": _terms(policy),
        "horizon_days": policy.exposure.horizon_days,
        "rate_age_max_days": policy.fx.rate_age_max_days,
        "feed_ages_max": {feed: ages[feed] for feed in sorted(ages) if feed != "rates"},
        "feeds_required": list(gate.feeds_required),
        "reservation_days": gate.reservation_days,
        "hold_days": gate.hold_days,
        "release_deviation_bp": int(gate.release_deviation_pct * BASIS_POINTS),
        "ladder_bp": list(policy.alerts.ladder), "rearm_bp": policy.alerts.rearm,
        "release": _release(gate),
    }


def _release(gate: Gate) -> dict[str, Any]:
    """Return who signs releases and by what they are judged (sql/releases.sql)."""
    return {
        "levels": [level.model_dump(mode="json") for level in gate.levels],
        "release_days": gate.release_days,
        "proposal_days": gate.proposal_days,
        "evidence_days_max": gate.evidence_days_max,
        "evidence_move_bp": int(gate.evidence_move_pct * BASIS_POINTS),
        "release_sum_days": gate.release_sum_days,
    }


def _scope(overrides: tuple[Override, ...], scope: str) -> dict[str, Any]:
    """Return the rules that differ, by name; a later override adds to an earlier one."""
    found: dict[str, Any] = {}
    for override in overrides:
        for name in getattr(override, scope):
            before, own = found.get(name, {}), _differing(override)
            both = {**before, **own}
            if "reactions" in both:
                both["reactions"] = before.get("reactions", {}) | own.get("reactions", {})
            found[name] = both
    return found


def _differing(override: Override) -> dict[str, Any]:
    return override.rules.model_dump(mode="json", exclude_none=True)


def _terms(policy: Policy) -> dict[str, Any]:
    terms = policy.terms
    return {
        "names": {name: _bounds(policy, term) for name, term in terms.named.items()},
        "default": terms.default, "tiers": dict(terms.by_tier), "segments": dict(terms.by_segment),
    }  # fmt: skip


def _bounds(policy: Policy, term: Term) -> dict[str, int | None]:
    """Return the longest credit a term gives, its best discount, and its grace."""
    best = max((each.percent for each in term.discounts), default=0)
    return {
        "days": credit_days_max(term, policy.terms.calendars[term.calendar]),
        "discount_bp": int(best * BASIS_POINTS), "grace": term.grace_days,
    }  # fmt: skip
