"""Anchors: signed heads of the chain, kept where the database's owner cannot reach them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tradeline.files.audit_chain import FORMAT, joined
from tradeline.files.audit_json import compact, iso, parsed

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tradeline.files.audit_chain import Head

SEQ_MAX: Final = 2**63 - 1
"""Highest number of a record."""

_CONTEXT: Final = b"tradeline audit anchor"
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_AT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_KEYS: Final = ("format", "organisation", "seq", "hash", "at", "key_id", "replaces", "signature")


class GarbledAnchor(ValueError):
    """A line that is no anchor."""


class UnknownFormat(ValueError):
    """A line of a format that this program does not know."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A signed head: where the chain stood at a moment, by whose key.

    `at` is ISO text in UTC with six decimals, so its order as text is its order in time.
    `replaces` is empty; after a restore from a backup it is the hash of the last anchor before,
    and the anchors beyond `seq` no longer count. `signature` is 128 hexadecimal digits.
    """

    organisation: str
    seq: int
    hash: str
    at: str
    key_id: str
    replaces: str = ""
    signature: str = ""

    @property
    def message(self) -> bytes:
        """The bytes that are signed: all fields but the signature, joined with their lengths."""
        return joined(
            _CONTEXT,
            b"%d" % FORMAT,
            self.organisation.encode(),
            b"%d" % self.seq,
            self.hash.encode(),
            self.at.encode(),
            self.key_id.encode(),
            self.replaces.encode(),
        )


def key_id_of(public_key: bytes) -> str:
    """Return the name of an ed25519 key: 16 hex digits of SHA-256 over its 32 public bytes."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def sign_anchor(
    head: Head,
    *,
    at: datetime,
    key_id: str,
    sign: Callable[[bytes], bytes],
    replaces: Anchor | None = None,
) -> Anchor:
    """Return the head as an anchor; `sign` is the ed25519 private key's own function.

    After a restore from a backup the first anchor names the last one before it as `replaces`;
    only so may the chain go on from an earlier record. Raises NotCanonical if `at` has no zone.
    """
    moment = iso(at, "microseconds")
    before = replaces.hash if replaces else ""
    bare = Anchor(head.organisation, head.seq, head.hash, moment, key_id, before)
    return replace(bare, signature=sign(bare.message).hex())


def is_signed(anchor: Anchor, public_key: bytes) -> bool:
    """Return whether the holder of the key (32 public bytes) signed the anchor; never raises."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(public_key)
        key.verify(bytes.fromhex(anchor.signature), anchor.message)
    except (InvalidSignature, ValueError):
        return False
    return True


def anchor_line(anchor: Anchor) -> bytes:
    """Return the anchor as a line of the anchors file, with its line feed."""
    facts = {"format": FORMAT} | {name: getattr(anchor, name) for name in _KEYS[1:]}
    return compact(facts).encode() + b"\n"


def read_anchor(line: bytes) -> Anchor:
    """Return the anchor of a line; raises UnknownFormat or GarbledAnchor, and nothing else."""
    try:
        facts = parsed(line)
    except ValueError as error:
        raise GarbledAnchor(str(error)) from error
    if not isinstance(facts, dict) or "format" not in facts:
        raise GarbledAnchor("no anchor")
    if type(facts["format"]) is not int or facts["format"] != FORMAT:
        raise UnknownFormat(f"format {facts['format']!r:.40}")
    if set(facts) != set(_KEYS):
        raise GarbledAnchor("other names than those of an anchor")
    anchor = _checked(Anchor(**{name: facts[name] for name in _KEYS[1:]}))
    if anchor_line(anchor) != line + b"\n":
        raise GarbledAnchor("written in another way than anchors are")
    return anchor


def _checked(anchor: Anchor) -> Anchor:
    texts = (anchor.organisation, anchor.hash, anchor.at, anchor.key_id, anchor.replaces,
             anchor.signature)  # fmt: skip
    if not all(isinstance(text, str) for text in texts):
        raise GarbledAnchor("a field is no text")
    if type(anchor.seq) is not int or not 0 <= anchor.seq <= SEQ_MAX:
        raise GarbledAnchor("the number of the record is none")
    if not _HASH.fullmatch(anchor.hash) or not _AT.fullmatch(anchor.at):
        raise GarbledAnchor("hash or time has another form")
    if anchor.replaces and not _HASH.fullmatch(anchor.replaces):
        raise GarbledAnchor("the replaced hash has another form")
    if not re.fullmatch(r"[0-9a-f]{128}", anchor.signature):
        raise GarbledAnchor("the signature has another form")
    return _sound(anchor)


def _sound(anchor: Anchor) -> Anchor:
    """Return the anchor if its texts can be written as UTF-8."""
    try:
        anchor.message  # noqa: B018 - half a surrogate pair shows here
    except UnicodeEncodeError as error:
        raise GarbledAnchor("half a surrogate pair") from error
    return anchor
