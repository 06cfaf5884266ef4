"""The canonical form, the chain and concealed values, against known answers."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeline.files import audit_chain
from tradeline.files.audit_chain import (
    BODY_BYTES_MAX,
    GENESIS,
    Head,
    NotCanonical,
    NotSealable,
    canonical,
    concealed,
    genesis,
    link,
    seal,
)
from tradeline.files.audit_json import DEPTH_MAX, INTEGER_MAX, parsed

FIRST = {
    "ts": datetime(2026, 11, 22, tzinfo=UTC), "seq": 1, "customer": "C001", "amount": "80000.00",
    "actor": "analyst1", "action": "LIMIT_PROPOSED",
}  # fmt: skip
SECOND = FIRST | {
    "actor": "manager1", "action": "LIMIT_APPROVED", "seq": 2,
    "ts": datetime(2026, 11, 22, 1, tzinfo=UTC),
}  # fmt: skip
FIRST_TEXT = (
    b'{"action":"LIMIT_PROPOSED","actor":"analyst1","amount":"80000.00","customer":"C001",'
    b'"seq":1,"ts":"2026-11-22T00:00:00Z"}'
)
SIMPLE_CHAIN = (
    "d01a71613ce65939251b0fcba5cc507ceeac4f2cacfe5fe4ea6676356b50b68a",
    "7082206e04b76d2637a5af51a14d4244705028459ae9902009009dea16a380c3",
)

leaves = st.one_of(
    st.none(), st.booleans(), st.integers(-INTEGER_MAX, INTEGER_MAX), st.text(), st.dates()
)
events = st.dictionaries(
    st.text(), st.recursive(leaves, lambda below: st.one_of(
        st.lists(below, max_size=4), st.dictionaries(st.text(), below, max_size=4)), max_leaves=20),
    max_size=6,
)  # fmt: skip


def test_canonical_form_of_a_known_event():
    """Keys sorted, no spaces, moments in UTC with a Z."""
    assert canonical(FIRST) == FIRST_TEXT


def test_canonical_form_gives_the_simple_chain():
    """SHA-256 over the hex of the hash before and the canonical form: two known answers."""
    before = GENESIS
    for event, known in zip((FIRST, SECOND), SIMPLE_CHAIN, strict=True):
        before = hashlib.sha256(before.encode() + canonical(event)).hexdigest()
        assert before == known


def test_canonical_form_of_rfc_8785():
    """Letters as they are, control characters escaped, keys by UTF-16 as in section 3.2.3."""
    event = {
        "\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh",
        "1": "One", "\U0001f600": "Emoji", "\u0080": "Control", "\u00f6": "Latin O With Diaeresis",
    }  # fmt: skip
    keys = list(json.loads(canonical(event)))
    assert keys == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert canonical({"a": '\u20ac$\u000f\nA\'B"\\\\"/'}) == (
        b'{"a":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


@settings(max_examples=50)
@given(events)
def test_canonical_form_is_json_of_the_same_value(event):
    """It reads as the event, whatever order the keys came in, and can be sealed."""
    text = canonical(event)
    assert parsed(text) == json.loads(json.dumps(event, default=date.isoformat))
    assert canonical(dict(reversed(event.items()))) == text
    assert canonical(json.loads(text)) == text
    assert seal(genesis("a"), [text])[0].body == text


@pytest.mark.parametrize(
    "value",
    [
        1.0, float("nan"), Decimal(1), b"text", {1, 2},
        pytest.param(object(), id="object"), datetime(2026, 1, 1),  # noqa: DTZ001
        2**53, -(2**53), "\ud800", {1: "a"}, {None: 1}, {"\udc00": 1}, [[0.5]],
    ],
    ids=repr,
)  # fmt: skip
def test_no_canonical_form(value):
    """What has no single form is refused, however deep it sits."""
    with pytest.raises(NotCanonical):
        canonical({"a": [{"b": value}]})


def test_limits_of_the_canonical_form():
    """The largest number and the deepest nesting pass, one more does not; a list is no event."""
    deepest = {}
    for _ in range(DEPTH_MAX - 1):
        deepest = {"a": deepest}
    assert canonical({"n": [INTEGER_MAX, -INTEGER_MAX]})
    assert canonical(deepest)
    for beyond in ({"a": deepest}, ["a"], "a"):
        with pytest.raises(NotCanonical):
            canonical(beyond)


def test_moments_are_told_in_utc():
    """Another zone gives the same bytes; fractions stay; a date stays a date."""
    india = timezone(timedelta(hours=5, minutes=30))
    moment = datetime(2026, 11, 22, 5, 30, 0, 250_000, tzinfo=india)
    assert canonical({"at": moment, "on": date(2026, 11, 22)}) == (
        b'{"at":"2026-11-22T00:00:00.250000Z","on":"2026-11-22"}'
    )


def test_records_are_linked_in_order():
    """Each record has the next number and the hash before; sealing in parts changes nothing."""
    bodies = [canonical(FIRST), canonical(SECOND), b"{}"]
    records = seal(genesis("acme"), bodies)
    assert [record.seq for record in records] == [1, 2, 3]
    assert [record.prev for record in records] == [GENESIS, records[0].hash, records[1].hash]
    assert [record.body for record in records] == bodies
    assert seal(records[0].head, bodies[1:]) == records[1:]
    assert records[1].head == Head("acme", 2, records[1].hash)


def colliding():
    """Return whether two different places give one hash."""
    body = b"{}"
    return link(organisation="acme1", seq=1, prev=GENESIS, body=body) == link(
        organisation="acme", seq=11, prev=GENESIS, body=body
    )


def test_fields_do_not_run_into_one_another(monkeypatch):
    """acme1 and 1 are not acme and 11; a bare join would not tell them apart."""
    assert not colliding()
    monkeypatch.setattr(audit_chain, "joined", lambda *fields: b"".join(fields))
    assert colliding()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"1", b" {}", b"{} ", b"{", b'{"a":1,"a":2}', b'{"a":NaN}', b'{\n"a":1}',
        b'{\r"a":1}', b'{"a":"\xff"}', b'{"a":"\n"}', b"{" + b"[" * 100_000,
        b'{"a":' + b"9" * 5000 + b"}", b'{"a":"' + b"a" * BODY_BYTES_MAX + b'"}',
    ],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_not_sealable(body):
    """Not one JSON object in one line, ambiguous or too long: refused before anything is sealed."""
    with pytest.raises(NotSealable, match="record 2"):
        seal(genesis("acme"), [b"{}", body])


def test_concealed_values():
    """The same value under another salt looks different; a short salt is refused."""
    one, two = "0" * 32, "1" * 32
    assert concealed("Asha", one) == concealed("Asha", one)
    assert len({concealed("Asha", one), concealed("Asha", two), concealed("Ash", one + "a")}) == 3
    with pytest.raises(NotSealable):
        concealed("Asha", "0" * 31)
