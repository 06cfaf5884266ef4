"""Read the user's files into the tables of the engine; ask or refuse, never guess in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.errors import ArgumentFault, Place
from tradeline.files import findings as noted
from tradeline.files import limits, mapping, prepared, sections
from tradeline.files import scale as scales
from tradeline.files.convert import Conversion, functional_currency
from tradeline.files.formats import detect
from tradeline.files.items import to_items, to_payments
from tradeline.files.master import to_master
from tradeline.files.prepared import Prepared
from tradeline.files.profile import with_profile
from tradeline.files.rates_file import rates_of
from tradeline.files.records import (
    ColumnMatch,
    Intake,
    ReadOptions,
    Role,
    Source,
    SourceReport,
)
from tradeline.files.runs import file_hash
from tradeline.files.sandbox import Reading
from tradeline.files.synonyms import known_words
from tradeline.files.typed import Typed, typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date

    import polars as pl
    import pyarrow as pa

    from tradeline.files.rates import Rates
    from tradeline.files.sandbox import RawTable
    from tradeline.policy.schema import Policy

__all__ = [
    "ColumnMatch",
    "Intake",
    "ReadOptions",
    "Role",
    "Source",
    "SourceReport",
    "read_sources",
]


def read_sources(
    sources: Sequence[Source],
    options: ReadOptions,
    *,
    policy: Policy,
    as_of: date,
    on_progress: Callable[[str, int, int], None] | None = None,
) -> Intake:
    """Return the tables over all sources.

    Amounts are in minor units of one functional currency. Raises FileFault, HostileFile,
    MappingFault, QuestionForUser, MissingRate or ArgumentFault, each with place and remedy.
    """
    if not sources:
        raise ArgumentFault("No file was given.", mend="Name at least one file.")
    options = with_profile(options)
    ready: list[Prepared | Typed] = []
    readings = _readings(sources, options)
    for done, source in enumerate(sources):
        if on_progress:
            on_progress(source.path.name, done, len(sources))
        raw = next(readings)
        ready.append(
            typed(source, raw, options) or _prepare(source, raw, options, alone=len(sources) == 1)
        )
    quick = {each.currency for each in ready if isinstance(each, Typed)}
    if len(quick | _named(options, policy)) > 1:
        # Amounts are to be converted: the short way is for one currency.
        ready = [
            _prepare(each.source, each.raw, options, alone=False)
            if isinstance(each, Typed)
            else each
            for each in ready
        ]
    headers = [header for each in ready for header in each.raw.headers]
    mapping.refuse_unknown(headers, options.mapping, ", ".join(each.file for each in ready))
    if on_progress:
        on_progress(ready[-1].file, len(sources), len(sources))
    return _assembled(ready, options, policy, as_of)


def _named(options: ReadOptions, policy: Policy) -> set[str]:
    """Return the functional currency that the user named, if any."""
    return {named} if (named := options.currency or policy.currency) else set()


def _readings(sources: Sequence[Source], options: ReadOptions) -> Iterator[RawTable]:
    """Yield the raw tables; the next file is read while the last one is looked at."""
    ahead = _start(sources[0], options)
    try:
        for following in (*sources[1:], None):
            raw = ahead.result(known_words())
            if following is not None:
                ahead = _start(following, options)
            yield raw
    finally:
        ahead.stop()


def _start(source: Source, options: ReadOptions) -> Reading:
    request = {
        "format": detect(source.path), "encoding": options.encoding,
        "delimiter": options.delimiter, "sheet": options.sheet, "header_row": options.header_row,
    }  # fmt: skip
    return Reading(source.path, request)


def _prepare(source: Source, raw: RawTable, options: ReadOptions, *, alone: bool) -> Prepared:
    frame = prepared.numbered(raw)
    file = source.path.name
    if alone:  # before a missing column is blamed
        mapping.refuse_unknown(raw.headers, options.mapping, file)
    where = {"source_file": file, "source_sheet": raw.about["sheet"]}
    mapped = mapping.map_columns(raw.headers, frame, options.mapping, role=source.role)
    notes: list[pl.DataFrame] = []
    if _may_be_items(mapped, source) and (
        split := sections.carried(raw, frame, options.mapping, where)
    ):
        raw, frame, mapped, notes = split
    if lacking := mapping.missing(mapped):
        raise mapping.fault(mapped, lacking, raw.headers, file)
    scale = scales.scale_of(raw.headers, mapped, raw.about.get("banner", ()), where)
    notes += scales.partly(raw.headers, mapped, scale, where)
    found = prepared.bad_row_findings(raw, where) + prepared.absent_columns(mapped, where) + notes
    found += prepared.assumed_encoding(raw, where)
    frame, left_out, texts = prepared.without_pseudo_rows(raw, frame, mapped, where)
    place = Place(file=file, sheet=raw.about["sheet"])
    mapping.refuse_rivals(mapped, raw.headers, frame, place, raw.about.get("first_column", 0))
    return Prepared(
        source=source, raw=raw, mapped=scales.with_units(mapped, scale), frame=frame,
        decimal=prepared.decimal_mark(frame, mapped, options, file, scale),
        date_order=prepared.date_order(frame, mapped, options, file),
        findings=(*found, *left_out),
        texts=texts,
        scale=scale,
    )  # fmt: skip


def _may_be_items(mapped: mapping.Mapped, source: Source) -> bool:
    """Return whether the file may be a list of documents: it is one, or is no whole master."""
    if source.role is not None:
        return source.role == "items"
    return mapped.role == "items" or bool(mapping.missing(mapped))


def _assembled(
    every: Sequence[Prepared | Typed], options: ReadOptions, policy: Policy, as_of: date
) -> Intake:
    _refuse_partial_master(every)
    if any(each.mapped.role == "master" for each in every):
        # The master's limits count, not those repeated on documents.
        every = [e.without_limits() if isinstance(e, Prepared) else e for e in every]
    ready = [each for each in every if isinstance(each, Prepared)]
    short = [each for each in every if isinstance(each, Typed)]
    named = options.currency or policy.currency
    stated = {code for each in ready for code in prepared.stated_currencies(each)}
    stated |= {each.currency for each in short}
    unknown = [text for each in ready for text in prepared.unknown_currencies(each)]
    empty = not named and all(each.rows == 0 for each in every)
    files = ", ".join(each.file for each in every)
    currency = _NO_CURRENCY if empty else functional_currency(stated, named, files, unknown)
    rates = rates_of([each for each in ready if each.mapped.role == "rates"], policy, as_of)
    tables: dict[Role, list[pa.Table]] = {"master": [], "items": [], "payments": []}
    found: list[pl.DataFrame] = [note for each in ready for note in each.findings]
    stated_limits: list[pl.DataFrame] = []
    for each in ready:
        if each.mapped.role != "rates":
            work = _conversion(each, currency, rates, policy)
            tables[each.mapped.role].append(_CONVERT[each.mapped.role](work))
            if each.mapped.role == "items" and "credit_limit" in each.mapped.columns:
                stated_limits.append(limits.limits_of(work))
            found += work.notes
    for quick in short:
        tables[quick.mapped.role].append(quick.table())
    if stated_limits:
        tables["master"].append(limits.master_of(stated_limits, found))
    return Intake(
        master=_joined(tables["master"]), items=_joined(tables["items"]),
        payments=_joined(tables["payments"]), findings=noted.table(found),
        reports=tuple(_report(each) for each in every), currency=currency,
    )  # fmt: skip


_NO_CURRENCY = "XXX"  # ISO 4217 for none: an empty list has no amounts

_CONVERT: dict[Role, Callable[[Conversion], pa.Table]] = {
    "master": to_master,
    "items": to_items,
    "payments": to_payments,
}


def _conversion(each: Prepared, currency: str, rates: Rates, policy: Policy) -> Conversion:
    entity = each.source.entity or policy.entity
    return Conversion(prepared=each, functional=currency, rates=rates, entity=entity)


def _refuse_partial_master(ready: Sequence[Prepared | Typed]) -> None:
    """Without open items the master must itself say what is owed and how old it is."""
    if any(each.mapped.role == "items" for each in ready):
        return
    for each in ready:
        if isinstance(each, Prepared) and each.mapped.role == "master":
            have = set(each.mapped.columns)
            spread = bool(each.mapped.buckets)
            lacking = [n for n in ("outstanding", "ageing_bucket") if n not in have and not spread]
            if lacking:
                raise mapping.fault(each.mapped, lacking, each.raw.headers, each.file)


def _joined(tables: Sequence[pa.Table]) -> pa.Table | None:
    import pyarrow as pa

    return pa.concat_tables(tables) if tables else None


def _report(each: Prepared | Typed) -> SourceReport:
    about = each.raw.about
    return SourceReport(
        file=each.file, sha256=file_hash(each.source.path), role=each.mapped.role,
        entity=each.source.entity, sheet=about["sheet"], header_row=about["header_row"],
        rows=each.rows, encoding=about.get("encoding"), delimiter=about.get("delimiter"),
        decimal=each.decimal, date_order=each.date_order, matches=each.mapped.matches,
        unused=each.mapped.unused, format=about["format"], unit=each.scale.name,
    )  # fmt: skip
