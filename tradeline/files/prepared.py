"""One file between reading and converting: rows numbered, pseudo rows out, questions asked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.errors import FileFault, Place
from tradeline.files import amounts, cells, currencies, dates, decimals, findings
from tradeline.files.mapping import without
from tradeline.files.scale import MONEY, Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from tradeline.files.mapping import Mapped
    from tradeline.files.records import DateOrder, ReadOptions, Source
    from tradeline.files.sandbox import RawTable

_NUMBERS: Final = (*MONEY, "dso_days", "track_record")
DATES: Final = (
    "last_payment_date", "onboarded_date", "last_increase_date", "document_date", "due_date",
    "date",
)  # fmt: skip
PSEUDO: Final = re.compile(
    r"^(?:(?:grand|sub|report|net)[ -]?)?totals?(?: \(.*\))?\s*:?$|^totals? (?:for|of|-) .+$"
    r"|^(?:opening|closing) balance\b.*$|^balance (?:b/f|c/f|brought forward|carried forward)$"
    r"|^total (?:receivables?|outstanding|due|debtors|accounts receivable)$"
    r"|^percentage of total$",
    re.IGNORECASE,
)
_PSEUDO_PARTS: Final = "otal|OTAL|alance|ALANCE"  # quicker than without regard to case


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A mapped file whose rows are only accounts, documents, payments or rates."""

    source: Source
    raw: RawTable
    mapped: Mapped
    frame: pl.DataFrame  # columns "0", "1", ... and "#row"
    decimal: str
    date_order: DateOrder | None
    findings: tuple[pl.DataFrame, ...]
    texts: dict[str, pl.Series] = field(default_factory=dict)  # clean texts, made once
    scale: Scale = field(default_factory=Scale)

    @property
    def file(self) -> str:
        """Return the file's name without folders."""
        return self.source.path.name

    @property
    def rows(self) -> int:
        """Return how many rows count."""
        return self.frame.height

    @property
    def lenient(self) -> bool:
        """Return whether surplus digits are a spreadsheet's, to be rounded, not a fault."""
        return str(self.raw.about["format"]) != "csv"

    def column(self, name: str) -> pl.Series | None:
        """Return the raw column of a field, or None when the file has none."""
        index = self.mapped.columns.get(name)
        return None if index is None else self.frame[str(index)]

    def text(self, name: str) -> pl.Series:
        """Return the clean texts of a field; nulls when the file has none."""
        if name not in self.texts:
            column = self.column(name)
            self.texts[name] = (
                cells.nulls(self.frame.height, pl.String)
                if column is None
                else cells.text(column, clean=self.raw.clean.get(self.mapped.columns[name], False))
            )
        return self.texts[name]

    def power(self, index: int) -> int:
        """Return the power of ten that the unit of a column stands for."""
        unit = self.scale.units.get(index)
        return 0 if unit is None else unit.power

    def currency_beside(self, name: str) -> str | None:
        """Return the currency that a field's header states, or else the line above the header."""
        return currencies.in_header(self.header(name)) or self.scale.currency

    def without_limits(self) -> Prepared:
        """Return the file without the limit that its documents repeat."""
        if self.mapped.role != "items" or "credit_limit" not in self.mapped.columns:
            return self
        return replace(self, mapped=without(self.mapped, "credit_limit", self.raw.headers))

    def unchanged(self, *names: str) -> dict[str, pa.ChunkedArray]:
        """Return the Arrow columns of those text fields that stand in the file as they go out."""
        found = {
            name: self.raw.as_it_is(self.mapped.columns[name], self.text(name))
            for name in names
            if name in self.mapped.columns
        }
        return {name: column for name, column in found.items() if column is not None}

    def header(self, name: str) -> str:
        """Return the header of a field."""
        return next(m.header for m in self.mapped.matches if m.field == name)

    def place(self, name: str) -> Place:
        """Return where the field's column sits."""
        return Place(file=self.file, sheet=self.raw.about["sheet"], column=self.header(name))


def numbered(raw: RawTable) -> pl.DataFrame:
    """Return the raw table with `#row`, the line as the user counts; blank rows are left out."""
    frame = pl.DataFrame(pl.from_arrow(raw.table))
    first, bad = raw.about["first_row"], [row[0] for row in raw.about.get("bad_rows", [])]
    rows = pl.int_range(first, first + frame.height + len(bad), eager=True, dtype=pl.Int64)
    if bad:
        rows = rows.filter(~rows.is_in(bad))
    frame = _with_cell_faults(frame, raw).with_columns(rows.alias("#row"))
    return _without_blank_rows(frame)


def _with_cell_faults(frame: pl.DataFrame, raw: RawTable) -> pl.DataFrame:
    """Put `#N/A` and the like, which come as null, back as texts, so that they become faults."""
    by_column: dict[int, dict[int, str]] = {}
    for row, column, shown in raw.about.get("cell_faults", []):
        by_column.setdefault(column, {})[row] = shown
    for column, faults in by_column.items():
        rows = list(faults)
        texts = cells.text(frame[str(column)]).scatter(rows, list(faults.values()))
        frame = frame.with_columns(texts.alias(str(column)))
    return frame


def _without_blank_rows(frame: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in frame.columns if name != "#row"]
    columns.sort(key=lambda name: frame[name].dtype == pl.String)  # the others are told at once
    if any(_never_blank(frame[name]) for name in columns):
        return frame
    tests = [
        pl.col(n).fill_null("").str.strip_chars() == "" if frame[n].dtype == pl.String
        else pl.col(n).is_null()
        for n in columns
    ]  # fmt: skip
    blank = frame.select(pl.all_horizontal(tests).alias("blank"))["blank"]
    return frame.filter(~blank) if bool(blank.any()) else frame


def _never_blank(column: pl.Series) -> bool:
    if column.null_count():
        return False
    return column.dtype != pl.String or bool((column.str.strip_chars() != "").all())


def decimal_mark(
    frame: pl.DataFrame, mapped: Mapped, options: ReadOptions, file: str, scale: Scale
) -> str:
    """Return the decimal mark that the file's number columns prove; asks when both fit."""
    if options.decimal:
        return options.decimal
    proofs: set[str] = set()
    for match in mapped.matches:
        if match.field in _NUMBERS:
            pointed = decimals.is_pointed(match, scale)
            proofs |= decimals.proved_by(frame[str(mapped.columns[match.field])], pointed=pointed)
    for index in mapped.buckets:
        proofs |= decimals.proved_by(frame[str(index)], pointed=decimals.is_indian(scale))
    return decimals.decided(proofs, scale, Place(file=file))


def date_order(
    frame: pl.DataFrame, mapped: Mapped, options: ReadOptions, file: str
) -> DateOrder | None:
    """Return the order of the file's text dates, None when none needs one; asks when open."""
    if options.date_order:
        return options.date_order
    fits: list[tuple[set[DateOrder], str, str]] = []
    for match in mapped.matches:
        column = frame[str(mapped.columns[match.field])]
        if match.field in DATES and column.dtype == pl.String:
            texts = cells.text(column).drop_nulls().unique().sort().to_list()
            fit = dates.order_of(texts)
            if fit is not None:
                example = next(text for text in texts if dates.order_of([text]))
                fits.append((fit, match.header, example))
    return dates.settled(fits, file)


def without_pseudo_rows(
    raw: RawTable, frame: pl.DataFrame, mapped: Mapped, source: dict[str, str | None]
) -> tuple[pl.DataFrame, list[pl.DataFrame], dict[str, pl.Series]]:
    """Return the real rows, one finding per total or balance row left out, and clean texts."""
    names = [f for f in ("customer_no", "customer_name", "document_no") if f in mapped.columns]
    if mapped.role == "rates" or not names:  # what lacks is told when the columns are counted
        return frame, [], {}
    places = [mapped.columns[name] for name in names]
    texts = [cells.text(frame[str(i)], clean=raw.clean.get(i, False)) for i in places]
    pseudo = pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    for column in texts:
        if bool(column.str.contains(_PSEUDO_PARTS).any()):
            pseudo = pseudo | column.str.contains("(?i)total|balance").fill_null(value=False)
    anonymous = pl.select(pl.all_horizontal([c.is_null() for c in texts])).to_series()
    if len(anonymous) == frame.height:
        pseudo = pseudo | anonymous
    rows = [row for row in pseudo.arg_true().to_list() if _is_pseudo(frame.row(row), texts, row)]
    if not rows:
        return frame, [], dict(zip(names, texts, strict=True))
    return (*split_off(frame, rows, source), {})


def _is_pseudo(row: tuple[object, ...], texts: Sequence[pl.Series], at: int) -> bool:
    named = [column[at] for column in texts if column[at] is not None]
    seen = named or [cell.strip() for cell in row if isinstance(cell, str)]
    return any(PSEUDO.match(cell) for cell in seen)


def split_off(
    frame: pl.DataFrame,
    places: Sequence[int],
    source: dict[str, str | None],
    message: str = "A total or balance row was left out; it is no account or document.",
) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
    """Return the other rows, and a finding for each of these: they only sum up or head a list."""
    out = frame[list(places)].select(pl.col("#row").alias("source_row"))
    out = out.with_columns(pl.lit(v, dtype=pl.String).alias(k) for k, v in source.items())
    note = findings.of_rows(
        out, code="TOTAL_ROW_SKIPPED", severity="INFO",
        message=message,
    )  # fmt: skip
    kept = pl.int_range(frame.height, eager=True).is_in(list(places))
    return frame.filter(~kept), [note]


def assumed_encoding(raw: RawTable, source: dict[str, str | None]) -> list[pl.DataFrame]:
    """Return a finding when the bytes do not prove how the text is encoded."""
    if not raw.about.get("encoding_assumed"):
        return []
    message = (
        f"The text is not UTF-8; it was read as {raw.about['encoding']}. If names look wrong, "
        "name the right one with --encoding."
    )
    return [findings.note(source, code="ENCODING_ASSUMED", message=message)]


_WANTED: Final = ("tax_id", "dso_days", "last_payment_date", "track_record", "disputed")


def absent_columns(mapped: Mapped, source: dict[str, str | None]) -> list[pl.DataFrame]:
    """Return one informative finding per optional column that a master lacks."""
    if mapped.role != "master":
        return []
    return [
        findings.note(
            source, code="COLUMN_ABSENT", field=name,
            message=f"The file has no column for {name}; its checks treat it as blank.",
        )
        for name in _WANTED
        if name not in mapped.columns
    ]  # fmt: skip


def bad_row_findings(raw: RawTable, source: dict[str, str | None]) -> list[pl.DataFrame]:
    """Return one finding per row whose number of fields differs from the header's."""
    bad = [row for row in raw.about.get("bad_rows", []) if row[3].strip()]
    if len(bad) > max(10, raw.table.num_rows):
        raise FileFault(
            f"{len(bad):,} rows have another number of fields than the header.",
            where=Place(file=source["source_file"], row=bad[0][0]),
            mend="Check the delimiter (--delimiter) and the quotation marks.",
        )
    return [
        findings.note(
            source, code="WRONG_FIELD_COUNT", severity="QUARANTINE", source_row=row,
            message=f"The row has {seen} fields, the header {wanted}; it was left out. "
            "Quote texts that hold the delimiter.",
        )
        for row, seen, wanted, _ in bad
    ]  # fmt: skip


def stated_currencies(prepared: Prepared) -> set[str]:
    """Return the currencies the file states, by column, in amounts or else in headers."""
    texts = prepared.text("currency").drop_nulls().unique().to_list()
    if texts:
        return {code for text in texts if (code := currencies.code_of(text))}
    found: set[str] = set()
    for match in prepared.mapped.matches:
        if match.field in MONEY:
            found |= _named_in(prepared, match.field, match.header)
    return found


def unknown_currencies(prepared: Prepared) -> list[str]:
    """Return the words of the currency column that are no currencies."""
    texts = prepared.text("currency").drop_nulls().unique().to_list()
    return sorted(text for text in texts if not currencies.code_of(text))


def _named_in(prepared: Prepared, field: str, header: str) -> set[str]:
    stated = currencies.in_header(header) or prepared.scale.currency
    column = prepared.column(field)
    if column is None or column.dtype != pl.String:
        return {stated} if stated else set()
    named = amounts.read(column, prepared.decimal).currency
    codes = set() if named is None else set(named.drop_nulls().unique().to_list())
    return codes | ({stated} if stated else set())
