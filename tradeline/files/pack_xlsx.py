"""The workbook of the committee pack: what a committee reads, filters and decides on.

XlsxWriter makes the workbook in memory, with a heading and specimen cells in every list. Then the
package is copied to its place and each list's specimens give way to its rows.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

from tradeline.files import pack_rows
from tradeline.files.pack_cells import column_letters, sheet_rows
from tradeline.files.pack_look import Look
from tradeline.files.pack_summary import write_summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from tradeline.files.pack_input import PackInput
    from tradeline.files.pack_rows import Listing

ROWS_PER_SHEET: Final = 1_048_575
"""Rows a sheet holds below its heading; longer lists go on in a numbered sheet."""

ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Part:
    """A list's rows start..stop and the sheet that shows them."""

    listing: Listing
    start: int
    stop: int
    title: str


def write_xlsx(path: Path, given: PackInput) -> None:
    """Write the workbook; the same inputs give the same bytes."""
    parts = list(_parts(_listings(given)))
    draft = io.BytesIO()
    sheets = _draft(draft, given, parts)
    with (
        zipfile.ZipFile(draft) as source,
        zipfile.ZipFile(path, "w") as target,
    ):
        for name in source.namelist():
            entry = _entry(name)
            with target.open(entry, "w", force_zip64=True) as stream:
                for chunk in _filled(source.read(name), sheets.get(name)):
                    stream.write(chunk)


def _entry(name: str) -> zipfile.ZipInfo:
    """Return a member's header without a clock in it."""
    entry = zipfile.ZipInfo(name, ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _listings(given: PackInput) -> Iterator[Listing]:
    live = given.live
    yield pack_rows.recommendations(live, given.currency)
    yield pack_rows.exceptions(given.tables, live, given.currency)
    yield pack_rows.portfolio(live, given.currency)
    yield pack_rows.quarantine(given.tables, given.currency)


def _parts(listings: Iterator[Listing]) -> Iterator[Part]:
    for listing in listings:
        for number, start in enumerate(range(0, max(listing.num_rows, 1), ROWS_PER_SHEET), 1):
            title = listing.name if number == 1 else f"{listing.name} {number}"
            yield Part(listing, start, min(start + ROWS_PER_SHEET, listing.num_rows), title)


def _draft(target: io.BytesIO, given: PackInput, parts: Sequence[Part]) -> dict[str, Part]:
    """Write the workbook with specimens; return which part fills which sheet of the package."""
    import xlsxwriter

    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    book = xlsxwriter.Workbook(target, options)
    made = datetime.combine(given.identity.as_of, time())
    title = f"Credit review as of {given.identity.as_of.isoformat()}"
    about = f"Run {given.identity.run_id}"
    book.set_properties({"title": title, "author": "tradeline", "comments": about, "created": made})
    look = Look(book, given.currency, given.policy.locale)
    write_summary(_sheet(book, "Summary", given), look, given, given.summary)
    filled = {}
    for part in parts:
        sheet = _sheet(book, part.title, given)
        _frame(sheet, look, part)
        filled[f"xl/worksheets/sheet{len(book.worksheets())}.xml"] = part
    _policy(_sheet(book, "Policy", given), look, given)
    _identity(_sheet(book, "Identity", given), look, given)
    book.close()
    return filled


def _sheet(book: Any, name: str, given: PackInput) -> Any:
    """Add a sheet that prints well: landscape A4, one page wide, the run on every page."""
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.6)
    sheet.fit_to_pages(1, 0)
    as_of = given.identity.as_of.isoformat()
    sheet.set_header(f'&L&"Calibri"&9Credit review as of {as_of}&R&9&A')
    sheet.set_footer(f"&L&7Run {given.identity.run_id}&R&9Page &P of &N")
    return sheet


def _frame(sheet: Any, look: Look, part: Part) -> None:
    """Write everything of a list but its rows: heading, widths, filter, colours, specimens."""
    columns = part.listing.columns
    last = part.stop - part.start
    for at, column in enumerate(columns):
        styles = look.styles(column.kind)
        sheet.set_column(at, at, column.width)
        sheet.write_string(0, at, column.heading, look.heading(column.kind))
        for row, style in enumerate(styles, 1):
            sheet.write_blank(row, at, None, style)
        if column.kind == "band":
            _colour_bands(sheet, look, at, last)
    sheet.set_row(0, 32)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(last, 1), len(columns) - 1)
    sheet.repeat_rows(0)


def _colour_bands(sheet: Any, look: Look, at: int, last: int) -> None:
    for band, style in look.bands.items():
        rule = {"type": "cell", "criteria": "==", "value": f'"{band}"', "format": style}
        sheet.conditional_format(1, at, max(last, 1), at, rule)


def _filled(xml: bytes, part: Part | None) -> Iterator[bytes]:
    """Yield a member of the package, a list's specimens replaced by its rows."""
    if part is None:
        yield xml
        return
    columns = part.listing.columns
    styles = _specimens(xml, len(columns))
    head, heading, tail = _cut_out(xml, len(columns), part.stop - part.start)
    yield head + heading
    yield from sheet_rows(columns, styles, range(part.start, part.stop))
    yield tail


def _specimens(xml: bytes, columns: int) -> list[list[int]]:
    """Return each column's style numbers, read from its specimen cells."""
    found: list[list[int]] = []
    for at in range(columns):
        cell = rf'<c r="{column_letters(at)}([2-9])" s="(\d+)"/>'
        found.append([int(style) for _, style in re.findall(cell, xml.decode())])
    return found


def _cut_out(xml: bytes, columns: int, rows: int) -> tuple[bytes, bytes, bytes]:
    """Return what stands before the rows, the heading row, and what follows the rows."""
    head, rest = xml.split(b"<sheetData>", 1)
    data, tail = rest.split(b"</sheetData>", 1)
    heading = data[: data.index(b"</row>") + len(b"</row>")]
    size = f'<dimension ref="A1:{column_letters(columns - 1)}{rows + 1}"/>'.encode()
    head = re.sub(rb'<dimension ref="[^"]*"/>', size, head)
    return head, b"<sheetData>" + heading, b"</sheetData>" + tail


def _policy(sheet: Any, look: Look, given: PackInput) -> None:
    """Write the policy in words: a chapter's title, then its sentences."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 110)
    sheet.write_string(0, 0, f"The policy in words: {given.policy.name}", look.title)
    row = 2
    for title, sentences in given.policy_words:
        sheet.write_string(row, 0, title, look.chapter)
        for sentence in sentences:
            row += 1
            sheet.write_string(row, 0, sentence, look.prose)
        row += 2


def _identity(sheet: Any, look: Look, given: PackInput) -> None:
    """Write what decides every byte of the results, so that anyone can run the review again."""
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 80)
    sheet.write_string(0, 0, "Identity of the run", look.title)
    run = given.identity
    facts = [
        ("Run", run.run_id),
        ("As of", run.as_of.isoformat()),
        ("Inputs, SHA-256", run.inputs_hash),
        ("Policy version", run.policy_version),
        ("Engine version", run.engine_version),
        ("Currency", given.currency),
        *((f"Input: {name}", digest) for name, digest in given.inputs),
    ]
    for row, (name, fact) in enumerate(facts, 2):
        sheet.write_string(row, 0, name, look.label)
        sheet.write_string(row, 1, fact, look.fixed)
    end = "The run is the SHA-256 of inputs, policy, engine and as-of date: the same four, again."
    sheet.write_string(len(facts) + 3, 0, end, look.note)
