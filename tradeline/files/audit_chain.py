"""The hash chain of the sealed audit trail; docs/reference/audit-format.md has every byte."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tradeline.files.audit_json import NotCanonical, canonical, parsed

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "BODY_BYTES_MAX", "FORMAT", "GENESIS", "Clear", "Head", "NotCanonical", "NotSealable",
    "Sealed", "canonical", "concealed", "genesis", "joined", "link", "seal",
]  # fmt: skip

FORMAT: Final = 1
"""Version of the chain's format; it is part of every link."""

GENESIS: Final = "0" * 64
"""Hash before the first record."""

BODY_BYTES_MAX: Final = 1_048_576
"""Longest body that is sealed."""

SALT_CHARACTERS_MIN: Final = 32
"""Shortest salt: 16 random bytes in hexadecimal digits."""


class NotSealable(ValueError):
    """A body that cannot be a line of the export, or a salt that could be guessed."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where an organisation's chain ends: number and hash (64 hex digits) of its last record."""

    organisation: str
    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A record in its place: number, hash before, own hash, and the body's exact bytes."""

    organisation: str
    seq: int
    prev: str
    hash: str
    body: bytes

    @property
    def head(self) -> Head:
        """The chain's head once this record is its last."""
        return Head(self.organisation, self.seq, self.hash)


@dataclass(frozen=True, slots=True)
class Clear:
    """A value that the body holds concealed, with its salt; both are deleted on erasure."""

    salt: str
    value: str


def genesis(organisation: str) -> Head:
    """Return the head of a chain that has no record yet."""
    return Head(organisation, 0, GENESIS)


def joined(*fields: bytes) -> bytes:
    """Return the fields one after another, each after its length as 8 bytes, big end first."""
    return b"".join([part for field in fields for part in (len(field).to_bytes(8, "big"), field)])


def link(*, organisation: str, seq: int, prev: str, body: bytes) -> str:
    """Return the hash of a record as 64 hexadecimal digits.

    SHA-256 over the joined fields: format, organisation, seq, prev (all as text) and the 32 bytes
    of SHA-256 over the body.
    """
    return hashlib.sha256(
        joined(
            b"%d" % FORMAT,
            organisation.encode(),
            b"%d" % seq,
            prev.encode(),
            hashlib.sha256(body).digest(),
        )
    ).hexdigest()


def seal(previous: Head, bodies: Iterable[bytes]) -> list[Sealed]:
    """Return the bodies as the records that follow the head, in the order given.

    Raises NotSealable, before anything is returned, for a body that is not one JSON object in one
    line of UTF-8 or is longer than 1 MiB.
    """
    records: list[Sealed] = []
    head = previous
    for body in bodies:
        _check(body, head.seq + 1)
        seq, prev = head.seq + 1, head.hash
        hash_ = link(organisation=head.organisation, seq=seq, prev=prev, body=body)
        records.append(Sealed(head.organisation, seq, prev, hash_, body))
        head = records[-1].head
    return records


def concealed(value: str, salt: str) -> str:
    """Return what a body holds in place of a personal value: `concealed:` and 64 hex digits.

    The value and its own random salt are stored beside the body and deleted on erasure. Raises
    NotSealable for a salt below 32 characters, which could be guessed along with the value.
    """
    if len(salt) < SALT_CHARACTERS_MIN:
        raise NotSealable(f"A salt has at least {SALT_CHARACTERS_MIN} characters.")
    text = joined(b"tradeline concealed value", salt.encode(), value.encode())
    return "concealed:" + hashlib.sha256(text).hexdigest()


def _check(body: bytes, seq: int) -> None:
    if len(body) > BODY_BYTES_MAX:
        raise NotSealable(f"The body of record {seq} is longer than {BODY_BYTES_MAX:,} bytes.")
    if b"\n" in body or b"\r" in body:
        raise NotSealable(f"The body of record {seq} has more than one line.")
    try:
        whole = body[:1] == b"{" and body[-1:] == b"}" and isinstance(parsed(body), dict)
    except ValueError as error:
        raise NotSealable(f"The body of record {seq} is no JSON: {error}.") from error
    if not whole:
        raise NotSealable(f"The body of record {seq} is no JSON object.")
