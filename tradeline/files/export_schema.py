"""Export profiles: which columns a file has, in what order, and how values are written in it.

A profile is YAML; the ones that come with the program are in export_profiles/. Every fault of a
profile is named with its line and with what is allowed there.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from tradeline.errors import ArgumentFault, PolicyFault
from tradeline.files.results import FORMULA_START
from tradeline.policy.source import Source, read

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Format = Literal["csv", "xlsx"]

PRESETS: Final = ("generic", "sap", "netsuite", "dynamics", "quickbooks")
TEXTS: Final = ("customer_no", "customer_name", "entity", "currency", "status")
PERCENTS: Final = ("utilisation_pct", "ar_utilisation_pct")
AMOUNTS: Final = (
    "limit", "exposure", "headroom", "receivables", "billed_not_posted", "shipped_not_billed",
    "orders", "reserved", "special", "unapplied_cash", "unapplied_credits", "deposits",
    "orders_later", "held", "disputed",
)  # fmt: skip
FIELDS: Final = ("as_of", *TEXTS, *PERCENTS, *AMOUNTS)
_TOP: Final = ("name", "description", "file", "columns")
_FILE: Final = ("format", "delimiter", "encoding", "decimal_mark", "date_format")
_COLUMN: Final = ("header", "field", "digits")
_ALLOWED: Final = {
    "format": ("csv", "xlsx"), "delimiter": (",", ";", "|", "tab"), "decimal_mark": (".", ","),
}  # fmt: skip
_DATE: Final = re.compile(r"(?:%[dmYyBb]|[ ./-])+")
_COLUMNS_MAX: Final = 200
_DIGITS_MAX: Final = 4

_Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the file: its header, the field in it, and digits where rounding is wanted."""

    header: str
    field: str
    digits: int | None = None


@dataclass(frozen=True, kw_only=True)
class ExportProfile:
    """How a file is written."""

    name: str
    columns: tuple[Column, ...]
    format: Format = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    decimal_mark: str = "."
    date_format: str = "%Y-%m-%d"


def find_profile(name_or_path: str) -> ExportProfile:
    """Return a preset by its name, or else the profile in the file.

    Raises:
        ArgumentFault: there is none, or it has faults; each is named with its line.
    """
    if name_or_path in PRESETS:
        return _preset(name_or_path)
    path = Path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        near = get_close_matches(name_or_path, PRESETS, n=1)
        raise ArgumentFault(
            f"'{name_or_path}' is neither a profile that comes with the program nor a file of "
            "YAML that can be read", where="--profile",
            mend=f"did you mean {near[0]}?" if near else f"choose {', '.join(PRESETS)}, or a file",
        ) from error  # fmt: skip
    return parse_profile(text, path.name)


@cache
def _preset(name: str) -> ExportProfile:
    resource = files("tradeline.files").joinpath("export_profiles", f"{name}.yaml")
    return parse_profile(resource.read_text(encoding="utf-8"), f"{name}.yaml")


def parse_profile(text: str, name: str) -> ExportProfile:
    """Return the profile a text holds; ArgumentFault lists every fault with its line."""
    try:
        source = read(text, name)
    except PolicyFault as error:
        raise ArgumentFault(error.what, where=error.where, mend="Correct the line.") from error
    faults = sorted(set(_faults(source)))
    if faults:
        raise ArgumentFault(
            "\n".join(f"{name}, line {line}: {words}" for line, words in faults),
            where=f"{name}, line {faults[0][0]}",
            mend="Correct the lines above; docs/guides/exports.md shows a whole profile.",
        )
    return _made(source.values)


def _made(values: dict[str, Any]) -> ExportProfile:
    given = dict(values.get("file") or {})
    if given.get("delimiter") == "tab":
        given["delimiter"] = "\t"
    columns = tuple(Column(**each) for each in values["columns"])
    return ExportProfile(name=str(values["name"]), columns=columns, **given)


def _faults(source: Source) -> Iterator[tuple[int, str]]:
    """Yield line and sentence of everything that is wrong."""
    values = source.values
    if not isinstance(values, dict):
        yield 1, "a profile is a section of names and values: name, file, columns"
        return
    yield from _unknown(source, (), values, _TOP)
    if not _is_text(values.get("name")):
        yield _line(source, ("name",)), "name is missing; it names the profile in the audit trail"
    yield from _file_faults(source, values.get("file"))
    yield from _column_faults(source, values.get("columns"))


def _file_faults(source: Source, given: Any) -> Iterator[tuple[int, str]]:
    if given is None:
        return
    if not isinstance(given, dict):
        yield _line(source, ("file",)), f"file is a section; allowed in it: {', '.join(_FILE)}"
        return
    yield from _unknown(source, ("file",), given, _FILE)
    for name, value in given.items():
        wrong = _file_fault(name, value)
        if wrong:
            yield _line(source, ("file", name)), f"{name} is {_shown(value)}; allowed: {wrong}"


def _file_fault(name: str, value: Any) -> str:
    """Return what is allowed where a value of the file section is not, else nothing."""
    if name in _ALLOWED and value not in _ALLOWED[name]:
        return ", ".join(_ALLOWED[name])
    if name == "encoding" and not _is_encoding(value):
        return "an encoding of text, such as utf-8, utf-8-sig, windows-1252"
    if name == "date_format" and not (_is_text(value) and _DATE.fullmatch(value)):
        return "%d, %m, %Y, %y, %b, %B with dots, dashes, slashes or blanks between"
    return ""


def _is_encoding(value: Any) -> bool:
    try:
        return bool(codecs.lookup(value)._is_text_encoding)  # noqa: SLF001 - what open() asks too
    except (LookupError, TypeError):
        return False


def _column_faults(source: Source, given: Any) -> Iterator[tuple[int, str]]:
    if not isinstance(given, list) or not given or len(given) > _COLUMNS_MAX:
        yield (
            _line(source, ("columns",)),
            f"columns is a list of 1 to {_COLUMNS_MAX} columns, each with header and field",
        )
        return
    for at, column in enumerate(given):
        path = ("columns", at)
        if not isinstance(column, dict):
            yield _line(source, path), "a column is written as {header: Customer, field: ...}"
            continue
        yield from _unknown(source, path, column, _COLUMN)
        yield from _one_column(source, path, column)


def _one_column(source: Source, path: _Path, column: dict[str, Any]) -> Iterator[tuple[int, str]]:
    header, field, digits = (column.get(name) for name in _COLUMN)
    if not _is_text(header) or re.match(FORMULA_START, str(header)):
        yield (
            _line(source, (*path, "header")),
            f"header is {_shown(header)}; allowed: a text that no spreadsheet takes for a formula",
        )
    if field not in FIELDS:
        yield (
            _line(source, (*path, "field")),
            f"field is {_shown(field)}; allowed: {', '.join(FIELDS)}{_near(field, FIELDS)}",
        )
    if digits is not None and (type(digits) is not int or not 0 <= digits <= _DIGITS_MAX):
        yield (
            _line(source, (*path, "digits")),
            f"digits is {_shown(digits)}; allowed: 0 to {_DIGITS_MAX}",
        )


def _unknown(
    source: Source, path: _Path, given: dict[str, Any], allowed: Collection[str]
) -> Iterator[tuple[int, str]]:
    for name in given:
        if name not in allowed:
            spot = source.names.get((*path, name), source.spot(path))
            yield (
                spot.line,
                f"{name} is no name here; allowed: {', '.join(allowed)}{_near(name, allowed)}",
            )


def _line(source: Source, path: _Path) -> int:
    return source.spot(path).line


def _near(name: Any, allowed: Collection[str]) -> str:
    near = get_close_matches(str(name), list(allowed), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def _shown(value: Any) -> str:
    return "blank" if value in (None, "") else repr(str(value))[:60]
