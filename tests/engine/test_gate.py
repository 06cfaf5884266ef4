"""The rules of the check, as the reference has them, against outside answers."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.engine.gate_cases import cases, check, found_by_python
from tradeline.engine.gate import RULES
from tradeline.policy.gate import CODES


@pytest.mark.parametrize("case", list(cases()))
def test_case(case):
    """The reference gives the reasons of the case, with its figures and words."""
    check(case, found_by_python(case))


def test_every_case_names_its_source():
    """A known answer without a source is an opinion; names are unique within a file."""
    found = list(cases())
    assert all(case.values[0]["source"] for case in found)
    assert max(Counter(case.id for case in found).values()) == 1


def test_every_rule_is_told_in_its_order():
    """The rules are those of the policy, in the order in which their reasons are told."""
    assert (*RULES, "DT03") == CODES


def test_every_rule_has_a_case_that_it_hits_and_its_text():
    """Nothing is untested: each code is expected by a case, and its docstring begins with it."""
    hit = {each.split()[0] for case in cases() for each in case.values[0]["expected"]}
    assert hit == set(RULES)
    assert all(rule.__doc__.startswith(f"{code}: ") for code, (_, rule) in RULES.items())
