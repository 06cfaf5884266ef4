"""Which anchors count: signed by a known key, never going back but by a signed restore."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tradeline.files.audit_anchors import GarbledAnchor, UnknownFormat, is_signed, read_anchor
from tradeline.files.audit_export import Lines
from tradeline.files.audit_findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tradeline.files.audit_anchors import Anchor
    from tradeline.files.audit_export import Readable
    from tradeline.files.audit_findings import Code


@dataclass(slots=True)
class Trust:
    """The anchors of one organisation that count, rising, with their lines; and what was wrong."""

    organisation: str
    anchors: list[tuple[Anchor, int]] = field(default_factory=list)
    restores: list[Anchor] = field(default_factory=list)
    finding: Finding | None = None
    latest: Anchor | None = None

    def take(self, anchor: Anchor, line: int) -> None:
        """Add an anchor whose signature holds; one that goes back is noted and left out."""
        if anchor == self.latest:  # the same line again, after a retry
            return
        if fault := self._fault(anchor):
            self.note(*fault, line=line, seq=anchor.seq)
            return
        if anchor.replaces:
            self.restores.append(anchor)
            del self.anchors[bisect_right(self.anchors, anchor.seq, key=_seq) :]
        self.anchors.append((anchor, line))
        self.latest = anchor

    def note(self, code: Code, sentence: str, *, line: int, seq: int | None = None) -> None:
        """Keep the first finding."""
        self.finding = self.finding or Finding(code, sentence, "anchors", line, seq)

    def _fault(self, anchor: Anchor) -> tuple[Code, str] | None:
        before = self.latest
        if anchor.replaces and (before is None or anchor.replaces != before.hash):
            return "anchor_back", "A restore names another anchor than the last one before it."
        if before and anchor.at < before.at:
            return "anchor_back", f"The anchor of {anchor.at} stands after that of {before.at}."
        if before and not anchor.replaces and anchor.seq < before.seq:
            return "anchor_back", (
                f"An anchor goes back from record {before.seq} to {anchor.seq} without a signed "
                "restore."
            )
        at = bisect_left(self.anchors, anchor.seq, key=_seq)
        same = self.anchors[at][0] if at < len(self.anchors) else anchor
        if same.seq == anchor.seq and same.hash != anchor.hash:
            return "anchor_conflict", f"Two anchors name two different records {anchor.seq}."
        return None


def read_anchors(source: Readable, public_keys: Mapping[str, bytes], organisation: str) -> Trust:
    """Return the anchors of the organisation that count, and the first fault of the file.

    Anchors of other organisations are held to their signatures and left aside. `public_keys` are
    32 bytes each by key id. Costs about 0.1 ms per line.
    """
    trust = Trust(organisation)
    lines = Lines(source)
    number = 0
    for number, line in enumerate(_each(lines), start=1):
        if anchor := _signed(line, number, public_keys, trust):
            trust.take(anchor, number)
    if lines.fault:
        trust.note("anchor_garbled", "The anchors file ends within a line.", line=number + 1)
    return trust


def _seq(entry: tuple[Anchor, int]) -> int:
    return entry[0].seq


def _each(lines: Lines) -> Iterator[bytes]:
    for batch in lines:
        yield from batch


def _signed(
    line: bytes, number: int, public_keys: Mapping[str, bytes], trust: Trust
) -> Anchor | None:
    """Return the line's anchor if it is of the organisation and its signature holds."""
    try:
        anchor = read_anchor(line)
    except UnknownFormat as error:
        trust.note("anchor_format", f"An anchor is of an unknown format: {error}.", line=number)
        return None
    except GarbledAnchor as error:
        trust.note("anchor_garbled", f"A line is no anchor: {error}.", line=number)
        return None
    key = public_keys.get(anchor.key_id)
    if key is None:
        sentence = f"An anchor is signed with the unknown key {anchor.key_id!r:.40}."
        trust.note("anchor_unknown_key", sentence, line=number, seq=anchor.seq)
        return None
    if not is_signed(anchor, key):
        sentence = f"The signature of the anchor of record {anchor.seq} is not that of its key."
        trust.note("anchor_forged", sentence, line=number, seq=anchor.seq)
        return None
    return anchor if anchor.organisation == trust.organisation else None
