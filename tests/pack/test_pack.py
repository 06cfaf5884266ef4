"""The pack as a whole."""

from __future__ import annotations

from tradeline.files.pack import write_pack


def test_two_files(tmp_path, given):
    """A workbook and a PDF."""
    write_pack(tmp_path, **given)
    assert {p.name for p in tmp_path.iterdir()} == {"pack.xlsx", "pack.pdf"}
