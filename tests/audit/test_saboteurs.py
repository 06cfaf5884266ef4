"""The tampering bites: a verifier that leaves out one check misses some of it."""

from __future__ import annotations

from itertools import chain
from random import Random

import pytest

from tests.audit.chains import drawn_case, judged
from tests.audit.tampering import WAYS
from tradeline.files import audit_export, audit_trust, audit_verify
from tradeline.files.audit_anchors import read_anchor
from tradeline.files.audit_chain import link
from tradeline.files.audit_export import GarbledLine, read_record
from tradeline.files.audit_findings import clear_fault
from tradeline.files.audit_trust import Trust
from tradeline.files.audit_walk import Walk

NOTE, END_FAULT = Trust.note, audit_verify._end_fault


def slow_walk(walk, batches, tell, *, without=""):
    """Walk line by line, as the page on the format says, but for one check."""
    for line in chain.from_iterable(batches):
        middle = without == "middle" and 0 < walk.done < walk.header.count - 1
        surplus = walk.done == walk.header.count
        if surplus and without == "surplus":
            continue
        try:
            record, clear = read_record(line, walk.header.organisation)
        except GarbledLine:
            return walk.spot.found("garbled", "Garbled.")
        wrong = {
            "surplus": surplus,
            "seq": record.seq != walk.spot.seq,
            "prev": record.prev != walk.head.hash,
            "hash": record.hash != link(organisation=record.organisation, seq=record.seq,
                                        prev=record.prev, body=record.body),
        }  # fmt: skip
        if not middle and any(found for name, found in wrong.items() if name != without):
            return walk.spot.found("edited", "Wrong.")
        if without != "clear" and clear and (fault := clear_fault(walk.spot, record, clear)):
            return fault
        walk._advance(record.seq, record.hash, 1)
        if without == "anchors":
            walk.due = walk.due if walk.due and walk.due.seq > walk.head.seq else None
        elif fault := walk.meet():
            return fault
    return None


def any_format(line):
    """Read a header of whatever format."""
    for form in (b'"format":0', b'"format":2', b'"format":"1"', b'"format":1.0'):
        line = line.replace(form, b'"format":1')
    return audit_export.read_header(line)


def unsigned(line, number, public_keys, trust):
    """Return any anchor, whoever signed it."""
    try:
        anchor = read_anchor(line)
    except ValueError:
        return None
    return anchor if anchor.organisation == trust.organisation else None


def silent_about_order(trust, code, sentence, **where):
    """Leave out anchors that go back, and say nothing of them."""
    if code not in ("anchor_back", "anchor_conflict"):
        NOTE(trust, code, sentence, **where)


def content_with_the_end(walk, fault, last):
    """Judge the end by the announced count alone."""
    walk.due = None
    return END_FAULT(walk, fault, last)


def nothing(*_args, **_options):
    """Find nothing."""


def believing_stride(walk, lines):
    """Advance along what the lines say of themselves."""
    try:
        records = [read_record(line, walk.header.organisation)[0] for line in lines]
    except GarbledLine:
        return False
    if records:
        walk._advance(records[-1].seq, records[-1].hash, len(records))
    return True


def walk_without(what):
    """Return the plain walk without a check."""
    return lambda walk, batches, tell: slow_walk(walk, batches, tell, without=what)


SABOTAGE = {
    f"leaves out {what}": (Walk, "over", walk_without(what))
    for what in ("middle", "surplus", "seq", "prev", "hash", "clear", "anchors")
} | {
    "believes whole batches": (Walk, "_stride", believing_stride),
    "ignores the anchors": (audit_verify, "read_anchors", lambda s, k, name: Trust(name)),
    "accepts any length": (audit_verify, "_end_fault", nothing),
    "accepts any start": (audit_verify, "_start_fault", nothing),
    "accepts any format": (audit_verify, "read_header", any_format),
    "accepts any signature": (audit_trust, "is_signed", lambda anchor, key: True),
    "accepts any key": (audit_trust, "_signed", unsigned),
    "lets anchors go back": (Trust, "note", silent_about_order),
    "overlooks anchors beyond the end": (audit_verify, "_end_fault", content_with_the_end),
}  # fmt: skip


def missed():
    """Yield the ways and seeds of tampering that the verifier does not find."""
    for seed in range(8):
        for way, tamper in WAYS.items():
            case, _, _ = tamper(drawn_case(seed), Random(f"sabotage {seed}"))
            if judged(case).ok:
                yield way, seed


def test_nothing_is_missed(monkeypatch):
    """Neither the verifier nor the plain walk that the saboteurs start from misses anything."""
    assert list(missed()) == []
    monkeypatch.setattr(Walk, "over", slow_walk)
    assert list(missed()) == []


@pytest.mark.parametrize("name", SABOTAGE)
def test_a_left_out_check_is_noticed(name, monkeypatch):
    """Some tampering passes a verifier without the check."""
    monkeypatch.setattr(*SABOTAGE[name])
    assert next(missed(), None)
