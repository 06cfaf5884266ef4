"""Hashes of passwords: written and checked by the application, one at a time, never listed."""

from __future__ import annotations

import uuid

import pytest
from django.db import ProgrammingError, connection, transaction

SECRET = "correct horse battery staple"


@pytest.fixture
def person(book):
    """Return somebody who signs in with a password, as a later request finds them."""
    from tradeline.models import User

    made = User.objects.create_user(f"pat-{uuid.uuid4().hex[:12]}", password=SECRET)
    return User.objects.get(pk=made.pk)


def refused(sql, values=None):
    """Return the state of the error that the application gets for a statement."""
    with pytest.raises(ProgrammingError) as failed, transaction.atomic():
        connection.cursor().execute(sql, values)
    return failed.value.__cause__.sqlstate


@pytest.mark.parametrize("sql", [
    "SELECT password FROM person", "SELECT * FROM person", "SELECT person FROM person",
    "SELECT 1 FROM person WHERE password LIKE 'p%'", "COPY person TO STDOUT",
    "UPDATE person SET first_name = password", "UPDATE person SET email = email RETURNING password",
    "SELECT to_jsonb(p) FROM person p",
])  # fmt: skip
def test_no_statement_reads_a_hash(person, sql):
    """Neither by name, by all columns, by a condition, nor by way of another column."""
    assert refused(sql) == "42501"


def test_listing_people_reads_no_hash(person, django_queries):
    """Not the list, not a join, not a person by key; the column is nowhere in the statement."""
    from tradeline.models import Membership, User

    list(User.objects.all()[:3])
    list(Membership.objects.select_related("user")[:3])
    User.objects.get(pk=person.pk)
    assert len(django_queries) == 3
    assert not any("password" in query["sql"] for query in django_queries)


def test_signing_in(person):
    """Django's own way: the right password, a wrong one, nobody's."""
    from django.contrib.auth import authenticate

    assert authenticate(username=person.username, password=SECRET) == person
    assert authenticate(username=person.username, password="wrong") is None
    assert authenticate(username="nobody", password=SECRET) is None


def test_everything_that_asks_for_the_hash_gets_it(person):
    """Sessions end and tokens to reset a password go stale with the password they were made for."""
    from django.contrib.auth.tokens import default_token_generator as tokens

    from tradeline.models import User

    session, token = person.get_session_auth_hash(), tokens.make_token(person)
    assert person.has_usable_password()
    assert tokens.check_token(User.objects.get(pk=person.pk), token)
    person.set_password("another one")
    person.save()
    again = User.objects.get(pk=person.pk)
    assert again.check_password("another one")
    assert again.get_session_auth_hash() != session
    assert not tokens.check_token(again, token)


def test_a_listed_person_is_saved_with_the_hash_there_was(person):
    """A change of name does not lose the password, in whichever way it is written."""
    from tradeline.models import User

    for fields in (None, ["first_name"]):
        listed = User.objects.get(pk=person.pk)
        listed.first_name = "Pat"
        listed.save(update_fields=fields)
        assert User.objects.get(pk=person.pk).check_password(SECRET)
    deferred = User.objects.only("username").get(pk=person.pk)
    assert deferred.check_password(SECRET)


def test_an_older_hash_is_renewed_at_the_login(person):
    """Django writes the hash anew when its own settings have become stronger."""
    from django.contrib.auth.hashers import make_password

    from tradeline.models import User

    person.password = make_password(SECRET, hasher="pbkdf2_sha1")
    person.save(update_fields=["password"])
    assert User.objects.get(pk=person.pk).check_password(SECRET)
    assert User.objects.get(pk=person.pk).password.startswith("pbkdf2_sha256$")


def test_one_hash_for_one_signed_person(person, northwind):
    """A token that is forged, another connection's, or none gives nothing, a good one its own."""
    from tradeline.models.context import acting, password_of, signed

    process = connection.connection.info.backend_pid
    good = signed(None, person.pk, process=process)
    other = good.replace(str(person.pk), str(northwind.analyst.user_id))
    elsewhere = signed(None, person.pk, process=process + 1)
    for token in (other, elsewhere, str(person.pk)):
        assert refused("SELECT app.password_of(%s)", [token]) in {"42501", "22P02"}
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.password_of('')")
        assert cursor.fetchone() == (None,)
    with acting(northwind.analyst), connection.cursor() as cursor:
        assert password_of(person.pk).startswith("pbkdf2_")
        assert not password_of(uuid.uuid4())
        cursor.execute("SELECT app.person()")
        assert cursor.fetchone() == (northwind.analyst.user_id,)  # who acts goes on acting
        cursor.execute("SELECT app.password_of(current_setting('tradeline.context'))")
        assert cursor.fetchone() == (None,)


@pytest.fixture
def django_queries(book):
    """Return the statements that are run from here on."""
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        yield seen
