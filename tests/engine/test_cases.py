"""Run the YAML cases: known answers with their source, one test per case."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.builders import AS_OF, account, minor, portfolio, standard
from tradeline.engine.backends import open_engine
from tradeline.engine.review import review

FOLDER = Path(__file__).resolve().parent.parent / "cases"
COLUMNS = {
    "recommended_limit": "recommended_limit_minor",
    "outstanding": "outstanding_minor",
    "composite": "composite_x100",
}
KNOWN = {"name", "source", "policy", "currency", "input", "inputs", "expected", "expected_each",
         "expected_rows", "xfail"}  # fmt: skip


def _load():
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            assert set(case) <= KNOWN, f"{path.name}: {case['name']} has unknown parts"
            yield case | {"id": f"{path.stem}: {case['name']}"}


CASES = list(_load())


def _currency(case):
    return case.get("currency") or case.get("input", {}).get("currency", "USD")


def _batch(case):
    """Return what a review is run with; cases that share it are reviewed together."""
    return (repr(case.get("policy", {})), _currency(case))


@cache
def _results(batch):
    """Return (accounts, checks, findings) by case for all cases of a batch.

    The case's id is the legal entity, which keeps accounts of different cases apart.
    """
    cases = [case for case in CASES if _batch(case) == batch]
    rows = [
        account(**{"entity": case["id"]} | row)
        for case in cases
        for row in case.get("inputs") or [case["input"]]
    ]
    policy = standard(**cases[0].get("policy", {}))
    with open_engine("duckdb") as engine:
        tables = review(portfolio(rows), policy, currency=batch[1], as_of=AS_OF, engine=engine)
    lists = [table.to_pylist() for table in (tables.accounts, tables.checks, tables.findings)]
    return {
        case["id"]: tuple([row for row in rows if row["entity"] == case["id"]] for rows in lists)
        for case in cases
    }


def _shown(found, checks, findings, name):
    if name == "not_passed":
        return {row["check"]: row["status"] for row in checks
                if row["status"] not in ("PASS", "NOT_APPLICABLE")}  # fmt: skip
    if name == "tax_id_status":
        return next(row["status"] for row in checks if row["check"] == "tax_id_structure")
    if name == "findings":
        return sorted(row["code"] for row in findings)
    return found[COLUMNS.get(name, name)]


def _wanted(name, value, currency):
    if name in {"recommended_limit", "outstanding"}:
        return minor(value, currency)
    if name == "composite" and value is not None:
        return int(Decimal(str(value)) * 100)
    return sorted(value) if name == "findings" else value


def _parameters():
    """Return the cases, those with a known fault marked."""
    return [_parameter(case) for case in CASES]


def _parameter(case):
    reason = case.get("xfail")
    marks = [pytest.mark.xfail(strict=True, reason=reason)] if reason else []
    return pytest.param(case, id=case["id"], marks=marks)


@pytest.mark.parametrize("case", _parameters())
def test_case(case):
    """The review gives the fields that the case is about."""
    accounts, checks, findings = _results(_batch(case))[case["id"]]
    each = case.get("expected_each")
    assert len(accounts) == case.get("expected_rows", len(each) if each else 1)
    for found in accounts:
        number = found["customer_no"]
        mine = [row for row in checks if row["customer_no"] == number]
        told = [row for row in findings if row["customer_no"] == number]
        wanted = each[number] if each else case["expected"]
        assert wanted
        shown = {name: _shown(found, mine, told, name) for name in wanted}
        assert shown == {name: _wanted(name, value, _currency(case))
                         for name, value in wanted.items()}  # fmt: skip


def test_every_case_names_its_source():
    """A known answer without a source is an opinion; names are unique within a file."""
    assert all(case["source"].startswith("METHODS") for case in CASES)
    assert len({case["id"] for case in CASES}) == len(CASES)
