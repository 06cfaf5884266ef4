"""Exposure as one number: known answers with their source, and the boundaries."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import yaml

from tradeline.actions.rates import minor_factor
from tradeline.engine import exposure
from tradeline.files.rates import Rate, Rates
from tradeline.money import round_half_up
from tradeline.policy.exposure import Exposure

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "exposure"
AS_OF = date(2026, 6, 30)
KNOWN = {"name", "source", "input", "expected"}
INPUT = {"buckets", "limit", "cover", "policy", "terms_days", "last_shipment"}


def _load():
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            assert set(case) == KNOWN, f"{path.name}: {case['name']}"
            assert set(case["input"]) <= INPUT, f"{path.name}: {case['name']}"
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


def _minor(amount):
    return None if amount is None else int(Decimal(str(amount)) * 100)


def _cover(kind, amount, *, cover_pct=100, haircut_pct=0, **rest):
    dates = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31)}
    return exposure.Cover(
        kind=kind, amount_minor=_minor(amount), cover_bp=cover_pct * 100,
        haircut_bp=haircut_pct * 100, **(dates | rest),
    )  # fmt: skip


def _shown(given):
    rules = Exposure(**given.get("policy", {}))
    buckets = {name: _minor(amount) for name, amount in given["buckets"].items()}
    found, limit = exposure.exposure_minor(buckets, rules), _minor(given.get("limit"))
    terms = {name: given.get(name) for name in ("terms_days", "last_shipment")}
    covers = [_cover(**each) for each in given.get("cover", ())]
    held = [each for each in covers if exposure.in_force(each, as_of=AS_OF, **terms)]
    secured = exposure.secured_minor(found, held)
    return {
        "exposure": found, "secured": secured, "net": exposure.net_minor(found, secured),
        "headroom": None if limit is None else limit - found,
        "utilisation_pct": exposure.utilisation_text(found, limit),
        "status": exposure.status(found, limit, str(rules.near_pct)),
    }  # fmt: skip


@pytest.mark.parametrize("case", list(_load()))
def test_case(case):
    """Exposure, use of the limit and cover are what the case says."""
    shown = _shown(case["input"])
    for name, value in case["expected"].items():
        text = name in {"utilisation_pct", "status"}
        assert shown[name] == (value if text else _minor(value)), name


def test_example_1e():
    """10,000 euros at 1.0850 and 500,000 yen at 0.0119 are 16,800.00 dollars; a yen has no cent."""
    told = {"EUR": "1.0850", "JPY": "0.0119"}
    rates = Rates(
        rates=tuple(Rate(day=AS_OF, source=code, target="USD", value=Fraction(value))
                    for code, value in told.items()),
        as_of=AS_OF, age_max_days=5, files=(),
    )  # fmt: skip
    amounts = {"EUR": 10_000_00, "JPY": 500_000}
    found = [round_half_up(amount * minor_factor(rates, code, "USD"))
             for code, amount in amounts.items()]  # fmt: skip
    assert found == [10_850_00, 5_950_00]
    assert sum(found) == 16_800_00


def test_every_bucket_has_one_sign():
    """Six buckets add, three reduce, and none does both."""
    assert sorted(exposure.signs(Exposure()).values()) == [-1] * 3 + [1] * 6
