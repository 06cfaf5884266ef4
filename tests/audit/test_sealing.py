"""The trail in the database: sealed by its own role, and proved after every kind of tampering."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

SEED = bytes(range(32))
AT = datetime(2026, 7, 1, 8, tzinfo=UTC)


@pytest.fixture
def trail(northwind, tmp_path):
    """Return Northwind's trail: sealed, its head signed into a file, and a way to prove it."""
    from tradeline.actions.sealing import seal_all, sign_heads

    seal_all()
    anchors = tmp_path / "anchors.jsonl"
    sign_heads(private_key=SEED, anchors=anchors, at=AT)
    return Trail(northwind.auditor, anchors)


class Trail:
    """A sealed trail and what vouches for it."""

    def __init__(self, actor, anchors):
        self.actor, self.anchors = actor, anchors

    def verdict(self):
        """Return what the verifier says of the database as it is now."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        from tradeline.files.audit_anchors import key_id_of
        from tradeline.files.audit_verify import verify
        from tradeline.models.context import acting
        from tradeline.queries.audit import export_trail

        key = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
        out = io.BytesIO()
        with acting(self.actor):
            export_trail(out, self.actor.organisation_id)
        out.seek(0)
        heads = io.BytesIO(self.anchors.read_bytes())
        return verify(out, heads, {key_id_of(key): key},
                      organisation=str(self.actor.organisation_id))  # fmt: skip


@pytest.fixture
def superuser(book, northwind):
    """Return a connection that may do anything, as whoever owns the server could."""
    with psycopg.connect(
        make_conninfo(book.superuser_url, dbname="tradeline"), autocommit=True
    ) as connection:
        mine = [northwind.auditor.organisation_id]
        yield lambda sql: connection.execute(sql, mine if "%s" in sql else None)


MINE = "organisation_id = %s"


def test_an_honest_trail_holds(trail):
    """Every event of the cast is sealed, vouched for, and proved."""
    verdict = trail.verdict()
    assert verdict.ok, verdict.sentence
    assert verdict.records == verdict.anchored >= 8
    assert verdict.uncovered == 0


def test_sealing_again_seals_nothing_and_signs_nothing(trail):
    """What is sealed stays as it is."""
    from tradeline.actions.sealing import seal_all, sign_heads

    before = trail.anchors.read_bytes()
    assert seal_all() == 0
    assert sign_heads(private_key=SEED, anchors=trail.anchors, at=AT) == []
    assert trail.anchors.read_bytes() == before


TAMPERINGS = {
    "an edited body": f"UPDATE audit_event SET body = replace(convert_from(body, 'UTF8'), "
    f"'ENTITY', 'ENTITX')::bytea WHERE {MINE} AND action = 'ENTITY_ADDED'",
    "an edited hash": f"UPDATE audit_seal SET hash = repeat('a', 64) WHERE {MINE} AND seq = 3",
    "a removed record": f"DELETE FROM audit_seal WHERE {MINE} AND seq = 3",
    "two records swapped": "UPDATE audit_seal SET event_id = CASE seq "
    "WHEN 2 THEN (SELECT event_id FROM audit_seal x WHERE x.organisation_id = s.organisation_id "
    "AND x.seq = 3) ELSE (SELECT event_id FROM audit_seal x WHERE x.organisation_id = "
    f"s.organisation_id AND x.seq = 2) END FROM (SELECT 1) one WHERE {MINE} AND seq IN (2, 3)",
    "a cut tail": f"DELETE FROM audit_seal WHERE {MINE} AND seq > 5",
    "everything removed": f"DELETE FROM audit_seal WHERE {MINE}",
}


@pytest.mark.parametrize("how", TAMPERINGS)
def test_tampering_is_named(trail, superuser, how):
    """Whatever a superuser alters, the verifier says so and names the first record."""
    sql = TAMPERINGS[how]
    if "two records" in how:
        superuser("ALTER TABLE audit_seal DROP CONSTRAINT audit_seal_event")  # not deferrable
        sql = sql.replace("UPDATE audit_seal SET", "UPDATE audit_seal s SET")
    try:
        superuser(sql)
        verdict = trail.verdict()
    finally:
        if "two records" in how:
            superuser("DELETE FROM audit_seal WHERE organisation_id = %s")
            superuser("ALTER TABLE audit_seal ADD CONSTRAINT audit_seal_event "
                      "UNIQUE (organisation_id, event_id)")  # fmt: skip
    assert not verdict.ok
    assert verdict.findings[0].sentence


def test_a_full_rewrite_is_found(trail, superuser):
    """A chain rebuilt from altered events is whole in itself, but not what was signed."""
    from tradeline.actions.sealing import seal_all

    superuser(f"UPDATE audit_event SET body = replace(convert_from(body, 'UTF8'), "
              f"'ENTITY', 'ENTITX')::bytea WHERE {MINE}")  # fmt: skip
    superuser(f"DELETE FROM audit_seal WHERE {MINE}")
    seal_all()
    verdict = trail.verdict()
    assert not verdict.ok
    assert "anchor" in verdict.findings[0].code or "rewrit" in verdict.sentence.lower()


def test_an_open_transaction_is_waited_for(northwind, trail, book):
    """An event of a transaction that began earlier is never slipped in before a sealed one."""
    from tradeline.actions.organisations import add_member
    from tradeline.actions.sealing import seal_all
    from tradeline.models import User
    from tradeline.models.context import acting
    from tradeline.queries.audit import unsealed

    held = psycopg.connect(make_conninfo(book.superuser_url, dbname="tradeline"))
    held.execute("SELECT pg_current_xact_id()")  # an older transaction, still open
    add_member(user=User.objects.create_user(f"late-{id(held)}"), roles=["analyst"],
               by=northwind.admin, at=AT)  # fmt: skip
    assert seal_all() == 0
    held.rollback()
    held.close()
    assert seal_all() >= 1
    with acting(northwind.auditor):
        assert unsealed()[0] == 0


def test_the_application_cannot_seal_and_the_sealer_cannot_write_events(book, northwind):
    """Each role can do its part and no other's."""
    for role, sql in (
        ("app", "INSERT INTO audit_seal (organisation_id, seq, event_id, previous, hash) "
         "VALUES (gen_random_uuid(), 1, gen_random_uuid(), '', '')"),
        ("app", "UPDATE audit_event SET door = 'web'"),
        ("app", "DELETE FROM audit_event"),
        ("sealer", "INSERT INTO audit_event SELECT * FROM audit_event"),
        ("sealer", "SELECT * FROM account"),
    ):  # fmt: skip
        with (
            psycopg.connect(book.urls[role], autocommit=True) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute(sql)
