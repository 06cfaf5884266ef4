"""The pages keep up with the code: libraries, actions, and words that no reader should meet."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import get_args

from tradeline.policy.schema import AccountAction

ROOT = Path(__file__).parents[2]
LIBRARIES = ROOT / "docs" / "decisions" / "0002-libraries.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def names(requirements):
    """Return the bare names of requirements."""
    return {re.split(r"[<>=\[ ]", each)[0].lower() for each in requirements}


def test_each_library_has_its_reason():
    """The table lists the dependencies and the extra, no more and no fewer."""
    text = LIBRARIES.read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| ([a-z][\w-]+)(?: \(extra\))? \| \d", text, re.MULTILINE))
    extra = PROJECT["project"]["optional-dependencies"]["spark"]
    assert rows == names(PROJECT["project"]["dependencies"]) | names(extra)


def test_each_development_tool_is_named():
    """The sentence below the table names them all; stubs count as one."""
    text = LIBRARIES.read_text(encoding="utf-8")
    tools = {name for name in names(PROJECT["dependency-groups"]["dev"]) if "types-" not in name}
    assert {tool for tool in tools if tool not in text} == set()


def test_the_glossary_has_every_account_action():
    """Each code that a pack may show is explained."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| ([A-Z_]{4,}) \|", text, re.MULTILINE)) == set(
        get_args(AccountAction)
    )


def test_methods_resolve_the_references_in_the_code():
    """Where a docstring says METHODS 4.7, the page has a heading of that number."""
    page = (ROOT / "docs" / "methods.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^#+ (\d+(?:\.\d+)?) ", page, re.MULTILINE))
    for path in (ROOT / "tradeline").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for number in re.findall(r"METHODS (?:section )?(\d+(?:\.\d+)?)", text):
            assert number in headings, f"{path.name}: METHODS {number}"
