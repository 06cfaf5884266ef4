"""Seal the audit trail: give each event its place in its organisation's chain, and sign heads.

Runs as the role that may read events and write seals, and nothing else. Only events of finished
transactions are sealed, in the order of their transactions, so that none can slip in before one
that is sealed already.
"""

from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Any, Final

from django.db import connections

from tradeline.errors import EngineFault, StateFault
from tradeline.files.audit_anchors import Anchor, anchor_line, key_id_of, sign_anchor
from tradeline.files.audit_chain import Head, genesis, seal
from tradeline.models.context import Actor, acting

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEALER: Final = "sealer"
NOBODY: Final = uuid.UUID(int=0)  # the sealer is no person
_BATCH: Final = 5_000

_UNSEALED: Final = """
    SELECT e.id, e.body FROM audit_event e
    WHERE e.xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
        AND NOT EXISTS (SELECT FROM audit_seal s
            WHERE s.organisation_id = e.organisation_id AND s.event_id = e.id)
    ORDER BY e.xid, e.at, e.id LIMIT %s"""


def seal_all() -> int:
    """Seal what is unsealed in every organisation, and return how many events were."""
    return sum(_seal_organisation(each) for each in organisation_ids())


def organisation_ids() -> list[uuid.UUID]:
    """Return the ids of all organisations, which the sealer may see and no more of them."""
    if SEALER not in connections:
        raise EngineFault(
            "the trail cannot be sealed: the sealer's URL is not known",
            mend="set DATABASE_SEALER_URL to the URL of the role tradeline_sealer",
        )
    with connections[SEALER].cursor() as cursor:
        cursor.execute("SELECT id FROM organisation ORDER BY id")
        return [row[0] for row in cursor.fetchall()]


def _seal_organisation(organisation_id: uuid.UUID) -> int:
    sealed = 0
    while True:
        count = _seal_batch(organisation_id)
        sealed += count
        if count < _BATCH:
            return sealed


def _seal_batch(organisation_id: uuid.UUID) -> int:
    actor = Actor(organisation_id=organisation_id, user_id=NOBODY, door="job")
    with acting(actor, using=SEALER), connections[SEALER].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                       [f"seal {organisation_id}"])  # fmt: skip
        cursor.execute(_UNSEALED, [_BATCH])
        events = cursor.fetchall()
        links = seal(head(cursor, organisation_id), [bytes(body) for _, body in events])
        cursor.executemany(
            "INSERT INTO audit_seal (organisation_id, seq, event_id, previous, hash) "
            "VALUES (%s, %s, %s, %s, %s)",
            [(organisation_id, each.seq, event, each.prev, each.hash)
             for each, (event, _) in zip(links, events, strict=True)],
        )  # fmt: skip
    return len(events)


def head(cursor: Any, organisation_id: uuid.UUID) -> Head:
    """Return where the organisation's chain ends."""
    cursor.execute("SELECT seq, hash FROM audit_seal ORDER BY seq DESC LIMIT 1")
    row = cursor.fetchone()
    return Head(str(organisation_id), *row) if row else genesis(str(organisation_id))


def sign_heads(*, private_key: bytes, anchors: Path, at: datetime) -> list[Anchor]:
    """Sign the head of every chain that grew, and append it to the file outside the database.

    The line reaches the file before the database, so that the file never knows less.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.from_private_bytes(private_key)
    found = (_sign_head(each, key, anchors, at) for each in organisation_ids())
    return [anchor for anchor in found if anchor]


def _sign_head(
    organisation_id: uuid.UUID, key: Ed25519PrivateKey, anchors: Path, at: datetime
) -> Anchor | None:
    actor = Actor(organisation_id=organisation_id, user_id=NOBODY, door="job")
    key_id = key_id_of(key.public_key().public_bytes_raw())
    with acting(actor, using=SEALER), connections[SEALER].cursor() as cursor:
        now = head(cursor, organisation_id)
        cursor.execute("SELECT max(seq) FROM audit_anchor")
        last = cursor.fetchone()[0] or 0
        if now.seq == last:
            return None
        if now.seq < last:
            raise StateFault(
                f"the chain ends at {now.seq}, but {last} was signed before",
                where=f"organisation {organisation_id}",
                mend="if a backup was restored, sign that with: tradeline audit restored; "
                "else records were removed: tradeline audit verify",
            )
        anchor = sign_anchor(now, at=at, key_id=key_id, sign=key.sign)
        _append(anchors, anchor_line(anchor))
        cursor.execute(
            "INSERT INTO audit_anchor (organisation_id, id, seq, hash, at, key_id, signature) "
            "VALUES (%s, gen_random_uuid(), %s, %s, %s, %s, %s)",
            [organisation_id, anchor.seq, anchor.hash, at, key_id, anchor.signature],
        )
    return anchor


def _append(path: Path, line: bytes) -> None:
    """Append a line and see it on the disk before going on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())
