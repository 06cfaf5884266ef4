"""Run the cases of tests/cases/terms: outside answers on terms, each with its source."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.engine.term_cases import cases, check


@pytest.mark.parametrize("case", list(cases()))
def test_case(case):
    """The engine gives the outside answer, or refuses with the words of the case."""
    check(case)


def test_every_case_names_its_source():
    """A known answer without a source is an opinion; names are unique within a file."""
    found = list(cases())
    assert all(case.values[0]["source"] for case in found)
    assert max(Counter(case.id for case in found).values()) == 1
