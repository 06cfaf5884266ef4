"""`tradeline policy`: exit codes, streams and files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tradeline.cli.policies import app
from tradeline.policy.load import load_policy, load_preset, policy_version


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: CliRunner().invoke(app, list(arguments))


def write(text, name="policy.yaml"):
    """Put a file where the command runs."""
    Path(name).write_text(text, encoding="utf-8")


def test_init_writes_a_policy_and_its_schema(run):
    """The first line tells editors where the schema is; the file is the preset."""
    assert run("init", "--preset", "india").exit_code == 0
    text = Path("policy.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=policy.schema.json\n")
    assert load_policy(Path("policy.yaml")) == load_preset("india")
    assert json.loads(Path("policy.schema.json").read_text(encoding="utf-8"))["$id"]


def test_init_overwrites_only_when_forced(run):
    """A policy someone wrote is not lost; a second policy may stand beside the first."""
    write("name: Mine")
    refused = run("init")
    assert refused.exit_code == 2
    assert "policy.yaml exists already" in refused.stderr
    assert "--force" in refused.stderr
    assert Path("policy.yaml").read_text(encoding="utf-8") == "name: Mine"
    assert run("init", "--force").exit_code == 0
    assert run("init", "--out", "second.yaml").exit_code == 0


def test_init_leaves_a_foreign_schema_alone(run):
    """A file that only has the schema's name is not ours to replace."""
    write("{}", "policy.schema.json")
    assert run("init").exit_code == 2
    assert not Path("policy.yaml").exists()


def test_init_into_nowhere(run):
    """A folder that does not exist and a preset that does not exist are told apart."""
    assert "cannot be written" in run("init", "--out", "no/policy.yaml").stderr
    assert "did you mean prudent" in run("init", "--preset", "prudant").stderr


def test_check_passes_a_good_policy(run):
    """Exit code 0 and the version that a run will carry."""
    write("based_on: india")
    version = policy_version(load_preset("india"))
    result = run("check", "policy.yaml")
    assert (result.exit_code, version[:12] in result.stdout) == (0, True)
    assert json.loads(run("check", "policy.yaml", "--json").stdout)["version"] == version


def test_check_refuses_a_wrong_policy(run):
    """Exit code 2; the faults on stderr with where and how to mend, nothing on stdout."""
    write("utilisation:\n  watch_above_pct: 9000\n  limt_pct: 3\n")
    result = run("check", "policy.yaml")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "line 2: utilisation.watch_above_pct is 9000; allowed: " in result.stderr
    assert "line 3: utilisation.limt_pct is no name of a policy; did you mean" in result.stderr
    assert "  where: policy.yaml, line 2" in result.stderr
    assert "  mend:  " in result.stderr


@pytest.mark.parametrize(
    ("text", "line"), [("name: [", 1), ("a: 1\na: 2", 2), ("utilisation:\n  limit_pct: x", 2)]
)
def test_check_tells_programs_the_same(run, text, line):
    """--json gives each fault with its line, also when the text is no YAML."""
    write(text)
    result = run("check", "policy.yaml", "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["ok"], told["problems"][0]["line"]) == (2, False, line)


def test_check_of_a_missing_file(run):
    """A missing file is unusable input, for people and for programs."""
    assert run("check", "no.yaml").exit_code == 2
    told = json.loads(run("check", "no.yaml", "--json").stdout)
    assert "No such file" in told["problems"][0]["message"]


def test_explain_prints_sentences(run):
    """Readable at 80 columns and without trailing blanks when piped."""
    result = run("explain", "india")
    assert result.exit_code == 0
    assert "  - Amounts are in INR where a file names no currency.\n" in result.stdout
    assert all(len(x) <= 80 and x == x.rstrip() for x in result.stdout.splitlines())


def test_explain_tells_programs_the_same(run):
    """--json holds name, version and every chapter."""
    told = json.loads(run("explain", "prudent", "--json").stdout)
    assert told["version"] == policy_version(load_preset("prudent"))
    assert told["chapters"][0]["title"] == "The policy"


def test_markup_in_a_name_is_printed_as_it_is(run):
    """A name is a text and never a style of the terminal."""
    write("name: '[red]Mine[/red]'")
    assert "called [red]Mine[/red]." in run("explain", "policy.yaml").stdout


def test_diff_says_what_changed(run):
    """Exit code 0 whether something changed or not; diff is a report, not a check."""
    write("utilisation: {watch_above_pct: 85}")
    result = run("diff", "standard", "policy.yaml")
    assert result.exit_code == 0
    assert "1 change\n" in result.stdout
    assert "85 %" in result.stdout
    assert "say the same" in run("diff", "india", "india").stdout
    (change,) = json.loads(run("diff", "standard", "policy.yaml", "--json").stdout)["changes"]
    assert (change["path"], change["old"]) == ("utilisation.watch_above_pct", "90 %")


def test_schema_prints_json(run):
    """The output can be saved as it is."""
    assert json.loads(run("schema").stdout)["$id"] == "urn:tradeline:policy:1"


def test_the_module_loads_nothing_heavy():
    """`tradeline --help` answers at once: no pydantic, yaml, babel or rich table at import."""
    code = (
        "import sys, typer; before = set(sys.modules); import tradeline.cli.policies; "
        "new = {m.split('.')[0] for m in set(sys.modules) - before}; "
        "print(sorted(new & {'pydantic', 'yaml', 'babel', 'polars'}))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
