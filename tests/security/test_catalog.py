"""The database keeps organisations apart by itself: each clause holds, and its saboteur is seen."""

from __future__ import annotations

import pytest

SABOTEURS = {
    "row security": [
        "ALTER TABLE account DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE document NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE organisation DISABLE ROW LEVEL SECURITY",
    ],
    "policies cover": [
        "DROP POLICY mine ON feed; CREATE POLICY mine ON feed TO tradeline_app USING "
        "(organisation_id = (SELECT app.organisation())) WITH CHECK (organisation_id = "
        "(SELECT app.organisation()))",
        "DROP POLICY mine ON position; CREATE POLICY mine ON position FOR SELECT USING "
        "(organisation_id = (SELECT app.organisation()))",
        "DROP POLICY mine ON payment; CREATE POLICY mine ON payment USING (organisation_id "
        "= (SELECT app.organisation()))",
    ],
    "policies say": [
        "CREATE POLICY help ON account USING (true) WITH CHECK (true)",
        "CREATE POLICY help ON account FOR INSERT WITH CHECK (true)",
        "CREATE POLICY help ON account FOR DELETE USING (true)",
        "ALTER POLICY mine ON account USING (organisation_id IS NOT NULL)",
        "ALTER POLICY mine ON account WITH CHECK (organisation_id = organisation_id)",
        "DROP POLICY also ON membership; CREATE POLICY also ON membership USING (user_id = "
        "(SELECT app.person())) WITH CHECK (user_id = (SELECT app.person()))",
        "ALTER POLICY within ON account TO tradeline_app",
        "ALTER POLICY within ON account TO tradeline_owner, tradeline_reader",
        "ALTER POLICY within ON account TO PUBLIC",
        "ALTER POLICY within ON decision USING (true)",
        "ALTER POLICY within ON decision USING (organisation_id = app.insider())",
        "ALTER POLICY within ON decision WITH CHECK (organisation_id IS NOT NULL)",
        "CREATE POLICY help ON account FOR SELECT TO tradeline_owner USING (true)",
        "CREATE POLICY help ON account FOR INSERT TO tradeline_owner WITH CHECK (true)",
    ],
    "primary keys": [
        "ALTER TABLE mitigant DROP CONSTRAINT mitigant_pkey",
        "ALTER TABLE position DROP CONSTRAINT position_pkey, ADD PRIMARY KEY (id, organisation_id)",
    ],
    "unique indexes": [
        "TRUNCATE position; ALTER TABLE position ADD UNIQUE (day)",
        "CREATE UNIQUE INDEX sly ON document (document_no, organisation_id) WHERE false",
        "CREATE UNIQUE INDEX sly ON account (lower(customer_no), organisation_id) WHERE false",
    ],
    "foreign keys": [
        "TRUNCATE position; ALTER TABLE position ADD FOREIGN KEY (id) REFERENCES organisation (id)",
        "ALTER TABLE account ADD UNIQUE (id); ALTER TABLE mitigant ADD FOREIGN KEY "
        "(account_id) REFERENCES account (id)",
        "ALTER TABLE account ADD UNIQUE (id, organisation_id); ALTER TABLE mitigant ADD "
        "FOREIGN KEY (account_id, organisation_id) REFERENCES account (id, organisation_id)",
    ],
    "views": [
        "CREATE VIEW everything AS SELECT * FROM account",
        "CREATE VIEW app.everything WITH (security_invoker = false) AS SELECT * FROM account",
    ],
    "materialised views": [
        "CREATE MATERIALIZED VIEW everything AS SELECT * FROM account; GRANT SELECT ON "
        "everything TO tradeline_reader",
        "CREATE MATERIALIZED VIEW everything AS SELECT * FROM account; GRANT SELECT (id) "
        "ON everything TO PUBLIC",
    ],
    "definers": [
        "ALTER FUNCTION app.refuse_change_of_key() SECURITY DEFINER",
        "ALTER FUNCTION app.refuse_group_cycle() SECURITY DEFINER",
        "CREATE FUNCTION app.help() RETURNS int LANGUAGE sql SECURITY DEFINER SET "
        "search_path = pg_catalog, pg_temp AS 'SELECT 1'",
        "CREATE FUNCTION public.help() RETURNS int LANGUAGE sql SECURITY DEFINER SET "
        "search_path = pg_catalog, pg_temp AS 'SELECT 1'",
        "ALTER FUNCTION app.settle_ask(app.gate_ask, uuid[]) SECURITY DEFINER",
        "CREATE FUNCTION app.check_orders(asked text) RETURNS int LANGUAGE sql SECURITY DEFINER "
        "SET search_path = pg_catalog, pg_temp AS 'SELECT 1'",
    ],
    "search paths": [
        "ALTER FUNCTION app.organisation() RESET search_path",
        "ALTER FUNCTION app.organisation() SET search_path = pg_catalog, app",
        "ALTER FUNCTION app.organisation() SET search_path = pg_temp, pg_catalog",
        "ALTER FUNCTION app.refuse_change_of_key() SET search_path = pg_catalog, public",
        "ALTER FUNCTION app.refuse_group_cycle() RESET search_path",
        "ALTER FUNCTION app.check_orders(jsonb) RESET search_path",
        "CREATE FUNCTION app.help() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    ],
    "functions": [
        "GRANT EXECUTE ON FUNCTION app.organisation() TO PUBLIC",
        "CREATE FUNCTION app.help() RETURNS int LANGUAGE sql RETURN 1",
    ],
    "roles": [
        "ALTER ROLE tradeline_app BYPASSRLS",
        "ALTER ROLE tradeline_reader SUPERUSER",
        "ALTER ROLE tradeline_sealer CREATEROLE",
        "ALTER ROLE tradeline_owner BYPASSRLS",
    ],
    "settings": [
        "ALTER ROLE tradeline_app RESET search_path",
        "ALTER ROLE tradeline_app SET search_path = pg_temp, public",
        "ALTER ROLE tradeline_app SET track_activities = on",
        "ALTER ROLE tradeline_reader SET row_security = off",
        "ALTER ROLE tradeline_app IN DATABASE tradeline SET role = tradeline_reader",
    ],
    "members": [
        "GRANT tradeline_reader TO tradeline_sealer",
        "GRANT tradeline_owner TO tradeline_app",
        "GRANT pg_read_all_data TO tradeline_auditor",
    ],
    "owners": [
        "ALTER FUNCTION app.utilisation(bigint, bigint) OWNER TO tradeline_app",
        "ALTER TABLE account OWNER TO tradeline_app",
        "CREATE SCHEMA theirs AUTHORIZATION tradeline_auditor",
    ],
    "grants": [
        "GRANT TRUNCATE ON account TO tradeline_app",
        "GRANT REFERENCES ON account TO tradeline_app",
        "GRANT REFERENCES (id) ON account TO tradeline_app",
        "GRANT TRIGGER ON line_event TO tradeline_sealer",
        "GRANT SELECT ON account TO PUBLIC",
        "GRANT SELECT (name) ON account TO PUBLIC",
        "GRANT SELECT ON account TO tradeline_app WITH GRANT OPTION",
    ],
    "creators": [
        "GRANT CREATE ON SCHEMA public TO tradeline_app",
        "GRANT CREATE ON SCHEMA app TO PUBLIC",
        "GRANT CREATE ON DATABASE tradeline TO tradeline_reader",
    ],
    "readers": [
        "GRANT INSERT ON account TO tradeline_reader",
        "GRANT UPDATE (name) ON account TO tradeline_auditor",
    ],
    "insert only": [
        "GRANT UPDATE ON audit_event TO tradeline_app",
        "GRANT UPDATE (body) ON audit_event TO tradeline_app",
        "GRANT DELETE ON line_event TO tradeline_app",
        "GRANT UPDATE (sha256) ON import_batch TO PUBLIC",
        "GRANT UPDATE (amount_minor) ON limit_version TO tradeline_app",
        "GRANT UPDATE ON audit_seal TO tradeline_sealer",
    ],
    "context key": [
        "GRANT SELECT ON app.context_key TO tradeline_app",
        "GRANT SELECT (inner_pad) ON app.context_key TO tradeline_auditor",
        "GRANT UPDATE ON app.context_key TO PUBLIC",
        "CREATE ROLE somebody; GRANT SELECT ON app.context_key TO somebody",
    ],
    "passwords": [
        "GRANT SELECT ON person TO tradeline_reader",
        "GRANT SELECT (password) ON person TO tradeline_sealer",
        "GRANT SELECT ON person TO tradeline_app",
        "GRANT SELECT (password) ON person TO PUBLIC",
    ],
    "links": [
        "ALTER TABLE mitigant DROP CONSTRAINT mitigant_account_id",
        "DROP TRIGGER document_account_id_exists ON document",
        "ALTER TABLE payment DISABLE TRIGGER payment_account_id_exists",
    ],
}
"""By clause, what breaks it; the first breaks this one alone, the others perhaps more."""


def found(cursor):
    """Return the findings as lines."""
    from tradeline.queries.guards import findings

    return [str(finding) for finding in findings(cursor)]


def test_every_clause_holds(superuser):
    """A fresh book breaks no clause."""
    with superuser() as cursor:
        assert found(cursor) == []


def test_the_application_can_ask(book):
    """The application's role gets the same answer as the superuser; nothing is hidden from it."""
    from django.db import connection

    with connection.cursor() as cursor:
        assert found(cursor) == []


@pytest.mark.parametrize(
    ("clause", "sabotage"),
    [(clause, each) for clause, sabotages in SABOTEURS.items() for each in sabotages],
)
def test_a_saboteur_is_seen(superuser, clause, sabotage):
    """What breaks a clause is found by this clause, and the first saboteur by no other."""
    with superuser() as cursor:
        cursor.execute(sabotage)
        seen = {line.split(":")[0] for line in found(cursor)}
    assert clause in seen
    assert seen == {clause} or sabotage != SABOTEURS[clause][0]


def test_every_clause_has_a_saboteur(book):
    """No clause passes only because it sees nothing."""
    from tradeline.queries.guard_clauses import CLAUSES

    assert set(SABOTEURS) == {*CLAUSES, "links"}


def test_a_model_without_organisation_is_seen(book, monkeypatch):
    """A model that belongs to nobody is found unless it was reviewed."""
    from django.db import connection

    from tradeline.queries import guards

    monkeypatch.setattr(guards, "UNOWNED", guards.UNOWNED - {"tradeline.User"})
    with connection.cursor() as cursor:
        assert [line.split(":")[0] for line in found(cursor)] == ["models"]
