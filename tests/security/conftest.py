"""Servers on which the guards are tried: the embedded one and, where it is named, another."""

from __future__ import annotations

import os
from contextlib import contextmanager

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

OTHER = "TRADELINE_TEST_POSTGRES"


@pytest.fixture(scope="session")
def other_superuser(book):
    """Return the superuser's URL of the other server, a book made on it; skip where none is named.

    The server is for tests: roles and a database named tradeline are made on it.
    """
    url = os.environ.get(OTHER)
    if not url:
        pytest.skip(f"{OTHER} names no second server (a superuser's URL, such as PostgreSQL 15's)")
    from django.core.management import call_command
    from django.db import connections

    from tradeline.actions.databases import create_roles

    create_roles(url)
    place = {key.upper(): str(value) for key, value in conninfo_to_dict(url).items()
             if key in {"host", "port"}}  # fmt: skip
    connections.settings["other_owner"] = connections.settings["owner"] | place
    call_command("migrate", database="other_owner", verbosity=0, interactive=False)
    connections["other_owner"].close()
    return url


@pytest.fixture(params=["embedded", "other"])
def superuser_url(request, book):
    """Return the superuser's URL of a book, on the embedded server and on the other."""
    embedded = request.param == "embedded"
    url = book.superuser_url if embedded else request.getfixturevalue("other_superuser")
    return make_conninfo(url, dbname="tradeline")


@pytest.fixture
def superuser(superuser_url):
    """Return a function that opens a superuser's transaction on a book and undoes it."""

    @contextmanager
    def undone():
        with (
            psycopg.connect(superuser_url) as connection,
            connection.transaction(force_rollback=True),
        ):
            yield connection.cursor()

    return undone
