"""Read delimited text in the child: encoding, delimiter and header are found and reported.

Every cell stays text. A row whose number of fields differs from the header's is left out of the
table and reported with its line, never shifted.
"""

from __future__ import annotations

import codecs
import csv
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import FileFault, HostileFile, Place
from tradeline.files.header import ROWS_SEARCHED, banner_of, distinct_headers, find_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LINE_BYTES_MAX: Final = 1_000_000
CELL_CHARS_MAX: Final = 32_767
_SAMPLE_CHARS: Final = 400_000
_DELIMITERS: Final = (",", ";", "\t", "|")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read(request: dict[str, Any], words: Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Return the description of the table, which is written to `request["output"]`."""
    from tradeline.files.child import write_table

    data = Path(request["path"]).read_bytes()
    encoding, assumed = _encoding(data, request["encoding"])
    body = _as_utf8(data, encoding, proven=not request["encoding"])
    _refuse_hostile(body)
    sample = _sample(body)
    delimiter = request["delimiter"] or _delimiter(sample)
    (line, headers, offset), banner = _header(sample, delimiter, request["header_row"], words)
    table, bad = _table(memoryview(body)[offset:], delimiter, len(headers), line)
    if b'"' in body:  # without a quotation mark no cell holds a line end
        _refuse_swallowed(table, delimiter, line)
    write_table(table, request["output"])
    return {
        "format": "csv", "sheet": None, "header_row": line, "headers": distinct_headers(headers),
        "first_row": line + 1, "bad_rows": bad, "encoding": encoding, "encoding_assumed": assumed,
        "delimiter": delimiter, "cell_faults": [], "banner": banner,
    }  # fmt: skip


def _encoding(data: bytes, wanted: str | None) -> tuple[str, bool]:
    """Return the encoding and whether it is only the likeliest one."""
    if wanted:
        return wanted, False
    for bom, name in _BOMS:
        if data.startswith(bom):
            return name, False
    halves = data[:2000]
    if len(halves) >= 8 and halves[1::2].count(0) > 0.4 * len(halves) / 2 > 2 * halves[::2].count(
        0
    ):
        return "utf-16-le", False
    if len(halves) >= 8 and halves[::2].count(0) > 0.4 * len(halves) / 2 > 2 * halves[1::2].count(
        0
    ):
        return "utf-16-be", False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _single_byte(data), True
    return "utf-8", False


def _single_byte(data: bytes) -> str:
    from charset_normalizer import from_bytes

    odd = b"\n".join(itertools.islice((x for x in data.splitlines() if not x.isascii()), 200))
    best = from_bytes(odd, cp_isolation=["cp1252", "cp1250", "cp1251", "cp1253", "cp1254"]).best()
    if best is None or len(odd) < 400:  # too little to tell the pages apart
        return "cp1252"
    return best.encoding


def _as_utf8(data: bytes, encoding: str, *, proven: bool) -> bytes:
    if encoding == "utf-8" and proven:
        return data
    if encoding == "utf-8-sig" and proven:
        return data[3:]
    try:
        text = data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as fault:
        raise FileFault(
            f"The text is not {encoding}: {fault}", mend="Name the right one with --encoding."
        ) from fault
    return text.encode("utf-8", "replace")


def _refuse_hostile(body: bytes) -> None:
    at = body.find(b"\0")
    if at >= 0:
        row = body.count(b"\n", 0, at) + 1
        raise HostileFile(
            f"The text holds a NUL byte at position {at + 1}.",
            where=Place(row=row),
            mend="Export the file again; NUL bytes mean that it is damaged or not text.",
        )
    begin = _long_line(body)
    if begin is not None:
        raise HostileFile(
            f"A line is longer than {LINE_BYTES_MAX:,} bytes.",
            where=Place(row=body.count(b"\n", 0, begin) + 1),
            mend="Export the file again with one record per line.",
        )
    if body.count(b'"') % 2:
        row = body.count(b"\n", 0, body.rfind(b'"')) + 1
        raise FileFault(
            "A quotation mark is opened and never closed.",
            where=Place(row=row),
            mend="Close it, or write a quotation mark inside a text as two.",
        )


def _long_line(body: bytes) -> int | None:
    """Return where the first line that is too long begins; leaps from line end to line end."""
    begin = 0
    while begin + LINE_BYTES_MAX <= len(body):
        window = (begin, begin + LINE_BYTES_MAX)
        end = max(body.rfind(b"\n", *window), body.rfind(b"\r", *window))
        if end < 0:
            return begin
        begin = end + 1
    return None


def _sample(body: bytes) -> str:
    text = body[:_SAMPLE_CHARS].decode("utf-8", "ignore")
    return text if len(body) <= _SAMPLE_CHARS else text[: text.rfind("\n") + 1] or text


def _records(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each record of the sample with the number of the line it begins on."""
    reader = csv.reader(lines, delimiter=delimiter)
    begin = 1
    try:
        for record in reader:
            yield begin, record
            begin = reader.line_num + 1
    except csv.Error as fault:
        raise FileFault(
            f"The text cannot be split into fields: {fault}",
            where=Place(row=begin),
            mend="Export the file again as CSV.",
        ) from fault


def _delimiter(sample: str) -> str:
    lines = sample.splitlines(keepends=True)[:400]
    scored = [(_consistency(lines, mark), -rank) for rank, mark in enumerate(_DELIMITERS)]
    return _DELIMITERS[-max(scored)[1]]


def _consistency(lines: Sequence[str], mark: str) -> float:
    """Return the number of cells in rows of the usual width, so that stray marks do not win."""
    widths = [len(row) for _, row in itertools.islice(_records(lines, mark), 200) if row]
    if not widths:
        return 0.0
    usual = max(set(widths), key=lambda width: (widths.count(width) * (width > 1), width))
    return widths.count(usual) / len(widths) * (usual - 1)


def _header(
    sample: str, delimiter: str, wanted: int | None, words: Callable[[], Sequence[str]]
) -> tuple[tuple[int, list[str], int], list[str]]:
    """Return the header's line, its cells and where the data begin in bytes; the texts above."""
    lines = sample.splitlines(keepends=True)
    taken = ROWS_SEARCHED if wanted is None else wanted
    records = list(itertools.islice(_records(lines, delimiter), taken + 1))
    index = _chosen(records, wanted, words)
    begin, cells = records[index]
    after = records[index + 1][0] if index + 1 < len(records) else len(lines) + 1
    offset = len("".join(lines[: after - 1]).encode())
    if len(cells) > 1000:
        raise HostileFile(
            "The header has more than 1,000 columns.", mend="Export the needed columns only."
        )
    return (begin, cells, offset), banner_of(row for _, row in records[:index])


def _chosen(
    records: Sequence[tuple[int, list[str]]],
    wanted: int | None,
    words: Callable[[], Sequence[str]],
) -> int:
    if wanted is not None:
        found = [i for i, (line, _) in enumerate(records) if line == wanted]
        index = found[0] if found else None
    else:
        index = find_header([row for _, row in records], frozenset(words()))
    if index is None:
        raise FileFault(
            "No header row was found." if wanted is None else f"Row {wanted} is no header row.",
            mend="Name the row with --header-row, counted from 1.",
        )
    return index


def _table(body: memoryview, delimiter: str, width: int, line: int) -> tuple[Any, list[Any]]:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    names = [str(index) for index in range(width)]
    bad: list[Any] = []

    def report(row: Any) -> str:
        bad.append([line + row.number, row.actual_columns, row.expected_columns, row.text[:2000]])
        return "skip"

    if not body.nbytes:
        return pa.table({name: pa.array([], pa.string()) for name in names}), bad
    table = pacsv.read_csv(
        pa.BufferReader(pa.py_buffer(body)),
        read_options=pacsv.ReadOptions(use_threads=False, column_names=names, block_size=1 << 22),
        parse_options=pacsv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False,
            invalid_row_handler=report,
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True,
            null_values=[""], quoted_strings_can_be_null=True,
        ),
    )  # fmt: skip
    return table, bad


def _refuse_swallowed(table: Any, delimiter: str, line: int) -> None:
    """Refuse a cell that holds whole rows: two lost quotation marks look like a closed pair."""
    import pyarrow.compute as pc

    for column in table.columns:
        if not (pc.any(pc.match_substring(column, "\n")).as_py()):
            continue
        mask = pc.fill_null(pc.match_substring(column, "\n"), fill_value=False)
        for at, text in zip(
            pc.indices_nonzero(mask).to_pylist(), column.filter(mask).to_pylist(), strict=True
        ):
            _refuse_cell(text, delimiter, table.num_columns, line + 1 + at)


def _refuse_cell(text: str, delimiter: str, width: int, row: int) -> None:
    rows = [part for part in text.splitlines() if part.count(delimiter) >= max(width - 2, 2)]
    if rows or len(text) > CELL_CHARS_MAX:
        raise FileFault(
            "A quotation mark is never closed where it should be: one cell holds whole rows.",
            where=Place(row=row),
            mend="Close it, or write a quotation mark inside a text as two.",
        )
