"""Arguments that cannot be meant are refused in words, not answered with nonsense."""

from __future__ import annotations

import pytest

COVER = ("USD", "--kind", "insurance", "--from", "2026-01-01", "--to", "2026-12-31")
ODD = [
    ("exposure", "bridge", "C-1042", "--from", "2026-06-30", "--to", "2026-06-01"),
    ("exposure", "--over", "nan"), ("exposure", "--over", "Infinity"),
    ("cover", "C-1042", "1e30", *COVER), ("cover", "C-1042", "100.555", *COVER),
]  # fmt: skip


@pytest.mark.parametrize("command", ODD, ids=" ".join)
def test_odd_arguments(terminal, command):
    """Days in the wrong order, no number, more than the book can hold to the cent."""
    done = terminal.run(*command, "--user", "anna")
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("error: ")


@pytest.mark.parametrize(
    "command", [("export", "none/x"), ("verify", "--export", "none/x"),
                ("verify", "--anchors", "none/x")], ids=" ".join,
)  # fmt: skip
def test_a_trail_that_cannot_be_opened(terminal, tmp_path, command):
    """A mistyped file is named; heads that were asked for are never taken for none."""
    done = terminal.run("audit", *command, "--user", "ada", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert "none/x cannot be opened" in done.stderr
