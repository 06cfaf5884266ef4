"""The short way for large files: Parquet that already has our names, types and clean texts.

Ten million documents need no reading of words, so they pass as Arrow columns without a copy. The
first doubt about a file (another name, another type, a text to clean, a second currency) sends it
the usual way; both ways give the same tables, and a test holds them to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.tables import ITEMS, PAYMENTS
from tradeline.files import cells, mapping
from tradeline.files.currencies import code_of
from tradeline.files.scale import Scale
from tradeline.files.synonyms import FIELDS
from tradeline.money import AMOUNT_MINOR_MAX, exponent

if TYPE_CHECKING:
    from tradeline.files.mapping import Mapped
    from tradeline.files.records import DateOrder, ReadOptions, Role, Source
    from tradeline.files.sandbox import RawTable

_SCHEMAS: Final[dict[Role, pa.Schema]] = {"items": ITEMS, "payments": PAYMENTS}
_ALIKE: Final = frozenset(("entity", "customer_no", "currency", "amount", "document_no", "kind"))
_NEEDED: Final[dict[Role, frozenset[str]]] = {
    "items": _ALIKE | {"document_date", "due_date", "open_amount", "disputed"},
    "payments": _ALIKE | {"date"},
}
_KINDS: Final[dict[Role, frozenset[str]]] = {
    "items": frozenset(("invoice", "debit_note", "interest", "credit_note", "cash", "deposit")),
    "payments": frozenset(("payment", "returned", "broken_promise")),
}
_DATES: Final = ("document_date", "due_date", "date")
_AMOUNTS: Final = ("amount", "open_amount")
_IDS: Final = ("customer_no", "document_no", "payment_no")
_DOUBTFUL: Final = (b"otal", b"OTAL", b"alance", b"ALANCE", b"E+", b"e+")  # totals, eaten ids
_PIECE_ROWS: Final = 131_072
ROWS_MIN: Final = 100_000  # below, the usual way is quick enough


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A file that needs no reading, in one currency."""

    source: Source
    raw: RawTable
    mapped: Mapped
    currency: str
    decimal: str = "."
    date_order: DateOrder | None = None
    scale: Scale = field(default_factory=Scale)

    @property
    def file(self) -> str:
        """Return the file's name without folders."""
        return self.source.path.name

    @property
    def rows(self) -> int:
        """Return how many rows count: all."""
        return int(self.raw.table.num_rows)

    def table(self) -> pa.Table:
        """Return the table of the file's role, in minor units of its currency."""
        rows, digits = self.raw.table.num_rows, exponent(self.currency)
        given = _columns(self.raw)
        made: dict[str, Any] = {
            "source_file": _repeated(self.source.path.name, rows),
            "source_row": pa.array(np.arange(1, rows + 1, dtype=np.int64)),
        }
        for name in _AMOUNTS:
            if name in given:
                minor = f"{name.removesuffix('_amount')}_minor"
                made[minor] = _minor(given[name], digits)
        schema = _SCHEMAS[self.mapped.role]
        known = given | made
        columns = [
            known[field.name].cast(field.type)
            if field.name in known
            else _repeated(None, rows, field.type)
            for field in schema
        ]
        self.raw.let_go()  # the decimals and dates are copied; only texts are still needed
        return pa.table(columns, schema=schema)


def typed(source: Source, raw: RawTable, options: ReadOptions) -> Typed | None:
    """Return the file for the short way, or None when anything about it must be looked at."""
    if raw.about["format"] != "parquet" or raw.table.num_rows < ROWS_MIN or options.mapping:
        return None
    role = _role(source, raw)
    if role is None or not _plain(raw, role):
        return None
    currency = _only(_columns(raw)["currency"])
    if currency is None or code_of(currency) != currency or not _payable(raw, currency):
        return None
    empty = raw.table.slice(0, 0)
    return Typed(
        source=source, raw=raw, currency=currency,
        mapped=mapping.map_columns(raw.headers, cells.frame(empty), {}, role=role),
    )  # fmt: skip


def _columns(raw: RawTable) -> dict[str, pa.ChunkedArray]:
    return dict(zip(raw.headers, raw.table.columns, strict=True))


def _role(source: Source, raw: RawTable) -> Role | None:
    """Return the role whose names the file has, all needed ones and no others."""
    have = set(raw.headers)
    fitting = [
        role for role, needed in _NEEDED.items()
        if needed <= have <= set(FIELDS[role]) - {"credit_limit"}
    ]  # fmt: skip
    return next((role for role in fitting if source.role in (None, role)), None)


def _plain(raw: RawTable, role: Role) -> bool:
    """Return whether types are the canonical ones and texts need no cleaning."""
    columns = _columns(raw)
    kinds = pc.unique(columns["kind"]).to_pylist()
    return (
        all(_typed_right(name, column) for name, column in columns.items())
        and set(kinds) <= _KINDS[role]
        and columns["entity"].null_count == columns["customer_no"].null_count == 0
    )


def _typed_right(name: str, column: pa.ChunkedArray) -> bool:
    if name in _DATES:
        return bool(column.type == pa.date32())
    if name == "disputed":
        return bool(column.type == pa.bool_())
    if name in _AMOUNTS:
        return bool(pa.types.is_decimal128(column.type)) and column.null_count == 0
    plain = column.type in (pa.string(), pa.large_string()) and cells.all_clean(column)
    return plain and not _doubtful(name, column)


def _doubtful(name: str, column: pa.ChunkedArray) -> bool:
    """Return whether an identifier may be a total row or a number that a spreadsheet ate."""
    return name in _IDS and any(cells.holds(column, word) for word in _DOUBTFUL)


def _only(column: pa.ChunkedArray) -> str | None:
    values = pc.unique(column).to_pylist()
    return values[0] if len(values) == 1 else None


def _payable(raw: RawTable, currency: str) -> bool:
    """Return whether amounts have no more digits than the currency, no sign, and are in bounds."""
    columns, digits = _columns(raw), exponent(currency)
    amounts = [columns[name] for name in _AMOUNTS if name in columns]
    if any(column.type.scale > digits for column in amounts):
        return False
    limit = AMOUNT_MINOR_MAX // 10**digits
    bounds = [pc.min_max(column).as_py() for column in amounts]
    return all(b["min"] is None or (b["min"] >= 0 and b["max"] <= limit) for b in bounds)


def _minor(column: pa.ChunkedArray, digits: int) -> pa.ChunkedArray:
    """Return decimals of at most so many digits as whole minor units; they are known to fit."""
    power = 10 ** (digits - column.type.scale)
    return pa.chunked_array(
        [pa.array(_low_words(chunk) * power) for chunk in column.chunks], type=pa.int64()
    )


def _low_words(chunk: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the unscaled values of 128-bit decimals that fit 64 bits."""
    words = np.frombuffer(chunk.buffers()[1], np.int64)
    return words[2 * chunk.offset : 2 * (chunk.offset + len(chunk)) : 2]


def _repeated(
    value: str | None, rows: int, dtype: pa.DataType | None = None
) -> pa.ChunkedArray:
    """Return one value for all rows; its pieces share their memory."""
    piece = pa.repeat(pa.scalar(value, dtype or pa.string()), min(rows, _PIECE_ROWS))
    whole, rest = divmod(rows, _PIECE_ROWS)
    return pa.chunked_array([piece] * whole + ([piece.slice(0, rest)] if rest else []), piece.type)
