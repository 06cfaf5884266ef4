"""What the guide to the gate says of rules and thresholds is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tradeline.policy.fields import leaf_at, leaves, value_at
from tradeline.policy.gate import CODES, Reactions, merged
from tradeline.policy.load import load_preset, parse_policy

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "gate.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in GUIDE.splitlines()
    if re.match(r"\| [A-Z]{2}\d\d \|", line)
]
"""Code, when it is hit, reaction of the standard, thresholds."""


def paths(cell):
    """Return the fields of a policy that a cell or sentence names."""
    names = re.findall(r"`([a-z_.]+)`", cell)
    return [name if "." in name else f"gate.rules.{name}" for name in names]


def test_every_rule_has_its_row():
    """All of them, in the order in which their reasons are told."""
    assert tuple(row[0] for row in ROWS) == CODES


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_says_what_the_policy_says(row):
    """The meaning is the field's, the reaction the standard's; each threshold is a field."""
    code, hit, reaction, thresholds = row
    assert hit == Reactions.model_fields[code].description
    assert reaction == getattr(load_preset("standard").gate.rules.reactions, code)
    assert all(leaf_at(tuple(path.split("."))) for path in paths(thresholds))


def _rules(meaning):
    """Return the codes that a field's meaning begins with, such as OV01 to OV03."""
    codes = re.match(r"((?:[A-Z]{2}\d\d(?:, | to )?)+): ", meaning)[1]
    if " to " in codes:
        first, last = (CODES.index(code) for code in codes.split(" to "))
        return CODES[first : last + 1]
    return tuple(codes.split(", "))


def test_every_threshold_is_in_the_rows_of_its_rules():
    """Each says in the policy which rules look at it; it stands in those rows and no others."""
    for leaf in leaves():
        if leaf.path[:2] == ("gate", "rules") and "reactions" not in leaf.path:
            shown = tuple(row[0] for row in ROWS if leaf.dotted in paths(row[3]))
            assert shown == _rules(leaf.meaning), leaf.dotted


def test_every_field_that_is_named_exists():
    """In the text too, sections among them."""
    for name in re.findall(r"`((?:gate|exposure|terms|fx)\.[a-z_.]+[a-z_])`", GUIDE):
        value_at(load_preset("standard"), tuple(name.split(".")))


def test_the_example_is_a_policy():
    """It loads, and says what the text below it says."""
    (text,) = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    gate = parse_policy(text, "p.yaml").gate
    assert [each.rules.named().keys() for each in gate.overrides] == [
        {"reactions", "overdue_days_max"}, {"document_max"}, {"reactions"},
    ]  # fmt: skip
    assert merged(gate.rules, gate.overrides[2]).reactions.OV01 == "warn"


def test_the_standard_levels_are_as_told():
    """25,000 dollars are the analyst's."""
    analyst, *_ = load_preset("standard").gate.levels
    assert (analyst.role, analyst.up_to["USD"]) == ("analyst", 25_000)
