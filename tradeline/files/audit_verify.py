"""Verify an export of the audit trail offline: from lines, anchors and public keys alone."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from tradeline.files.audit_anchors import UnknownFormat
from tradeline.files.audit_chain import GENESIS
from tradeline.files.audit_export import GarbledLine, Header, Lines, read_header
from tradeline.files.audit_findings import Finding
from tradeline.files.audit_trust import Trust, read_anchors
from tradeline.files.audit_walk import Walk

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tradeline.files.audit_anchors import Anchor
    from tradeline.files.audit_export import Readable

__all__ = ["Finding", "Verdict", "verify"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the verification found.

    `records` were verified, up to number `last`; `anchored` is the last of them that an anchor
    vouches for (0 if none), `uncovered` how many come after it and could be cut or rewritten
    unseen. `anchors` were compared, `restores` are the signed returns to an earlier record,
    `clear_values` were held to the body. `findings` has the first bad record, then the first bad
    anchor.
    """

    organisation: str
    first: int
    last: int
    records: int
    anchored: int
    uncovered: int
    anchors: int
    restores: tuple[Anchor, ...]
    clear_values: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    @property
    def sentence(self) -> str:
        """The verdict in one sentence: the first finding, or what was verified and how far."""
        if self.findings:
            return self.findings[0].sentence
        told = f"{self.records} records hold together"
        if not self.anchors:
            return f"{told}; no anchor vouches for them, so a full rewrite could not be seen."
        told += f", vouched for up to record {self.anchored}; {self.uncovered} come after it."
        return told + "".join(f" Restored at {a.at} to record {a.seq}." for a in self.restores)


def verify(
    records: Readable,
    anchors: Readable,
    public_keys: Mapping[str, bytes],
    *,
    organisation: str | None = None,
    first: int = 1,
    last: int | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> Verdict:
    """Return what holds of an export, and the first bad record with what is wrong with it.

    The anchors must have been copied before the export was made, or their last may lie beyond its
    end. `public_keys` are 32 bytes of ed25519 by key id; `organisation` is the one expected;
    `first` and `last` bound a part of the chain that was exported on purpose. `tell` gets the
    records done and announced. Hostile content is a finding, never an error; what `read` itself
    raises is passed on. Memory is bounded by a batch of lines and by the anchors.
    """
    lines = Lines(records)
    batches = iter(lines)
    opening = next(batches, [])
    header = _opened(opening[0] if opening else b"", lines.fault)
    if isinstance(header, Finding):
        return _verdict(Walk(Header("", first, 0, GENESIS), Trust("")), header)
    trust = read_anchors(anchors, public_keys, header.organisation)
    walk = Walk(header, trust)
    finding = _start_fault(header, organisation, first) or walk.meet()
    if not finding:
        finding = walk.over(chain([opening[1:]], batches), tell)
    return _verdict(walk, finding or _end_fault(walk, lines.fault, last))


def _opened(line: bytes, fault: str) -> Header | Finding:
    if fault == "overlong":
        return Finding("overlong", "The first line is longer than any honest one.", line=1)
    try:
        return read_header(line)
    except UnknownFormat as error:
        return Finding("wrong_format", f"The export is of an unknown format: {error}.", line=1)
    except GarbledLine as error:
        return Finding("garbled", f"The first line is no header: {error}.", line=1)


def _start_fault(header: Header, organisation: str | None, first: int) -> Finding | None:
    if organisation is not None and header.organisation != organisation:
        sentence = f"The export is of another organisation: {header.organisation!r:.80}."
        return Finding("wrong_organisation", sentence, line=1)
    if header.first != first:
        sentence = f"The export begins with record {header.first}, not {first}."
        return Finding("wrong_start", sentence, line=1, seq=first)
    if first == 1 and header.prev != GENESIS:
        return Finding("wrong_start", "Something is said to come before record 1.", line=1, seq=1)
    return None


def _end_fault(walk: Walk, fault: str, last: int | None) -> Finding | None:
    spot = walk.spot
    if fault == "overlong":
        return spot.found("overlong", f"Line {spot.line} is longer than any honest one.")
    if fault or walk.done < walk.header.count:
        told = f"The file ends after {walk.done} of {walk.header.count} records."
        return spot.found("truncated", told if not fault else told + " A line is cut off.")
    if last is not None and walk.head.seq != last:
        return spot.found("cut_tail", f"The export ends with record {walk.head.seq}, not {last}.")
    if last is None and (beyond := walk.due):
        return spot.found(
            "cut_tail",
            f"The export ends with record {walk.head.seq}, but record {beyond.seq} was anchored "
            f"at {beyond.at}.",
        )
    return None


def _verdict(walk: Walk, finding: Finding | None) -> Verdict:
    found = (finding, walk.trust.finding)
    return Verdict(
        organisation=walk.header.organisation,
        first=walk.header.first,
        last=walk.head.seq,
        records=walk.done,
        anchored=walk.anchored,
        uncovered=walk.head.seq - max(walk.anchored, walk.header.first - 1),
        anchors=walk.met,
        restores=tuple(walk.trust.restores),
        clear_values=walk.clear_values,
        findings=tuple(each for each in found if each),
    )
