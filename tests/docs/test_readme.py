"""What README and tutorial tell the reader to type works, and prints what they show.

Lines for Spark run in a test of their own, which is skipped where PySpark or Java is missing.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tradeline.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/tutorial.md")
NOT_RUN = {"make demo", "make test", "source .venv/bin/activate"}
BLOCK = re.compile(r"^```(console|(?:csv|yaml) \S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"  # exit code (\d)$")
HAS_SPARK = importlib.util.find_spec("pyspark") is not None and shutil.which("java") is not None


@dataclass
class Command:
    """A line to type, the exit code it should have and the lines it should print."""

    text: str
    shown: list[str] = field(default_factory=list)

    @property
    def exit_code(self):
        """The code stated behind the line, else 0."""
        found = EXIT.search(self.text)
        return int(found[1]) if found else 0

    @property
    def arguments(self):
        """The arguments after `tradeline`, with patterns filled in from the folder."""
        words = shlex.split(EXIT.sub("", self.text))[1:]
        return [word for each in words for word in (_matches(each) if "*" in each else [each])]


def _matches(pattern):
    found = sorted(str(path) for path in Path().glob(pattern))
    assert len(found) == 1, f"{pattern} stands for {found}"
    return found


def steps(page):
    """Return, in the page's order, the files to save (name, text) and the commands to type."""
    found = []
    for kind, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if kind != "console":
            found.append((kind.split()[1], text))
            continue
        for line in text.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:]))
            elif line.strip() not in ("", "..."):
                found[-1].shown.append(line)
    return found


def commands(page):
    """Return the commands of the page."""
    return [step for step in steps(page) if isinstance(step, Command)]


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


def plain(text):
    """Return text with single blanks and without run ids, which change with the engine."""
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "<id>", text)
    return " ".join(re.sub("[━█]+", "", text).split())


@pytest.mark.parametrize("page", PAGES)
def test_only_known_commands_are_shown(page):
    """Each line is ours or one of the few that are not run here; every page has some."""
    ours = [c for c in commands(page) if c.text.startswith("tradeline ")]
    others = {c.text for c in commands(page)} - {c.text for c in ours}
    assert ours
    assert others <= NOT_RUN


@pytest.mark.parametrize("page", PAGES)
def test_commands_end_and_print_as_written(page, desk):
    """In the page's order, in one folder: exit codes and shown lines are true."""
    for command in steps(page):
        if isinstance(command, tuple):
            Path(command[0]).write_text(command[1], encoding="utf-8")
            continue
        if not command.text.startswith("tradeline ") or "--engine spark" in command.text:
            continue
        result = CliRunner().invoke(app, command.arguments)
        assert result.exit_code == command.exit_code, (
            command.text, result.output, result.exception,
        )  # fmt: skip
        printed = plain(result.output)
        missing = [line for line in command.shown if plain(line) not in printed]
        assert not missing, (command.text, missing, result.output)


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
