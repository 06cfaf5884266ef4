"""What someone with the whole database in hand might do to an export, one function per way.

Each takes an honest case and dice, and returns the tampered case, the codes that may name it and
the number of the first bad record, or None where no record is to blame.
"""

from __future__ import annotations

from dataclasses import replace

from tests.audit.chains import anchor_of, drawn_case, head_before, key_of, records_after
from tradeline.files.audit_anchors import anchor_line
from tradeline.files.audit_chain import link, seal
from tradeline.files.audit_export import record_line


def _pick(case, dice, low=1, high=None):
    return dice.randint(low, high or case.anchored)


def _changed(body, dice):
    """Return a body with another letter or digit at one place."""
    places = [at for at, byte in enumerate(body) if chr(byte).isalnum()]
    at = dice.choice(places)
    other = dice.choice([c for c in b"abcXYZ0123" if c != body[at]])
    return body[:at] + bytes([other]) + body[at + 1 :]


def _put(case, seq, record):
    """Return the case with another record in a place."""
    lines = list(case.as_lines())
    lines[seq - 1] = record_line(record, case.clear.get(seq))
    return case.with_lines(lines)


def _hashed(record):
    return replace(
        record,
        hash=link(organisation=record.organisation, seq=record.seq, prev=record.prev,
                  body=record.body),
    )  # fmt: skip


def body_edited(case, dice):
    """A letter of a body."""
    seq = _pick(case, dice)
    record = case.records[seq - 1]
    return _put(case, seq, replace(record, body=_changed(record.body, dice))), {"edited"}, seq


def body_edited_and_hashed(case, dice):
    """A letter of a body, with the record's own hash made to fit."""
    seq = _pick(case, dice)
    record = case.records[seq - 1]
    put = _hashed(replace(record, body=_changed(record.body, dice)))
    return _put(case, seq, put), {"replaced", "rewritten", "edited_clear", "garbled"}, seq


def hash_edited(case, dice):
    """The hash of a record."""
    seq = _pick(case, dice)
    return _put(case, seq, replace(case.records[seq - 1], hash=dice.randbytes(32).hex())), {
        "edited_hash",
    }, seq  # fmt: skip


def prev_edited(case, dice):
    """The previous hash of a record."""
    seq = _pick(case, dice)
    return _put(case, seq, replace(case.records[seq - 1], prev=dice.randbytes(32).hex())), {
        "edited_prev",
    }, seq  # fmt: skip


def seq_edited(case, dice):
    """The number of a record."""
    seq = _pick(case, dice)
    other = dice.choice([n for n in range(1, 60) if n != seq])
    return _put(case, seq, replace(case.records[seq - 1], seq=other)), {"edited_seq"}, seq


def record_deleted(case, dice):
    """A record out of the middle, the announced count made to fit."""
    seq = _pick(case, dice, high=len(case.records) - 1)
    lines = list(case.as_lines())
    del lines[seq - 1]
    return case.with_lines(lines), {"missing"}, seq


def record_deleted_and_renumbered(case, dice):
    """A record out of the middle, and the next ones closed up by number."""
    seq = _pick(case, dice, high=len(case.records) - 1)
    kept = [*case.records[: seq - 1], *(replace(r, seq=r.seq - 1) for r in case.records[seq:])]
    return case.with_lines(map(record_line, kept)), {"foreign"}, seq


def record_inserted(case, dice):
    """A made-up record that fits what comes before it."""
    seq = _pick(case, dice)
    (made,), _ = records_after(head_before(case, seq), dice, 1)
    lines = list(case.as_lines())
    lines.insert(seq - 1, record_line(made))
    return case.with_lines(lines), {"duplicate", "rewritten"}, seq


def records_swapped(case, dice):
    """Two records in each other's place."""
    one, two = sorted(dice.sample(range(1, case.anchored + 1), 2))
    lines = list(case.as_lines())
    lines[one - 1], lines[two - 1] = lines[two - 1], lines[one - 1]
    return case.with_lines(lines), {"reordered"}, one


def record_doubled(case, dice):
    """A record that comes again, at once or later."""
    seq = _pick(case, dice, high=len(case.records) - 1)
    lines = list(case.as_lines())
    lines.insert(dice.randint(seq, len(lines) - 1), lines[seq - 1])
    return case.with_lines(lines), {"duplicate"}, seq


def record_of_another(case, dice):
    """The record of the same number out of another organisation's chain."""
    other = drawn_case(dice.randrange(10**6, 10**6 + 20))
    seq = dice.randint(2, min(case.anchored, len(other.records)))
    return _put(case, seq, other.records[seq - 1]), {"foreign"}, seq


def tail_cut(case, dice):
    """The last records up to one that was anchored, the count made to fit."""
    left = _pick(case, dice, low=0, high=case.anchored - 1)
    return case.with_lines(case.as_lines()[:left]), {"cut_tail"}, left + 1


def head_cut(case, dice):
    """The first records, the header made to fit."""
    seq = _pick(case, dice, low=2)
    lines = case.as_lines()[seq - 1 :]
    return case.with_lines(lines, first=seq, prev=case.records[seq - 1].prev), {"wrong_start"}, 1


def file_truncated(case, dice):
    """The file ends somewhere after its header."""
    lines = case.as_lines()
    size = dice.randrange(sum(map(len, lines)))
    cut = b"".join(lines)[:size]
    whole = cut.count(b"\n")
    changed = replace(case, lines=(cut,)) if cut else case.with_lines([], count=len(lines))
    return changed, {"truncated"}, whole + 1


def rewritten_from(case, dice):
    """Everything from a record on, sealed anew."""
    seq = _pick(case, dice)
    bodies = [record.body for record in case.records[seq - 1 :]]
    new = seal(head_before(case, seq), [bodies[0].replace(b'"L', b'"M'), *bodies[1:]])
    first = next(each.seq for each in case.anchors if each.seq >= seq and _counts(case, each))
    lines = map(record_line, [*case.records[: seq - 1], *new])
    return case.with_lines(lines), {"rewritten"}, first


def _counts(case, anchor):
    return anchor.hash == case.records[anchor.seq - 1].hash


def rewritten_whole(case, dice):
    """The whole chain sealed anew from invented events."""
    new, _ = records_after(head_before(case, 1), dice, len(case.records))
    first = min(each.seq for each in case.anchors if _counts(case, each))
    return case.with_lines(map(record_line, new)), {"rewritten"}, first


def rewritten_and_anchored(case, dice):
    """The whole chain sealed anew and anchored with a key of the forger's own."""
    new, _ = records_after(head_before(case, 1), dice, len(case.records))
    key = key_of(dice)
    anchors = tuple(anchor_of(new[each.seq - 1].head, key, n)
                    for n, each in enumerate(case.anchors))  # fmt: skip
    tampered = case.with_lines(map(record_line, new))
    return replace(tampered, anchors=anchors), {"anchor_unknown_key"}, anchors[0].seq


def tail_sealed_with_a_gap(case, dice):
    """Records after the last anchor sealed anew by a forger who leaves out a number."""
    head = case.records[case.anchored - 1].head
    new, _ = records_after(replace(head, seq=head.seq + 1), dice, 2)
    lines = [*case.as_lines()[: case.anchored], *map(record_line, new)]
    return case.with_lines(lines), {"missing"}, case.anchored + 1


def format_changed(case, dice):
    """Another format version in the header."""
    other = dice.choice((b'"format":0', b'"format":2', b'"format":"1"', b'"format":1.0'))
    return replace(case, format=other), {"wrong_format"}, None


def organisation_renamed(case, dice):
    """The organisation in the header, which the verifier was not told."""
    header = replace(case.header, organisation=case.header.organisation + "x")
    return replace(case, header=header), {"edited"}, 1


def clear_value_edited(case, dice):
    """A clear value or its salt."""
    if not case.clear:
        return body_edited(case, dice)
    seq = dice.choice(sorted(case.clear))
    ((at, shown),) = case.clear[seq].items()
    other = dice.choice(
        (replace(shown, value=shown.value + "x"), replace(shown, salt=dice.randbytes(16).hex()),
         replace(shown, salt="short"))
    )  # fmt: skip
    return replace(case, clear=case.clear | {seq: {at: other}}), {"edited_clear"}, seq


def line_garbled(case, dice):
    """A line that is none."""
    lines = list(case.as_lines())
    seq = _pick(case, dice, high=len(lines))
    lines[seq - 1] = dice.choice(
        (b"\n", b"{}\n", b"[" * 5000 + b"\n", dice.randbytes(40).replace(b"\n", b"") + b"\n",
         b'{"seq":' + b"9" * 5000 + b"}\n", lines[seq - 1].replace(b":", b": ", 1))
    )  # fmt: skip
    return case.with_lines(lines), {"garbled"}, seq


def lines_added(case, dice):
    """More lines than the header announces."""
    lines = case.as_lines()
    more = (*lines, dice.choice((b"\n", lines[-1])))
    return case.with_lines(more, count=len(lines)), {"surplus"}, len(lines) + 1


def anchor_edited(case, dice):
    """An anchor that names another hash, number or moment than was signed."""
    at = dice.randrange(len(case.anchors))
    anchor = case.anchors[at]
    other = dice.choice(
        (replace(anchor, hash=dice.randbytes(32).hex()), replace(anchor, seq=anchor.seq + 1),
         replace(anchor, at="2026-11-22T00:00:00.000001Z"), replace(anchor, organisation="other"),
         replace(anchor, replaces=dice.randbytes(32).hex()))
    )  # fmt: skip
    anchors = (*case.anchors[:at], other, *case.anchors[at + 1 :])
    return replace(case, anchors=anchors), {"anchor_forged"}, other.seq


def anchors_reordered(case, dice):
    """An older anchor moved to the end of the file."""
    at = dice.randrange(len(case.anchors) - 1)
    moved = case.anchors[at]
    anchors = (*case.anchors[:at], *case.anchors[at + 1 :], moved)
    return replace(case, anchors=anchors), {"anchor_back", "anchor_conflict"}, None


def anchor_goes_back(case, dice):
    """A signed anchor of an earlier record that is no restore."""
    seq = dice.randint(1, case.anchored - 1)
    added = anchor_of(case.records[seq - 1].head, case.key, 500)
    return replace(case, anchors=(*case.anchors, added)), {"anchor_back"}, seq


def anchor_of_another_history(case, dice):
    """A signed anchor that gives a record another hash than an anchor before it."""
    head = replace(case.records[case.anchored - 1].head, hash=dice.randbytes(32).hex())
    added = anchor_of(head, case.key, 500)
    return replace(case, anchors=(*case.anchors, added)), {"anchor_conflict"}, head.seq


def restore_unsigned(case, dice):
    """A cut tail, explained by a restore that no one signed."""
    left = dice.randint(1, case.anchored - 1)
    made = anchor_of(case.records[left - 1].head, key_of(dice), 500, replaces=case.anchors[-1])
    cut = case.with_lines(case.as_lines()[:left])
    made = replace(made, key_id=case.anchors[-1].key_id)
    return replace(cut, anchors=(*case.anchors, made)), {"cut_tail"}, left + 1


def anchor_of_another_format(case, dice):
    """An anchor of a format that is not known."""
    lines = [anchor_line(each) for each in case.anchors]
    at = dice.randrange(len(lines))
    lines[at] = lines[at].replace(b'"format":1', b'"format":2')
    return replace(case, anchor_lines=tuple(lines)), {"anchor_format"}, None


def anchor_garbled(case, dice):
    """A line in the anchors file that is no anchor."""
    lines = [anchor_line(each) for each in case.anchors]
    at = dice.randrange(len(lines))
    lines[at] = dice.choice((b"\n", b"{}\n", b"null\n", lines[at][:40] + b"\n", b"\xff\n"))
    return replace(case, anchor_lines=tuple(lines)), {"anchor_garbled"}, None


WAYS = {
    each.__name__: each
    for each in (
        body_edited, body_edited_and_hashed, hash_edited, prev_edited, seq_edited, record_deleted,
        record_deleted_and_renumbered, record_inserted, records_swapped, record_doubled,
        record_of_another, tail_cut, head_cut, file_truncated, rewritten_from, rewritten_whole,
        rewritten_and_anchored, tail_sealed_with_a_gap, format_changed,
        organisation_renamed, clear_value_edited, line_garbled, lines_added,
        anchor_edited, anchors_reordered, anchor_goes_back,
        anchor_of_another_history, restore_unsigned, anchor_of_another_format, anchor_garbled,
    )
}  # fmt: skip
"""Every way by its name."""
