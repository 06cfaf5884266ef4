"""Walk along the records of an export: batches at a stride, one by one where a stride fails."""

from __future__ import annotations

import hashlib
from itertools import chain, groupby, repeat
from typing import TYPE_CHECKING, Final

from tradeline.files.audit_chain import FORMAT, Head, joined
from tradeline.files.audit_export import GarbledLine, read_record
from tradeline.files.audit_findings import Finding, Spot, clear_fault, diagnose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tradeline.files.audit_anchors import Anchor
    from tradeline.files.audit_export import Header
    from tradeline.files.audit_trust import Trust

_LENGTH_HASH: Final = (64).to_bytes(8, "big")
_LENGTH_DIGEST: Final = (32).to_bytes(8, "big")
_BODY_AT: Final = len('{"seq":,"prev":"","hash":"","body":') + 2 * 64
"""Where the body begins in a line without clear values, less the digits of seq."""
_HASH_AT: Final = -len('","body":') - 64
"""Where the hash begins, counted from the body."""


class Walk:
    """How far an export was verified, and which anchor comes next."""

    def __init__(self, header: Header, trust: Trust) -> None:
        self.header, self.trust = header, trust
        self.head = Head(header.organisation, header.first - 1, header.prev)
        self.done = self.anchored = self.met = self.clear_values = 0
        self._anchors = iter([each for each, _ in trust.anchors if each.seq >= self.head.seq])
        self.due: Anchor | None = next(self._anchors, None)
        self._lead = joined(b"%d" % FORMAT, header.organisation.encode())

    @property
    def spot(self) -> Spot:
        """Where the next record should be; the header is line 1."""
        return Spot(self.head, self.done + 2, self.header.first)

    def over(
        self, batches: Iterable[Sequence[bytes]], tell: Callable[[int, int], None] | None
    ) -> Finding | None:
        """Return the first fault along the lines, or None once all are verified."""
        each = iter(batches)
        for lines in each:
            if not self._stride(lines) and (fault := self._in_parts(lines, each)):
                return fault
            if tell:
                tell(self.done, self.header.count)
        return None

    def meet(self) -> Finding | None:
        """Return the fault if the head is not the one that was anchored here."""
        while (anchor := self.due) and anchor.seq == self.head.seq:
            if anchor.hash != self.head.hash:
                return self._rewritten(anchor)
            self._pass(anchor)
        return None

    def _rewritten(self, anchor: Anchor) -> Finding:
        since = f"after record {self.anchored}" if self.anchored else "from the start"
        return Finding(
            "rewritten",
            f"Record {anchor.seq} is not the one that was anchored at {anchor.at}: the chain was "
            f"rewritten {since}.",
            line=self.done + 1,
            seq=anchor.seq,
        )

    def _pass(self, anchor: Anchor) -> None:
        self.anchored = anchor.seq
        self.met += 1
        self.due = next(self._anchors, None)

    def _stride(self, lines: Sequence[bytes]) -> bool:
        """Advance over all lines, or over none if any needs a closer look.

        The lines are built anew from their bodies, the numbers and the hashes computed, and
        compared whole: no byte of a line escapes the comparison. Lines with clear values, whose
        bodies begin elsewhere, are turned away at once.
        """
        first, last = self.head.seq + 1, self.head.seq + len(lines)
        width = len(str(first))
        if not 0 < len(lines) <= self.header.count - self.done or len(str(last)) != width:
            return False
        at = _BODY_AT + width
        if [line[at - 7 : at] for line in lines].count(b'"body":') != len(lines):
            return False
        hashes = [line[at + _HASH_AT : at - 9] for line in lines]
        if self._built(first, hashes, [line[at:-1] for line in lines]) != lines:
            return False
        while (anchor := self.due) and anchor.seq <= last:
            if hashes[anchor.seq - first] != anchor.hash.encode():
                return False
            self._pass(anchor)
        self._advance(last, hashes[-1].decode(), len(lines))
        return True

    def _built(self, first: int, hashes: list[bytes], bodies: list[bytes]) -> list[bytes]:
        """Return the lines as they should be; loops run in C, as this is where the time goes."""
        sha256 = hashlib.sha256
        count = len(bodies)
        seqs = (b"%d " * count % tuple(range(first, first + count))).split()
        width = len(seqs[0]).to_bytes(8, "big")
        prevs = [self.head.hash.encode(), *hashes[:-1]]
        digests = [sha256(body).digest() for body in bodies]
        fields = zip(
            repeat(self._lead + width), seqs, repeat(_LENGTH_HASH), prevs, repeat(_LENGTH_DIGEST),
            digests,
        )  # fmt: skip
        links = " ".join([sha256(text).hexdigest() for text in map(b"".join, fields)])
        parts = zip(
            repeat(b'{"seq":'), seqs, repeat(b',"prev":"'), prevs, repeat(b'","hash":"'),
            links.encode().split(), repeat(b'","body":'), bodies, repeat(b"}"),
        )  # fmt: skip
        return list(map(b"".join, parts))

    def _in_parts(self, lines: Sequence[bytes], later: Iterator[Sequence[bytes]]) -> Finding | None:
        """Return the first fault; plain lines between those with clear values go at a stride."""
        at = 0
        for _, group in groupby(lines, key=_has_clear):
            part = list(group)
            if not self._stride(part) and (fault := self._steps(part, lines[at:], later)):
                return fault
            at += len(part)
        return None

    def _steps(
        self, part: Sequence[bytes], lines: Sequence[bytes], later: Iterator[Sequence[bytes]]
    ) -> Finding | None:
        """Return the first fault among a part of the lines, which begin with it."""
        for at, line in enumerate(part, start=1):
            rest = chain(lines[at:], chain.from_iterable(later))
            if fault := self._step(line, rest):
                return fault
        return None

    def _step(self, line: bytes, rest: Iterable[bytes]) -> Finding | None:
        spot = self.spot
        if self.done == self.header.count:
            told = f"More lines follow than the {self.done} records that were announced."
            return spot.found("surplus", told)
        try:
            record, clear = read_record(line, self.head.organisation)
        except GarbledLine as error:
            return spot.found("garbled", f"Line {spot.line} is no record: {error}.")
        followed = (record.seq, record.prev) == (spot.seq, self.head.hash)
        if not followed or spot.computed(record) != record.hash:
            return diagnose(spot, record, rest)
        if clear and (fault := clear_fault(spot, record, clear)):
            return fault
        self.clear_values += len(clear)
        self._advance(record.seq, record.hash, 1)
        return self.meet()

    def _advance(self, seq: int, hash_: str, count: int) -> None:
        self.head = Head(self.head.organisation, seq, hash_)
        self.done += count


def _has_clear(line: bytes) -> bool:
    """Return whether the line seems to hold clear values; a wrong guess costs time only."""
    return b'","clear":{' in line[: _BODY_AT + 40]
