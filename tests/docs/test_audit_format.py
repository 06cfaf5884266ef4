"""The page on the audit format is enough to write another verifier: this is one."""

from __future__ import annotations

import hashlib
import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tests.audit.chains import drawn_case, public
from tests.audit.test_chain import FIRST, FIRST_TEXT, SECOND
from tradeline.files.audit_anchors import anchor_line, key_id_of, sign_anchor
from tradeline.files.audit_chain import Clear, Head, canonical, concealed, genesis, seal
from tradeline.files.audit_export import LINE_BYTES_MAX, write_export
from tradeline.files.audit_verify import verify

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "audit-format.md"
TEXT = PAGE.read_text(encoding="utf-8")
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")


def block(name):
    """Return a block of the worked example."""
    return re.search(rf"^```{name}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)[1].encode()


def joined(*fields):
    """Join fields as the page says."""
    return b"".join(len(field).to_bytes(8, "big") + field for field in fields)


def sha256(text):
    """Return hexadecimal digits of SHA-256."""
    return hashlib.sha256(text).hexdigest()


def links(export):
    """Return the joined fields of each record's hash, checking every line as the page says."""
    first, *lines = export.splitlines()
    header = json.loads(first)
    prev, found = header["prev"], []
    for seq, line in enumerate(lines, start=header["first"]):
        facts = json.loads(line)
        body = line[line.index(b'"body":{') + 7 : -1]
        digest = hashlib.sha256(body).digest()
        found.append(
            joined(b"1", header["organisation"].encode(), b"%d" % seq, prev.encode(), digest)
        )
        assert (facts["seq"], facts["prev"]) == (seq, prev)
        assert facts["hash"] == sha256(found[-1])
        prev = facts["hash"]
    assert len(found) == header["count"]
    return found


def signed(line):
    """Return the joined fields of an anchor."""
    facts = json.loads(line)
    named = [
        str(facts[name]) for name in ("organisation", "seq", "hash", "at", "key_id", "replaces")
    ]
    return joined(b"tradeline audit anchor", b"1", *(text.encode() for text in named))


def test_worked_example_by_the_page():
    """Hashes, signature, key id and clear value of the example follow from the page alone."""
    key, anchor = bytes.fromhex(block("key").decode()), block("anchors").strip()
    facts = json.loads(anchor)
    last = json.loads(block("export").splitlines()[-1])
    assert links(block("export"))[0].hex().encode() == block("link").replace(b"\n", b"")
    assert signed(anchor).hex().encode() == block("message").replace(b"\n", b"")
    Ed25519PublicKey.from_public_bytes(key).verify(
        bytes.fromhex(facts["signature"]), signed(anchor)
    )
    assert facts["key_id"] == sha256(key)[:16]
    assert facts["hash"] == last["hash"]
    clear = last["clear"]["/actor"]
    hidden = joined(b"tradeline concealed value", clear["salt"].encode(), clear["value"].encode())
    assert last["body"]["actor"] == "concealed:" + sha256(hidden)


def test_worked_example_by_the_program():
    """The program writes the bytes of the page, and verifies them."""
    clear = Clear("000102030405060708090a0b0c0d0e0f", "Asha Rao")
    second = canonical(SECOND | {"actor": concealed(clear.value, clear.salt)})
    records = seal(genesis("acme"), [canonical(FIRST), second])
    out = io.BytesIO()
    pairs = zip(records, [{}, {"/actor": clear}], strict=True)
    write_export(out, pairs, previous=genesis("acme"), count=2)
    assert out.getvalue() == block("export")
    assert FIRST_TEXT in out.getvalue()
    key = bytes.fromhex(block("key").decode())
    verdict = verify(
        io.BytesIO(block("export")), io.BytesIO(block("anchors")), {key_id_of(key): key}
    )
    assert (verdict.ok, verdict.records, verdict.uncovered, verdict.clear_values) == (True, 2, 0, 1)


def test_anchor_of_the_example():
    """The key of the RFC gives the page's public half, and its signature the page's anchor."""
    key = Ed25519PrivateKey.from_private_bytes(SEED)
    head = Head("acme", 2, json.loads(block("anchors"))["hash"])
    at = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
    assert public(key).hex().encode() == block("key").strip()
    anchor = sign_anchor(head, at=at, key_id=key_id_of(public(key)), sign=key.sign)
    assert anchor_line(anchor) == block("anchors")
    with pytest.raises(InvalidSignature):
        key.public_key().verify(bytes.fromhex(anchor.signature), anchor.message + b"x")


@pytest.mark.parametrize("with_restore", [False, True])
def test_drawn_exports_by_the_page(with_restore):
    """The page's verifier agrees on exports of all shapes."""
    for seed in range(20):
        case = drawn_case(seed, with_restore=with_restore)
        assert len(links(case.records_file)) == len(case.records)
        for line in case.anchors_file.splitlines():
            case.key.public_key().verify(bytes.fromhex(json.loads(line)["signature"]), signed(line))


def test_figures_of_the_page():
    """Limits and offsets are those of the program."""
    assert f"{LINE_BYTES_MAX:,}" in TEXT
    line = block("export").splitlines()[1]
    assert line.index(b'"body":') + 7 == 163 + len("1")
