"""A feed's file between reading and its table: columns told, rows that only sum up left out.

A long file whose identifiers are clean passes as Arrow columns; any other goes the way of the
review's reader, which looks at each row. Both give the same rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.errors import FileFault, Place
from tradeline.files import cells, dates, decimals, findings, mapping, prepared, sections
from tradeline.files import scale as scales
from tradeline.files.feed_file import FeedFile, content, is_text, series
from tradeline.files.feed_tables import LEFT_OUT
from tradeline.files.synonyms import FEEDS, FeedKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.files.mapping import Mapped
    from tradeline.files.records import DateOrder, ReadOptions, Source
    from tradeline.files.sandbox import RawTable

_SAMPLE_ROWS: Final = 200  # what the mapping looks at
_LONG_ROWS: Final = 10_000
_COLUMN_BYTES_MAX: Final = 2**31 - 1
_NAMES: Final = ("customer_no", "customer_name", "document_no", "order_no", "payment_no")
_DOUBTFUL: Final = (b"otal", b"OTAL", b"alance", b"ALANCE")
DATES: Final = (
    "document_date", "due_date", "date", "valid_from", "valid_to", "ship_date", "order_date",
)  # fmt: skip
QUANTITIES: Final = ("ordered_qty", "shipped_qty", "invoiced_qty", "cancelled_qty", "price_unit")
_NUMBERS: Final = (*scales.MONEY, *QUANTITIES, "rate")


def prepare(
    source: Source, raw: RawTable, options: ReadOptions, kind: FeedKind, entity: str
) -> FeedFile:
    """Return the file ready to be read; raises MappingFault, QuestionForUser or ArgumentFault."""
    file = source.path.name
    where: dict[str, str | None] = {"source_file": file, "source_sheet": raw.about["sheet"]}
    mapping.refuse_unknown(
        raw.headers, options.mapping, file, lambda word: FEEDS.field_of(word, kind)
    )
    prepared.bad_row_findings(raw, where)  # raises when most rows are bad
    raw, mapped, table, rows, notes, left_out = _rows(raw, options, kind, where)
    if lacking := mapping.missing(mapped):
        raise mapping.fault(mapped, lacking, raw.headers, file)
    banner = raw.about.get("banner", ())
    scale = scales.scale_of(raw.headers, mapped, banner, where, options.unit)
    notes += scales.partly(raw.headers, mapped, scale, where)
    notes += prepared.assumed_encoding(raw, where)
    made = FeedFile(
        file=file, raw=raw, mapped=scales.with_units(mapped, scale), table=table, rows=rows,
        left_out=left_out, options=options, entity=source.entity or entity, scale=scale,
        notes=notes,
    )  # fmt: skip
    _refuse_rivals(made)
    made.decimal = decimal_mark(made)
    made.date_order = date_order(made)
    return made


_Rows = tuple["RawTable", "Mapped", pa.Table, pa.Array, "list[pl.DataFrame]", pa.Table]


def _rows(
    raw: RawTable, options: ReadOptions, kind: FeedKind, where: dict[str, str | None]
) -> _Rows:
    head = cells.frame(raw.table.slice(0, _SAMPLE_ROWS))
    mapped = _mapped(raw.headers, head, options, kind)
    if not _is_clean(raw, mapped, kind):
        return _looked_at(raw, options, kind, where)
    first = raw.about["first_row"]
    rows = pa.array(np.arange(first, first + raw.table.num_rows, dtype=np.int64))
    return raw, mapped, _one_chunk(raw.table), rows, [], LEFT_OUT.empty_table()


def _mapped(
    headers: Sequence[str], frame: pl.DataFrame, options: ReadOptions, kind: FeedKind
) -> Mapped:
    mapped = mapping.map_columns(headers, frame, options.mapping, role=kind, vocabulary=FEEDS)
    told = next((match for match in mapped.matches if match.field == "line_no"), None)
    if told is None or told.confidence == 100 or _counts(frame[str(mapped.columns["line_no"])]):
        return mapped
    return mapping.without(mapped, "line_no", headers)  # `Item` is the article here


def _counts(column: pl.Series) -> bool:
    """Return whether a column holds numbers of lines."""
    texts = cells.text(column.head(_SAMPLE_ROWS)).drop_nulls()
    fitting = int(texts.str.contains(r"^\d{1,6}(?:\.\d{1,3})*$").sum())
    return fitting >= 0.8 * len(texts)


def _is_clean(raw: RawTable, mapped: Mapped, kind: FeedKind) -> bool:
    """Return whether each row of a long file is known to count, without looking at each."""
    about = raw.about
    if raw.table.num_rows < _LONG_ROWS or about.get("bad_rows") or about.get("cell_faults"):
        return False
    key = mapped.columns.get("from" if kind == "rates" else "customer_no")
    if key is None or mapping.missing(mapped):
        return False
    column = raw.table.column(key)
    if not is_text(column) or column.null_count or pc.min(pc.binary_length(column)).as_py() == 0:
        return False
    named = [raw.table.column(mapped.columns[n]) for n in _NAMES if n in mapped.columns]
    return cells.all_clean(column) and not any(_sums_up(c) for c in named if is_text(c))


def _sums_up(column: pa.ChunkedArray) -> bool:
    """Return whether an identifier may be that of a total or balance row."""
    parts = (content(chunk) for chunk in column.chunks)
    return any(word in part for part in parts for word in _DOUBTFUL)


def _looked_at(
    raw: RawTable, options: ReadOptions, kind: FeedKind, where: dict[str, str | None]
) -> _Rows:
    frame, gone = prepared.numbered(raw), _Gone()
    gone.add(_all_rows(raw), frame, "blank")
    mapped = _mapped(raw.headers, frame, options, kind)
    notes: list[pl.DataFrame] = []
    if kind == "ar" and (
        split := sections.carried(raw, frame, options.mapping, where, (kind, FEEDS))
    ):
        before = frame
        raw, frame, mapped, notes = split
        gone.add(before["#row"], frame, "section")
    before = frame
    frame, totals, _ = prepared.without_pseudo_rows(raw, frame, mapped, where)
    gone.add(before["#row"], frame, "total")
    if gone.blank:
        notes.append(_blank_note(gone.blank, where))
    table = frame.drop("#row").to_arrow(compat_level=pl.CompatLevel.oldest())
    rows = frame["#row"].to_arrow()
    return raw, mapped, _one_chunk(table), rows, [*notes, *totals], gone.table()


def _all_rows(raw: RawTable) -> pl.Series:
    """Return every row below the header that has a text, or is blank; not those of wrong length."""
    first, bad = raw.about["first_row"], raw.about.get("bad_rows", [])
    rows = pl.int_range(first, first + raw.table.num_rows + len(bad), eager=True, dtype=pl.Int64)
    wrong = [row[0] for row in bad if row[3].strip()]
    return rows.filter(~rows.is_in(wrong)) if wrong else rows


def _one_chunk(table: pa.Table) -> pa.Table:
    """Return the table with exactly one chunk per column, an empty table too."""
    for index, column in enumerate(table.columns):
        if column.nbytes > _COLUMN_BYTES_MAX:
            raise FileFault(
                f"Column {index + 1} holds more than {_COLUMN_BYTES_MAX:,} bytes of text.",
                mend="Split the file.",
            )
    columns = [pa.chunked_array([column.combine_chunks()]) for column in table.columns]
    return pa.table(columns, names=table.column_names)


class _Gone:
    """The rows left out so far, each with its reason."""

    def __init__(self) -> None:
        self._parts: list[pl.DataFrame] = []
        self.blank = 0

    def add(self, before: pl.Series, after: pl.DataFrame, reason: str) -> None:
        """Note the rows that were there before and are not any more."""
        if len(before) == after.height:
            return
        lost = before.filter(~before.is_in(after["#row"].implode()))
        self.blank += len(lost) if reason == "blank" else 0
        self._parts.append(pl.DataFrame({"source_row": lost}).with_columns(reason=pl.lit(reason)))

    def table(self) -> pa.Table:
        """Return the rows in the order of the file."""
        if not self._parts:
            return LEFT_OUT.empty_table()
        return findings.to_schema(pl.concat(self._parts).sort("source_row"), LEFT_OUT)


def _blank_note(count: int, where: dict[str, str | None]) -> pl.DataFrame:
    rows = "1 blank row was" if count == 1 else f"{count:,} blank rows were"
    return findings.note(where, code="BLANK_ROWS", message=f"{rows} left out.")


def _refuse_rivals(file: FeedFile) -> None:
    if not any(file.mapped.rivals.values()):
        return
    about = file.raw.about
    place = Place(file=file.file, sheet=about["sheet"])
    frame = cells.frame(file.table)
    mapping.refuse_rivals(file.mapped, file.raw.headers, frame, place, about.get("first_column", 0))


def decimal_mark(file: FeedFile) -> str:
    """Return the decimal mark that the number columns prove; asks when both fit."""
    if file.options.decimal:
        return file.options.decimal
    proofs: set[str] = set()
    for match in file.mapped.matches:
        if match.field in _NUMBERS:
            pointed = decimals.is_pointed(match, file.scale)
            proofs |= _proofs(file, match.field, pointed=pointed)
    place = Place(file=file.file, sheet=file.raw.about["sheet"])
    return decimals.decided(proofs, file.scale, place)


def _proofs(file: FeedFile, name: str, *, pointed: bool) -> set[str]:
    column = file.column(name)
    if column is None or not is_text(column):
        return set()
    if pointed and file.is_plain(name):  # told from the bytes, for a million rows
        return {"."} if b"." in content(column) else set()
    return decimals.proved_by(series(column), pointed=pointed)


def date_order(file: FeedFile) -> DateOrder | None:
    """Return the order of the file's text dates, None when none needs one; asks when open."""
    if file.options.date_order:
        return file.options.date_order
    fits: list[tuple[set[DateOrder], str, str]] = []
    for match in file.mapped.matches:
        column = file.column(match.field)
        if match.field in DATES and column is not None and is_text(column):
            texts = sorted(text for text in file.distinct(match.field)[1] if text is not None)
            fit = dates.order_of(texts)
            if fit is not None:
                example = next(text for text in texts if dates.order_of([text]))
                fits.append((fit, match.header, example))
    return dates.settled(fits, file.file)
