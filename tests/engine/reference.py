"""The rubric a second time, in plain Python: METHODS section 4 read line by line.

Shares no code with `tradeline`. One dict in, one dict out; every comparison is between integers or
Fractions, and the composite is rounded once, half-up, at the very end.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from math import floor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date

Row = dict[str, Any]

BANDS = ("Low", "Medium", "High", "Critical")
WORST = {"NOT_APPLICABLE": 0, "PASS": 1, "WARNING": 2, "NOT_EVALUATED": 3, "FAIL": 4}
PLACE = {"assessed": 0, "not_assessed": 1, "quarantined": 2}
GSTIN = re.compile(r"[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]")
BASE36 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

# 4.1 and 4.2: status and tier of each ageing bucket; 4.6: its share of the composite.
AGEING = {
    "0-30": ("PASS", 0, Fraction(0)),
    "31-60": ("PASS", 0, Fraction(1, 3)),
    "61-90": ("WARNING", 1, Fraction(2, 3)),
    "90+": ("FAIL", 2, Fraction(1)),
}
STEP_MINOR = {"INR": 10_000_00, "USD": 1_000_00, "EUR": 1_000_00, "GBP": 1_000_00}


def assess(row: Row, *, as_of: date, currency: str, caps: dict[str, int] | None = None) -> Row:
    """Return what METHODS 4 says about one row that stands once; caps are minor, per class."""
    facts = _facts(row, as_of)
    checks, tiers = _checks(row, facts)
    usable = facts["usable"]
    levels = _levels(row, facts)
    others = max(tier for name, tier in tiers.items() if name != "utilisation")
    rank = min(3, max(tiers.values()) + levels)
    facts |= {"rank": rank, "calm_rank": min(3, others + levels), "caps": caps or {}}
    facts["step"] = STEP_MINOR.get(currency, 1)
    if checks["tax_id_structure"] == "FAIL":
        status = "quarantined"
    else:
        status = "assessed" if usable else "not_assessed"
    band = None if status == "not_assessed" else BANDS[rank]
    action = limit = actions = None
    if status == "assessed":
        action, limit = _limit(row, facts, checks, as_of)
        actions = _actions(row, facts, checks, rank, action, limit)
    return {
        "status": status,
        "band": band,
        "limit_action": action,
        "recommended_limit_minor": limit,
        "account_actions": actions,
        "stage": _stage(row, facts, band) if band else None,
        "composite": _composite(row, facts) if band else None,
        "ar_utilisation_pct": _shown(row, facts),
        "days_since_payment": facts["paid_ago"],
        "checks": checks,
        "codes": _codes(row, facts, checks),
    }


def order_key(row: Row, result: Row) -> tuple[Any, ...]:
    """Return the sort key of 4.6: band, row status, composite, balance, all falling; then key.

    Accounts that are not assessed and rows that are set aside stand after the assessed ones.
    """
    owed = row["outstanding_minor"]
    composite = result["composite"]
    return (
        PLACE[result["status"]],
        -BANDS.index(result["band"]) if result["band"] else 1,
        -max(WORST[status] for status in result["checks"].values()),
        -half_up(composite * 100) if composite is not None else 0,
        (0, -owed) if owed is not None else (1, 0),
        row["entity"],
        row["customer_no"],
    )


def half_up(value: Fraction) -> int:
    """Return the nearest integer of a number from 0; ties go up."""
    return floor(value + Fraction(1, 2))


def _facts(row: Row, as_of: date) -> Row:
    limit, balance = row["credit_limit_minor"], row["outstanding_minor"]
    paid, opened = row["last_payment_date"], row["onboarded_date"]
    paid_ago = (as_of - paid).days if paid else None
    future = paid_ago is not None and paid_ago < 0
    if future:
        paid_ago = None
    gap = paid_ago
    if paid is None and row["last_payment_date_fault"] is None and opened and opened <= as_of:
        gap = (as_of - opened).days
    score, dso = row["track_record_x100"], row["dso_days_x100"]
    faults = [name for name, value in row.items() if name.endswith("_fault") and value is not None]
    return {
        "owed": None if balance is None else max(balance, 0),
        "usable": limit is not None and limit >= 0 and balance is not None,
        "paid_ago": paid_ago,
        "future": future,
        "gap": gap,
        "dormant": gap is not None and gap > 180,
        "score": score if score is not None and 0 <= score <= 100_00 else None,
        "score_impossible": score is not None and not 0 <= score <= 100_00,
        "dso": dso if dso is not None and dso >= 0 else None,
        "faults": faults,
    }


def _checks(row: Row, facts: Row) -> tuple[dict[str, str], dict[str, int]]:
    owed, limit, gap, score = facts["owed"], row["credit_limit_minor"], facts["gap"], facts["score"]
    used, used_tier = "PASS", 0
    if not facts["usable"]:
        used = "NOT_EVALUATED"
    elif owed > 0 and (limit == 0 or owed > limit):
        used, used_tier = "FAIL", 2
    elif owed * 100 > limit * 90:
        used, used_tier = "WARNING", 2
    if row["ageing_bucket"] is not None:
        age, age_tier, _ = AGEING[row["ageing_bucket"]]
    elif row["ageing_bucket_fault"] is None and owed == 0:
        age, age_tier = "PASS", 0
    else:
        age, age_tier = "NOT_EVALUATED", 1
    recent = gap is not None and gap <= 120
    slow_tier = 2 if facts["dormant"] and owed != 0 else 1
    unread = row["disputed_fault"] is not None
    dispute = "NOT_EVALUATED" if unread else "WARNING" if row["disputed"] else "PASS"
    track = "NOT_EVALUATED" if score is None else "WARNING" if score < 50_00 else "PASS"
    checks = {
        "tax_id_structure": _tax_status(row),
        "utilisation_within_limit": used,
        "ageing_within_terms": age,
        "recent_payment_activity": "PASS" if recent else "WARNING",
        "track_record_threshold": track,
        "no_active_dispute": dispute,
    }
    tiers = {
        "utilisation": used_tier,
        "ageing": age_tier,
        "recency": 0 if recent else slow_tier,
        "track": 1 if score is None else 0,
        "dispute": 0 if dispute == "PASS" else 1,
    }
    return checks, tiers


def _levels(row: Row, facts: Row) -> int:
    old = row["ageing_bucket"] in {"61-90", "90+"}
    slow = facts["dso"] is not None and facts["dso"] > 90_00
    combination = 1 if row["disputed"] and (old or slow) else 0
    weak = facts["score"] is not None and facts["score"] < 50_00
    return combination + (1 if weak else 0)


def _limit(row: Row, facts: Row, checks: dict[str, str], as_of: date) -> tuple[str, int]:
    limit, step, rank = row["credit_limit_minor"], facts["step"], facts["rank"]
    if facts["dormant"]:
        return "CUT_TO_ZERO", 0
    if rank == 3:
        return "SUSPEND", limit
    if row["ageing_bucket"] == "90+":
        return "REDUCE", _reduced(limit, Fraction(1, 2), step)
    if facts["calm_rank"] == 2:
        return "REDUCE", _reduced(limit, Fraction(3, 4), step)
    raised = limit * 5 // 4 // step * step
    raised = min(raised, facts["caps"].get(row["risk_class"], raised))
    if raised > limit and _earned(row, facts, checks, rank, as_of):
        return "INCREASE", raised
    return "RETAIN", limit


def _reduced(limit: int, share: Fraction, step: int) -> int:
    kept = floor(limit * share)
    stepped = kept // step * step
    return stepped or kept or min(limit, 1)  # never rounded to nothing


def _earned(row: Row, facts: Row, checks: dict[str, str], rank: int, as_of: date) -> bool:
    limit, owed = row["credit_limit_minor"], facts["owed"]
    clean = {status for name, status in checks.items() if name != "tax_id_structure"} == {"PASS"}
    opened, raised = row["onboarded_date"], row["last_increase_date"]
    return (
        clean
        and not {code for code in _codes(row, facts, checks) if code.startswith("GSTIN_")}
        and rank == 0
        and limit > 0
        and limit * 70 <= owed * 100 <= limit * 90
        and facts["score"] >= 80_00
        and row["ageing_bucket"] == "0-30"
        and facts["dso"] is not None
        and facts["dso"] <= 60_00
        and facts["gap"] <= 60
        and not facts["faults"]
        and not facts["future"]
        and (opened is None or opened <= _six_months_before(as_of))
        and (raised is None or (as_of - raised).days >= 90)
    )


@lru_cache
def _six_months_before(day: date) -> date:
    month = day.month - 6
    year = day.year if month > 0 else day.year - 1
    for last in (day.day, 30, 29, 28):
        try:
            return day.replace(year=year, month=month if month > 0 else month + 12, day=last)
        except ValueError:
            continue
    raise AssertionError(day)


def _actions(
    row: Row, facts: Row, checks: dict[str, str], rank: int, action: str, limit: int
) -> str:
    used, age = checks["utilisation_within_limit"], checks["ageing_within_terms"]
    codes: set[str] = set()
    codes |= {"WATCHLIST"} if used == "WARNING" else set()
    codes |= {"CREDIT_HOLD", "COLLECTIONS", "LIMIT_CHANGE_BLOCKED"} if used == "FAIL" else set()
    codes |= {"COLLECTIONS", "WATCHLIST"} if age == "WARNING" else set()
    codes |= {"CREDIT_HOLD", "COLLECTIONS", "ESCALATE"} if age == "FAIL" else set()
    if facts["gap"] is None:
        codes |= set() if facts["future"] else {"WATCHLIST"}
    elif facts["dormant"]:
        codes |= {"REACTIVATION_REQUIRED"}
    elif facts["gap"] > 120:
        codes |= {"WATCHLIST"}
    codes |= {"MANDATORY_REVIEW"} if checks["track_record_threshold"] != "PASS" else set()
    codes |= {"DISPUTE_RESOLUTION"} if row["disputed"] else set()
    codes |= {"COMMITTEE_REVIEW"} if rank == 3 else set()
    cut = action in {"REDUCE", "CUT_TO_ZERO"}
    codes |= {"CREDIT_HOLD"} if cut and limit < facts["owed"] else set()
    wrong = facts["faults"] or facts["future"] or facts["score_impossible"]
    codes |= {"DATA_CORRECTION"} if wrong or age == "NOT_EVALUATED" else set()
    return ";".join(sorted(codes))


def _stage(row: Row, facts: Row, band: str, *, backstop: bool = False) -> int:
    bucket = row["ageing_bucket"]
    if bucket == "90+" or (row["disputed"] and band == "Critical"):
        return 3
    weak = facts["score"] is not None and facts["score"] < 50_00
    if bucket == "61-90" or weak or (backstop and bucket == "31-60"):
        return 2
    return 1


@lru_cache(maxsize=100_000)
def _term(points: int, part: int, whole: int) -> Fraction:
    """Return points times part / whole, the quotient held between 0 and 1."""
    return points * min(max(Fraction(part, whole), Fraction(0)), Fraction(1))


def _composite(row: Row, facts: Row) -> Fraction:
    limit, owed, bucket = row["credit_limit_minor"], facts["owed"], row["ageing_bucket"]
    if owed == 0 and facts["usable"]:
        used = Fraction(0)
    elif not facts["usable"] or limit == 0:
        used = Fraction(30)
    else:
        used = _term(30, owed * 100 - limit * 50, limit * 50)
    if bucket is not None:
        age = AGEING[bucket][2]
    else:
        nothing_owed = owed == 0 and row["ageing_bucket_fault"] is None
        age = Fraction(0) if nothing_owed else Fraction(1)
    recency = Fraction(15) if facts["gap"] is None else _term(15, facts["gap"], 180)
    track = (
        Fraction(15, 2) if facts["score"] is None else _term(15, 100_00 - facts["score"], 100_00)
    )
    late = (
        _term(10, 5_000, 10_000) if facts["dso"] is None else _term(10, facts["dso"] - 3000, 9000)
    )
    base = used + 30 * age + recency + track + late
    if row["disputed"]:
        base *= 1 + max(age, late / 10) / 4
    return min(base, Fraction(100))


def _shown(row: Row, facts: Row) -> str | None:
    """Return the utilisation as shown: two digits, four (rounded up) where two hide a breach."""
    limit, balance, owed = row["credit_limit_minor"], row["outstanding_minor"], facts["owed"]
    if not facts["usable"] or (limit == 0 and owed > 0):
        return None
    if limit == 0:
        return "0.00"
    size = half_up(Fraction(abs(balance) * 100_00, limit))
    for line in (90, 100):
        if owed * 100 > limit * line and size == line * 100:
            fine = -(-owed * 1_000_000 // limit)
            return f"{fine // 10_000}.{fine % 10_000:04}"
    sign = "-" if balance < 0 and size else ""
    return f"{sign}{size // 100}.{size % 100:02}"


def _tax_status(row: Row) -> str:
    country = row["country"] or ("IN" if row["currency"] == "INR" else None)
    if country != "IN":
        return "NOT_APPLICABLE"
    return "PASS" if GSTIN.fullmatch(_plain_tax_id(row)) else "FAIL"


def _plain_tax_id(row: Row) -> str:
    return "".join((row["tax_id"] or "").split()).upper()


def check_digit(gstin: str) -> str:
    """Return the character that position 15 of a GSTIN should hold (4.7)."""
    total = 0
    for place, letter in enumerate(gstin[:14]):
        quotient, remainder = divmod(BASE36.index(letter) * (1 + place % 2), 36)
        total += quotient + remainder
    return BASE36[(36 - total % 36) % 36]


def _codes(row: Row, facts: Row, checks: dict[str, str]) -> set[str]:
    """Return the remarks of 4.7 on the data of a row that stands once."""
    limit, balance, dso = row["credit_limit_minor"], row["outstanding_minor"], row["dso_days_x100"]
    plain = _plain_tax_id(row)
    right = checks["tax_id_structure"] == "PASS"
    states = {f"{number:02}" for number in (*range(1, 39), 97, 99)}
    when = {
        "GSTIN_UNVERIFIED": checks["tax_id_structure"] == "FAIL",
        "GSTIN_CHECK_DIGIT": right and plain[14] != check_digit(plain),
        "GSTIN_STATE": right and plain[:2] not in states,
        "GSTIN_HOLDER": right and plain[5] not in "ABCFGHJLPT",
        "LIMIT_MISSING": limit is None and row["credit_limit_fault"] is None,
        "LIMIT_NEGATIVE": limit is not None and limit < 0,
        "LIMIT_UNREADABLE": row["credit_limit_fault"] is not None,
        "BALANCE_MISSING": balance is None and row["outstanding_fault"] is None,
        "BALANCE_UNREADABLE": row["outstanding_fault"] is not None,
        "CREDIT_BALANCE": balance is not None and balance < 0,
        "AGEING_MISSING": checks["ageing_within_terms"] == "NOT_EVALUATED"
        and row["ageing_bucket_fault"] is None,
        "AGEING_UNREADABLE": row["ageing_bucket_fault"] is not None,
        "DSO_MISSING": dso is None and row["dso_days_fault"] is None,
        "DSO_NEGATIVE": dso is not None and dso < 0,
        "DSO_UNREADABLE": row["dso_days_fault"] is not None,
        "PAYMENT_DATE_FUTURE": facts["future"],
        "PAYMENT_DATE_UNREADABLE": row["last_payment_date_fault"] is not None,
        "TRACK_RECORD_OUT_OF_RANGE": facts["score_impossible"],
        "TRACK_RECORD_UNREADABLE": row["track_record_fault"] is not None,
        "DISPUTE_UNREADABLE": row["disputed_fault"] is not None,
        "ONBOARDED_UNREADABLE": row["onboarded_date_fault"] is not None,
        "INCREASE_DATE_UNREADABLE": row["last_increase_date_fault"] is not None,
    }
    return {code for code, holds in when.items() if holds}
