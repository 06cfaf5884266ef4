"""What the account's owner must do: codes collected from every finding, sorted, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import ibis

from tradeline.engine.bands import CRITICAL
from tradeline.engine.wording import say
from tradeline.policy.schema import AccountAction

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy

ACTIONS = tuple(sorted(get_args(AccountAction)))


def account_actions(t: ir.Table, policy: Policy) -> ir.Value:
    """Return the codes joined by semicolons; empty for a clean account, null unless assessed."""
    triggers = _triggers(t, policy)
    parts = []
    for code in ACTIONS:
        wanted = [when for codes, when in triggers if code in codes]
        if wanted:
            parts.append(ibis.ifelse(_any(wanted), f";{code}", ""))
    joined = say("", *parts) if parts else ibis.literal("")
    return ibis.ifelse(t.status == "assessed", joined.substr(1), ibis.null("string"))


def _any(conditions: list[ir.Value]) -> ir.Value:
    met = conditions[0]
    for condition in conditions[1:]:
        met |= condition
    return met


def _triggers(t: ir.Table, policy: Policy) -> list[tuple[tuple[AccountAction, ...], ir.Value]]:
    """Return, per finding of the policy, its codes and when it holds."""
    codes = policy.actions
    slow = (t.gap_days > policy.recency.recent_days) & ~t.dormant
    below = (t.limit_action.isin(("REDUCE", "CUT_TO_ZERO"))) & (t.recommended_limit_minor < t.owed)
    findings = (
        (codes.utilisation_watch, t.util_status == "WARNING"),
        (codes.utilisation_over, t.util_status == "FAIL"),
        (codes.ageing_warning, t.age_status == "WARNING"),
        (codes.ageing_fail, t.age_status == "FAIL"),
        (codes.payment_slow, slow),
        (codes.payment_unknown, t.gap_days.isnull() & ~t.payment_in_future),
        (codes.dormant, t.dormant),
        (codes.track_record_weak, t.weak | t.score.isnull()),
        (codes.dispute, t.disputed),
        (codes.critical, t.band_rank == CRITICAL),
        (codes.reduced_below_balance, below),
        (codes.data_error, (t.faults > 0) | _out_of_range(t) | (t.age_status == "NOT_EVALUATED")),
    )
    return [(listed, when.fill_null(False)) for listed, when in findings]


def _out_of_range(t: ir.Table) -> ir.Value:
    return t.track_record_x100.notnull() & t.score.isnull()
