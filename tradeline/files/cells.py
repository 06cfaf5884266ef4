"""Columns as the file has them: texts cleaned, distinct values read once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

_CONTROL: Final = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
_PRINTABLE: Final = bytes(range(0x20, 0x7F))
_SPACES: Final = r"[\s\u00a0\u2007\u202f]+"


def text(column: pl.Series, *, clean: bool = False) -> pl.Series:
    """Return the column as clean text: no control characters, no outer blanks, blank is null.

    Whole numbers lose the `.0` a spreadsheet gives them. `clean` says that no text needs cleaning.
    """
    if column.dtype == pl.String:
        return _without_blanks(column) if clean else _clean(column)
    if column.dtype.is_float():
        return _of_floats(column)
    if column.dtype == pl.Boolean:
        return column.replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
    return column.cast(pl.String)


def _clean(column: pl.Series) -> pl.Series:
    if is_odd(column.unique() if _repetitive(column) else column):
        clean = column.str.replace_all(_CONTROL, "").str.replace_all(_SPACES, " ")
        column = clean.str.strip_chars(" ")
    return _without_blanks(column)


def _without_blanks(column: pl.Series) -> pl.Series:
    blank = column == ""
    return column.set(blank, None) if bool(blank.any()) else column


def _repetitive(column: pl.Series) -> bool:
    """Return whether a long column seems to hold few distinct texts."""
    return len(column) > 10_000 and column.head(2_000).n_unique() <= 100


def is_odd(column: pl.Series) -> bool:
    """Return whether any text may need cleaning; one look at all texts joined is the fastest."""
    import numpy as np

    joined = ("|" + (column.drop_nulls().str.join("|").item() or "") + "|").encode()
    if joined.translate(None, _PRINTABLE):
        return True
    blank = np.frombuffer(joined, np.uint8) == ord(" ")
    edge = blank | (np.frombuffer(joined, np.uint8) == ord("|"))
    return bool((blank[1:] & edge[:-1]).any() or (edge[1:] & blank[:-1]).any())


def all_clean(column: pa.ChunkedArray) -> bool:
    """Return whether no text of an Arrow column needs cleaning, by its bytes as they lie there.

    A blank anywhere leaves it open: only polars tells outer blanks from inner ones.
    """
    import numpy as np
    import pyarrow as pa

    width = np.int64 if column.type == pa.large_string() else np.int32
    for chunk in column.chunks:
        _, places, data = chunk.buffers()
        if data is None or not len(chunk):
            continue
        ends = np.frombuffer(places, dtype=width)[[chunk.offset, chunk.offset + len(chunk)]]
        seen = bytes(data[int(ends[0]) : int(ends[1])])
        if b" " in seen or seen.translate(None, _PRINTABLE):
            return False
    return True


def holds(column: pa.ChunkedArray, word: bytes) -> bool:
    """Return whether a word stands anywhere in an Arrow text column, in this very spelling."""
    buffers = (chunk.buffers()[2] for chunk in column.chunks)
    return any(data is not None and word in memoryview(data).tobytes() for data in buffers)


def frame(table: pa.Table) -> pl.DataFrame:
    """Return an Arrow table as a polars frame."""
    made = pl.from_arrow(table)
    assert isinstance(made, pl.DataFrame)
    return made


def _of_floats(column: pl.Series) -> pl.Series:
    finite = column.set(~column.is_finite(), None)
    if bool((finite == finite.floor()).all()) and bool((finite.abs() < 1e18).all()):
        return finite.cast(pl.Int64).cast(pl.String)
    whole = (column == column.floor()) & (column.abs() < 1e18)
    ints = column.set(~whole.fill_null(value=False), 0.0).cast(pl.Int64).cast(pl.String)
    return ints.zip_with(whole, column.cast(pl.String))


def by_distinct(
    column: pl.Series, read: Callable[[str], Any], dtype: Any
) -> tuple[pl.Series, pl.Series]:
    """Read each distinct text once; return the values and, where there was none, the text."""
    texts = text(column)
    distinct = texts.drop_nulls().unique()
    if len(distinct) == 1:
        return _of_one(texts, read(distinct[0]), dtype)
    values = [read(word) for word in distinct.to_list()]
    made = pl.Series(values, dtype=dtype, strict=False)
    value = texts.replace_strict(distinct, made, default=None, return_dtype=dtype)
    return value, texts.zip_with(
        value.is_null(), pl.repeat(None, len(texts), dtype=pl.String, eager=True)
    )


def _of_one(texts: pl.Series, value: Any, dtype: Any) -> tuple[pl.Series, pl.Series]:
    """Return the columns when all rows that hold anything hold the same text."""
    length = len(texts)
    if value is None:
        return nulls(length, dtype), texts
    made = pl.repeat(value, length, dtype=dtype, eager=True)
    return made.set(texts.is_null(), None), nulls(length, pl.String)


def nulls(length: int, dtype: Any) -> pl.Series:
    """Return a column of nulls."""
    return pl.repeat(None, length, dtype=dtype, eager=True)
