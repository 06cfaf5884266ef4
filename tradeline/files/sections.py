"""Open items in sections: a row names the customer, the documents below it do not.

QuickBooks and Xero detail reports and SAP lists by customer are printed so. The name is carried
down to the documents; `Total for ...` closes the section, and sections may stand in each other.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.files import cells, findings
from tradeline.files.mapping import map_columns, missing
from tradeline.files.prepared import PSEUDO, split_off
from tradeline.files.synonyms import REVIEW

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradeline.files.mapping import Mapped
    from tradeline.files.sandbox import RawTable
    from tradeline.files.synonyms import Role, Vocabulary

_HEADER: Final = "Customer"
_HEADING: Final = "A row that only names an age was left out; it is no account or document."
_WHY: Final = "named once above its documents"
_DOCUMENT_CELLS: Final = 3  # a document has at least a number, a date and an amount
_TOTAL: Final = re.compile(r"^(?:sub[ -]?)?totals?(?: for| of| -|:)? +(.+)$", re.IGNORECASE)
_PREFIX: Final = re.compile(
    r"^(?:customer|account|debtor|contact)(?: no\.?| number)?\s*:?\s+(?=\S*\d)", re.IGNORECASE
)
_AGE: Final = r"(?i)^(?:current|not (?:yet )?due|\d+ ?- ?\d+ days\b.*|.*\bpast due)$"


def carried(
    raw: RawTable,
    frame: pl.DataFrame,
    given: Mapping[str, str],
    where: dict[str, str | None],
    kind: tuple[Role, Vocabulary] = ("items", REVIEW),
) -> tuple[RawTable, pl.DataFrame, Mapped, list[pl.DataFrame]] | None:
    """Return the file with each document's customer in it; None when it is not in sections."""
    mapped = map_columns(raw.headers, frame, given, role=kind[0], vocabulary=kind[1])
    if set(missing(mapped)) - {"customer_no or customer_name"} or not frame.height:
        return None
    own = mapped.columns.get("customer_no", mapped.columns.get("customer_name"))
    if own is not None and not _has_blanks(frame[str(own)]):
        return None
    filled, first = _filled(frame)
    lone, totals = (filled == 1) & first.is_not_null(), _totals(first)
    documents = (filled >= _DOCUMENT_CELLS) & ~totals
    named = None if own is None else cells.text(frame[str(own)]).filter(documents)
    if not bool(lone.any()) or not bool(documents.any()):
        return None
    if named is None or named.null_count() == len(named):
        split = _by_customer(raw, frame, own, _names(first, lone, totals), where)
        return None if split is None else _mapped(*split, given=given, kind=kind)
    ages = lone & first.str.contains(_AGE).fill_null(value=False)
    if named.null_count() or not bool(ages.any()):
        return None
    kept, notes = split_off(frame, ages.arg_true().to_list(), where, _HEADING)
    return raw, kept, mapped, notes


def _has_blanks(column: pl.Series) -> bool:
    if column.null_count():
        return True
    return column.dtype == pl.String and bool((column == "").any())


def _filled(frame: pl.DataFrame) -> tuple[pl.Series, pl.Series]:
    """Return how many cells of each row hold something, and the texts of the first column used."""
    columns = [cells.text(frame[name]) for name in frame.columns if name != "#row"]
    count = sum((c.is_not_null().cast(pl.Int32) for c in columns[1:]), _ones(columns[0]))
    first = next((c for c in columns if c.null_count() < len(c)), columns[0])
    return count, first


def _ones(column: pl.Series) -> pl.Series:
    return column.is_not_null().cast(pl.Int32)


def _totals(first: pl.Series) -> pl.Series:
    pattern = r"(?i)^(?:sub|grand)?[ -]?totals?\b|^percentage of total"
    return first.str.contains(pattern).fill_null(value=False)


def _names(
    first: pl.Series, lone: pl.Series, totals: pl.Series
) -> tuple[dict[int, str], list[int], list[int]]:
    """Return the customer from each marked row on, the rows that name one, and the total rows.

    A section stays open inside another one only while its own total is still to come.
    """
    rows = (lone | totals).arg_true().to_list()
    texts = dict(zip(rows, first.gather(rows).to_list(), strict=True))
    closing = Counter(_closed(text) for row, text in texts.items() if totals[row])
    stack: list[tuple[str, str]] = []  # the text of each open section, and its full name
    found: dict[int, str] = {}
    sections, ends = [], []
    for row, text in texts.items():
        name = _closed(text) if totals[row] else ""
        at = [i for i, pair in enumerate(stack) if name in pair]
        closing[name] -= 1
        if at or PSEUDO.match(text):
            del stack[at[-1] if at else len(stack) :]
            ends.append(row)
        elif lone[row]:  # `Total Energies` may be a customer
            while stack and not any(closing[name] > 0 for name in stack[-1]):
                stack.pop()
            if not re.match(_AGE, text):
                stack.append((text, _full(text, stack)))
            sections.append(row)
        found[row] = stack[-1][1] if stack else ""
    return found, sections, ends


def _closed(text: str) -> str:
    total = _TOTAL.match(text)
    return total[1] if total else ""


def _full(text: str, stack: list[tuple[str, str]]) -> str:
    """Return the name as QuickBooks writes a customer inside another: `Parent:Child`."""
    name = _PREFIX.sub("", text)
    if not stack or name.startswith(f"{stack[-1][1]}:"):
        return name
    return f"{stack[-1][1]}:{name}"


def _by_customer(
    raw: RawTable,
    frame: pl.DataFrame,
    own: int | None,
    marks: tuple[dict[int, str], list[int], list[int]],
    where: dict[str, str | None],
) -> tuple[RawTable, pl.DataFrame, int, list[pl.DataFrame]] | None:
    """Return the documents with their customer, and the index of the column it stands in."""
    found, sections, ends = marks
    if not any(found.values()):
        return None
    names = cells.nulls(frame.height, pl.String).scatter(list(found), list(found.values()))
    names = names.forward_fill()
    names = names.set(names == "", None)
    headers = raw.headers if own is not None else [*raw.headers, _HEADER]
    index = len(headers) - 1 if own is None else own
    frame = frame.with_columns(names.alias(str(index)))
    kept, notes = split_off(frame, ends, where) if ends else (frame, [])
    kept = kept.filter(~kept["#row"].is_in(frame["#row"].gather(sections).implode()))
    raw = replace(raw, about={**raw.about, "headers": headers})
    return raw, kept, index, [*notes, _note(len(sections), where)]


def _mapped(
    raw: RawTable,
    kept: pl.DataFrame,
    index: int,
    notes: list[pl.DataFrame],
    *,
    given: Mapping[str, str],
    kind: tuple[Role, Vocabulary],
) -> tuple[RawTable, pl.DataFrame, Mapped, list[pl.DataFrame]]:
    mapped = map_columns(raw.headers, kept, given, role=kind[0], vocabulary=kind[1])
    return raw, kept, _explained(mapped, index), notes


def _explained(mapped: Mapped, index: int) -> Mapped:
    fields = {name for name, column in mapped.columns.items() if column == index}
    matches = (replace(m, why=_WHY) if m.field in fields else m for m in mapped.matches)
    return replace(mapped, matches=tuple(matches))


def _note(count: int, where: dict[str, str | None]) -> pl.DataFrame:
    rows = "1 row names" if count == 1 else f"{count:,} rows name"
    return findings.note(
        where, code="SECTION_CARRIED", field="customer_name",
        message=f"{rows} only a customer; each was carried down to the documents below it.",
    )  # fmt: skip
