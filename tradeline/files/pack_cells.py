"""Large lists as sheet XML, a batch of rows at a time and without a Python object per cell.

XlsxWriter makes the workbook with one specimen row per list; the rows themselves are joined by
Arrow and take the specimens' styles (docs/decisions/0005). Text is always an inline string, so
nothing a customer calls himself can become a formula or a link (ECMA-376 part 1, 18.3.1.53).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

from tradeline.files import pack_formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradeline.files.pack_rows import Column, Kind

ROWS_PER_BATCH: Final = 16_384
TEXT_MAX: Final = 32_767
"""Characters a cell can hold; longer text ends in an ellipsis."""

_AWKWARD: Final = "[\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_"
_EDGES: Final = r"^[ \t\n]|[ \t\n]$"


def column_letters(at: int) -> str:
    """Return a column's letters: 0 is A, 26 is AA."""
    letters = ""
    at += 1
    while at:
        at, rest = divmod(at - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_rows(
    columns: Sequence[Column], styles: Sequence[Sequence[int]], rows: range
) -> Iterator[bytes]:
    """Yield these rows of the columns as XML; the first becomes row 2 of the sheet.

    `styles` holds per column the style numbers its kind may need.
    """
    for at in range(rows.start, rows.stop, ROWS_PER_BATCH):
        size = min(ROWS_PER_BATCH, rows.stop - at)
        first = at - rows.start + 2
        numbers = pa.array(range(first, first + size), pa.int64()).cast(pa.string())
        cells = [
            _cells(
                column.kind,
                column.values.slice(at, size).combine_chunks(),
                _joined(f'<c r="{column_letters(place)}', numbers),
                styles[place],
            )
            for place, column in enumerate(columns)
        ]
        yield _bytes(_joined(_joined('<row r="', numbers, '">'), *cells, "</row>"))


def _cells(kind: Kind, values: pa.Array, opened: pa.Array, styles: Sequence[int]) -> pa.Array:
    """Return one column's cells, empty text where the value is null."""
    if kind == "percent":  # text by origin: what is no number must not break the sheet
        sound = pc.match_substring_regex(values, r"^-?[0-9]+(\.[0-9]+)?$")
        values = pc.if_else(sound, values, pa.scalar(None, pa.string()))
    if kind in {"money", "percent", "decimal", "whole"}:
        style = _style(kind, values, styles)
        cells = _joined(opened, '" s="', style, '"><v>', values.cast(pa.string()), "</v></c>")
    else:
        texts = values if kind != "flag" else pc.if_else(values, "Yes", "No")
        cells = _text_cells(opened, styles[0], texts)
    return pc.fill_null(cells, "")


def _text_cells(opened: pa.Array, style: int, texts: pa.Array) -> pa.Array:
    text = escaped(texts)
    space = ' xml:space="preserve"' if _any(pc.match_substring_regex(texts, _EDGES)) else ""
    return _joined(opened, f'" s="{style}" t="inlineStr"><is><t{space}>', text, "</t></is></c>")


def escaped(texts: pa.Array) -> pa.Array:
    """Return text safe inside a cell: XML's own signs, and what XML cannot hold as _xHHHH_."""
    texts = _cut(texts)
    if _any(pc.match_substring_regex(texts, _AWKWARD)):
        texts = pa.array([_encoded(text) for text in texts.to_pylist()], pa.string())
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        if _any(pc.match_substring(texts, sign)):
            texts = pc.replace_substring(texts, sign, name)
    return texts


def _cut(texts: pa.Array) -> pa.Array:
    long = pc.greater(pc.utf8_length(texts), TEXT_MAX)
    if not _any(long):
        return texts
    short = pc.binary_join_element_wise(pc.utf8_slice_codeunits(texts, 0, TEXT_MAX - 1), "…", "")
    return pc.if_else(long, short, texts)


def _encoded(text: str | None) -> str | None:
    if text is None:
        return None
    return re.sub(
        _AWKWARD,
        lambda m: f"_x005F{m[0]}" if m[0].startswith("_x") else f"_x{ord(m[0]):04X}_",
        text,
    )


def _style(kind: Kind, values: pa.Array, styles: Sequence[int]) -> pa.Array | str:
    """Return the style number of each value, or one for all."""
    if len(styles) == 1:
        return str(styles[0])
    if kind == "percent":
        four = pc.match_substring_regex(values, r"\.[0-9]{4}$")
        return pc.if_else(four, str(styles[1]), str(styles[0]))
    whole = pc.cast(values, pa.float64())  # edges are compared, nothing is computed
    chosen: pa.Array | pa.Scalar = pa.scalar(str(styles[0]))
    for edge, tier in pack_formats.tier_edges():
        beyond = pc.greater_equal(whole, edge) if edge > 0 else pc.less_equal(whole, edge)
        chosen = pc.if_else(beyond, str(styles[tier]), chosen)
    return chosen


def _joined(*parts: pa.Array | str) -> pa.Array:
    return pc.binary_join_element_wise(*parts, "")


def _any(mask: pa.Array) -> bool:
    return bool(pc.any(mask).as_py())


def _bytes(texts: pa.Array) -> bytes:
    """Return all texts run together: Arrow keeps them side by side already."""
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    _, offsets, data = texts.buffers()
    if data is None:
        return b""
    ends = pa.Array.from_buffers(pa.int32(), texts.offset + len(texts) + 1, [None, offsets])
    joined: bytes = data[ends[texts.offset].as_py() : ends[-1].as_py()].to_pybytes()
    return joined
