"""The workbook of the committee pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tradeline.files.pack import PackInput


def write_xlsx(path: Path, given: PackInput) -> None:
    """Write the workbook."""
    import xlsxwriter

    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Summary")
        sheet.write_string(0, 0, given.identity.run_id)
