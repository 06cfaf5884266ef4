"""JSON of the audit trail: one form to write, and a reader that refuses what has two readings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final, NoReturn

INTEGER_MAX: Final = 2**53 - 1
"""Largest whole number that every JSON reader keeps exact (RFC 8785); larger ones go as text."""

DEPTH_MAX: Final = 32
"""Levels of nesting in an event."""


class NotCanonical(ValueError):
    """A value that has no single form in JSON, such as a float."""


def canonical(event: Mapping[str, object]) -> bytes:
    """Return the event in the one form that is hashed: sorted keys, no spaces, UTF-8.

    Allowed are text, whole numbers up to 2^53 - 1 either way, true, false, null, lists and
    mappings; dates become ISO text, moments ISO text in UTC with a Z. Money is passed as text or
    in minor units. Raises NotCanonical for all else: floats, decimals, moments without a time
    zone, keys that are no text, half surrogates, more than 32 levels. Source: RFC 8785.
    """
    if not isinstance(event, Mapping):
        raise NotCanonical(f"An event is a mapping, not {type(event).__name__}.")
    return _utf8(compact(_plain(event, 1)))


def compact(value: object) -> str:
    """Return JSON text without spaces, in the order given and with every letter as it is."""
    return _ENCODER.encode(value)


def iso(moment: datetime, timespec: str = "auto") -> str:
    """Return a moment as ISO text in UTC, such as 2026-11-22T00:00:00Z; NotCanonical if naive."""
    if moment.utcoffset() is None:
        raise NotCanonical("A moment needs its time zone.")
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def parsed(text: bytes) -> object:
    """Return the value of JSON text; raises ValueError, and nothing else, for what is none.

    Refused as well: a key given twice, NaN and Infinity, nesting without end, numbers without end.
    """
    try:
        return _DECODER.decode(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("nested without end") from None


def _plain(value: object, depth: int) -> object:
    if depth > DEPTH_MAX:
        raise NotCanonical(f"An event has at most {DEPTH_MAX} levels.")
    if isinstance(value, Mapping):
        return {key: _plain(value[key], depth + 1) for key in sorted(value, key=_order)}
    if isinstance(value, (list, tuple)):
        return [_plain(each, depth + 1) for each in value]
    return _scalar(value)


def _scalar(value: object) -> str | int | bool | None:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int) and -INTEGER_MAX <= value <= INTEGER_MAX:
        return value
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise NotCanonical(f"No canonical form: {type(value).__name__}; give it as text.")


def _order(key: object) -> bytes:
    """Return what keys are sorted by: UTF-16 code units, as RFC 8785 has it."""
    if not isinstance(key, str):
        raise NotCanonical(f"A key is text, not {type(key).__name__}.")
    return key.encode("utf-16-be", "surrogatepass")


def _utf8(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("Half a surrogate pair is no text.") from error


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_DECODER: Final = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refused)
