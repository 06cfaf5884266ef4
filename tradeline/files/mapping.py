"""Tell which column is which field: by given answers, names, synonyms, then shape of values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.errors import ArgumentFault, MappingFault, Place, QuestionForUser
from tradeline.files import cells, currencies, labels, units
from tradeline.files.header import column_letter, normalise
from tradeline.files.records import ColumnMatch
from tradeline.files.synonyms import FIELDS, REVIEW, Role, Synonym, Vocabulary, Words, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_GSTIN: Final = re.compile(r"^\d{2}[A-Z]{5}\d{4}[A-Z][0-9A-Z]Z[0-9A-Z]$")
_SAMPLE: Final = 200
_CUSTOMER: Final = ("customer_no", "customer_name")
_DECIDING: Final[tuple[str, ...]] = (
    "credit_limit", "outstanding", "amount", "open_amount", "limit", "ordered_amount",
    "shipped_amount", "invoiced_amount", "unit_price",
)  # fmt: skip
_ALONE: Final = ("credit_limit", "outstanding", "limit", "ordered_amount")  # once per row
_SYNONYM: Final = 90  # how sure a word is that means one field
_GIVEN: Final = -2  # the rank of an answer by the user


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The role of a file and the column of each field."""

    role: Role
    columns: Mapping[str, int]
    matches: tuple[ColumnMatch, ...]
    unused: tuple[str, ...]
    buckets: Mapping[int, str] = field(default_factory=dict)  # column -> ageing bucket
    rivals: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # as good for the field
    vocabulary: Vocabulary = REVIEW


@dataclass(frozen=True, kw_only=True)
class _Found:
    index: int
    field: str
    confidence: int
    rank: int
    why: str


def map_columns(
    headers: Sequence[str],
    frame: pl.DataFrame,
    given: Mapping[str, str],
    *,
    role: Role | None,
    vocabulary: Vocabulary = REVIEW,
) -> Mapped:
    """Return the mapping of the given role, else of the one of the review that fits best."""
    if role is None:
        tried = {each: _mapped(headers, frame, given, each, REVIEW) for each in FIELDS}
        chosen = tried[_role(tried)]
    else:
        chosen = _mapped(headers, frame, given, role, vocabulary)
    return _with_shapes(chosen, headers, frame) if chosen.role == "master" else chosen


def _role(tried: Mapping[Role, Mapped]) -> Role:
    order: tuple[Role, ...] = ("rates", "payments", "items")
    for role in order:
        mapped = tried[role]
        if role == "payments" and "due_date" in tried["items"].columns:
            continue
        if not missing(mapped) and not (role == "payments" and _is_master(tried["master"])):
            return mapped.role
    return "master"


def _is_master(mapped: Mapped) -> bool:
    return {"credit_limit", "outstanding"} <= set(mapped.columns)


def missing(mapped: Mapped) -> list[str]:
    """Return the fields the role cannot do without; alternatives are joined by ` or `."""
    have = set(mapped.columns)
    needs: dict[Role, tuple[tuple[str, ...], ...]] = {
        "master": (_CUSTOMER, ("credit_limit",)),
        "items": (
            _CUSTOMER, ("document_no",), ("due_date", "document_date"), ("amount", "open_amount"),
        ),
        "payments": (_CUSTOMER, ("payment_no",), ("date",), ("amount",)),
        "rates": (("date",), ("from",), ("to",), ("rate",)),
        "customers": (_CUSTOMER,),
        "limits": (_CUSTOMER, ("limit",)),
        "ar": (
            _CUSTOMER, ("document_no",), ("due_date", "document_date"), ("amount", "open_amount"),
        ),
        "orders": (
            _CUSTOMER, ("order_no",), ("ordered_amount", "ordered_qty"),
            ("ordered_amount", "unit_price"),
        ),
    }  # fmt: skip
    return [" or ".join(group) for group in needs[mapped.role] if not have & set(group)]


def _mapped(
    headers: Sequence[str],
    frame: pl.DataFrame,
    given: Mapping[str, str],
    role: Role,
    vocabulary: Vocabulary,
) -> Mapped:
    fixed = _fixed(headers, given, role, vocabulary)
    words = vocabulary.table()[role]
    found = [each for i, header in enumerate(headers) for each in _named(i, header, frame, words)]
    taken: dict[str, _Found] = {}
    used: set[int] = {i for i, _ in fixed}
    for index, name in fixed:
        taken[name] = _Found(
            index=index, field=name, confidence=100, rank=_GIVEN, why="given by --map"
        )
    for each in sorted(found, key=lambda f: (-f.confidence, f.rank, f.index)):
        if each.field not in taken and each.index not in used:
            taken[each.field] = each
            used.add(each.index)
    rivals = {name: _rivals(name, found, taken, headers) for name in _DECIDING if name in taken}
    return replace(_result(role, taken, headers, vocabulary), rivals=rivals)


def _rivals(
    name: str, found: Sequence[_Found], taken: Mapping[str, _Found], headers: Sequence[str]
) -> tuple[int, ...]:
    """Return the other columns that fit the field as well: the same name, or as sure a synonym."""
    chosen = taken[name]
    if chosen.rank == _GIVEN:
        return ()
    used = {each.index for each in taken.values()}
    return tuple(
        each.index
        for each in found
        if each.field == name
        and each.index not in used
        and (
            _word(headers[each.index]) == _word(headers[chosen.index])
            or (name in _ALONE and each.confidence == chosen.confidence)
        )
    )


def _word(header: str) -> str:
    return normalise(re.sub(r" \(\d+\)$", "", header))


def refuse_rivals(
    mapped: Mapped, headers: Sequence[str], frame: pl.DataFrame, where: Place, first_column: int
) -> None:
    """Raise QuestionForUser when another column fits a deciding field as well and differs."""
    for name, rivals in mapped.rivals.items():
        chosen = mapped.columns[name]
        for rival in rivals:
            count = _differing(frame[str(chosen)], frame[str(rival)])
            if count:
                pair = sorted((chosen, rival))
                seen = [
                    f'{column_letter(i + first_column)} "{headers[i]}"' for i in pair
                ]
                raise QuestionForUser(
                    f"Two columns can be {name}, {' and '.join(seen)}; they differ in {count:,} "
                    f"{'row' if count == 1 else 'rows'}.",
                    where=where,
                    mend=" or ".join(f'--map "{headers[i]}={name}"' for i in pair) + ".",
                )


def _differing(chosen: pl.Series, rival: pl.Series) -> int:
    """Return in how many rows two columns differ; a column that is blank throughout is no rival."""
    if rival.null_count() == len(rival):
        return 0
    if chosen.dtype.is_numeric() and rival.dtype.is_numeric():
        return int(chosen.cast(pl.Float64).ne_missing(rival.cast(pl.Float64)).sum())
    one, other = cells.text(chosen), cells.text(rival)
    return int(one.ne_missing(other).sum()) if other.null_count() < len(other) else 0


def without(mapped: Mapped, name: str, headers: Sequence[str]) -> Mapped:
    """Return the mapping without a field; its column counts as not used."""
    columns = {key: index for key, index in mapped.columns.items() if key != name}
    return replace(
        mapped, columns=columns, matches=tuple(m for m in mapped.matches if m.field != name),
        unused=_unused(headers, set(columns.values()) | set(mapped.buckets)),
    )  # fmt: skip


def _result(
    role: Role, taken: Mapping[str, _Found], headers: Sequence[str], vocabulary: Vocabulary
) -> Mapped:
    order = [name for name in vocabulary.fields[role] if name in taken]
    return Mapped(
        role=role,
        vocabulary=vocabulary,
        columns={name: taken[name].index for name in order},
        matches=tuple(
            ColumnMatch(
                field=name,
                header=headers[taken[name].index],
                confidence=taken[name].confidence,
                why=taken[name].why,
            )
            for name in order
        ),
        unused=_unused(headers, {found.index for found in taken.values()}),
    )


def _unused(headers: Sequence[str], used: set[int]) -> tuple[str, ...]:
    return tuple(h for i, h in enumerate(headers) if i not in used and not h.startswith("(column "))


def _named(index: int, header: str, frame: pl.DataFrame, words: Words) -> list[_Found]:
    entries = words.get(_word(header), ())
    fields = {entry.field for entry in entries}
    if fields >= set(_CUSTOMER):
        wanted = _CUSTOMER[0] if _like_ids(frame[str(index)]) else _CUSTOMER[1]
        entries = tuple(e for e in entries if e.field == wanted or e.field not in _CUSTOMER)
    return [_entry(index, entry, len(entries)) for entry in entries]


def _entry(index: int, entry: Synonym, count: int) -> _Found:
    confidence = 100 if entry.canonical else _SYNONYM if count == 1 else 80
    return _Found(
        index=index, field=entry.field, confidence=confidence, rank=entry.rank, why=entry.why
    )


def _like_ids(column: pl.Series) -> bool:
    texts = cells.text(column.head(_SAMPLE)).drop_nulls().to_list()
    ids = [text for text in texts if " " not in text and any(char.isdigit() for char in text)]
    return len(ids) > 0.8 * len(texts)


def field_of(word: str) -> str | None:
    """Return the field a word names, itself or as a common alias: `current_outstanding`."""
    plain = normalise(word)
    for role in FIELDS:
        if plain.replace(" ", "_") in FIELDS[role]:
            return plain.replace(" ", "_")
    for role in FIELDS:
        if entries := table()[role].get(plain):
            return entries[0].field
    return None


def _field(word: str, role: Role, vocabulary: Vocabulary) -> str | None:
    """Return the field a word names: any of the review's, but only those of this feed."""
    return field_of(word) if vocabulary is REVIEW else vocabulary.field_of(word, role)


def _fixed(
    headers: Sequence[str], given: Mapping[str, str], role: Role, vocabulary: Vocabulary
) -> list[tuple[int, str]]:
    places = {normalise(header): i for i, header in reversed(list(enumerate(headers)))}
    exact = {header.casefold(): i for i, header in enumerate(headers)}
    fixed = []
    for left, right in given.items():
        for header, word in ((left, right), (right, left)):
            index = exact.get(header.strip().casefold(), places.get(normalise(header)))
            name = _field(word, role, vocabulary)
            if index is not None and name is not None:
                name = name if vocabulary is not REVIEW else _for_role(name, role)
                fixed += [(index, name)] if name else []
                break
    return fixed


def _for_role(name: str, role: Role) -> str | None:
    """Return the field in this role: `outstanding` of an items file is its open amount."""
    if name in FIELDS[role]:
        return name
    twin = {"outstanding": "open_amount", "open_amount": "outstanding"}.get(name)
    return twin if twin in FIELDS[role] else None


def refuse_unknown(
    headers: Sequence[str],
    given: Mapping[str, str],
    file: str,
    meaning: Callable[[str], str | None] = field_of,
) -> None:
    """Raise ArgumentFault for an answer that names no column, or no field, of these headers.

    `meaning` returns the field of a word.
    """
    seen = {normalise(header) for header in headers} | {header.casefold() for header in headers}
    for left, right in given.items():
        sides = ((left, right), (right, left))
        if any((normalise(h) in seen or h.casefold() in seen) and meaning(f) for h, f in sides):
            continue
        raise ArgumentFault(
            f"--map {left}={right} fits nothing: one side must be a column of the file and the "
            "other a field.",
            where=Place(file=file),
            mend=f"Columns seen: {', '.join(headers)}.",
        )


def _with_shapes(mapped: Mapped, headers: Sequence[str], frame: pl.DataFrame) -> Mapped:
    """Add what only the values tell: GSTINs, ageing labels, and amounts spread over buckets."""
    used = set(mapped.columns.values())
    columns, matches = dict(mapped.columns), list(mapped.matches)
    buckets = _bucket_columns(headers, used) if "ageing_bucket" not in columns else {}
    for index, header in enumerate(headers):
        shape = None if index in used or index in buckets else _shape(frame[str(index)])
        if shape and shape[0] not in columns:
            columns[shape[0]] = index
            matches.append(ColumnMatch(field=shape[0], header=header, confidence=70, why=shape[1]))
    used = set(columns.values()) | set(buckets)
    return replace(
        mapped, columns=columns, matches=tuple(matches), buckets=buckets,
        unused=_unused(headers, used),
    )  # fmt: skip


def _bucket_columns(headers: Sequence[str], used: set[int]) -> dict[int, str]:
    found = {
        i: name
        for i, header in enumerate(headers)
        if i not in used and (name := labels.bucket(_label(header))) is not None
    }
    return found if len(set(found.values())) >= 2 else {}


def spread(
    mapped: Mapped, headers: Sequence[str], stated: Mapping[int, units.Unit]
) -> tuple[ColumnMatch, ...]:
    """Return how the columns of amounts by age were read; `stated` are the units of columns.

    Their sum is what is owed, the oldest of them the bucket, unless a column of its own says so.
    """
    lacking = [name for name in ("outstanding", "ageing_bucket") if name not in mapped.columns]
    return tuple(
        ColumnMatch(
            field=" and ".join(lacking),
            header=headers[index],
            confidence=_SYNONYM,
            why=f"amounts aged {name}" + (f"; in {stated[index].name}" if index in stated else ""),
        )
        for index, name in mapped.buckets.items()
        if lacking
    )


def _label(header: str) -> str:
    """Return the header without unit and currency: `0-30 days (Rs. lakhs)` is `0-30 days`."""
    if units.in_header(header) is None and currencies.in_header(header) is None:
        return header
    text = re.sub(r"[(\[][^)\]]*[)\]]$", "", units.cut(header))
    return re.sub(r"(?i)[ ,]*(?:in )?(?:[a-z]{3}|rs\.?|[₹€£$¥])$", "", text.strip())


def _shape(column: pl.Series) -> tuple[str, str] | None:
    if column.dtype != pl.String:
        return None
    texts = cells.text(column.head(_SAMPLE)).drop_nulls().to_list()
    if not texts:
        return None
    if sum(bool(_GSTIN.match(text.upper())) for text in texts) > 0.8 * len(texts):
        return "tax_id", "values look like GSTINs"
    if sum(labels.bucket(text) is not None for text in texts) > 0.8 * len(texts):
        return "ageing_bucket", "values look like ageing labels"
    return None


def fault(
    mapped: Mapped, lacking: Sequence[str], headers: Sequence[str], file: str
) -> MappingFault:
    """Return the error that lists what was seen, what is missing and the option that mends it."""
    hints = [_hint(name.split(" or ")[0], mapped, headers) for name in lacking]
    return MappingFault(
        f"Columns are missing for {mapped.role}: {', '.join(lacking)}. "
        f"Columns seen: {', '.join(headers)}.",
        where=Place(file=file),
        mend=" ".join(dict.fromkeys(hints)),
    )


def _hint(name: str, mapped: Mapped, headers: Sequence[str]) -> str:
    words = {normalise(header): header for header in (mapped.unused or headers)}
    wanted = [name, name.replace("_", " ")]
    words_of = mapped.vocabulary.table()[mapped.role]
    wanted += [w for w in sorted(words_of) if any(e.field == name for e in words_of[w])]
    close = [near for word in wanted for near in get_close_matches(word, words, n=1, cutoff=0.6)]
    header = words[close[0]] if close else "<column>"
    hint = f'Name the column: --map "{header}={name}".'
    if name == "ageing_bucket":
        hint += " Or give the open items too; the ageing is then computed."
    return hint
