"""Read one file of a feed into its canonical table, each row in its own currency.

The same reader as the review's: a bounded child, header search, synonyms, profiles and answers,
questions instead of guesses. Nothing is converted and no row is lost: every row of the file is in
the table, with a fault if it cannot be used, or among those left out, with the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tradeline.files.feed_prepare import prepare
from tradeline.files.feed_tables import FEEDS, LEFT_OUT
from tradeline.files.formats import detect
from tradeline.files.profile import with_profile
from tradeline.files.records import AmountUnit, ReadOptions, Source, SourceReport
from tradeline.files.runs import file_hash
from tradeline.files.sandbox import RawTable, Reading
from tradeline.files.synonyms import FeedKind, feed_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from decimal import Decimal

    import pyarrow as pa

    from tradeline.files.feed_file import FeedFile

__all__ = ["Asked", "Feed", "FeedKind", "ReadOptions", "Source", "SourceReport", "read_feed"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the reader was told beyond what it found, and what stood around the rows.

    Together with the report it is enough to read single rows again as they were read.
    """

    entity: str
    currency: str | None
    unit: AmountUnit | None
    tax_included: bool | None
    tax_rate: str | None
    headers: tuple[str, ...]
    banner: tuple[str, ...]  # the lines above the header, which may state a unit


@dataclass(frozen=True, kw_only=True)
class Feed:
    """One file as the book takes it in."""

    kind: FeedKind
    table: pa.Table  # of `feed_tables.FEEDS[kind]`, in the order of the file
    report: SourceReport
    findings: pa.Table  # of `engine.tables.FINDINGS`
    left_out: pa.Table  # of `feed_tables.LEFT_OUT`: rows that are blank, sum up or head a list
    totals: Mapping[str, Mapping[str, int]]  # column -> currency -> sum in minor units
    raw_table: RawTable
    asked: Asked

    @property
    def rows_in(self) -> int:
        """Return how many rows the file has below its header: those read and those left out."""
        return int(self.table.num_rows + self.left_out.num_rows)

    @property
    def rows_faulty(self) -> int:
        """Return how many rows of the table have a fault and must not be applied."""
        fault = self.table["fault"]
        return int(len(fault) - fault.null_count)

    def raw(self, rows: Iterable[int]) -> dict[int, dict[str, str]]:
        """Return the cells of these source rows as texts, by header, for a person to mend them.

        A row with another number of fields than the header stands whole under `(row)`.
        """
        from tradeline.files.feed_raw import raw_rows

        return raw_rows(self.raw_table, rows)


def read_feed(
    source: Source,
    kind: FeedKind,
    options: ReadOptions,
    *,
    entity: str,
    tax_included: bool | None = None,
    tax_rate: Decimal | None = None,
) -> Feed:
    """Return the file as a feed of this kind.

    `entity` is the legal entity of rows that name none. `options.currency` is the currency of
    amounts that name none. For orders, `tax_included` says whether amounts hold tax where no column
    does, and `tax_rate` (percent) what is added to those without. Raises FileFault, HostileFile,
    MappingFault, QuestionForUser or ArgumentFault, each with place and remedy.
    """
    from tradeline.files.feed_orders import Tax

    tax = Tax(included=tax_included, rate_pct=tax_rate)
    options = with_profile(options)
    reading = _reading(source, options)
    digest = file_hash(source.path)  # while the child reads
    raw = reading.result(feed_words(kind))
    file = prepare(source, raw, options, kind, entity)
    table = _table(file, kind, _columns(file, kind, tax))
    asked = Asked(
        entity=entity, currency=options.currency, unit=options.unit, tax_included=tax_included,
        tax_rate=None if tax_rate is None else str(tax_rate), headers=tuple(raw.headers),
        banner=tuple(raw.about.get("banner", ())),
    )  # fmt: skip
    return _feed(kind, file, table, digest, asked)


def _reading(source: Source, options: ReadOptions) -> Reading:
    form = detect(source.path)
    request = {
        "format": form, "encoding": options.encoding, "delimiter": options.delimiter,
        "sheet": options.sheet, "header_row": options.header_row,
    }  # fmt: skip
    return Reading(source.path, request)


def _columns(file: FeedFile, kind: FeedKind, tax: Any) -> dict[str, Any]:
    from tradeline.files import feed_orders, feed_rows

    if kind == "orders":
        return feed_orders.orders(file, tax)
    readers: dict[str, Callable[[FeedFile], dict[str, Any]]] = {
        "customers": feed_rows.customers, "limits": feed_rows.limits, "ar": feed_rows.ar,
        "payments": feed_rows.payments, "rates": feed_rows.rates,
    }  # fmt: skip
    return readers[kind](file)


def _table(file: FeedFile, kind: FeedKind, columns: dict[str, Any]) -> pa.Table:
    import pyarrow as pa

    schema = FEEDS[kind]
    known = {**columns, "fault": file.joined_faults(), "source_row": file.rows}
    arrays = [known[field.name].cast(field.type) for field in schema]
    return _with_broken_rows(pa.table(arrays, schema=schema), file)


def _with_broken_rows(table: pa.Table, file: FeedFile) -> pa.Table:
    """Return the table with the rows that have another number of fields than the header."""
    import pyarrow as pa

    bad = [row for row in file.raw.about.get("bad_rows", []) if row[3].strip()]
    if not bad:
        return table
    broken = {
        "fault": [f"row: has {seen} fields, the header {wanted}" for _, seen, wanted, _ in bad],
        "source_row": [row for row, *_ in bad],
    }
    arrays = [
        pa.array(broken[field.name], field.type)
        if field.name in broken
        else pa.nulls(len(bad), field.type)
        for field in table.schema
    ]
    both = pa.concat_tables([table, pa.table(arrays, schema=table.schema)])
    return both.sort_by("source_row")


def _feed(kind: FeedKind, file: FeedFile, table: pa.Table, digest: str, asked: Asked) -> Feed:
    from tradeline.files import findings
    from tradeline.files.feed_raw import totals

    about = file.raw.about
    report = SourceReport(
        file=file.file, sha256=digest, role=kind, entity=file.entity,
        sheet=about["sheet"], header_row=about["header_row"], rows=table.num_rows,
        encoding=about.get("encoding"), delimiter=about.get("delimiter"), decimal=file.decimal,
        date_order=file.date_order, matches=file.mapped.matches, unused=file.mapped.unused,
        format=about["format"], unit=file.scale.name,
    )  # fmt: skip
    return Feed(
        kind=kind, table=table, report=report, findings=findings.table(file.notes),
        left_out=file.left_out.cast(LEFT_OUT), totals=totals(table), raw_table=file.raw,
        asked=asked,
    )  # fmt: skip
