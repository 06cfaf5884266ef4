"""Utilisation as shown: two digits, four where two would hide that a line is passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from tradeline.engine.exact import exceeds, floor_div, x100

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy

_SHARE_MAX = 10**11  # beyond a hundred thousand million times the limit the figure stays there


def utilisation_columns(t: ir.Table, policy: Policy) -> dict[str, ir.Value]:
    """Return `used_x100`, percent in signed hundredths, and `used_beyond`, two more digits or null.

    Null where the limit is unusable, or zero while something is owed.
    """
    whole = ibis.greatest(t.credit_limit_minor, 1)
    size = ibis.greatest(t.outstanding_minor, -t.outstanding_minor)
    size = ibis.ifelse(size // whole >= _SHARE_MAX, whole * _SHARE_MAX, size)
    rounded = floor_div(size * 10_000 + whole // 2, whole)
    shown = t.limit_usable & ((t.credit_limit_minor > 0) | (t.owed == 0))
    signed = ibis.cases(
        (~shown, ibis.null("int64")),
        (t.credit_limit_minor == 0, 0),
        (t.outstanding_minor < 0, -rounded),
        else_=rounded,
    )
    return {"used_x100": signed, "used_beyond": _beyond(t, signed, policy)}


def _beyond(t: ir.Table, used_x100: ir.Value, policy: Policy) -> ir.Value:
    """Return the third and fourth decimal, rounded up, where the figure sits just above a line."""
    rules, limit = policy.utilisation, t.credit_limit_minor
    hides = [
        (used_x100 == x100(line)) & exceeds(t.owed, limit, line)
        for line in (rules.watch_above_pct, rules.limit_pct)
    ]
    over = t.owed * 10_000 % ibis.greatest(limit, 1)
    digits = (over * 100 + limit - 1) // ibis.greatest(limit, 1)
    return ibis.ifelse(hides[0] | hides[1], digits, ibis.null("int64"))
