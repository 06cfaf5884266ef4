"""Saved answers for files that come again: a YAML profile of columns, sheet, order and mark."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from pathlib import Path

    from tradeline.files.records import ReadOptions, SourceReport

_ANSWERS: Final = (
    "sheet",
    "header_row",
    "date_order",
    "decimal",
    "unit",
    "encoding",
    "delimiter",
    "currency",
)
_ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    "date_order": ("dmy", "mdy", "ymd"),
    "decimal": (".", ","),
    "unit": ("one", "hundred", "thousand", "lakh", "million", "crore", "billion"),
}


def save_profile(path: Path, report: SourceReport, *, unit: str | None = None) -> None:
    """Write the reading of one file as a profile, for `--profile` next time.

    A unit is kept only if the user gave it: the next file's headers may state another.
    """
    import yaml

    answers = {name: getattr(report, name, None) for name in _ANSWERS} | {"unit": unit}
    kept = {name: value for name, value in answers.items() if value is not None}
    if report.encoding and report.encoding.startswith("utf"):
        kept.pop("encoding", None)  # detection is certain; a fixed one would only break
    columns = {match.header: match.field for match in report.matches}
    text = yaml.safe_dump({"columns": columns, **kept}, allow_unicode=True, sort_keys=False)
    path.write_text(text, "utf-8")


def with_profile(options: ReadOptions) -> ReadOptions:
    """Return the options with the profile's answers where they leave something open."""
    if options.profile is None:
        return options
    raw = _loaded(options.profile)
    answers = {
        name: raw[name] for name in _ANSWERS if name in raw and getattr(options, name) is None
    }
    return replace(options, mapping={**raw.get("columns", {}), **options.mapping}, **answers)


def _loaded(path: Path) -> dict[str, Any]:
    import yaml

    try:
        raw = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as fault:
        raise _refusal(path, str(fault).splitlines()[0]) from fault
    if not isinstance(raw, dict):
        raise _refusal(path, "it is no list of answers")
    if unknown := set(raw) - {"columns", *_ANSWERS}:
        raise _refusal(path, f"unknown: {', '.join(sorted(map(str, unknown)))}")
    _check(path, raw)
    return raw


def _check(path: Path, raw: dict[str, Any]) -> None:
    columns = raw.get("columns", {})
    if not isinstance(columns, dict) or not all(
        isinstance(each, str) for pair in columns.items() for each in pair
    ):
        raise _refusal(path, "`columns` must map headers to fields")
    for name, allowed in _ALLOWED.items():
        if raw.get(name, allowed[0]) not in allowed:
            raise _refusal(path, f"{name} must be one of {', '.join(allowed)}")
    if not isinstance(raw.get("header_row", 1), int):
        raise _refusal(path, "header_row must be a number")


def _refusal(path: Path, why: str) -> ArgumentFault:
    return ArgumentFault(
        f"The mapping profile cannot be used: {why}.",
        where=path.name,
        mend="Save it again with --save-profile, or correct the file.",
    )
