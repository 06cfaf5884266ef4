"""Exposure as one number: what counts, what reduces it, and what secures the rest.

    gross    = receivables + billed not posted + shipped not billed + orders + reserved + special
    exposure = gross - unapplied cash - unapplied credits - deposits        (may be negative)
    net      = max(0, exposure - secured)
    headroom = limit - exposure

The limit is held against `exposure`; cover lowers `net` only, so that an insured limit never
enlarges the limit in silence. Source: the static and dynamic credit check of order systems:
open orders + deliveries + billing documents + open items.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tradeline.money import round_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradeline.policy.exposure import Exposure

ADDS: Final = (
    "receivables", "billed_not_posted", "shipped_not_billed", "orders", "reserved", "special",
)  # fmt: skip
REDUCES: Final = ("unapplied_cash", "unapplied_credits", "deposits")
BUCKETS: Final = (*ADDS, *REDUCES)
BASIS_POINTS: Final = 10_000

_WATERFALL: Final = {
    "letter_of_credit": 0, "bank_guarantee": 0, "insurance": 1, "collateral": 2,
    "parent_guarantee": 3,
}  # fmt: skip


def signs(rules: Exposure) -> dict[str, int]:
    """Return +1, -1 or 0 by bucket: how the policy lets it count."""
    plus = {name: int(getattr(rules, name)) for name in ADDS}
    return plus | {name: -int(getattr(rules, name)) for name in REDUCES}


def exposure_minor(buckets_minor: Mapping[str, int], rules: Exposure) -> int:
    """Return the exposure after own funds; buckets that are absent count nothing."""
    return sum(sign * buckets_minor.get(name, 0) for name, sign in signs(rules).items())


@dataclass(frozen=True, kw_only=True)
class Cover:
    """A mitigant in the line's currency; shares are hundredths of a percent."""

    kind: str
    amount_minor: int
    cover_bp: int = BASIS_POINTS
    haircut_bp: int = 0
    valid_from: date
    valid_to: date
    terms_days_max: int | None = None
    presentation_days: int = 0


def in_force(
    cover: Cover, *, as_of: date, terms_days: int | None, last_shipment: date | None
) -> bool:
    """Return whether cover counts on a day: its dates, the insurer's terms, the LC's expiry."""
    return (
        cover.valid_from <= as_of <= cover.valid_to
        and _within_terms(cover, terms_days)
        and _outlasts(cover, last_shipment)
    )


def _within_terms(cover: Cover, terms_days: int | None) -> bool:
    unlimited = cover.terms_days_max is None or terms_days is None
    return unlimited or terms_days <= cover.terms_days_max  # type: ignore[operator]


def _outlasts(cover: Cover, last_shipment: date | None) -> bool:
    if cover.kind != "letter_of_credit" or last_shipment is None:
        return True
    return cover.valid_to >= last_shipment + timedelta(days=cover.presentation_days)


def secured_minor(owed_minor: int, covers: Iterable[Cover]) -> int:
    """Return how much of the exposure is secured, cover by cover in the order of the waterfall.

    A parent's guarantee replaces the debtor by the guarantor and secures nothing here.
    """
    rest = max(0, owed_minor)
    for cover in sorted(covers, key=lambda each: _WATERFALL[each.kind]):
        rest -= _part_minor(cover, rest)
    return max(0, owed_minor) - rest


def _part_minor(cover: Cover, rest_minor: int) -> int:
    if cover.kind == "parent_guarantee":
        return 0
    kept = cover.amount_minor * (BASIS_POINTS - cover.haircut_bp)
    limit = kept // BASIS_POINTS  # cover is rounded down: never more than was promised
    return min(limit, rest_minor) * cover.cover_bp // BASIS_POINTS


def net_minor(exposure: int, secured: int) -> int:
    """Return the unsecured exposure."""
    return max(0, exposure - secured)


def utilisation_text(exposure: int, limit: int | None) -> str | None:
    """Return use of the limit in percent with two digits, four where two would hide a breach.

    None without a limit, or with a limit of nothing against a debt (any use is beyond it).
    """
    if limit is None or (limit == 0 and exposure > 0):
        return None
    if exposure <= 0 or limit == 0:
        return "0.00"
    hundredths = round_half_up(_ratio(exposure, limit, 10_000))
    if exposure > limit and hundredths <= 10_000:
        return _fixed(max(round_half_up(_ratio(exposure, limit, 1_000_000)), 1_000_001), 4)
    return _fixed(hundredths, 2)


def _ratio(part: int, whole: int, scale: int) -> Fraction:
    return Fraction(part * scale, whole)


def _fixed(value: int, digits: int) -> str:
    whole, rest = divmod(value, 10**digits)
    return f"{whole}.{rest:0{digits}d}"


def status(exposure: int, limit: int | None, near_pct: int | str) -> str:
    """Return over, near, within or no_limit; thresholds are compared exactly."""
    if limit is None:
        return "no_limit"
    if max(0, exposure) > limit:
        return "over"
    near = Decimal(str(near_pct))
    return "near" if limit and exposure * 100 >= near * limit else "within"
