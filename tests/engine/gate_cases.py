"""Ask the rules of the check what the cases of tests/cases/gate want to know.

A case says what differs from an ordinary order of an ordinary customer, in amounts of the currency;
`expected` lists the reasons, each with what the case is about.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml

from tests.builders import minor
from tradeline.engine.gate import verdict
from tradeline.engine.gate_facts import Facts, Group, Item, Rules
from tradeline.policy.gate import CODES, REACTIONS

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "gate"
DAY = date(2026, 6, 30)
PLAIN = Facts(
    day=DAY, currency="USD", limit_minor=10_000_000, before_minor=5_000_000,
    after_minor=6_000_000, static_after_minor=6_000_000, order_minor=1_000_000,
    order_currency="USD", amount_minor=1_000_000, ship_date=None, net_days=None, discount_bp=None,
    prepaid=False, scope="all", ages=(0, 0, 0, 0), groups=(), oldest_due=None, overdue_minor=0,
    overdue_share_minor=0, open_minor=0, disputed_minor=0, oldest=(), average_minor=0, covers=(),
    status="active", review_due=None, dunning_level=0, flags=(), grace_days=0, terms_days_max=None,
    discount_bp_max=None, limit_from=None, limit_to=None,
)  # fmt: skip
HOLDS = dict.fromkeys(CODES, "hold") | {"CL01": "off"}
RULES = Rules(
    reactions=(), signs=(1, 1, 1, 1, 1, 1, -1, -1, -1), tolerance_bp=0, tolerance_max_minor=None,
    average_bp=8_000, used_bp=10_000, overdue_days_max=30, overdue_share_days=10,
    overdue_share_bp=2_000, overdue_max_minor=None, dunning_level_max=3, document_max_minor=None,
    review_grace_days=30, unsecured_max_minor=None, stand_in_max_minor=None,
    rejected_flags=("sanction",), rejected_statuses=("closed",), horizon_days=60,
    rate_age_max_days=5, feed_ages_max={"ar": 2, "orders": 2, "payments": 2, "limits": 400},
    feeds_required=("ar",), reservation_days=30,
)  # fmt: skip
KNOWN = {"name", "source", "currency", "rules", "reactions", "expected", "measured", "threshold",
         "message", "evidence", "absent", *Facts._fields,
         *(name.removesuffix("_minor") for name in Facts._fields), "ago"}  # fmt: skip


def cases():
    """Yield every case with its file's name."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


def _days_ago(days):
    return DAY - timedelta(days=days)


def facts_of(case):
    """Return the facts of a case: the plain ones with its changes, money in the currency."""
    assert set(case) <= KNOWN, set(case) - KNOWN
    currency = case.get("currency", "USD")
    changes = {"currency": currency, "order_currency": currency}
    for name in Facts._fields:
        plain = name.removesuffix("_minor")
        if name in case:
            changes[name] = case[name]
        elif plain != name and plain in case:
            changes[name] = minor(case[plain], currency)
    if "after" in case and "static_after" not in case:
        changes["static_after_minor"] = changes["after_minor"]
    for name, days in case.get("ago", {}).items():
        changes[name] = _days_ago(days)
    for name in ("flags", "ages"):
        if name in changes:
            changes[name] = tuple(changes[name])
    changes["oldest"] = tuple(Item(no, _days_ago(days), minor(amount, currency))
                              for no, days, amount in case.get("oldest", ()))  # fmt: skip
    changes["covers"] = tuple((minor(amount, currency), share)
                              for amount, share in case.get("covers", ()))  # fmt: skip
    changes["groups"] = tuple(
        Group(code, minor(after, "USD"), minor(limit, "USD"), "USD")
        for code, after, limit in case.get("groups", ())
    )
    return PLAIN._replace(**changes)


def rules_of(case):
    """Return the rules of a case: all hold but CL01, with its changes."""
    currency = case.get("currency", "USD")
    said = HOLDS | case.get("reactions", {})
    changes = {
        name: minor(value, currency) if name.endswith("_minor") else value
        for name, value in case.get("rules", {}).items()
    }
    changes = {name: tuple(v) if isinstance(v, list) else v for name, v in changes.items()}
    return RULES._replace(reactions=tuple(REACTIONS.index(said[code]) for code in CODES), **changes)


def found_by_python(case):
    """Return the reasons that the reference gives."""
    return [reason.as_json() for reason in verdict(facts_of(case), rules_of(case)).reasons]


def wanted(case):
    """Return what a case expects: code and reaction of each reason."""
    return [tuple(each.split()) for each in case["expected"]]


def check(case, found):
    """Assert that reasons are those that the case expects, with its figures and words."""
    assert [(each["code"], each["reaction"]) for each in found] == wanted(case)
    for name in ("measured", "threshold", "message", "evidence"):
        if name in case:
            assert found[0][name] == case[name], (name, found[0])


def as_rows(facts, rules):
    """Return facts and rules as JSON of app.gate_numbers, standing and line_rules."""
    numbers = {
        name: getattr(facts, name)
        for name in ("day", "currency", "limit_minor", "before_minor", "after_minor",
                     "static_after_minor", "order_minor", "order_currency", "net_days",
                     "discount_bp", "prepaid", "scope")
    }  # fmt: skip
    numbers |= dict(zip(("age_ar", "age_orders", "age_payments", "age_limits"), facts.ages,
                        strict=True))  # fmt: skip
    if facts.groups:
        columns = zip(*(group[:4] for group in facts.groups), strict=True)
        names = ("group_codes", "group_after_minor", "group_limit_minor", "group_currency")
        numbers |= {name: list(values) for name, values in zip(names, columns, strict=True)}
    standing = {
        name: getattr(facts, name)
        for name in ("oldest_due", "overdue_minor", "overdue_share_minor", "open_minor",
                     "disputed_minor", "oldest", "average_minor", "covers", "status", "review_due",
                     "dunning_level", "flags", "grace_days", "terms_days_max", "discount_bp_max",
                     "limit_from", "limit_to")
    }  # fmt: skip
    return [json.dumps(each, default=str) for each in (numbers, standing, rules._asdict())]


ASK = """SELECT turn, v.worst, v.reasons
FROM unnest(%s::text[], %s::text[], %s::text[]) WITH ORDINALITY a (n, s, r, turn),
    app.verdict(jsonb_populate_record(NULL::app.gate_numbers, a.n::jsonb),
        jsonb_populate_record(NULL::standing, a.s::jsonb),
        jsonb_populate_record(NULL::line_rules, a.r::jsonb)) v
ORDER BY turn"""
"""Ask PostgreSQL's rules directly: the superuser may."""


def found_by_sql(cursor, pairs):
    """Return (worst, reasons as JSON texts) of app.verdict for each pair of facts and rules."""
    rows = [as_rows(*pair) for pair in pairs]
    cursor.execute(ASK, [list(column) for column in zip(*rows, strict=True)])
    return [(worst, reasons) for _, worst, reasons in cursor.fetchall()]
