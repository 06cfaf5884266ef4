"""A builder of review results with a realistic spread; no rubric is run, only shapes are made."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pyarrow as pa

from tradeline.engine import tables as forms
from tradeline.engine.results import ReviewTables, RunIdentity
from tradeline.money import exponent
from tradeline.policy.schema import BUCKETS

if TYPE_CHECKING:
    from datetime import date

NAMES = (
    '=HYPERLINK("http://example.invalid","click")',
    "+1 Supplies",
    "@x Logistics",
    "-Minus & Sons <Ltd>",
    "#panic()",
    "*bold* _it_ $x$ [a] \\ `raw`",
    "भारत स्टील प्राइवेट लिमिटेड",
    "Österreichische Größenwahn Maschinenbau- und Anlagenvertriebsgesellschaft mbH & Co. KG " * 2,
    "Предприятие Север",
    'O\'Brien, "Quoted" Ltd',
    "http://example.invalid/path",
    "Line\nBreak Traders",
)
STEMS = ("Harbour", "Bluefin", "Northgate", "Kestrel", "Orchard", "Sable", "Quarry", "Meridian")
TRADES = ("Steel", "Foods", "Logistics", "Electronics", "Textiles", "Chemicals", "Paper", "Tools")
ENTITIES = ("IN01", "IN02", "SG01")
RANK = {"Critical": 0, "High": 1, "Medium": 2, "Low": 3, None: 4}
ACTIONS = {
    "Low": (("RETAIN", ""), ("INCREASE", ""), ("RETAIN", "")),
    "Medium": (("RETAIN", "COLLECTIONS;WATCHLIST"), ("CUT_TO_ZERO", "REACTIVATION_REQUIRED")),
    "High": (("RETAIN", "COLLECTIONS;CREDIT_HOLD;LIMIT_CHANGE_BLOCKED"), ("REDUCE", "ESCALATE")),
    "Critical": (("SUSPEND", "COMMITTEE_REVIEW;CREDIT_HOLD"), ("CUT_TO_ZERO", "COMMITTEE_REVIEW")),
}
USES = {"Low": (10, 85), "Medium": (20, 89), "High": (88, 130), "Critical": (60, 180)}
AGES = {
    "Low": (0, 0, 0, 1), "Medium": (0, 1, 2, 2), "High": (1, 2, 3, 3), "Critical": (2, 3, 3, 3)
}  # fmt: skip
CHANGES = {"INCREASE": 125, "RETAIN": 100, "REDUCE": 50, "SUSPEND": 100, "CUT_TO_ZERO": 0}


def identity(as_of: date) -> RunIdentity:
    """Return the identity of a run that never was."""
    return RunIdentity(
        inputs_hash="1f" * 32, policy_version="e4" * 32, engine_version="0.1.0", as_of=as_of
    )


def portfolio(
    n: int, *, currency: str = "USD", seed: int = 0, status: str | None = None
) -> ReviewTables:
    """Return the results of n accounts; `status` forces one status on all of them."""
    draw = random.Random(seed)
    accounts = [_account(draw, i, currency, status) for i in range(n)]
    accounts.sort(key=lambda row: (RANK[row["band"]], -(row["composite_x100"] or 0)))
    checks = [row for account in accounts for row in _checks(account)]
    findings = [row for account in accounts for row in _findings(account)]
    return ReviewTables(
        accounts=pa.Table.from_pylist(accounts, schema=forms.ACCOUNTS),
        checks=pa.Table.from_pylist(checks, schema=forms.CHECK_ROWS),
        findings=pa.Table.from_pylist(findings, schema=forms.FINDINGS),
    )


def _account(draw: random.Random, i: int, currency: str, status: str | None) -> dict:
    status = status or draw.choices(("assessed", "not_assessed", "quarantined"), (94, 3, 3))[0]
    band = draw.choices(("Low", "Medium", "High", "Critical"), (62, 20, 12, 6))[0]
    action, chores = draw.choice(ACTIONS[band])
    limit = _limit(draw, currency)
    owed = limit * draw.randint(*USES[band]) // 100 + draw.randint(0, 99)
    owed = -owed // 50 if i % 41 == 7 else owed
    limit = 0 if i % 53 == 9 else limit
    row = {
        "entity": draw.choice(ENTITIES),
        "customer_no": f"C-{i:06d}" if i % 29 else f"{i:08d}",
        "customer_name": _name(draw, i),
        "tax_id": f"27AAPFU{i % 10000:04d}F1ZV" if currency == "INR" else None,
        "currency": currency,
        "credit_limit_minor": limit,
        "outstanding_minor": owed,
        "ar_utilisation_pct": f"{max(owed, 0) * 100 / limit:.2f}" if limit else None,
        "ageing_bucket": BUCKETS[draw.choice(AGES[band])],
        "dso_days_x100": draw.choice((None, draw.randint(1500, 14000))),
        "days_since_payment": draw.choice((None, draw.randint(1, 240))),
        "track_record_x100": draw.choice((None, draw.randint(2000, 9900))),
        "disputed": draw.random() < 0.08,
        "status": status,
        "band": band,
        "limit_action": action,
        "recommended_limit_minor": limit * CHANGES[action] // 100,
        "account_actions": chores,
        "stage": draw.choice((1, 1, 2, 3)),
        "composite_x100": draw.randint(0, 10000),
    }
    return row | _unassessed(status)


def _limit(draw: random.Random, currency: str) -> int:
    whole = int(draw.lognormvariate(14.5 if currency in {"INR", "JPY"} else 11, 1.1)) // 1000 * 1000
    return (whole + 1000) * 10 ** exponent(currency)


def _name(draw: random.Random, i: int) -> str:
    if i % 17 == 3:
        return NAMES[i // 17 % len(NAMES)]
    return f"{draw.choice(STEMS)} {draw.choice(TRADES)} {i} Ltd"


def _unassessed(status: str) -> dict:
    if status == "assessed":
        return {}
    none = dict.fromkeys(("limit_action", "recommended_limit_minor", "stage", "composite_x100"))
    none["account_actions"] = ""
    if status == "not_assessed":
        none |= {"band": None, "credit_limit_minor": None, "ar_utilisation_pct": None}
    return none


def _checks(account: dict) -> list[dict]:
    key = {name: account[name] for name in ("entity", "customer_no", "customer_name")}
    used = account["ar_utilisation_pct"]
    late = account["ageing_bucket"]
    over = used is not None and float(used) > 100
    states = {
        "tax_id_structure": ("PASS", account["tax_id"], "", "The structure is right."),
        "utilisation_within_limit": (
            "NOT_EVALUATED" if used is None else "FAIL" if over else "PASS",
            used,
            "90",
            f"{used} % of the limit is used." if used else "There is no usable limit.",
        ),
        "ageing_within_terms": (
            {"61-90": "WARNING", "90+": "FAIL"}.get(late, "PASS"),
            late,
            "31-60",
            f"The oldest item is {late} days late.",
        ),
        "recent_payment_activity": ("PASS", "-3", "120", "=Paid lately"),
        "track_record_threshold": ("PASS", None, "50", "Above the threshold."),
        "no_active_dispute": (
            "WARNING" if account["disputed"] else "PASS", "true", "false", "A dispute is open.",
        ),
    }  # fmt: skip
    return [
        key | {"check": check, "status": state[0], "measured": state[1], "threshold": state[2],
               "comment": state[3]}
        for check, state in states.items()
    ]  # fmt: skip


def _findings(account: dict) -> list[dict]:
    key = {name: account[name] for name in ("entity", "customer_no", "customer_name")}
    where = {"source_file": "ar_march.xlsx", "source_sheet": "AR", "source_row": 7}
    if account["status"] == "quarantined":
        code, field = "DUPLICATE_CONFLICT", "customer_no"
        text = "Two rows name this account with different figures: keep one."
        return [key | where | {"severity": "QUARANTINE", "code": code, "field": field,
                               "message": text}]  # fmt: skip
    if account["status"] == "not_assessed":
        text = "The limit is blank: write a number, or 0 for cash only."
        return [key | where | {"severity": "ERROR", "code": "LIMIT_MISSING",
                               "field": "credit_limit", "message": text}]  # fmt: skip
    if account["outstanding_minor"] < 0:
        return [key | where | {"severity": "INFO", "code": "CREDIT_BALANCE",
                               "field": "outstanding", "message": "A credit balance."}]  # fmt: skip
    return []
