"""What README and tutorial tell the reader to type works, and prints what they show.

Lines for Spark run in a test of their own, which is skipped where PySpark or Java is missing.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.docs.pages import ROOT, commands, plain, steps
from tests.terminal import BOOK, Terminal, running_server
from tradeline.cli.main import app

PAGES = ("README.md", "docs/tutorial.md", "docs/guides/book.md")
NOT_RUN = {"make demo", "make test", "source .venv/bin/activate"}
EXPORT = re.compile(r"^export (\w+)=(\w+)$")
HAS_SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the example files, a wide terminal and a data folder of its own."""
    for folder in ("portfolios", "portfolios/invoices", "policies"):
        for path in sorted((ROOT / "examples" / folder).iterdir()):
            if path.is_file():
                shutil.copy(path, tmp_path)
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TRADELINE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_only_known_commands_are_shown(page):
    """Each line is ours or one of the few that are not run here; every page has some."""
    ours = [c for c in commands(page) if c.text.startswith("tradeline ")]
    others = {c.text for c in commands(page)} - {c.text for c in ours}
    assert ours
    assert {each for each in others if not EXPORT.match(each)} <= NOT_RUN


@pytest.mark.parametrize("page", PAGES)
def test_commands_end_and_print_as_written(page, desk, monkeypatch):
    """In the page's order, in one folder: exit codes and shown lines are true."""
    with ExitStack() as stack:
        book = None
        for command in steps(page):
            if isinstance(command, tuple):
                Path(command[0]).write_text(command[1], encoding="utf-8")
                continue
            if EXPORT.match(command.text):
                monkeypatch.setenv(*EXPORT.match(command.text).groups())
                continue
            if not command.text.startswith("tradeline ") or "--engine spark" in command.text:
                continue
            if command.arguments[0] in BOOK:
                book = book or Terminal(stack.enter_context(running_server()))
            _holds(command, *_ended(command, book))


def _ended(command, book):
    """Return exit code and output; commands on the book run in a process of their own."""
    if command.arguments[0] not in BOOK:
        result = CliRunner().invoke(app, command.arguments)
        return result.exit_code, result.output
    named = {name: os.environ[name] for name in ("TRADELINE_USER",) if name in os.environ}
    done = book.run(*command.arguments, cwd=Path.cwd(), **named)
    return done.returncode, done.stdout + done.stderr


def _holds(command, code, output):
    assert code == command.exit_code, (command.text, output)
    printed = plain(output)
    missing = [line for line in command.shown if plain(line) not in printed]
    assert not missing, (command.text, missing, output)


@pytest.mark.spark
@pytest.mark.skipif(not HAS_SPARK, reason="PySpark or Java is missing: see `make spark`")
def test_spark_lines_work(desk):
    """The lines that need Spark end well too."""
    lines = [c for c in commands("README.md") if "--engine spark" in c.text]
    assert lines
    for command in lines:
        done = subprocess.run(
            [sys.executable, "-m", "tradeline", *command.arguments], check=False, timeout=300,
            capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        assert done.returncode == command.exit_code, done.stderr
