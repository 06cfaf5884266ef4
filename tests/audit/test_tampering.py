"""Whatever is done to an export or its anchors is found and named; honest ones pass."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

import pytest

from tests.audit.chains import drawn_case, judged
from tests.audit.tampering import WAYS
from tradeline.files.audit_walk import Walk

EDITS = int(os.environ.get("AUDIT_EDITS", "10000"))
"""Random edits over all tests of this file."""

CASES = 60
EACH = max(EDITS // (len(WAYS) + 10), 1)


def tampered(way, seed):
    """Return an honest case that was tampered with in the way, and what should be found."""
    return WAYS[way](drawn_case(seed % CASES), Random(f"tampering {seed}"))


def options_of(way):
    """Return how the verifier is asked: a renamed organisation is not told."""
    return {"organisation": None} if way == "organisation_renamed" else {}


@pytest.mark.parametrize("way", WAYS)
def test_tampering_is_found_and_named(way):
    """The first finding has the code of the deed and the number of the first bad record."""
    for seed in range(EACH):
        case, codes, seq = tampered(way, seed)
        verdict = judged(case, **options_of(way))
        assert not verdict.ok, seed
        first = verdict.findings[0]
        assert first.code in codes, (seed, first)
        assert seq is None or first.seq == seq, (seed, first)
        assert first.sentence.endswith("."), first
        assert first.line, first
        assert verdict.sentence == first.sentence
        if first.code in ("rewritten", "edited", "edited_clear", "foreign", "missing"):
            assert first.line == first.seq + 1, first  # the header is line 1


@pytest.mark.parametrize("file", ["records", "anchors"])
def test_any_byte_matters(file):
    """One byte changed, left out or put in, anywhere in either file, is found."""
    dice = Random(7)
    for seed in range(EACH * 5):
        case = drawn_case(seed % CASES)
        before = getattr(case, f"{file}_file")
        data = bytearray(before)
        at = dice.randrange(len(data))
        match dice.randrange(3):
            case 0:
                data[at] ^= dice.randrange(1, 256)
            case 1:
                del data[at]
            case _:
                data.insert(at, dice.randrange(256))
        if data != before:
            verdict = judged(case, organisation=None, **{file: bytes(data)})
            assert not verdict.ok, (seed, at)
            assert verdict.findings[0].file == file


@pytest.mark.parametrize("with_restore", [False, True])
def test_no_false_alarm(with_restore):
    """A thousand honest exports pass, half of them after a signed restore from a backup."""
    for seed in range(500):
        case = drawn_case(seed, with_restore=with_restore)
        verdict = judged(case)
        assert verdict.ok, (seed, verdict.findings)
        assert verdict.records == verdict.last == len(case.records)
        assert verdict.anchored == case.anchored
        assert verdict.uncovered == len(case.records) - case.anchored
        assert len(verdict.restores) == with_restore
        assert ("Restored at" in verdict.sentence) == with_restore
        assert verdict.clear_values == len(case.clear)


def test_strides_and_steps_agree(monkeypatch):
    """Record by record gives the verdicts that whole batches give."""
    runs = [(way, seed) for way in WAYS for seed in range(8)]
    asked = [(tampered(way, seed)[0], options_of(way)) for way, seed in runs]
    asked += [(drawn_case(seed), {}) for seed in range(CASES)]
    quick = [judged(case, **options) for case, options in asked]
    monkeypatch.setattr(Walk, "_stride", lambda walk, lines: False)
    assert [judged(case, **options) for case, options in asked] == quick


def test_cut_after_the_last_anchor_is_told_as_uncovered():
    """What no anchor vouches for may be cut unseen; the verdict says how much that is."""
    case = drawn_case(1)
    cut = case.with_lines(case.as_lines()[: case.anchored])
    assert judged(case).uncovered > 0
    assert (judged(cut).ok, judged(cut).uncovered) == (True, 0)


def test_without_anchors_the_verdict_says_so():
    """A chain alone cannot show a full rewrite."""
    verdict = judged(drawn_case(1), anchors=b"")
    assert (verdict.ok, verdict.anchored) == (True, 0)
    assert "no anchor vouches" in verdict.sentence


def test_a_restore_cannot_be_used_again():
    """A signed restore put in a second time does not excuse a second cut."""
    for seed in range(20):
        case = drawn_case(seed, with_restore=True)
        back = next(each for each in case.anchors if each.replaces)
        cut = case.with_lines(case.as_lines()[: back.seq])
        again = replace(cut, anchors=(*case.anchors, back))
        codes = [finding.code for finding in judged(again).findings]
        assert codes == ["cut_tail", "anchor_back"]


def test_a_restore_names_what_it_replaces():
    """Anchors taken out before a restore are missed, as the restore names the last of them."""
    case = drawn_case(2, with_restore=True)
    at = next(at for at, each in enumerate(case.anchors) if each.replaces)
    fewer = replace(case, anchors=(*case.anchors[: at - 1], *case.anchors[at:]))
    assert "anchor_back" in [finding.code for finding in judged(fewer).findings]
