"""The command that serves refuses what is unsafe, and the commands on keys do what they say."""

from __future__ import annotations

import json

import httpx
import pytest
from typer.testing import CliRunner

from tests.api.serving import served
from tradeline.cli.main import app


def run(*arguments):
    """Run a command."""
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "credit.example"])
def test_keys_do_not_travel_in_the_clear(host):
    """On an address that others reach it wants TLS, or to be told that a proxy does it."""
    done = run("serve", "--host", host)
    assert done.exit_code == 2
    assert "in the clear" in done.stderr
    assert "--behind-proxy" in done.stderr


def test_a_certificate_needs_its_key(tmp_path):
    """And both must be there."""
    assert "go together" in run("serve", "--certificate", "x").stderr
    done = run("serve", "--certificate", str(tmp_path / "a"), "--private-key", str(tmp_path / "b"))
    assert (done.exit_code, "no such file" in done.stderr) == (2, True)


@pytest.fixture
def by(northwind):
    """Return the options that say who is acting."""
    from tradeline.models import User

    login = User.objects.get(pk=northwind.admin.user_id).username
    return ["--user", login, "--organisation", str(northwind.admin.organisation_id)]


@pytest.fixture
def integration(northwind):
    """Return the login of a program's person."""
    from tests.people import member
    from tradeline.models import User

    made = member("integration", by=northwind.admin)
    return User.objects.get(pk=made.user_id).username


def test_a_key_is_issued_listed_and_revoked(url, by, integration):
    """It is shown once; the list has its public part and state."""
    done = run("keys", "issue", "web shop", "--for", integration, "--scope", "orders.check",
               "--rate", "5", *by)  # fmt: skip
    assert done.exit_code == 0, done.stderr
    key = done.stdout.strip().splitlines()[0]
    prefix = key.split("_")[1]
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "k"}
    asked = httpx.post(f"{url}/api/v1/orders/checks", json={}, headers=headers)
    assert (asked.status_code, asked.headers["RateLimit-Policy"]) == (422, '"key";q=10;w=2')
    [row] = json.loads(run("keys", "list", "--json", *by).stdout)
    assert (row["prefix"], row["state"], row["scopes"]) == (prefix, "good", ["orders.check"])
    assert key not in run("keys", "list", *by).stdout
    assert run("keys", "revoke", prefix, "--reason", "lost", *by).exit_code == 0
    assert prefix in run("keys", "list", *by).stdout
    [row] = json.loads(run("keys", "list", "--json", *by).stdout)
    assert row["state"] == "revoked"
    again = run("keys", "revoke", prefix, "--reason", "lost", *by)
    assert (again.exit_code, "revoked before" in again.stderr) == (2, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [(["--scope", "everything"], "no scope"), (["--scope", "orders.check", "--days", "0"], "days"),
     (["--scope", "orders.check", "--days", "401"], "days"),
     (["--scope", "orders.check", "--rate", "0"], "rate")],
)  # fmt: skip
def test_a_key_that_makes_no_sense_is_refused(by, integration, options, said):
    """Unknown scopes, lives and rates."""
    done = run("keys", "issue", "x", "--for", integration, *options, *by)
    assert (done.exit_code, said in done.stderr) == (2, True), done.stderr


def test_without_the_combiner_the_answers_are_the_same(shop):
    """The switch changes how fast, not what."""
    order, headers = shop.order(), {**shop.http.headers, "Idempotency-Key": "same"}
    with served("--no-combine") as url:
        first = httpx.post(f"{url}/api/v1/orders/checks", json=order, headers=headers)
    again = shop.post("/orders/checks", order, "same")
    assert first.status_code == 201
    assert first.content == again.content
