"""One file of a feed, mapped and freed of rows that only sum up; its columns come as Arrow arrays.

Words and dates are read once per distinct text. Every doubt about a cell becomes a fault of its
row, never a default.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.files import cells, currencies, dates
from tradeline.files.items import joined
from tradeline.files.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradeline.files.mapping import Mapped
    from tradeline.files.records import DateOrder, ReadOptions
    from tradeline.files.sandbox import RawTable

BLANK: Final = "is blank"
_PLAIN_BYTES: Final = b"0123456789.-"
_MANY: Final = 5_000  # distinct dates beyond which ISO texts are read as a column
_ISO: Final = (
    r"^(\d{4}-\d{2}-\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$"
)


@dataclass(kw_only=True)
class FeedFile:
    """The rows that count, with what is known about how to read them, and the faults found."""

    file: str
    raw: RawTable
    mapped: Mapped
    table: pa.Table  # columns as the file has them, one array each
    rows: pa.Array  # the row of each, as the user counts
    left_out: pa.Table
    options: ReadOptions
    entity: str
    decimal: str = "."
    date_order: DateOrder | None = None
    scale: Scale = field(default_factory=Scale)
    notes: list[pl.DataFrame] = field(default_factory=list)
    faults: dict[str, pl.Series] = field(default_factory=dict)
    _plain: dict[str, bool] = field(default_factory=dict)
    _distinct: dict[str, tuple[pa.DictionaryArray, list[str | None]]] = field(default_factory=dict)

    @property
    def height(self) -> int:
        """Return the number of rows that count."""
        return int(self.table.num_rows)

    @property
    def lenient(self) -> bool:
        """Return whether surplus digits are a spreadsheet's, to be rounded, not a fault."""
        return str(self.raw.about["format"]) != "csv"

    @property
    def where(self) -> dict[str, str | None]:
        """Return the place of the file, as findings name it."""
        return {"source_file": self.file, "source_sheet": self.raw.about["sheet"]}

    def has(self, name: str) -> bool:
        """Return whether the file has a column for the field."""
        return name in self.mapped.columns

    def column(self, name: str) -> pa.Array | None:
        """Return the cells of a field as the file has them, or None without such a column."""
        index = self.mapped.columns.get(name)
        return None if index is None else self.table.column(index).chunk(0)

    def header(self, name: str) -> str:
        """Return the header of a field."""
        return next(m.header for m in self.mapped.matches if m.field == name)

    def currency_beside(self, name: str) -> str | None:
        """Return the currency that a field's header states, or else the line above the header."""
        return currencies.in_header(self.header(name)) or self.scale.currency

    def power(self, name: str) -> int:
        """Return the power of ten that the unit of a field's column stands for."""
        unit = self.scale.units.get(self.mapped.columns[name])
        return 0 if unit is None else unit.power

    def is_plain(self, name: str) -> bool:
        """Return whether a column holds only whole or decimal numbers with a point."""
        if name not in self._plain:
            self._plain[name] = _is_plain(self.column(name))
        return self._plain[name]

    def text(self, name: str) -> pa.Array:
        """Return the clean texts of a field; nulls when the file has none."""
        column = self.column(name)
        if column is None:
            return pa.nulls(self.height, pa.string())
        return clean_text(column)

    def texts_of_entity(self) -> pa.Array:
        """Return the legal entity of each row: its column, else the one the run names."""
        named = self.text("entity")
        return named.fill_null(self.entity) if named.null_count else named

    def distinct(self, name: str) -> tuple[pa.DictionaryArray, list[str | None]]:
        """Return a column that the file has by its distinct cells, and the clean text of each."""
        if name not in self._distinct:
            column = self.column(name)
            assert column is not None, name
            self._distinct[name] = distinct(column)
        return self._distinct[name]

    def word(self, name: str, read: Callable[[str], Any], kind: pa.DataType) -> pa.Array:
        """Return a field of known words; a word that is not known becomes a fault."""
        column = self.column(name)
        if column is None or column.type == kind == pa.bool_():
            return pa.nulls(self.height, kind) if column is None else column
        encoded, texts = self.distinct(name)
        values = [None if text is None else read(text) for text in texts]
        self._unread(name, encoded, texts, values)
        return pa.array(values, kind).take(encoded.indices)

    def day(self, name: str) -> pa.Array:
        """Return a date field; a text that is no date becomes a fault."""
        column = self.column(name)
        if column is None or column.type == pa.date32():
            return pa.nulls(self.height, pa.date32()) if column is None else column
        if pa.types.is_timestamp(column.type):
            return column.cast(pa.timestamp(column.type.unit)).cast(pa.date32(), safe=False)
        encoded, texts = self.distinct(name)
        values = _days(texts, self.date_order)
        self._unread(name, encoded, texts, values)
        return pa.array(values, pa.date32()).take(encoded.indices)

    def _unread(
        self, name: str, encoded: pa.DictionaryArray, texts: list[str | None], values: list[Any]
    ) -> None:
        pairs = zip(texts, values, strict=True)
        bad = [text if value is None else None for text, value in pairs]
        if any(text is not None for text in bad):
            self.blame(name, series(pa.array(bad, pa.string()).take(encoded.indices)))

    def blame(self, name: str, texts: pl.Series) -> None:
        """Add faults to a field: one text per row, null where it is fine; the first one stays."""
        if texts.null_count() == len(texts):
            return
        known = self.faults.get(name)
        self.faults[name] = texts if known is None else known.fill_null(texts)

    def blame_where(self, name: str, mask: pa.Array, why: str) -> None:
        """Add the same fault to the marked rows; null marks none."""
        mask = pc.fill_null(mask, fill_value=False)
        if pc.any(mask).as_py():
            none = pa.scalar(None, pa.string())
            self.blame(name, series(pc.if_else(mask, pa.scalar(why), none)))

    def need(self, name: str, values: pa.Array) -> None:
        """Add the fault that a field which must be there is blank."""
        if values.null_count:
            self.blame_where(name, pc.is_null(values), BLANK)

    def joined_faults(self) -> pa.Array:
        """Return per row what cannot be used, as `due_date: 31/02/2026; ...`; null when fine."""
        if not self.faults:
            return pa.nulls(self.height, pa.string())
        order = self.mapped.vocabulary.fields[self.mapped.role]
        ordered = {name: self.faults[name] for name in order if name in self.faults}
        return arrow_text(joined(ordered, self.height))


def _is_plain(column: pa.Array | None) -> bool:
    if column is None or not is_text(column):
        return column is not None and bool(
            pa.types.is_integer(column.type) or pa.types.is_decimal(column.type)
        )
    return not content(column).translate(None, _PLAIN_BYTES)


def is_text(column: pa.Array) -> bool:
    """Return whether an Arrow column holds texts."""
    return bool(pa.types.is_string(column.type) or pa.types.is_large_string(column.type))


def content(column: pa.Array) -> bytes:
    """Return all texts of a column, joined as they lie there."""
    _, places, data = column.buffers()
    if data is None or not len(column):
        return b""
    width = np.int64 if column.type == pa.large_string() else np.int32
    ends = np.frombuffer(places, dtype=width)[[column.offset, column.offset + len(column)]]
    return bytes(data[int(ends[0]) : int(ends[1])])


def series(column: pa.Array) -> pl.Series:
    """Return an Arrow array as a polars series."""
    made = pl.from_arrow(column)
    assert isinstance(made, pl.Series)
    return made


def arrow_text(column: pl.Series) -> pa.Array:
    """Return polars texts as one Arrow array of strings."""
    made = column.to_arrow(compat_level=pl.CompatLevel.oldest())
    return made.cast(pa.string())


def clean_text(column: pa.Array) -> pa.Array:
    """Return cells as clean texts: no control characters, no outer blanks, blank is null."""
    if is_text(column) and cells.all_clean(pa.chunked_array([column])) and not _empty(column):
        return column.cast(pa.string())
    return arrow_text(cells.text(series(column)))


def _empty(column: pa.Array) -> bool:
    return bool(pc.min(pc.binary_length(column)).as_py() == 0)


def distinct(column: pa.Array) -> tuple[pa.DictionaryArray, list[str | None]]:
    """Return the column by its distinct cells, and the clean text of each of these."""
    if not is_text(column):
        column = clean_text(column)
    encoded = column.dictionary_encode()
    return encoded, clean_text(encoded.dictionary).to_pylist()


def _days(texts: list[str | None], order: DateOrder | None) -> list[Any]:
    if len(texts) <= _MANY:
        return [None if text is None else dates.read_text(text, order) for text in texts]
    column = pl.Series(texts, dtype=pl.String)
    known = column.str.extract(_ISO, 1).str.to_date("%Y-%m-%d", strict=False).to_list()
    return [
        day if day is not None or text is None else dates.read_text(text, order)
        for day, text in zip(known, texts, strict=True)
    ]
