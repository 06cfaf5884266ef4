"""The page of the canonical imports holds the schemas, and its examples can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.reference_imports import imports_page
from tradeline.files.feed_tables import FEEDS, HEADERS
from tradeline.files.feeds import ReadOptions, Source, read_feed

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "imports.md").read_text("utf-8")


def section(kind):
    """Return the part of the page on one kind."""
    return PAGE.split(f"\n## {kind}\n")[1].split("\n## ")[0]


def test_the_page_is_current():
    """It is what tools/reference_imports.py writes; run `make docs` after a change."""
    assert imports_page() == PAGE


@pytest.mark.parametrize("kind", FEEDS)
def test_the_page_names_the_columns_and_types(kind):
    """Exactly the columns of the schema, in order."""
    rows = re.findall(r"^\| `(\w+)` \| ([\w\[\]]+) \| .+ \| .+ \|$", section(kind), re.MULTILINE)
    assert rows == [(field.name, str(field.type)) for field in FEEDS[kind]]


@pytest.mark.parametrize("kind", FEEDS)
def test_the_example_is_read_without_a_fault(kind, tmp_path):
    """It has the canonical header, needs no answer but the tax of orders, and has no fault."""
    text = section(kind).split("```csv\n")[1].split("```")[0]
    path = tmp_path / "feed.csv"
    path.write_text(text, "utf-8")
    assert tuple(text.splitlines()[0].split(",")) == HEADERS[kind]
    feed = read_feed(
        Source(path=path), kind, ReadOptions(), entity="IN01",
        tax_included=True if kind == "orders" else None,
    )  # fmt: skip
    assert feed.rows_faulty == 0
    assert feed.table.num_rows == feed.rows_in == len(text.splitlines()) - 1
