"""Whatever one organisation sends to the database, another's rows stay unread and as they are."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.security import attacks, sessions

READERS = ("select", "select all", "select unlike", "count", "exists", "join", "copy", "copy all",
           "cursor", "read column")  # fmt: skip


@pytest.fixture(scope="module")
def two(book):
    """Return the cast of two organisations that have a row in every table."""
    from tests.book_builders import one_of_each
    from tests.people import cast

    people = cast()
    one_of_each(people.controller, people.entity)
    one_of_each(people.stranger, people.stranger_entity)
    return people


@pytest.fixture(scope="module")
def root(book):
    """Return the superuser's URL of the book."""
    return make_conninfo(book.superuser_url, dbname="tradeline")


@pytest.fixture(scope="module")
def pairs(two, root):
    """Return each attack of the stranger: at Northwind's row, and at a ghost."""
    mine = attacks.rows_of(root, two.stranger.organisation_id)
    theirs = attacks.rows_of(root, two.controller.organisation_id)
    known = people(root)  # people belong to no organisation, so that they are there is no secret
    nowhere = {table: attacks.ghost(row, known) for table, row in theirs.items()}
    aimed, missed = (
        [attack for aim in attacks.aims(mine, target) for attack in attacks.attacks(aim)]
        for target in (theirs, nowhere)
    )
    return list(zip(aimed, missed, strict=True))


def people(url):
    """Return every person's id by itself."""
    with psycopg.connect(url) as connection:
        return {key: key for (key,) in connection.execute("SELECT id FROM person")}


def breaches(session, pairs, owner):
    """Return the attacks that read, touched or sensed a row of the owner."""
    found = []
    for aimed, missed in pairs:
        hit, miss = session.answer(aimed), session.answer(missed)
        named = hit[0] == "rows" and str(owner) in repr(hit[1])
        if named or sessions.nameless(hit, aimed) != sessions.nameless(miss, missed):
            found.append((aimed.table, aimed.verb, hit, miss))
    return found


def test_nothing_is_read_changed_or_sensed(book, two, root, pairs):
    """Over 1,000 statements as the application: a row that is there answers like a ghost."""
    owner = two.controller.organisation_id
    before = sessions.fingerprint(root, owner)
    with sessions.session(book.urls["app"], two.stranger) as session:
        assert breaches(session, pairs, owner) == []
    assert sessions.fingerprint(root, owner) == before
    assert len(pairs) >= 1_000


@pytest.mark.parametrize("role", ["reader", "auditor", "sealer", "sender"])
def test_other_roles_see_no_more(book, two, pairs, role):
    """The roles that read get nothing of another organisation either."""
    readers = [pair for pair in pairs if pair[0].verb in READERS]
    with sessions.session(book.urls[role], two.stranger) as session:
        assert breaches(session, readers, two.controller.organisation_id) == []


def test_without_a_context_there_is_nothing(book, two, pairs):
    """Nobody in particular reads no row, and an insert is an error."""
    with sessions.session(book.urls["app"], None) as session:
        for aimed, _ in pairs:
            state, found = session.answer(aimed)
            if aimed.verb in READERS:
                assert not found, aimed
            if aimed.verb in {"plant", "again", "upsert"}:
                assert state == "42501", aimed


CONTROLS = {
    "row security off": "ALTER TABLE account DISABLE ROW LEVEL SECURITY",
    "an open policy": "CREATE POLICY sly ON account USING (true) WITH CHECK (true)",
    "no check on writes": "ALTER POLICY mine ON account WITH CHECK (true)",
    "a unique number": "CREATE UNIQUE INDEX sly ON account (customer_no) "
    "WHERE organisation_id IN ('{mine}', '{theirs}')",  # other tests' companies share numbers

    "a foreign key without organisation": "ALTER TABLE legal_entity ADD CONSTRAINT sly_id "
    "UNIQUE (id); ALTER TABLE account DISABLE TRIGGER account_entity_id_exists, "
    "ADD CONSTRAINT sly_entity FOREIGN KEY (entity_id) REFERENCES legal_entity (id)",
}
MENDS = (
    "ALTER TABLE account ENABLE ROW LEVEL SECURITY",
    "DROP POLICY IF EXISTS sly ON account",
    "ALTER POLICY mine ON account WITH CHECK (organisation_id = (SELECT app.organisation()))",
    "DROP INDEX IF EXISTS sly",
    "ALTER TABLE account DROP CONSTRAINT IF EXISTS sly_entity",
    "ALTER TABLE account ENABLE TRIGGER account_entity_id_exists",
    "ALTER TABLE legal_entity DROP CONSTRAINT IF EXISTS sly_id",
)


@pytest.fixture
def sabotaged(root):
    """Return a function that sabotages the table of accounts; it is mended after the test."""
    with psycopg.connect(root, autocommit=True) as connection:
        yield connection.execute
        for mend in MENDS:
            connection.execute(mend)


@pytest.mark.parametrize("control", CONTROLS)
def test_a_hole_is_found(book, two, pairs, sabotaged, control):
    """With a guard taken away the same statements get through, and are noticed."""
    mine, theirs = two.stranger.organisation_id, two.controller.organisation_id
    sabotaged(CONTROLS[control].format(mine=mine, theirs=theirs))
    at_accounts = [pair for pair in pairs if pair[0].table == "account"
                   and pair[0].verb not in {"delete", "delete all", "take"}]  # fmt: skip
    with sessions.session(book.urls["app"], two.stranger) as session:
        assert breaches(session, at_accounts, two.controller.organisation_id)
