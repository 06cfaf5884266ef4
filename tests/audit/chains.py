"""Honest exports with their anchors, drawn by seeded dice; small enough to tamper by thousands."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tradeline.files.audit_anchors import anchor_line, key_id_of, sign_anchor
from tradeline.files.audit_chain import Clear, Head, canonical, concealed, genesis, seal
from tradeline.files.audit_export import Header, header_line, record_line
from tradeline.files.audit_verify import verify

START = datetime(2026, 11, 22, tzinfo=UTC)
NAMES = ('Müller "Söhne"', "Asha\\Rao", "李雷", "a,b\n2", "")


@dataclass(frozen=True)
class Case:
    """An export as its parts: header, records with clear values, anchors; and the key's halves."""

    header: Header
    records: tuple
    clear: dict
    anchors: tuple
    key: Ed25519PrivateKey
    lines: tuple | None = None
    format: bytes = b'"format":1'
    anchor_lines: tuple = ()

    @property
    def records_file(self):
        """The bytes of the export; `lines` stand for the records if they were tampered with."""
        head = header_line(self.header).replace(b'"format":1', self.format, 1)
        return head + b"".join(self.as_lines() if self.lines is None else self.lines)

    @property
    def anchors_file(self):
        """The bytes of the anchors file."""
        return b"".join(self.anchor_lines or map(anchor_line, self.anchors))

    @property
    def anchored(self):
        """The number of the last record that an anchor vouches for."""
        return self.anchors[-1].seq

    def as_lines(self):
        """Return the lines of the records."""
        return tuple(record_line(each, self.clear.get(each.seq)) for each in self.records)

    def with_lines(self, lines, **changes):
        """Return the case with other lines and with the count that fits them."""
        lines = tuple(lines)
        changes = {"count": len(lines)} | changes
        return replace(self, lines=lines, header=replace(self.header, **changes))


def public(key):
    """Return the 32 public bytes of a key."""
    return key.public_key().public_bytes_raw()


def key_of(dice):
    """Return a key drawn by the dice."""
    return Ed25519PrivateKey.from_private_bytes(dice.randbytes(32))


def anchor_of(head, key, minute, replaces=None):
    """Return the head signed by the key, so many minutes after the start."""
    return sign_anchor(
        head, at=START + timedelta(minutes=minute), key_id=key_id_of(public(key)), sign=key.sign,
        replaces=replaces,
    )  # fmt: skip


def event(dice, number):
    """Return an event, its clear values by pointer, and leave some of them erased."""
    name, salt = dice.choice(NAMES), dice.randbytes(16).hex()
    body = {
        "action": dice.choice(("LIMIT_PROPOSED", "LIMIT_APPROVED", "LOGIN")),
        "amount": f"{dice.randrange(10**6)}.{dice.randrange(100):02}",
        "at": START + timedelta(seconds=number),
        "text": dice.choice(NAMES),
        "list": [dice.randrange(-9, 9), None, True],
    }
    if dice.random() < 0.7:
        return body, {}
    body["who/what"] = {"name": concealed(name, salt)}
    return body, {"/who~1what/name": Clear(salt, name)} if dice.random() < 0.7 else {}


def records_after(head, dice, count):
    """Return sealed records that follow a head, and their clear values by number."""
    drawn = [event(dice, head.seq + at) for at in range(count)]
    sealed = seal(head, [canonical(body) for body, _ in drawn])
    clear = {each.seq: shown for each, (_, shown) in zip(sealed, drawn, strict=True) if shown}
    return sealed, clear


def restored(head, dice, key, anchors):
    """Return an anchor by which the chain goes back to the head of an earlier record."""
    return anchor_of(head, key, len(anchors) + 1, replaces=anchors[-1])


@cache
def drawn_case(seed, *, with_restore=False, length_max=28):
    """Return an honest export: 6 records or more, two to four anchors, a tail after the last."""
    dice = Random(seed)
    start = genesis(dice.choice(("acme", "Acme GmbH", "0198c1e2-7f3a", "ü")) + str(seed))
    key, count = key_of(dice), dice.randrange(8, length_max)
    records, clear = records_after(start, dice, count)
    marks = sorted(dice.sample(range(2, count), dice.randrange(2, 5)))
    anchors = [anchor_of(records[at - 1].head, key, n) for n, at in enumerate(marks)]
    if with_restore:
        back = dice.randrange(1, marks[-1])
        head = records[back - 1].head
        anchors.append(restored(head, dice, key, anchors))
        new, more = records_after(head, dice, dice.randrange(3, 12))
        records = [*records[:back], *new]
        clear = {seq: shown for seq, shown in clear.items() if seq <= back} | more
        anchors.append(anchor_of(records[-2].head, key, len(anchors) + 2))
    header = Header(start.organisation, 1, len(records), start.hash)
    return Case(header, tuple(records), clear, tuple(anchors), key)


def judged(case, *, records=None, anchors=None, **options):
    """Return the verdict on a case, or on other bytes in place of its files."""
    options = {"organisation": case.header.organisation} | options
    return verify(
        io.BytesIO(case.records_file if records is None else records),
        io.BytesIO(case.anchors_file if anchors is None else anchors),
        {key_id_of(public(case.key)): public(case.key)},
        **options,
    )


def head_before(case, seq):
    """Return the head that the record follows."""
    return Head(case.header.organisation, seq - 1, case.records[seq - 1].prev)
