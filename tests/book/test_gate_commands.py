"""The gate at the terminal: an order is asked for, and its decision is made again."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

ASK = ("check", "C-1042", "SO-7001", "25000.00", "USD", "--user", "anna")


@pytest.fixture(scope="module")
def held(terminal):
    """An order of the example company, which is held: its feeds are months old."""
    done = terminal.run(*ASK, "--key", "k-1", "--json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def test_check_answers_as_the_api_does(held):
    """The answer is the gate's own, with what would let the order go."""
    assert held["decision"] == "held"
    assert "DT01" in [each["code"] for each in held["reasons"]]
    assert {"clear"} <= {step["kind"] for each in held["unblock"]
                         for step in each.get("steps", [each])}  # fmt: skip


def test_a_repeat_has_the_same_answer(terminal, held):
    """With the same key nothing is decided again."""
    again = terminal.run(*ASK, "--key", "k-1", "--json")
    assert json.loads(again.stdout) == held
    other = terminal.run("check", "C-1042", "SO-7001", "25000.01", *ASK[4:], "--key", "k-1")
    assert other.returncode == 2
    assert "choose a new key" in other.stderr


def test_a_dry_run_reserves_nothing(terminal):
    """It has an answer, and no decision to look up."""
    done = terminal.run(*ASK, "--dry-run", "--json")
    told = json.loads(done.stdout)
    assert terminal.run("decision", told["decision_id"], "--user", "anna").returncode == 2


def test_decision_is_made_again(terminal, held):
    """The reasons come out the same, from the facts and the rules of the moment."""
    told = terminal.json("decision", held["decision_id"], "--user", "anna")
    assert (told["replayed"], told["differs"]) == (True, [])
    assert told["answer"]["reasons"] == held["reasons"]
    shown = terminal.run("decision", held["decision_id"], "--user", "anna").stdout
    assert "Replayed: the same reasons." in shown
    assert "Age of feeds (days)" in shown


@pytest.mark.parametrize("columns", [80, 120])
def test_both_fit_the_terminal(terminal, held, columns):
    """No line is wider than the terminal but one that may be copied."""
    narrow = replace(terminal, columns=columns)
    for call in (ASK, ("decision", held["decision_id"], "--user", "anna")):
        for line in narrow.run(*call).stdout.splitlines():
            assert len(line.rstrip()) <= columns or line.startswith("Policy "), line


@pytest.mark.parametrize("odd", [
    ("check", "C-1042", "SO-1", "0", "USD"), ("check", "C-1042", "SO-1", "1.001", "USD"),
    ("check", "C-1042", "SO-1", "1", "USD", "--ship-date", "soon"),
    ("check", "C-1042", "SO-1", "1", "XXQ"),
    ("check", "C-1042", "SO-1", "1", "USD", "--discount", "x"),
    ("decision", "no-id"), ("decision", "00000000-0000-0000-0000-000000000000"),
], ids=" ".join)  # fmt: skip
def test_odd_arguments(terminal, odd):
    """What cannot be meant is refused in words."""
    done = terminal.run(*odd, "--user", "anna")
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("error: ")
