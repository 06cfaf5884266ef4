"""How long the workbook takes beside bare XlsxWriter writing the same cells with the same formats.

    python benchmarks/pack.py [accounts]

Prints one line of JSON: the ratio (below 1 is faster than XlsxWriter) and what it is made of.
"""

from __future__ import annotations

import json
import sys
import tempfile
from datetime import date
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "pack"))

import xlsxwriter
from portfolio import identity, portfolio

from tradeline.files import pack_xlsx
from tradeline.files.pack import PackInput, write_pack
from tradeline.policy.schema import Policy


def main(accounts: int) -> None:
    """Time the workbook, bare XlsxWriter, and the whole pack."""
    given = {
        "tables": portfolio(accounts, currency="INR", seed=1),
        "currency": "INR",
        "policy": Policy(locale="en-IN"),
        "identity": identity(date(2026, 3, 31)),
        "inputs": [("ar.xlsx", "ab" * 32)],
        "policy_words": [("Use of the limit", ["Above 90 % the check warns."])],
    }
    lists = [_cells(listing) for listing in pack_xlsx._listings(PackInput(**given))]  # noqa: SLF001
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        ours = _timed(lambda: pack_xlsx.write_xlsx(here / "ours.xlsx", PackInput(**given)))
        bare = _timed(lambda: _bare(here / "bare.xlsx", lists))
        whole = _timed(lambda: write_pack(here, **given))
        size = (here / "pack.xlsx").stat().st_size
    cells = sum(value is not None for _, rows in lists for row in rows for value in row)
    print(
        json.dumps(
            {
                "ratio_to_xlsxwriter": round(ours / bare, 3),
                "workbook_s": round(ours, 2),
                "xlsxwriter_s": round(bare, 2),
                "pack_s": round(whole, 2),
                "accounts": accounts,
                "cells": cells,
                "workbook_bytes": size,
            }
        )
    )


def _timed(work: object) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _cells(listing: object) -> tuple[tuple[str, ...], list[tuple]]:
    numbers = {"money", "percent", "decimal", "whole"}
    columns = [
        [None if v is None else float(v) for v in column.values.to_pylist()]
        if column.kind in numbers
        else [None if v is None else str(v) for v in column.values.to_pylist()]
        for column in listing.columns
    ]
    return tuple(column.kind for column in listing.columns), list(zip(*columns, strict=True))


def _bare(path: Path, lists: list) -> None:
    book = xlsxwriter.Workbook(path, {"strings_to_formulas": False, "strings_to_urls": False})
    text, number = book.add_format({"indent": 1}), book.add_format({"num_format": "#,##0.00"})
    for _, rows in lists:
        sheet = book.add_worksheet()
        for row, values in enumerate(rows, 1):
            for column, value in enumerate(values):
                if isinstance(value, str):
                    sheet.write_string(row, column, value, text)
                elif value is not None:
                    sheet.write_number(row, column, value, number)
    book.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
