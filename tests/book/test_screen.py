"""What the terminal shows fits into it, with every figure whole."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

CALLS = (
    ("exposure",),
    ("exposure", "show", "C-1007", "--as-of", "2026-06-30"),
    ("exposure", "show", "C-1042", "--as-of", "2026-06-30"),
    ("exposure", "bridge", "C-1042", "--from", "2026-06-01", "--to", "2026-06-30"),
    ("exposure", "groups", "--as-of", "2026-06-30"),
    ("exposure", "groups", "C-1010", "--as-of", "2026-06-30"),
    ("people",),
)


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_and_keep_their_figures(terminal, columns):
    """No line is wider than the terminal, and only names are cut."""
    for call in CALLS:
        done = replace(terminal, columns=columns).run(*call, "--user", "anna")
        assert done.returncode == 0, done.stderr
        for line in done.stdout.splitlines():
            assert len(line.rstrip()) <= columns, (call, line)
            assert not re.search(r"\d…|…\d", line), (call, line)


def test_a_wide_terminal_shows_more(terminal):
    """Headroom comes at 100 columns, bars at 120; the words are there at any width."""
    shown = {columns: replace(terminal, columns=columns).run("exposure", "--user", "anna").stdout
             for columns in (80, 100, 120)}  # fmt: skip
    assert ["headroom" in text for text in shown.values()] == [False, True, True]
    assert ["█" in text for text in shown.values()] == [False, False, True]
    assert all("over" in text for text in shown.values())
