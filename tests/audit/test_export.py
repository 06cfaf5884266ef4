"""Exports are written and read in pieces; parts of a chain; strangers' bytes never raise."""

from __future__ import annotations

import io
import itertools
import json
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.chains import drawn_case, head_before, judged, public, records_after
from tradeline.files.audit_anchors import GarbledAnchor, UnknownFormat, key_id_of, read_anchor
from tradeline.files.audit_chain import Clear, canonical, concealed, genesis, seal
from tradeline.files.audit_export import (
    LINE_BYTES_MAX,
    GarbledLine,
    NotExportable,
    read_header,
    read_record,
    write_export,
)
from tradeline.files.audit_verify import verify


class Drop:
    """A source that hands over a few bytes at a time."""

    def __init__(self, data, size):
        self.data, self.size = io.BytesIO(data), size

    def read(self, size):
        """Return fewer bytes than asked."""
        return self.data.read(min(size, self.size))


def exported(case, previous=None, **options):
    """Return the export that the writer makes of a case."""
    out = io.BytesIO()
    pairs = [(each, case.clear.get(each.seq, {})) for each in case.records]
    options = {"count": len(pairs)} | options
    write_export(out, pairs, previous=previous or genesis(case.header.organisation), **options)
    return out.getvalue()


def test_written_export_holds():
    """The writer's bytes are the parts' bytes, and progress is told."""
    case, told = drawn_case(3), []
    assert exported(case) == case.records_file
    assert judged(case, tell=lambda *facts: told.append(facts)).ok
    assert told[-1] == (len(case.records), len(case.records))


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_any_size_of_pieces(size):
    """How the bytes arrive does not matter."""
    case = drawn_case(4)
    keys = {key_id_of(public(case.key)): public(case.key)}
    verdict = verify(Drop(case.records_file, size), Drop(case.anchors_file, size), keys)
    assert verdict == judged(case)


def test_many_batches():
    """Numbers that grow by a digit, clear values here and there, several blocks of the file."""
    start, dice = genesis("acme"), Random(1)
    records, clear = records_after(start, dice, 3000)
    case = replace(drawn_case(4), header=replace(drawn_case(4).header, organisation="acme"),
                   records=tuple(records), clear=clear)  # fmt: skip
    told = []
    verdict = judged(
        case, records=exported(case, tell=lambda *facts: told.append(facts)), anchors=b""
    )
    assert (verdict.ok, verdict.records, verdict.clear_values) == (True, 3000, len(clear))
    assert told[-1] == (3000, 3000)


def test_part_of_a_chain():
    """A part passes where it was asked for, and only there; anchors beyond it are not missed."""
    case = drawn_case(5)
    first, last = 3, case.anchored - 1
    lines = case.as_lines()[first - 1 : last]
    part = case.with_lines(lines, first=first, prev=head_before(case, first).hash)
    verdict = judged(part, first=first, last=last)
    assert (verdict.ok, verdict.first, verdict.last) == (True, first, last)
    assert judged(part, first=first).findings[0].code == "cut_tail"
    assert judged(part, first=first, last=last + 1).findings[0].code == "cut_tail"
    assert judged(part, last=last).findings[0].code == "wrong_start"


def test_part_that_starts_elsewhere():
    """The hash before a part is held to the anchor of that record, and to its first record."""
    case = drawn_case(5)
    seq = case.anchors[0].seq
    lines = case.as_lines()[seq:]
    part = case.with_lines(lines, first=seq + 1, prev="a" * 64)
    assert judged(part, first=seq + 1).findings[0].code == "rewritten"
    part = case.with_lines(case.as_lines()[seq + 1 :], first=seq + 2, prev="a" * 64)
    assert judged(part, first=seq + 2).findings[0].code == "wrong_start"


def test_another_organisation():
    """A whole honest export of someone else is not the one that was asked for."""
    verdict = judged(drawn_case(5), organisation="other")
    assert (verdict.findings[0].code, verdict.records) == ("wrong_organisation", 0)


def test_anchors_of_others_are_left_aside():
    """One file may hold the anchors of several organisations under one key."""
    case, other = drawn_case(5), drawn_case(6)
    keys = {key_id_of(public(each.key)): public(each.key) for each in (case, other)}
    verdict = verify(
        io.BytesIO(case.records_file), io.BytesIO(other.anchors_file + case.anchors_file), keys
    )
    assert (verdict.ok, verdict.anchors) == (True, len(case.anchors))


def test_erased_values_do_not_break_the_chain():
    """Without its clear value and salt a record holds as before."""
    case = drawn_case(5)
    verdict = judged(replace(case, clear={}))
    assert (verdict.ok, verdict.clear_values) == (True, 0)


@pytest.mark.parametrize("pointer", ["/list/0", "/a~1b/c", "/"])
def test_where_a_concealed_value_may_stand(pointer):
    """Any place that a JSON pointer can name."""
    salt = "f" * 32
    hidden = concealed("Asha", salt)
    body = canonical({"list": [hidden], "a/b": {"c": hidden}, "": hidden})
    (record,) = seal(genesis("acme"), [body])
    out = io.BytesIO()
    clear = {pointer: Clear(salt, "Asha")}
    write_export(out, [(record, clear)], previous=genesis("acme"), count=1)
    assert verify(io.BytesIO(out.getvalue()), io.BytesIO(), {}).clear_values == 1


@pytest.mark.parametrize("pointer", ["", "list", "/list", "/list/1", "/list/x", "/list/0/0", "/b"])
def test_pointer_to_nothing(pointer):
    """A clear value for a place that holds no such value is a finding."""
    salt = "f" * 32
    (record,) = seal(genesis("acme"), [canonical({"list": [concealed("Asha", salt)]})])
    out = io.BytesIO()
    write_export(out, [(record, {pointer: Clear(salt, "Asha")})], previous=genesis("acme"), count=1)
    verdict = verify(io.BytesIO(out.getvalue()), io.BytesIO(), {})
    assert verdict.findings[0].code == "edited_clear"


def test_not_exportable():
    """Records that do not follow on, another count, a line too long: refused."""
    case = drawn_case(5)
    with pytest.raises(NotExportable, match="does not follow"):
        exported(case, previous=genesis("other"))
    with pytest.raises(NotExportable, match="announced"):
        exported(case, count=len(case.records) + 1)
    long = {"/who~1what/name": Clear("0" * 32, "a" * LINE_BYTES_MAX)}
    with pytest.raises(NotExportable, match="exceeds"):
        exported(replace(case, clear={1: long}))


@pytest.mark.parametrize("file", ["records", "anchors"])
@pytest.mark.parametrize("whole", [True, False])
def test_endless_lines(file, whole):
    """A line above the limit is a finding; what follows it is not read."""
    case = drawn_case(5)
    long = b"a" * (LINE_BYTES_MAX + 300_000) + (b"\n" if whole else b"")
    data = getattr(case, f"{file}_file") + long
    verdict = judged(case, **{file: data})
    assert verdict.findings[0].code in ("surplus", "overlong", "anchor_garbled")
    assert not judged(case, **{file: long}).ok


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_noise_never_raises(records, anchors):
    """Any bytes end in a verdict."""
    case = drawn_case(5)
    assert not judged(case, records=records).ok
    assert judged(case, anchors=anchors).ok == (anchors == b"")
    assert judged(case, records=case.records_file + records).ok == (records == b"")


@given(st.binary(max_size=80))
@pytest.mark.parametrize("read", [read_header, read_anchor, lambda line: read_record(line, "acme")])
def test_readers_raise_their_own_errors_only(read, noise):
    """A header, record or anchor with a piece of noise put in is read or refused."""
    case = drawn_case(5)
    for line in (case.header and case.records_file, case.anchors_file):
        for at in (0, 5, 30, 140, 300):
            start = line.splitlines()[0]
            try:
                read(start[:at] + noise + start[at:])
            except (GarbledLine, GarbledAnchor, UnknownFormat) as error:
                assert str(error)  # noqa: PT017


def test_where_a_file_ends():
    """A file that ends within a line is told from one that lacks whole lines."""
    case = drawn_case(5)
    whole, count = case.records_file, len(case.records)
    within = judged(case, records=whole[:-1])
    between = judged(case, records=whole[: whole.rindex(b'{"seq"')])
    told = f"The file ends after {count - 1} of {count} records."
    assert within.sentence == f"{told} A line is cut off."
    assert between.sentence == told
    assert between.records == between.last == count - 1
    assert between.findings[0].line == count + 1


ODD = (None, True, 0, -1, 5, 1.0, 2**63, "", "x", "A" * 64, "\ud800", [], {}, {"salt": 1})


@pytest.mark.parametrize("file", ["records", "anchors"])
def test_fields_of_any_type(file):
    """A first line whose fields hold something else is refused in words, never by a crash."""
    case = drawn_case(5)
    first, rest = getattr(case, f"{file}_file").split(b"\n", 1)
    facts = json.loads(first)
    for name, odd in itertools.product(facts, ODD):
        line = json.dumps(facts | {name: odd}, separators=(",", ":")).encode()
        if facts[name] == odd and type(facts[name]) is type(odd):
            continue
        if file == "anchors" and name == "replaces" and odd == "":
            continue
        verdict = judged(case, organisation=None, **{file: line + b"\n" + rest})
        assert verdict.findings[0].file == file, (name, odd)


@pytest.mark.parametrize("odd", ["1", "null", "[]", '"x"', '{"salt":1,"value":"x"}', "{}",
                                 '{"salt":"x","value":"x","more":"x"}', '{"salt":"x"}',
                                 '{"salt":"\\ud800","value":"x"}'])  # fmt: skip
def test_clear_values_of_any_type(odd):
    """Clear values of another form make a garbled line."""
    case = replace(drawn_case(5), clear={})
    line, *rest = case.as_lines()
    odd_line = line.replace(b',"body":', b',"clear":{"/a":%b},"body":' % odd.encode(), 1)
    assert judged(case.with_lines([odd_line, *rest])).findings[0].code == "garbled"


@pytest.mark.parametrize("key", [b"", b"short", bytes(32), b"\xff" * 32])
def test_a_key_that_is_none(key):
    """A bad key of our own makes anchors look forged; it is no crash."""
    case = drawn_case(5)
    keys = {case.anchors[0].key_id: key}
    verdict = verify(io.BytesIO(case.records_file), io.BytesIO(case.anchors_file), keys)
    assert verdict.findings[0].code == "anchor_forged"
