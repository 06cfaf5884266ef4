"""The classes of input, with values at and on both sides of every boundary of METHODS 4."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tests.builders import VALID_GSTIN, account

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.engine.reference import Row

LIMIT = 1_000_000_00  # in minor units, so that every percentage below is a whole number of them

USED = [
    {"credit_limit_minor": LIMIT, "outstanding_minor": owed}
    for owed in (
        -50_00,  # a credit balance
        0,
        500_000_00,  # 50 %, where the composite's term starts
        699_999_99,
        750_000_00,
        900_000_00,  # exactly the watch line
        900_000_01,  # 90.000001 %
        1_000_000_00,
        1_000_000_01,
        1_080_000_00,
    )
]
USED += [
    {"credit_limit_minor": 0, "outstanding_minor": 1},
    {"credit_limit_minor": 0, "outstanding_minor": 0},
]
UNUSABLE = [
    {"credit_limit_minor": None, "outstanding_minor": 10_00},
    {"credit_limit_minor": -1, "outstanding_minor": 10_00},
    {"credit_limit_minor": None, "outstanding_minor": 0, "credit_limit_fault": "lots"},
    {"credit_limit_minor": LIMIT, "outstanding_minor": None},
    {"credit_limit_minor": LIMIT, "outstanding_minor": None, "outstanding_fault": "?"},
    {"credit_limit_minor": 0, "outstanding_minor": -1},
]
AGEING = [
    *({"ageing_bucket": bucket} for bucket in ("0-30", "31-60", "61-90", "90+", None)),
    {"ageing_bucket": None, "ageing_bucket_fault": "oldish"},
]
GAP = [
    *({"gap": days} for days in (0, 60, 120, 121, 180, 181, -1, None)),
    {"gap": None, "last_payment_date_fault": "31.02."},
]
DSO = [{"dso": days} for days in (None, -1, 30, 90, "90.01")]
TRACK = [{"track_record": score} for score in (None, "49.99", 50, 80, "100.01")]
DISPUTE = [{"disputed": False}, {"disputed": True}, {"disputed": None, "disputed_fault": "maybe"}]


def _rows(prefix: str, *classes: Iterable[dict[str, Any]]) -> Iterator[Row]:
    for number, parts in enumerate(product(*classes)):
        changes: dict[str, Any] = {"limit": None, "outstanding": None, "source_row": number + 2}
        for part in parts:
            changes |= part
        yield account(customer_no=f"{prefix}-{number:06}", **changes)


def rubric_rows() -> list[Row]:
    """Return every combination of the classes of the six checks, on a usable limit."""
    return list(_rows("rubric", USED, AGEING, GAP, DSO, TRACK, DISPUTE))


def unusable_rows() -> list[Row]:
    """Return accounts that are not assessed, or hold a credit under a limit of 0."""
    return list(_rows("unusable", UNUSABLE, AGEING, GAP, DSO[::3], TRACK[:3], DISPUTE))


LIMITS = (0, 1, 99, 999_99, 1_333_33, 180_000_00, 199_000_00)
CAPS = {"A": 200_000_00, "B": 1_00}


def limit_rows() -> list[Row]:
    """Return limits around the step, the caps and the increase test's further conditions."""
    limits = [
        {"credit_limit_minor": limit, "outstanding_minor": owed}
        for limit in LIMITS
        for owed in sorted({limit * 7 // 10 - 1, -(-limit * 7 // 10), limit * 9 // 10,
                            limit * 9 // 10 + 1})
    ]  # fmt: skip
    return list(
        _rows(
            "limit",
            limits,
            [{"ageing_bucket": bucket} for bucket in ("0-30", "31-60", "61-90", "90+")],
            [{"track_record": score} for score in ("49.99", "79.99", 80)],
            [{"dso": 60}, {"dso": "60.01"}],
            [{"gap": 60}, {"gap": 61}],
            [{"risk_class": name} for name in (None, "A", "B", "other")],
            # The day six months before 2026-11-22 is 2026-05-22, 184 days ago.
            [{"onboarded": days} for days in (None, 184, 183)],
            [{"increased": days} for days in (None, 90, 89)],
        )
    )


TAX_IDS = (
    None, "", VALID_GSTIN, "27aapfu0939f1zv", " 27 AAPFU0939F1ZV ", "27AAPFU0939F1ZO",
    "38AAPFU0939F1ZS", "97AAPFU0939F1ZX", "39AAPFU0939F1ZQ", "00AAPFU0939F1ZV", "27AAPXU0939F1ZV",
    "27AAPFU0939F1Z", "369296450896540", "27AAPFU0939F1AA", "27AAPFU0939F0ZV", "27ÀAPFU0939F1ZV",
    "27AAPFU0939F1ZVX", "24AAACC1206D1ZM",
)  # fmt: skip


def gate_rows() -> list[Row]:
    """Return tax ids by country and currency, with usable and unusable limits, clean and not."""
    return list(
        _rows(
            "gate",
            [{"tax_id": text} for text in TAX_IDS],
            [{"country": name} for name in ("IN", "US", "FR", None)],
            [{"currency": name} for name in ("INR", "USD")],
            [USED[0], USED[4], USED[-3], USED[-2]],
            [{"ageing_bucket": "0-30"}, {"ageing_bucket": "90+"}],
            [{"track_record": 80}, {"track_record": 32}],
            [{"disputed": False}, {"disputed": True}],
        )
    )


def start_rows() -> list[Row]:
    """Return accounts that never paid, by what is known of their start."""
    starts = [{"onboarded": days} for days in (None, -1, 0, 60, 120, 121, 180, 181, 184)]
    starts += [{"onboarded": None, "onboarded_date_fault": "long ago"}]
    paid = [{"gap": None}, {"gap": None, "last_payment_date_fault": "n/a"}, {"gap": 20}]
    raised = [{"increased": None}, {"increased": -1},
              {"increased": None, "last_increase_date_fault": "x"}]  # fmt: skip
    faults = [{}, {"dso_days_fault": "x", "dso": None},
              {"track_record_fault": "x", "track_record": None}]  # fmt: skip
    return list(
        _rows(
            "start",
            starts,
            paid,
            raised,
            [*USED[:2], USED[4]],
            faults,
            TRACK[1:4:2],
            DISPUTE,
            AGEING[::2],
        )
    )
