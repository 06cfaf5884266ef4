"""Read a workbook in the child: XLSX, XLS or ODS through calamine.

A sheet is parsed once. When row 1 is the header the columns come with their own types; below a
banner a large sheet comes as text, a small one is loaded again from its header on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import FileFault, HostileFile
from tradeline.files import archive
from tradeline.files.header import (
    ROWS_SEARCHED,
    banner_of,
    distinct_headers,
    find_header,
    known_names,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SMALL_ROWS: Final = 20_000
_FAULTS_MAX: Final = 10_000
COLUMNS_MAX: Final = 1_000
_KEPT: Final[list[Any]] = []  # the sheet at hand: to let a million cells go takes its time


def read(request: dict[str, Any], words: Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Return the description of the table, which is written to `request["output"]`."""
    from tradeline.files.child import warm_arrow, write_table

    path = request["path"]
    form = request["format"]
    if form != "xls":
        archive.check(path)
        form = archive.kind(path)
    book = _opened(path)
    fast = form == "xlsx" and request["header_row"] is None and archive.rows_start_at_one(path)
    warm_arrow()
    sheet, table, about = _best(book, {**request, "fast": fast}, words)
    write_table(table, request["output"])
    return {"format": form, "sheet": sheet, "encoding": None, "delimiter": None, **about}


def _opened(path: str) -> Any:
    import fastexcel

    return fastexcel.read_excel(path)


def _best(
    book: Any, request: dict[str, Any], words: Callable[[], Sequence[str]]
) -> tuple[str, Any, dict[str, Any]]:
    """Return the first sheet whose header names three known fields, else the one with most."""
    names = _sheets(book, request["sheet"])
    tried: list[tuple[int, str, Any, dict[str, Any]]] = []
    known: frozenset[str] = frozenset()
    for name in names:
        loaded = _loaded(book, name, fast=request["fast"])
        if loaded is None:
            continue
        known = known or frozenset(words())
        score, table, about = _table(book, name, loaded, request, known)
        if table is not None:
            tried.append((score, name, table, about))
        if score >= 3 or (score and len(names) == 1):
            break
    if not tried:
        raise FileFault(
            "No sheet has a header row.",
            mend="Name the sheet with --sheet and the row with --header-row, counted from 1.",
        )
    _, name, table, about = max(tried, key=lambda each: each[0])
    return name, table, about


def _sheets(book: Any, wanted: str | None) -> list[str]:
    names: list[str] = list(book.sheet_names)
    if wanted is None:
        return names[:50]
    if wanted in names:
        return [wanted]
    raise FileFault(
        f"There is no sheet named {wanted}; there are {', '.join(names[:20])}.",
        mend="Name one of them with --sheet.",
    )


def _loaded(book: Any, name: str, *, fast: bool) -> tuple[Any, Any] | None:
    """Return the sheet's cells; with `fast` row 1 gives the names, else every row is a row."""
    options = {"header_row": 0} if fast else {"header_row": None, "skip_rows": 0}
    _KEPT.clear()
    sheet = book.load_sheet(name, schema_sample_rows=None, **options)
    _KEPT.append(sheet)
    if not sheet.width or sheet.visible != "visible":
        return None
    if sheet.width > COLUMNS_MAX:
        raise HostileFile(
            f"The sheet has {sheet.width:,} columns.", mend="Export the needed columns only."
        )
    return _batch(sheet)


def _batch(sheet: Any) -> tuple[Any, Any]:
    import pyarrow as pa

    batch, errors = sheet.to_arrow_with_errors()
    faults = [
        (*each.offset_position, each.detail)
        for each in (errors.errors if errors else [])[:_FAULTS_MAX]
    ]
    table = pa.Table.from_batches([batch])
    renamed = table.rename_columns([str(index) for index in range(table.num_columns)])
    first = 0 if batch.num_rows > _SMALL_ROWS else _first_column(sheet)
    return (renamed, _heads(batch.schema.names), first), faults


def _heads(names: Sequence[str]) -> list[str | None]:
    """Return the headers as the sheet has them: fastexcel numbers repeated ones and blank ones."""
    heads: list[str | None] = []
    for name in names:
        base = re.sub(r"_\d+$", "", name)
        heads.append(
            None
            if base == "__UNNAMED_" or name.startswith("__UNNAMED__")
            else base
            if base in heads
            else name
        )
    return heads


def _table(
    book: Any, name: str, loaded: Any, request: dict[str, Any], known: frozenset[str]
) -> tuple[int, Any, dict[str, Any]]:
    (table, heads, first_column), faults = loaded
    fast = request["fast"]
    above = [heads] if fast else []
    rows = above + _first_rows(table)
    wanted = request["header_row"]
    at = find_header(rows, known) if wanted is None else wanted - 1
    if at is None or at >= len(rows) or not any(rows[at]):
        return 0, None, {}
    headers, start, left = rows[at], at + 1 - len(above), first_column
    if at and table.num_rows <= _SMALL_ROWS:
        table, faults, shift = _reloaded(book, name, at, first_column)
        start, left = 0, first_column + shift
        headers = (headers[shift:] + [None] * table.num_columns)[: table.num_columns]
    else:
        table = table.slice(start)
    about = {
        "header_row": at + 1, "first_row": at + 2, "headers": distinct_headers(headers),
        "cell_faults": [[r - start, c, _shown(d)] for r, c, d in faults if r >= start],
        "banner": [*banner_of(rows[:at]), name], "first_column": left,
    }  # fmt: skip
    return known_names(headers, known), table, about


def _first_rows(table: Any) -> list[list[str | None]]:
    rows = table.slice(0, ROWS_SEARCHED).to_pylist()
    return [[None if cell is None else str(cell) for cell in row.values()] for row in rows]


def _reloaded(book: Any, name: str, at: int, first_column: int) -> tuple[Any, Any, int]:
    """Load the sheet from its header on, so that columns have their own types.

    The third value is how many columns on the left only the banner used.
    """
    sheet = book.load_sheet(name, schema_sample_rows=None, header_row=at)
    (table, _, _), faults = _batch(sheet)
    return table, faults, _first_column(sheet) - first_column


def _first_column(sheet: Any) -> int:
    columns = sheet.available_columns()
    return int(columns[0].absolute_index) if columns else 0


def _shown(detail: str) -> str:
    """Return the error as the sheet shows it: `Expected float but got 'Error(NA)'` is #N/A."""
    name = detail.rsplit("Error(", 1)[-1].split(")", 1)[0] if "Error(" in detail else detail
    return {"NA": "#N/A", "Div0": "#DIV/0!", "Ref": "#REF!", "Value": "#VALUE!", "Name": "#NAME?",
            "Num": "#NUM!", "Null": "#NULL!"}.get(name, f"#{name}"[:100])  # fmt: skip
