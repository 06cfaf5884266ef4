"""Exact whole-number arithmetic in expressions that mean the same on every engine.

Some engines divide 64-bit integers through doubles. These helpers stay exact there: they first take
the remainder away and then divide from the middle of the step, where a double's error cannot reach.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import PolicyFault

if TYPE_CHECKING:
    from decimal import Decimal

    import ibis.expr.types as ir

FACTOR_MAX: Final = 10_240
"""Largest factor an amount may be multiplied by: AMOUNT_MINOR_MAX times this fits 64 bits."""

UNIT: Final = 9_000_000
"""Shares that only rank are whole numbers of this part; thirds and 180ths are exact in it."""


def percent(value: Decimal) -> tuple[int, int]:
    """Return numerator and denominator of a percentage, reduced: 87.5 gives (7, 8)."""
    share = Fraction(value) / 100
    if max(share.numerator, share.denominator) > FACTOR_MAX:
        raise PolicyFault(
            f"the percentage {value} is too fine or too large to be compared exactly",
            mend="use at most two decimals up to 100, one above, and no more than 1000",
        )
    return share.numerator, share.denominator


def exceeds(part: ir.Value, whole: ir.Value, pct: Decimal) -> ir.Value:
    """Return whether part is more than pct percent of whole, by cross-multiplication."""
    numerator, denominator = percent(pct)
    return part * denominator > whole * numerator


def floor_div(dividend: ir.Value, divisor: ir.Value | int) -> ir.Value:
    """Return dividend // divisor for 0 <= dividend < 2**63, a positive divisor, quotient < 1e15."""
    half = divisor // 2
    return (dividend - dividend % divisor + half) // divisor


def half_up(dividend: ir.Value, divisor: int) -> ir.Value:
    """Return dividend / divisor rounded half-up, for 0 <= dividend < 2**52."""
    return (dividend + divisor // 2) // divisor


def share(part: ir.Value, whole: ir.Value) -> ir.Value:
    """Return part / whole in UNITs, for ranking only, never for a threshold.

    One division and one product of doubles, each rounded the same way by every engine.
    """
    return (part / whole * UNIT + 0.5).floor().cast("int64")


def x100(value: Decimal) -> int:
    """Return a two-digit decimal as whole hundredths."""
    return _whole(value * 100, value)


def units(value: Any) -> int:
    """Return a decimal or fraction as the nearest whole number of UNITs."""
    return (2 * UNIT * Fraction(value) + 1) // 2


def _whole(scaled: Decimal, value: Decimal) -> int:
    if scaled != scaled.to_integral_value():
        raise PolicyFault(f"{value} has more than two decimals", mend="write at most two decimals")
    return int(scaled)
