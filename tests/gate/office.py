"""The example company as of today, reached only by the program's own doors: terminal and HTTP."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import psutil

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "examples" / "book"
AS_OF = date(2026, 6, 30)  # of its files
SIGNERS = {"analyst": "anna", "manager": "mia", "controller": "carl"}
_DAYS = (("%Y-%m-%d", r"\d{4}-\d\d-\d\d"), ("%d.%m.%Y", r"\d\d\.\d\d\.\d{4}"),
         ("%m/%d/%Y", r"\d\d/\d\d/\d{4}"))  # fmt: skip


def today() -> date:
    """Return the day of the gate."""
    return datetime.now(UTC).date()


def moved(text: str) -> str:
    """Return a file of the example company with its days moved to today."""
    by = today() - AS_OF
    for form, pattern in _DAYS:

        def later(found: re.Match[str], form: str = form) -> str:
            return (datetime.strptime(found[0], form) + by).strftime(form)  # noqa: DTZ007

        text = re.sub(rf"(?<![\d.]){pattern}(?![\d.])", later, text)
    return text


@dataclass(frozen=True)
class Office:
    """A data directory of its own, and the commands and the server that work in it."""

    data: Path
    port: int

    @property
    def database(self) -> str:
        """Return the superuser's address of the database."""
        return f"host={self.data / 'postgres'} user=postgres dbname=tradeline"

    @property
    def url(self) -> str:
        """Return the server's address."""
        return f"http://127.0.0.1:{self.port}"

    def begin(self, *words: object, user: str = "anna", **more: Any) -> subprocess.Popen[str]:
        """Start a command."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("DATABASE_", "TRADELINE_"))}  # fmt: skip
        return subprocess.Popen(
            [sys.executable, "-m", "tradeline", *map(str, words)], cwd=ROOT, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more,
            env=kept | {"TRADELINE_DATA": str(self.data), "PYTHONPATH": str(ROOT),
                        "TRADELINE_USER": user},
        )  # fmt: skip

    def run(self, *words: object, user: str = "anna") -> str:
        """Run a command, which must end well, and return what it says."""
        done = self.begin(*words, user=user)
        said, faults = done.communicate(timeout=300)
        assert done.returncode == 0, (words, done.returncode, said, faults)
        return said

    def take(self, kind: str, path: Path, *options: str) -> None:
        """Import a file as of today."""
        self.run("import", kind, path, "--as-of", today(), *options)

    def found(self) -> None:
        """Make the company, and take its files in as if they were of today."""
        self.run("demo", "--empty")
        files = self.data / "files"
        files.mkdir()
        for name in ("customers", "rates", "sap_receivables", "netsuite_orders"):
            text = (BOOK / f"{name}.csv").read_text("latin-1")
            (files / f"{name}.csv").write_text(moved(text), "latin-1")
        self.take("customers", files / "customers.csv")
        self.take("rates", files / "rates.csv")
        self.take("limits", BOOK / "crm_limits.xlsx")
        self.take("ar", files / "sap_receivables.csv", "--full")
        self.take("orders", files / "netsuite_orders.csv", "--full", "--tax-included")

    def keys(self) -> dict[str, str]:
        """Return a new key of a program, and of each of those who sign, by login."""
        self.run("organisation", "person", "erp", "--role", "integration", "--name", "ERP",
                 user="ivan")  # fmt: skip
        desk = ("holds.read", "holds.propose", "proposals.sign")
        return {"erp": self._key("erp", ("orders.check", "orders.change", "exposure.read")),
                **{login: self._key(login, desk) for login in SIGNERS.values()}}  # fmt: skip

    def _key(self, login: str, scopes: Iterable[str]) -> str:
        words = [word for scope in scopes for word in ("--scope", scope)]
        said = self.run("keys", "issue", login, "--for", login, *words, "--rate", 5_000, "--json",
                        user="ivan")  # fmt: skip
        return str(json.loads(said)["key"])

    def serve(self) -> subprocess.Popen[str]:
        """Start the server, and wait until it answers."""
        server = self.begin("serve", "--port", self.port)
        until = time.monotonic() + 60
        while time.monotonic() < until and server.poll() is None:
            with suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/readyz").status_code == 200:
                    return server
            time.sleep(0.05)
        raise AssertionError(server.poll() and server.communicate())

    def kill_database(self) -> None:
        """Kill every process of the database, and start it again as any command does."""
        kill(int((self.data / "postgres" / "postmaster.pid").read_text().split()[0]))
        self.run("people")


def kill(process: int) -> None:
    """Kill a process with its children, at once and without a word."""
    with suppress(psutil.NoSuchProcess):
        main = psutil.Process(process)
        family = [main, *main.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(family, timeout=20)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
