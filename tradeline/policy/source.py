"""Read a policy's YAML into plain values and remember where each one stands.

The reader knows what a policy needs of YAML and refuses the rest: aliases (they multiply), tags
(they name types of a program), several documents, a name given twice. Words become truth values
only as `true` and `false` (YAML 1.2), so that NO stays Norway; numbers are kept by their digits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)

from tradeline.errors import PolicyFault
from tradeline.policy.faults import Problem, wrong

if TYPE_CHECKING:
    from collections.abc import Iterator

BYTES_MAX: Final = 1_000_000
DEPTH_MAX: Final = 12
VALUES_MAX: Final = 20_000

_WHOLE: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_DECIMAL: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})?\.[0-9]{1,17}|-?(0|[1-9][0-9]{0,17})\.")
_WORDS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}

Path = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Spot:
    """A place in the text, counted from 1 as editors do."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """The values of a document and where they and their names stand."""

    name: str
    values: Any
    spots: dict[Path, Spot] = field(default_factory=dict)
    names: dict[Path, Spot] = field(default_factory=dict)

    def spot(self, path: Path) -> Spot:
        """Return where a value stands, or the nearest section around it."""
        starts = (path[:length] for length in range(len(path), -1, -1))
        return next((self.spots[start] for start in starts if start in self.spots), Spot(1, 1))


def read(text: str, name: str) -> Source:
    """Return the document's values and places; PolicyFault names the line that cannot be read."""
    if len(text.encode("utf-8", "surrogatepass")) > BYTES_MAX:
        raise PolicyFault(
            f"{name} is larger than {BYTES_MAX:,} bytes",
            where=name,
            mend="A policy needs some 20,000; check that this is the right file",
        )
    try:
        return _Reader(text, name).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        spot = Spot(mark.line + 1, mark.column + 1) if mark else Spot(1, 1)
        raise _fault(name, spot, f"is no YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        spot = Spot(text.count("\n", 0, error.position) + 1, 1)
        raise _fault(name, spot, f"holds a character that YAML forbids ({error.reason})") from error


def _fault(name: str, spot: Spot, message: str, mend: str = "") -> PolicyFault:
    problem = Problem(line=spot.line, column=spot.column, field="", message=message)
    return wrong(
        name,
        [problem],
        mend=mend or "Mend the line, or compare with a fresh file: tradeline policy init",
    )


class _Reader:
    """Walks the parser's events once; depth and number of values are bounded."""

    def __init__(self, text: str, name: str) -> None:
        self.events: Iterator[Event] = iter(yaml.parse(text, Loader=yaml.SafeLoader))
        self.source = Source(name, None)
        self.count = 0

    def document(self) -> Source:
        """Return the only document of the stream."""
        self._expect(StreamStartEvent)
        start = next(self.events)
        if isinstance(start, StreamEndEvent):
            raise _fault(self.source.name, Spot(1, 1), "the file holds no values")
        assert isinstance(start, DocumentStartEvent)
        values = self._value(next(self.events), ())
        self._expect(DocumentEndEvent)
        end = next(self.events)
        if not isinstance(end, StreamEndEvent):
            raise self._refuse(end, "begins a second document; a policy file holds one")
        return Source(self.source.name, values, self.source.spots, self.source.names)

    def _expect(self, kind: type[Event]) -> None:
        event = next(self.events)
        assert isinstance(event, kind), event

    def _refuse(self, event: Event, message: str, mend: str = "") -> PolicyFault:
        return _fault(self.source.name, _spot(event), message, mend)

    def _value(self, event: Event, path: Path) -> Any:
        self._check(event, path)
        self.source.spots[path] = _spot(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(path)
        assert isinstance(event, ScalarEvent), event
        return _scalar(event)

    def _check(self, event: Event, path: Path) -> None:
        self.count += 1
        if isinstance(event, AliasEvent) or getattr(event, "anchor", None):
            raise self._refuse(event, "uses an anchor or alias (& or *); write the value out")
        if getattr(event, "tag", None):
            raise self._refuse(event, "uses a tag (!); write the plain value")
        if len(path) > DEPTH_MAX:
            raise self._refuse(event, f"is nested deeper than {DEPTH_MAX} levels")
        if self.count > VALUES_MAX:
            raise self._refuse(event, f"is value number {VALUES_MAX + 1:,}; no policy has so many")

    def _mapping(self, path: Path) -> dict[str, Any]:
        values: dict[str, Any] = {}
        while not isinstance(event := next(self.events), MappingEndEvent):
            self._check(event, path)
            if not isinstance(event, ScalarEvent):
                raise self._refuse(event, "is a list or section where a name is expected")
            if event.value in values:
                first = self.source.names[(*path, event.value)].line
                raise self._refuse(
                    event,
                    f"{event.value} is given twice, first in line {first}",
                    "Keep one of the two lines",
                )
            self.source.names[(*path, event.value)] = _spot(event)
            values[event.value] = self._value(next(self.events), (*path, event.value))
        return values

    def _sequence(self, path: Path) -> list[Any]:
        values: list[Any] = []
        while not isinstance(event := next(self.events), SequenceEndEvent):
            values.append(self._value(event, (*path, len(values))))
        return values


def _spot(event: Event) -> Spot:
    mark = event.start_mark
    assert mark is not None, "events of a text carry their place"
    return Spot(mark.line + 1, mark.column + 1)


def _scalar(event: ScalarEvent) -> Any:
    """Return the plain scalar's value; quoted ones and everything unusual stay text."""
    text = event.value
    if event.style is not None:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    return Decimal(text) if _DECIMAL.fullmatch(text) else text
