"""The page on exports names every field and preset, and its example can be used."""

from __future__ import annotations

import re

from tests.docs.pages import ROOT, steps
from tradeline.files.export_schema import FIELDS, PRESETS, parse_profile

NAME = "docs/guides/exports.md"
PAGE = (ROOT / NAME).read_text(encoding="utf-8")


def test_the_example_is_a_profile():
    """The profile on the page has no fault."""
    ((name, text),) = steps(NAME)
    assert parse_profile(text, name).columns


def test_fields_and_presets_are_those_of_the_code():
    """No field and no preset is missing or made up."""
    row = next(line for line in PAGE.splitlines() if line.startswith("| `field` |"))
    assert set(re.findall(r"`(\w+)`", row)) - {"field"} == set(FIELDS)
    assert tuple(re.findall(r"^\| `(\w+)` \| .+ \| (?:CSV|XLSX)", PAGE, re.MULTILINE)) == PRESETS
