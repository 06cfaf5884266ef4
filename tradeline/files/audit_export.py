"""The export of the audit trail: a header, then one line per record; written and read in pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Final, Protocol

from tradeline.files.audit_anchors import SEQ_MAX, UnknownFormat
from tradeline.files.audit_chain import BODY_BYTES_MAX, FORMAT, Clear, Head, Sealed
from tradeline.files.audit_json import compact, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

LINE_BYTES_MAX: Final = 2 * BODY_BYTES_MAX
"""Longest line: a body and as much again for its clear values."""

LINES_PER_BATCH: Final = 128
"""Lines that are verified at a time; more fall out of the processor's cache."""

_BLOCK_BYTES: Final = 262_144
_KIND: Final = "tradeline audit export"
_KEYS: Final = ("kind", "format", "organisation", "first", "count", "prev")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_RECORD: Final = re.compile(
    rb'\{"seq":([1-9][0-9]{0,18}),"prev":"([0-9a-f]{64})","hash":"([0-9a-f]{64})",'
    rb'(?:"clear":(\{.*?\}),)?"body":(\{.*\})\}',
    re.DOTALL,
)


class NotExportable(ValueError):
    """Records that do not follow on one another, or a line that is too long."""


class GarbledLine(ValueError):
    """A line that is no header or no record."""


class Readable(Protocol):
    """What the export is read from: a file opened in binary mode, or anything like it."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, none at the end."""


class Writable(Protocol):
    """What the export is written to."""

    def write(self, data: bytes, /) -> object:
        """Take all bytes."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line: whose records, from which number on, how many, and the hash before them."""

    organisation: str
    first: int
    count: int
    prev: str


def write_export(
    out: Writable,
    records: Iterable[tuple[Sealed, Mapping[str, Clear]]],
    *,
    previous: Head,
    count: int,
    tell: Callable[[int, int], None] | None = None,
) -> Head:
    """Write `count` records that follow the head, each with its clear values; return the new head.

    Clear values go by the JSON pointer (RFC 6901) of their place in the body, such as `/customer`;
    those erased are left out. Memory does not grow with the count. Raises NotExportable where a
    record does not follow on, where their number differs and for a line above 2 MiB.
    """
    header = Header(previous.organisation, previous.seq + 1, count, previous.hash)
    out.write(header_line(header))
    head = previous
    for sealed, clear in records:
        if (sealed.organisation, sealed.seq - 1, sealed.prev) != (
            head.organisation, head.seq, head.hash,
        ):  # fmt: skip
            raise NotExportable(f"Record {sealed.seq} does not follow record {head.seq}.")
        out.write(record_line(sealed, clear))
        head = sealed.head
        if tell and sealed.seq % LINES_PER_BATCH == 0:
            tell(head.seq - previous.seq, count)
    if head.seq - previous.seq != count:
        raise NotExportable(f"{count} records were announced, {head.seq - previous.seq} came.")
    if tell:
        tell(count, count)
    return head


def header_line(header: Header) -> bytes:
    """Return the first line of an export, with its line feed."""
    values = (_KIND, FORMAT, header.organisation, header.first, header.count, header.prev)
    return _json(dict(zip(_KEYS, values, strict=True))) + b"\n"


def record_line(sealed: Sealed, clear: Mapping[str, Clear] | None = None) -> bytes:
    """Return a record as a line with its line feed; the body's bytes stand in it as they are."""
    facts = b'"seq":%d,"prev":"%b","hash":"%b"' % (
        sealed.seq, sealed.prev.encode(), sealed.hash.encode(),
    )  # fmt: skip
    if clear:
        facts += b',"clear":' + clear_text(clear)
    line = b'{%b,"body":%b}' % (facts, sealed.body)
    if len(line) > LINE_BYTES_MAX:
        raise NotExportable(f"The line of record {sealed.seq} exceeds {LINE_BYTES_MAX:,} bytes.")
    return line + b"\n"


def clear_text(clear: Mapping[str, Clear]) -> bytes:
    """Return clear values as the JSON text of a line: by pointer, sorted, each salt and value."""
    quoted = encode_basestring  # json.dumps builds an encoder each time, which costs ten times more
    texts = [
        f'{quoted(at)}:{{"salt":{quoted(clear[at].salt)},"value":{quoted(clear[at].value)}}}'
        for at in sorted(clear)
    ]
    return ("{" + ",".join(texts) + "}").encode()


def read_header(line: bytes) -> Header:
    """Return the header; raises UnknownFormat or GarbledLine, and nothing else."""
    try:
        facts = parsed(line)
    except ValueError as error:
        raise GarbledLine(str(error)) from error
    if not isinstance(facts, dict) or facts.get("kind") != _KIND:
        raise GarbledLine("not the first line of an export")
    if type(facts.get("format")) is not int or facts["format"] != FORMAT:
        raise UnknownFormat(f"format {facts.get('format')!r:.40}")
    if set(facts) != set(_KEYS):
        raise GarbledLine("other names than those of a header")
    header = Header(**{name: facts[name] for name in _KEYS[2:]})
    if not _sound(header) or not _as_written(header, line):
        raise GarbledLine("a field that cannot be so")
    return header


def read_record(line: bytes, organisation: str) -> tuple[Sealed, dict[str, Clear]]:
    """Return the record and its clear values; raises GarbledLine, and nothing else.

    The body is cut out of the line, not read.
    """
    found = _RECORD.fullmatch(line)
    if not found or int(found[1]) > SEQ_MAX:
        raise GarbledLine("not a record")
    sealed = Sealed(organisation, int(found[1]), found[2].decode(), found[3].decode(), found[5])
    return sealed, _clear(found[4]) if found[4] else {}


class Lines:
    """The lines of a source in batches, without line feeds; no line longer than 2 MiB is kept.

    After the last batch `fault` says how the source ended: `cut` in the middle of a line,
    `overlong` at a line that is too long, or empty.
    """

    def __init__(self, source: Readable) -> None:
        self._source = source
        self.fault = ""

    def __iter__(self) -> Iterator[list[bytes]]:
        """Yield lists of up to 128 lines."""
        rest = b""
        while block := self._source.read(_BLOCK_BYTES):
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            if max(map(len, lines[:1]), default=len(rest)) > LINE_BYTES_MAX:
                self.fault = "overlong"
                return
            for start in range(0, len(lines), LINES_PER_BATCH):
                yield lines[start : start + LINES_PER_BATCH]
        self.fault = "cut" if rest else ""


def _json(value: object) -> bytes:
    return compact(value).encode()


def _sound(header: Header) -> bool:
    if not isinstance(header.organisation, str) or not isinstance(header.prev, str):
        return False
    if type(header.first) is not int or type(header.count) is not int:
        return False
    if not (0 < header.first <= SEQ_MAX and 0 <= header.count <= SEQ_MAX):
        return False
    return _HASH.fullmatch(header.prev) is not None


def _as_written(header: Header, line: bytes) -> bool:
    try:
        return header_line(header) == line + b"\n"
    except UnicodeEncodeError:  # half a surrogate pair
        return False


def _clear(text: bytes) -> dict[str, Clear]:
    try:
        found = _clear_values(parsed(text))
        whole = clear_text(found) == text  # a value that is no text cannot be quoted
    except (ValueError, TypeError) as error:
        raise GarbledLine("clear values that cannot be read") from error
    if not whole:
        raise GarbledLine("clear values in another form than they are written")
    return found


def _clear_values(values: object) -> dict[str, Clear]:
    if not isinstance(values, dict):
        raise TypeError("no mapping")
    return {at: Clear(**value) for at, value in values.items()}
