"""The generated pages say everything: every command, option, column, code and field."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tradeline.cli.main import app

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
EXAMPLE = ROOT / "examples" / "portfolios" / "credit_master.xlsx"


def page(name):
    """Return a page of the reference."""
    return (REFERENCE / name).read_text(encoding="utf-8")


def walk(words, command):
    """Yield each command with the words that call it."""
    yield words, command
    for word, below in getattr(command, "commands", {}).items():
        yield from walk([*words, word], below)


@pytest.mark.parametrize(
    ("words", "command"), list(walk(["tradeline"], get_command(app))), ids=lambda x: str(x)[:40]
)
def test_every_command_and_option_is_documented(words, command):
    """Each has a section and a sentence, none is hidden."""
    section = page("cli.md").split(f"## {' '.join(words)}\n")[1].split("\n## ")[0]
    assert not getattr(command, "hidden", False)
    assert command.help
    for parameter in command.params:
        assert parameter.help, parameter.name
        for option in parameter.opts:
            assert not option.startswith("--") or option in section


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    """What `review --json` says of the example."""
    arguments = ["review", str(EXAMPLE), "--policy", "india", "--as-of", "2026-06-30"]
    out = tmp_path_factory.mktemp("runs")
    result = CliRunner().invoke(app, [*arguments, "--no-pack", "--json", "--out", str(out)])
    return json.loads(result.stdout)


def fields(heading):
    """Return the first cells of the table below a heading of the data contract."""
    section = page("data-contract.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


def test_the_contract_names_what_a_run_writes(answer):
    """The manifest, the answer and the CSV heads hold exactly the documented names."""
    folder = Path(answer["path"])
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert set(fields("manifest.json")) == manifest.keys()
    assert set(fields("review --json")) == answer.keys()
    for name in ("accounts", "checks"):
        head = (folder / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0]
        assert fields(name) == head.split(",")


def test_the_contract_names_what_a_replay_answers(answer):
    """The answer of `replay --json` holds exactly the documented names."""
    result = CliRunner().invoke(app, ["replay", answer["path"], "--json"])
    assert set(fields("replay --json")) == json.loads(result.stdout).keys()


def test_links_between_pages_lead_somewhere():
    """Every relative link of README, CONTRIBUTING and docs/ names a file that exists."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", path.read_text("utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_page_can_be_reached_from_the_index():
    """docs/index.md links each page below docs/."""
    linked = set(re.findall(r"\]\(([^)#]+\.md)", (ROOT / "docs" / "index.md").read_text("utf-8")))
    pages = {p.relative_to(ROOT / "docs").as_posix() for p in (ROOT / "docs").rglob("*.md")}
    assert pages - {"index.md"} <= linked
