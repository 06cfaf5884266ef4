"""Helpers of the feed tests: write a file, read it as a feed, get rows without blank fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tradeline.files.feeds import Feed, FeedKind, ReadOptions, Source, read_feed

if TYPE_CHECKING:
    from pathlib import Path

TAX = ("tax_included", "tax_rate")


def read(path: Path, kind: FeedKind, **options: Any) -> Feed:
    """Read a file as a feed of the legal entity MAIN."""
    tax = {name: options.pop(name) for name in TAX if name in options}
    return read_feed(Source(path=path), kind, ReadOptions(**options), entity="MAIN", **tax)


@dataclass
class Tray:
    """A folder to write files into, and the feeds read from them."""

    folder: Path

    def write(self, text: str | bytes, name: str = "feed.csv") -> Path:
        """Write a text file; lines may be indented."""
        path = self.folder / name
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            lines = [line.strip() for line in text.strip().splitlines()]
            path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    def feed(self, kind: FeedKind, text: str | bytes, **options: Any) -> Feed:
        """Write a CSV and read it."""
        return read(self.write(text), kind, **options)

    def rows(self, kind: FeedKind, text: str, **options: Any) -> list[dict[str, Any]]:
        """Write a CSV and return its rows, without blank fields and places."""
        return facts(self.feed(kind, text, **options))


def facts(feed: Feed) -> list[dict[str, Any]]:
    """Return the rows of a feed without blank fields, entity and place."""
    dull = ("source_row", "entity")
    return [
        {name: value for name, value in row.items() if value is not None and name not in dull}
        for row in feed.table.to_pylist()
    ]


@pytest.fixture
def tray(tmp_path: Path) -> Tray:
    """Return a place to write files."""
    return Tray(tmp_path)
