"""Only a token that the application signed for this very connection, and lately, lets one act."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from tests.security.sessions import session


@pytest.fixture
def stranger(book, northwind):
    """Return a session of the stranger, who has rows of his own."""
    with session(book.urls["app"], northwind.stranger) as opened:
        yield opened


def count(opened, token):
    """Return how many memberships there are for a token."""
    with opened.acting(token) as cursor:
        return cursor.execute("SELECT count(*) FROM membership").fetchone()[0]


def refused(opened, token):
    """Return whether the database refuses a token."""
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="forged, too old or of another"):
        count(opened, token)
    return True


def test_the_applications_token_is_good(stranger):
    """The stranger sees his own two memberships."""
    assert count(stranger, stranger.token()) == 2


def test_a_changed_part_is_refused(stranger, northwind):
    """Another organisation, person, time or process under the old signature is refused."""
    parts = stranger.token().split(":")
    others = [str(northwind.admin.organisation_id), str(uuid4()), str(int(parts[2]) + 1), "1"]
    for place, other in enumerate(others):
        assert refused(stranger, ":".join([*parts[:place], other, *parts[place + 1 :]]))


def test_a_forged_signature_is_refused(stranger, monkeypatch):
    """A token that was signed with another key is refused."""
    from django.conf import settings

    monkeypatch.setattr(settings, "CONTEXT_KEY", "ab" * 32)
    assert refused(stranger, stranger.token())


def test_another_connections_token_is_refused(book, northwind, stranger):
    """A token that was overheard on another connection is of no use on this one."""
    with session(book.urls["app"], northwind.admin) as other:
        assert refused(stranger, other.token())


def test_an_expired_token_is_refused(stranger, monkeypatch):
    """A token is good for a while only."""
    from tradeline.models import context

    monkeypatch.setattr(context, "VALID_S", -1)
    assert refused(stranger, stranger.token())


@pytest.mark.parametrize(
    "token", ["x", ":", "::::", "a:b:c:d:e", ":" * 9, "0:0:0:0:0", "' OR true --", "\u00e4:1:2:3:4"]
)
def test_a_malformed_token_is_refused(stranger, token):
    """Something that is no token at all is refused the same way."""
    assert refused(stranger, token)


def test_nothing_is_left_after_the_transaction(stranger):
    """The token ends with its transaction; the same connection then sees nothing."""
    assert count(stranger, stranger.token()) == 2
    for table in ("membership", "organisation", "audit_event"):
        assert stranger.connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


MINE = "organisation_id = (SELECT app.organisation())"


@pytest.fixture
def both(northwind, stranger):
    """Return the stranger's session after Northwind made him its analyst too."""
    from tests.people import AT
    from tradeline.actions.organisations import add_member
    from tradeline.models import User

    user = User.objects.get(pk=northwind.stranger.user_id)
    add_member(user=user, roles=["analyst"], by=northwind.admin, at=AT)
    return stranger


def changed(opened, change, organisation):
    """Return how many rows of an organisation a change touches; it is undone."""
    table, what = change
    with opened.acting(undone=True) as cursor:
        column = "id" if table == "organisation" else "organisation_id"
        return cursor.execute(
            f"UPDATE {table} SET {what} WHERE {column} = %s", [organisation]
        ).rowcount


def test_who_belongs_to_two_sees_both(northwind, both):
    """In one organisation's context a person sees the own membership of the other."""
    with both.acting() as cursor:
        seen = cursor.execute(
            "SELECT role FROM membership WHERE organisation_id = %s",
            [northwind.admin.organisation_id],
        )
        assert seen.fetchall() == [("analyst",)]


@pytest.mark.parametrize(
    "change",
    [
        ("membership", "organisation_id = app.organisation()"),
        ("membership", "role = 'admin'"),
        ("organisation", "name = 'x'"),
    ],
)
def test_who_belongs_to_two_changes_one(northwind, both, change):
    """What a person sees of the other organisation cannot be touched, nor moved over."""
    assert changed(both, change, northwind.admin.organisation_id) == 0


def test_a_policy_that_shows_for_writing_lets_move(book, northwind, both):
    """The control: were it shown for every command, the membership could be taken away."""
    policy = "ALTER POLICY mine ON membership USING ({})"
    with psycopg.connect(book.urls["owner"], autocommit=True) as owner:
        owner.execute(policy.format(f"{MINE} OR user_id = (SELECT app.person())"))
        try:
            change = ("membership", "organisation_id = app.organisation()")
            assert changed(both, change, northwind.admin.organisation_id) == 1
        finally:
            owner.execute(policy.format(MINE))
