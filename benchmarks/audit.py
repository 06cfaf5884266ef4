"""Measure how fast an export of the audit trail is verified; one JSON line each, ratio first.

    python -m benchmarks.audit --records 300000 --turns 5

The ratio is the time of the verification over that of bare SHA-256 over the same bytes: one
hash over each body and one over the 179 bytes or so of each link. By turns, the best of each side.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

sys.path.insert(0, str(Path(__file__).parent.parent))

from tradeline.files.audit_anchors import anchor_line, key_id_of, sign_anchor
from tradeline.files.audit_chain import (
    Clear,
    Head,
    canonical,
    concealed,
    genesis,
    seal,
)
from tradeline.files.audit_export import write_export
from tradeline.files.audit_verify import verify

AT = datetime(2026, 11, 22, tzinfo=UTC)
SALT = "0123456789abcdef" * 2


def main() -> None:
    """Measure the plain records, those with clear values, the sealing and the canonical form."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args()
    for share in (0.0, 0.01, 1.0):
        _verification(given.records, given.turns, share)
    _anchors(given.records // 100)
    _writing(given.records // 10)


def _event(number: int, *, hidden: bool) -> dict[str, object]:
    who = concealed(f"analyst {number}", SALT) if hidden else f"analyst {number}"
    return {
        "action": "LIMIT_PROPOSED", "actor": who, "amount": "80000.00", "customer": "C001",
        "reason": "quarterly review of the account", "request": "0198c1e2-7f3a-7b60-9a4e-1f2b3c4d",
        "seq": number, "ts": "2026-11-22T00:00:00Z",
    }  # fmt: skip


def _export(count: int, share: float) -> tuple[bytes, bytes, Any, list[int]]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    step = round(1 / share) if share else 0
    hidden = [bool(step) and number % step == 0 for number in range(count)]
    bodies = [canonical(_event(at, hidden=each)) for at, each in enumerate(hidden)]
    start = genesis("0198c1e2-7f3a-7b60-9a4e-1f2b3c4d5e6f")
    sealed = seal(start, bodies)
    shown = ({"/actor": Clear(SALT, f"analyst {at}")} if each else {}
             for at, each in enumerate(hidden))  # fmt: skip
    out = io.BytesIO()
    head = write_export(out, zip(sealed, shown, strict=True), previous=start, count=count)
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = key.public_key().public_bytes_raw()
    anchor = sign_anchor(
        Head(head.organisation, head.seq, head.hash), at=AT, key_id=key_id_of(public), sign=key.sign
    )
    return (
        out.getvalue(),
        anchor_line(anchor),
        {key_id_of(public): public},
        [len(body) for body in bodies],
    )


def _verification(count: int, turns: int, share: float) -> None:
    records, anchors, keys, sizes = _export(count, share)
    texts = [bytes(size) for size in sizes]
    link = bytes(179)

    def ours() -> None:
        verdict = verify(io.BytesIO(records), io.BytesIO(anchors), keys)
        assert verdict.ok, verdict
        assert verdict.uncovered == 0

    def bare() -> None:
        sha256 = hashlib.sha256
        for text in texts:
            sha256(text).digest()
            sha256(link).digest()

    mine, theirs = _best(turns, ours, bare)
    print(json.dumps({
        "ratio": round(mine / theirs, 2), "what": "verification against bare sha256",
        "records_per_s": round(count / mine), "bare_records_per_s": round(count / theirs),
        "records": count, "line_bytes_mean": len(records) // count,
        "share_with_clear_values": share,
    }), flush=True)  # fmt: skip


def _anchors(count: int) -> None:
    """Measure a file of anchors against the bare signatures in it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public = key.public_key()
    name, start = key_id_of(public.public_bytes_raw()), genesis("acme")
    records = seal(start, [b"{}"])
    head = records[0].head
    anchors = [sign_anchor(head, at=AT + timedelta(seconds=at), key_id=name, sign=key.sign)
               for at in range(count)]  # fmt: skip
    lines = b"".join(map(anchor_line, anchors))
    out = io.BytesIO()
    write_export(out, [(records[0], {})], previous=start, count=1)
    signed = [(bytes.fromhex(anchor.signature), anchor.message) for anchor in anchors]
    keys = {name: public.public_bytes_raw()}

    def ours() -> None:
        verdict = verify(io.BytesIO(out.getvalue()), io.BytesIO(lines), keys)
        assert verdict.anchors == count

    mine, theirs = _best(3, ours, lambda: [public.verify(*each) for each in signed])
    print(json.dumps({
        "ratio": round(mine / theirs, 2), "what": "anchors against bare ed25519",
        "anchors_per_s": round(count / mine), "anchors": count,
    }), flush=True)  # fmt: skip


def _writing(count: int) -> None:
    events = [_event(number, hidden=False) for number in range(count)]
    bodies = [canonical(event) for event in events]
    form, chain = _best(
        3, lambda: [canonical(event) for event in events], lambda: seal(genesis("acme"), bodies)
    )
    print(json.dumps({
        "ratio": round(form / chain, 2), "what": "canonical form against sealing",
        "canonical_per_s": round(count / form), "sealed_per_s": round(count / chain),
    }), flush=True)  # fmt: skip


def _best(turns: int, one: Callable[[], object], two: Callable[[], object]) -> tuple[float, float]:
    spans: tuple[list[float], list[float]] = ([], [])
    for _ in range(turns):
        for job, span in zip((one, two), spans, strict=True):
            start = time.perf_counter()
            job()
            span.append(time.perf_counter() - start)
    return min(spans[0]), min(spans[1])


if __name__ == "__main__":
    main()
