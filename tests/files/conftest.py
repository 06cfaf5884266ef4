"""Helpers of the reading tests: write a file, read it, get rows as dictionaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tradeline.files.intake import Intake, ReadOptions, Source, read_sources
from tradeline.policy.schema import Policy

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AS_OF = date(2026, 6, 30)


def read(*paths: Path, policy: Policy | None = None, **options: Any) -> Intake:
    """Read files with the options and the standard policy."""
    sources = [Source(path=path) for path in paths]
    return read_sources(sources, ReadOptions(**options), policy=policy or Policy(), as_of=AS_OF)


@dataclass
class Desk:
    """A folder to write files into, and their rows read back."""

    folder: Path

    def csv(self, text: str | bytes, name: str = "ar.csv") -> Path:
        """Write a text file; lines may be indented."""
        path = self.folder / name
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            lines = [line.strip() for line in text.strip().splitlines()]
            path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    def xlsx(self, rows: list[list[Any]], name: str = "ar.xlsx", sheet: str = "AR") -> Path:
        """Write a workbook with one sheet; None leaves a cell out."""
        import openpyxl

        book = openpyxl.Workbook()
        page = book.active
        assert page is not None
        page.title = sheet
        for r, row in enumerate(rows, 1):
            for c, cell in enumerate(row, 1):
                if cell is not None:
                    page.cell(r, c).value = cell
        path = self.folder / name
        book.save(path)
        return path

    def read(self, *paths: Path, **options: Any) -> Intake:
        """Read files; amounts are rupees unless the file or an option says otherwise."""
        return read(*paths, **options)

    def master(self, text: str, **options: Any) -> list[dict[str, Any]]:
        """Write a CSV and return the accounts read from it."""
        options.setdefault("currency", "INR")
        table = read(self.csv(text), **options).master
        assert table is not None
        rows: list[dict[str, Any]] = table.to_pylist()
        return rows


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Return a place to write files."""
    return Desk(tmp_path)


@pytest.fixture
def amount(desk: Desk) -> Callable[..., tuple[int | None, str | None]]:
    """Return a function that reads one amount text as an outstanding balance in INR."""

    def one(text: str, **options: Any) -> tuple[int | None, str | None]:
        row = desk.master(
            f"customer_no|credit_limit|outstanding|ageing_bucket\nC1|100|{text}|0-30\n", **options
        )[0]
        return row["outstanding_minor"], row["outstanding_fault"]

    return one
