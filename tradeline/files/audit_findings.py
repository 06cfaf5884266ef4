"""What is wrong with an audit trail, in a plain sentence: which record, which line, which fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tradeline.files.audit_chain import Sealed, concealed, link
from tradeline.files.audit_export import GarbledLine, read_record
from tradeline.files.audit_json import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tradeline.files.audit_chain import Clear, Head

Code = Literal[
    "garbled", "overlong", "truncated", "wrong_format", "wrong_organisation", "wrong_start",
    "edited", "edited_hash", "edited_prev", "edited_seq", "edited_clear", "replaced", "foreign",
    "missing", "duplicate", "reordered", "surplus", "cut_tail", "rewritten",
    "anchor_garbled", "anchor_format", "anchor_unknown_key", "anchor_forged", "anchor_back",
    "anchor_conflict",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its code, a sentence, the file and line (from 1), the record if there is one."""

    code: Code
    sentence: str
    file: Literal["records", "anchors"] = "records"
    line: int | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the walk stands: the head that the record should follow, its line, the first number."""

    head: Head
    line: int
    first: int

    @property
    def seq(self) -> int:
        """The number that the record should have."""
        return self.head.seq + 1

    def found(self, code: Code, sentence: str, *, seq: int | None = None) -> Finding:
        """Return a finding here; `seq` if another record than the one due is at fault."""
        return Finding(code, sentence, "records", self.line, self.seq if seq is None else seq)

    def computed(self, record: Sealed, *, seq: int | None = None, prev: str | None = None) -> str:
        """Return the hash that the body has at a place; here, unless the place is given."""
        return link(
            organisation=self.head.organisation,
            seq=self.seq if seq is None else seq,
            prev=self.head.hash if prev is None else prev,
            body=record.body,
        )


def diagnose(spot: Spot, record: Sealed, rest: Iterable[bytes]) -> Finding:
    """Return what is wrong with a record that does not follow the head; `rest` are later lines."""
    if record.seq != spot.seq:
        return _out_of_place(spot, record, rest)
    if record.prev == spot.head.hash:
        return _edited(spot, record, iter(rest))
    if spot.computed(record, prev=record.prev) == record.hash:
        return _replaced(spot)
    if spot.computed(record) == record.hash:
        return spot.found("edited_prev", f"In record {spot.seq} the previous hash was changed.")
    return spot.found(
        "foreign",
        f"Record {spot.seq} belongs to no such chain: it is of another organisation, or hash and "
        "body were both changed.",
    )


def clear_fault(spot: Spot, record: Sealed, clear: Mapping[str, Clear]) -> Finding | None:
    """Return the first clear value that is not the one the body holds concealed, if any."""
    try:
        body = parsed(record.body)
    except ValueError:
        return spot.found("garbled", f"The body of record {spot.seq} is no JSON.")
    for pointer, each in clear.items():
        if not _reveals(_at(body, pointer), each):
            return spot.found(
                "edited_clear",
                f"In record {spot.seq} the clear value at {pointer!r:.80} is not the one that was "
                "sealed.",
            )
    return None


def _edited(spot: Spot, record: Sealed, rest: Iterator[bytes]) -> Finding:
    if _next_prev(rest, spot) == spot.computed(record):
        return spot.found("edited_hash", f"In record {spot.seq} the hash was changed.")
    return spot.found("edited", f"The body of record {spot.seq} is not the one that was sealed.")


def _replaced(spot: Spot) -> Finding:
    if spot.seq == spot.first:
        return spot.found(
            "wrong_start",
            f"Record {spot.seq} does not follow the hash that the export begins with.",
        )
    return spot.found(
        "replaced",
        f"Record {spot.head.seq} is not the one that record {spot.seq} was sealed after.",
        seq=spot.head.seq,
    )


def _out_of_place(spot: Spot, record: Sealed, rest: Iterable[bytes]) -> Finding:
    if record.prev == spot.head.hash and spot.computed(record) == record.hash:
        return spot.found("edited_seq", f"Record {spot.seq} was renumbered {record.seq}.")
    if spot.first <= record.seq < spot.seq:
        return spot.found("duplicate", f"Record {record.seq} comes twice.", seq=record.seq)
    start = b'{"seq":%d,' % spot.seq
    if any(line.startswith(start) for line in rest):
        return spot.found("reordered", f"Record {record.seq} stands in the place of {spot.seq}.")
    return spot.found(
        "missing", f"Record {spot.seq} is missing: record {record.seq} comes instead."
    )


def _next_prev(rest: Iterator[bytes], spot: Spot) -> str:
    try:
        return read_record(next(rest, b""), spot.head.organisation)[0].prev
    except GarbledLine:
        return ""


def _reveals(hidden: object, clear: Clear) -> bool:
    try:
        return hidden == concealed(clear.value, clear.salt)
    except ValueError:  # a salt that is too short
        return False


def _at(body: object, pointer: str) -> object:
    """Return what a JSON pointer (RFC 6901) names in the body, or None."""
    if not pointer.startswith("/"):
        return None
    for step in pointer[1:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(body, dict):
            body = body.get(name)
        elif isinstance(body, list) and name.isascii() and name.isdigit() and len(name) < 9:
            body = body[int(name)] if int(name) < len(body) else None
        else:
            return None
    return body
