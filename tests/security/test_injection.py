"""A statement that was smuggled into one organisation's request reads nothing of another's."""

from __future__ import annotations

from contextlib import closing

import psycopg
import pytest

from tests.security.sessions import session


@pytest.fixture
def victim(book, northwind):
    """Return a session of Northwind on a connection of its own, and an account to look for."""
    from tests.book_builders import account

    number = account(northwind.controller, northwind.entity, name="Secret").customer_no
    with session(book.urls["app"], northwind.controller) as opened:
        yield opened, number


@pytest.fixture
def hole(book, northwind):
    """Return the hole: it runs any text as the application, in the stranger's context."""
    with session(book.urls["app"], northwind.stranger) as opened:

        def run(text):
            heard = []
            opened.connection.add_notice_handler(lambda note: heard.append(note.message_primary))
            try:
                with opened.acting(undone=True), closing(opened.connection.cursor()) as cursor:
                    cursor.execute(text)
                    heard += _everything(cursor)
            except psycopg.Error as error:
                heard.append(str(error))
            return repr(heard)

        yield run


def _everything(cursor):
    rows = []
    while True:
        rows += cursor.fetchall() if cursor.description else []
        if not cursor.nextset():
            return rows


LOOK = "SELECT * FROM account; SELECT * FROM document; SELECT * FROM organisation"
TEXTS = {
    "plain": LOOK,
    "union": "SELECT 1 WHERE false UNION ALL SELECT 1; SELECT customer_no FROM account WHERE true",
    "no context": f"SELECT set_config('tradeline.context', '', true); {LOOK}",
    "reset": f"RESET tradeline.context; {LOOK}",
    "own words": "SELECT set_config('tradeline.context', '{organisation}', true); " + LOOK,
    "own token, other organisation": "SELECT set_config('tradeline.context', regexp_replace("
    "current_setting('tradeline.context'), '^[^:]+', '{organisation}'), true); " + LOOK,
    "overheard token": "SELECT set_config('tradeline.context', '{token}', true); " + LOOK,
    "row security off": f"SET LOCAL row_security = off; {LOOK}",
    "the owner": f"SET ROLE tradeline_owner; {LOOK}",
    "the session's owner": f"SET SESSION AUTHORIZATION tradeline_owner; {LOOK}",
    "the superuser": f"RESET SESSION AUTHORIZATION; RESET ROLE; {LOOK}",
    "no guard": f"ALTER TABLE account DISABLE ROW LEVEL SECURITY; {LOOK}",
    "another policy": f"CREATE POLICY sly ON account USING (true); {LOOK}",
    "another function": "CREATE OR REPLACE FUNCTION app.organisation() RETURNS uuid LANGUAGE sql "
    "RETURN '{organisation}'::uuid; " + LOOK,
    "first in the path": "CREATE FUNCTION pg_temp.organisation() RETURNS uuid LANGUAGE sql "
    "RETURN '{organisation}'::uuid; SET LOCAL search_path = pg_temp, public; " + LOOK,
    "a schema": "CREATE SCHEMA theirs",
    "a talking function": "CREATE FUNCTION pg_temp.tell(what text) RETURNS boolean "
    "LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN RAISE NOTICE '%', what; RETURN true; END $$; "
    "SELECT FROM account WHERE pg_temp.tell(customer_no)",
    "an error that talks": "SELECT FROM account WHERE customer_no::int = 1",
    "statistics": "SELECT * FROM pg_stats WHERE schemaname = 'public' AND tablename = 'account'",
    "raw statistics": "SELECT * FROM pg_statistic",
    "what others run": "SELECT query FROM pg_stat_activity; SELECT pg_stat_get_backend_activity(b) "
    "FROM pg_stat_get_backend_idset() b",
    "the key": "SELECT * FROM app.context_key",
    "a file": "SELECT pg_read_file('postgresql.conf')",
    "a program": "COPY account TO PROGRAM 'cat'",
    "a server": "CREATE EXTENSION dblink",
    "a lock": "LOCK TABLE account IN SHARE MODE; SELECT * FROM account",
    "a returning": "UPDATE account SET name = name RETURNING *",
    "a deletion": "DELETE FROM account RETURNING *",
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_a_hole_shows_nothing_of_others(northwind, victim, hole, text):
    """Whatever text is smuggled in, no number, name or token of Northwind comes back."""
    other, number = victim
    with other.acting() as cursor:
        cursor.execute(f"SELECT * FROM account WHERE customer_no = '{number}'")
        parts = {"organisation": northwind.admin.organisation_id, "token": other.token()}
        smuggled = TEXTS[text]
        for name, value in parts.items():
            smuggled = smuggled.replace(f"{{{name}}}", str(value))
        heard = hole(smuggled)
    assert number not in heard
    assert "Secret" not in heard


def test_the_hole_is_one(book, northwind, hole):
    """The control: the same hole shows what is the stranger's own."""
    from tests.book_builders import account

    own = account(northwind.stranger, northwind.stranger_entity)
    assert own.customer_no in hole(LOOK)
    assert own.customer_no in hole(TEXTS["a talking function"])


STEAL = """
CREATE TEMP TABLE loot (what text);
CREATE FUNCTION pg_temp.steal(what pg_catalog.{kind}) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.loot SELECT current_user || inner_pad FROM app.context_key;
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN RETURN true;
END $$;
GRANT ALL ON loot TO PUBLIC;
CREATE DOMAIN pg_temp.{kind} AS pg_catalog.{kind} CHECK (pg_temp.steal(value));
SELECT app.organisation(), app.person();
SELECT 'stolen ' || what FROM loot"""


@pytest.mark.parametrize("kind", ["uuid", "text", "int8", "bytea", "float8", "numeric"])
def test_a_type_of_ones_own_takes_no_key(hole, kind):
    """A temporary type with the name of a usual one never runs with the owner's rights."""
    assert "stolen" not in hole(STEAL.format(kind=kind))


def test_the_theft_is_one(book, hole):
    """The control: with the temporary types first in the path, the key is stolen."""
    path = "ALTER FUNCTION app.organisation() SET search_path = pg_catalog{}"
    with psycopg.connect(book.urls["owner"], autocommit=True) as owner:
        owner.execute(path.format(""))
        try:
            assert "stolen" in hole(STEAL.format(kind="uuid"))
        finally:
            owner.execute(path.format(", pg_temp"))


def test_a_table_of_ones_own_vouches_for_no_account(northwind, hole):
    """A temporary table named account does not stand in where documents look for theirs."""
    heard = hole(
        "CREATE TEMP TABLE account AS SELECT app.organisation() AS organisation_id, "
        "gen_random_uuid() AS id; GRANT ALL ON pg_temp.account TO PUBLIC; INSERT INTO payment "
        "(organisation_id, account_id, payment_no, document_no, kind, date, currency, amount_minor,"
        " batch_id) SELECT organisation_id, id, 'P', '', 'payment', '2026-01-01', 'USD', 1, id "
        "FROM pg_temp.account"
    )
    assert "links to a row of account that is not there" in heard


def test_the_token_is_in_no_text(book, northwind):
    """The statement that tells who is acting carries its token apart from its text."""
    from django.db import connections

    from tradeline.models.context import acting

    connections.settings["watched"] = connections.settings["owner"] | {"USER": "postgres"}
    with acting(northwind.controller, using="watched"), psycopg.connect(book.superuser_url) as root:
        process = connections["watched"].connection.info.backend_pid
        texts = root.execute("SELECT query FROM pg_stat_activity WHERE pid = %s", [process])
        assert texts.fetchall() == [("SELECT set_config('tradeline.context', $1, true)",)]


def test_what_the_application_runs_is_in_no_text(victim, book):
    """Not even the superuser sees the text of the application's statements."""
    other, number = victim
    with other.acting() as cursor, psycopg.connect(book.superuser_url) as root:
        cursor.execute(f"SELECT * FROM account WHERE customer_no = '{number}'")
        texts = root.execute("SELECT query FROM pg_stat_activity WHERE usename = 'tradeline_app'")
        assert number not in str(texts.fetchall())
