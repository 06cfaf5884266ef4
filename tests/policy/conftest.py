"""Policies to test with: every value changed on its own, and Hypothesis' own mixtures."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import strategies as st
from pydantic import ValidationError

from tradeline.policy.due_rules import Calendar, Rule
from tradeline.policy.fields import leaves, value_at
from tradeline.policy.form import BUCKETS, AccountAction
from tradeline.policy.gate import Override
from tradeline.policy.load import PRESETS, load_preset
from tradeline.policy.schema import CurvePoint, Policy, Term

ACTIONS = AccountAction.__args__
WORDS = {
    "check": ("PASS", "WARNING", "FAIL"),
    "impaired_dispute_band": ("Low", "Medium", "High", "Critical"),
    "basis": ("due_date", "document_date"),
    "locale": ("en-US", "de-DE", "en-IN", "fr-CH"),
}


def another(leaf, value):
    """Return a different value of the same kind; neighbours may then contradict it."""
    if leaf.path[-1] in ("currency", "country_default"):
        return {"currency": "NOK", "country_default": "NO"}[leaf.path[-1]]
    if leaf.unit in ("tier", "check status", "band", "date", "locale"):
        words = WORDS.get(leaf.path[-1], ("Low", "Medium", "High"))
        return next(word for word in words if word != value)
    if leaf.path[0] in _OTHERS and not isinstance(value, bool | int | Decimal):
        return _OTHERS[leaf.path[0]](leaf, value)
    if leaf.unit in ("actions", "ageing buckets"):
        return value[1:] if len(value) > 1 else ("0-30", "31-60") if "age" in leaf.unit else ()
    if isinstance(value, str):
        return value + " two"
    return not value if isinstance(value, bool) else _another_number(leaf, value)


def _another_of_alerts(_leaf, value):
    """Return another severity, or a list without its first."""
    return value[1:] if isinstance(value, tuple) else "critical"


def _another_of_gate(leaf, value):
    """Return another reaction, other names, amounts, levels or overrides."""
    if leaf.unit == "reaction":
        return "reject"
    if leaf.path[-1] == "overrides":
        rules = {"reactions": {"CL02": "warn"}, "tolerance_max": {"USD": Decimal(3000)}}
        return (*value, Override(tiers=("Odd, one", "Two"), rules=rules))
    if isinstance(value, dict):
        return {**value, "EUR": Decimal(70)}
    return value[1:]


def _another_of_terms(leaf, value):
    """Return other terms, names or laws."""
    name = leaf.path[-1]
    if name == "default":
        return "net-60"
    if name == "caps":
        return value[1:]
    if name == "calendars":
        return value | {"closed on Friday": Calendar(weekend_days=("Friday",))}
    if name == "named":
        return value | {"7 days": Term(due=Rule(kind="net_days", days=7))}
    return value | {"Odd, one": "net-15"}


_OTHERS = {"alerts": _another_of_alerts, "gate": _another_of_gate, "terms": _another_of_terms}


def _another_number(leaf, value):
    if leaf.path[-1] == "bucket_ends_days":
        return (value[0], value[1], value[2] + 30)
    if leaf.path[-1] == "curve":
        return (*value[:-1], CurvePoint(days_late=value[-1].days_late + 10, points=0))
    if isinstance(value, dict):
        caps = {"class_caps": {"Z": {"USD": Decimal("12.5")}}, "limit_step": {"JPY": Decimal(7)}}
        return caps.get(leaf.path[-1], {"NOK": "NO"})
    return value + (Fraction(1, 7) if isinstance(value, Fraction) else 1)


def put(policy, path, value):
    """Return a copy with one value replaced and nothing checked."""
    head, *rest = path
    if isinstance(policy, dict):
        return {**policy, head: put(policy[head], rest, value) if rest else value}
    inner = put(getattr(policy, head), rest, value) if rest else value
    return policy.model_copy(update={head: inner})


@pytest.fixture(
    params=[leaf for leaf in leaves() if leaf.dotted != "version"], ids=lambda x: x.dotted
)
def one_change(request):
    """A leaf, and the standard policy with only that leaf changed."""
    old = load_preset("standard")
    leaf = request.param
    return leaf, old, put(old, leaf.path, another(leaf, value_at(old, leaf.path)))


def _strategy(leaf, value):
    """Return values that may fit the leaf by its kind; contradictions are sorted out later."""
    by_unit = {
        "actions": st.sets(st.sampled_from(ACTIONS)).map(sorted).map(tuple),
        "ageing buckets": st.integers(1, 4).map(lambda count: BUCKETS[-count:]),
    }
    letters = st.characters(codec="utf-8", exclude_categories=("C", "Z"))
    words = st.lists(st.text(letters, min_size=1, max_size=9), min_size=1, max_size=7)
    joined = st.builds(str.join, st.sampled_from([" ", "  ", ": ", " # "]), words)
    by_kind = {
        bool: st.booleans(),
        int: st.integers(0, 400),
        Decimal: st.integers(0, 15_000).map(lambda cents: Decimal(cents).scaleb(-2)),
        Fraction: st.fractions(0, 1, max_denominator=1000),
        str: st.one_of(joined, st.just(another(leaf, value))),
    }
    return by_unit.get(leaf.unit, by_kind.get(type(value), st.just(another(leaf, value))))


@st.composite
def policies(draw):
    """Valid policies: a preset with some values drawn at random, contradictions left out."""
    policy = load_preset(draw(st.sampled_from(PRESETS)))
    for leaf in draw(st.lists(st.sampled_from(leaves()[1:]), max_size=12)):
        value = draw(_strategy(leaf, value_at(policy, leaf.path)))
        content = put(policy, leaf.path, value).model_dump(warnings=False)
        try:
            policy = Policy.model_validate(content)
        except ValidationError:
            continue
    return policy


@pytest.fixture(scope="session")
def any_policy():
    """The strategy of valid policies."""
    return policies()
