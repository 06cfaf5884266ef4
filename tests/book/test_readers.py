"""What a role may not read is refused at the door, whichever command asks."""

from __future__ import annotations

import pytest

OF_ACCOUNTS = [
    ("exposure",), ("exposure", "show", "C-1042"),
    ("exposure", "groups"), ("exposure", "groups", "C-1010"),
    ("exposure", "bridge", "C-1042", "--from", "2026-06-01", "--to", "2026-06-30"),
    ("quarantine", "list"), ("terms", "show", "C-1042"), ("terms", "compliance"), ("doctor",),
    ("review", "--book"),
]  # fmt: skip


@pytest.mark.parametrize("command", OF_ACCOUNTS, ids=" ".join)
def test_sales_reads_no_accounts(terminal, command):
    """Someone in sales, who may see own accounts only, is shown nothing of all accounts."""
    done = terminal.run(*command, "--user", "sam")
    assert done.returncode == 2
    assert "exposure.read" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("command", [("list",), ("verify",), ("export", "trail.jsonl")])
def test_an_analyst_reads_no_audit_trail(terminal, tmp_path, command):
    """The trail is for auditors, controllers and admins; no file is begun for others."""
    done = terminal.run("audit", *command, "--user", "anna", cwd=tmp_path)
    assert done.returncode == 2
    assert "audit.read" in done.stderr
    assert not list(tmp_path.iterdir())


def test_an_auditor_reads_both(terminal):
    """Who may read is shown what there is."""
    assert terminal.json("exposure", "--count", "1", "--user", "ada")
    assert terminal.json("audit", "list", "--count", "1", "--user", "ada")
