"""A served process for the tests, on the session's own book, and what asks it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

ROOT = Path(__file__).parents[2]


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def served(*options, **environment):
    """Serve the API in a process of its own; yield its address."""
    port = free_port()
    done = subprocess.Popen(
        [sys.executable, "-m", "tradeline", "serve", "--port", str(port), *options],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, done)
        yield url
    finally:
        done.terminate()
        with suppress(subprocess.TimeoutExpired):
            done.wait(15)
        done.kill()


def _wait(url, process):
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the server does not start")


def key_for(actor, *scopes, rate=5_000, days=30, at=None, role="integration"):
    """Return the text of a new key of a new person in the actor's organisation."""
    from tests.people import member
    from tradeline.actions.keys import issue_key
    from tradeline.models import User

    at = at or datetime.now(UTC)
    user = User.objects.get(pk=member(role, by=actor).user_id)
    return issue_key(
        name="test", user=user, scopes=scopes or SCOPES, rate_per_second=rate,
        expires_at=at + timedelta(days=days), by=actor, at=at,
    ).text  # fmt: skip


SCOPES = ("orders.check", "orders.change", "exposure.read", "decisions.read", "signals.raise")
"""Of a shop and a warehouse."""
DESK = ("holds.read", "holds.propose", "proposals.sign")
"""Of people of the credit department."""
