"""A server of one's own: roles made by its administrator, everything else by URLs and keys."""

from __future__ import annotations

import pytest

from tests.terminal import Terminal, running_server
from tradeline.actions.databases import create_roles
from tradeline.database import ROLES, _as_role, embedded_url

KEY = "5a" * 32


@pytest.fixture(scope="module")
def urls():
    """The URLs of a server on which only roles and database were made."""
    with running_server() as data:
        superuser = embedded_url(data)
        create_roles(superuser)
        yield data, {role: _as_role(superuser, role) for role in ROLES}


def test_the_owners_url_makes_the_tables(urls):
    """With owner, app and keys named, the first command makes the tables and the company."""
    data, by_role = urls
    named = {"DATABASE_URL": by_role["app"], "DATABASE_OWNER_URL": by_role["owner"]}
    keys = {"TRADELINE_CONTEXT_KEY": KEY, "TRADELINE_SECRET_KEY": KEY[::-1],
            "TRADELINE_AUDIT_KEY": KEY}  # fmt: skip
    terminal = Terminal(data)
    missing = terminal.run("demo", "--empty", **named)
    assert missing.returncode == 2
    assert "TRADELINE_CONTEXT_KEY" in missing.stderr
    made = terminal.run("demo", "--empty", **named, **keys)
    assert made.returncode == 0, made.stderr
    later = terminal.run("people", "--user", "anna", DATABASE_URL=by_role["app"], **keys)
    assert "controller" in later.stdout
