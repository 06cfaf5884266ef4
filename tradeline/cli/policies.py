"""Commands on the written policy: init, check, explain, diff, schema."""

from __future__ import annotations

import json
from itertools import chain, repeat
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tradeline.cli.errors import UNUSABLE, guard
from tradeline.errors import ArgumentFault, PolicyFault

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_NAME = "policy.schema.json"
WIDTH_MAX = 100  # wider lines are hard to read

app = typer.Typer(
    help="Write, check, read and compare the written credit policy.", no_args_is_help=True
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
PolicyName = Annotated[str, typer.Argument(help="A policy file, or a preset by name.")]


@app.command()
@guard()
def init(
    preset: Annotated[
        str, typer.Option(help="Preset to start from: standard, prudent or india.")
    ] = "standard",
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("policy.yaml"),
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
) -> None:
    """Write a complete policy file with comments, and beside it the schema for editors."""
    from tradeline.policy.load import load_preset
    from tradeline.policy.write import to_yaml

    policy = load_preset(preset)
    beside = out.parent / SCHEMA_NAME
    _refuse_overwrite(out, force=force)
    _refuse_overwrite(beside, force=force, ours='"$id": "urn:tradeline:policy:')
    _write(out, to_yaml(policy, schema=SCHEMA_NAME))
    _write(beside, _schema_text())
    typer.echo(f"Wrote {out} from the preset {preset}, and {beside} for editors.")
    typer.echo(f"Next: change its values, then run: tradeline policy check {out}")


@app.command()
@guard()
def check(
    file: Annotated[Path, typer.Argument(help="The policy file.")], as_json: AsJson = False
) -> None:
    """Say whether a policy file can be used; every fault is listed with its line."""
    from tradeline.policy.load import load_policy, policy_version

    try:
        policy = load_policy(file)
    except PolicyFault as fault:
        if not as_json:
            raise
        _print_json({"file": str(file), "ok": False, "problems": _problems(fault)})
        raise typer.Exit(UNUSABLE) from fault
    version = policy_version(policy)
    if as_json:
        _print_json({"file": str(file), "ok": True, "name": policy.name, "version": version})
    else:
        typer.echo(f"{file} can be used: policy {policy.name}, version {version[:12]}")


@app.command()
@guard()
def explain(policy: PolicyName = "standard", as_json: AsJson = False) -> None:
    """Print the policy as sentences, by topic."""
    from tradeline.policy.explain import explain as chapters_of
    from tradeline.policy.load import find_policy, policy_version

    found = find_policy(policy)
    version = policy_version(found)
    chapters = chapters_of(found)
    if as_json:
        listed = [{"title": c.title, "sentences": list(c.sentences)} for c in chapters]
        _print_json({"name": found.name, "version": version, "chapters": listed})
        return
    _print_list(f"Policy {found.name}, version {version[:12]}", ())
    for chapter in chapters:
        _print_list(chapter.title, chapter.sentences)


@app.command()
@guard()
def diff(old: PolicyName, new: PolicyName, as_json: AsJson = False) -> None:
    """Say what changes from one policy to another, value by value."""
    from dataclasses import asdict

    from tradeline.policy.diff import diff as changes_of
    from tradeline.policy.load import find_policy

    changes = changes_of(find_policy(old), find_policy(new))
    if as_json:
        _print_json({"old": old, "new": new, "changes": [asdict(change) for change in changes]})
        return
    if not changes:
        typer.echo(f"{old} and {new} say the same.")
        return
    count = f"{len(changes)} {'change' if len(changes) == 1 else 'changes'}"
    _print_list(f"From {old} to {new}: {count}", (f"{c.path}: {c.sentence}" for c in changes))


@app.command()
@guard()
def schema() -> None:
    """Print the JSON schema of policy files, for editors and programs."""
    typer.echo(_schema_text(), nl=False)


def _schema_text() -> str:
    from tradeline.policy.json_schema import json_schema

    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _refuse_overwrite(path: Path, *, force: bool, ours: str = "") -> None:
    """A file that carries our mark was generated, and may be generated again."""
    if not path.exists() or force:
        return
    if not (ours and path.is_file() and ours in path.read_text("utf-8", "replace")[:500]):
        raise ArgumentFault(
            f"{path} exists already",
            where=str(path),
            mend="Name another file with --out, or add --force to overwrite this one",
        )


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ArgumentFault(
            f"{path} cannot be written: {error.strerror}",
            where=str(path),
            mend="Name a file in a folder that exists and is yours, with --out",
        ) from error


def _problems(fault: PolicyFault) -> list[dict[str, Any]]:
    """Return the faults with their lines, or the one that has none."""
    from dataclasses import asdict

    from tradeline.policy.faults import WrongPolicy

    if isinstance(fault, WrongPolicy):
        return [asdict(problem) for problem in fault.problems]
    return [{"line": None, "column": None, "field": "", "message": fault.what}]


def _print_json(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def _print_list(title: str, items: Iterable[str]) -> None:
    """Print a heading and its items, wrapped at the width of the terminal."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(title, style="bold"))
    for item in items:
        lines = Text(item).wrap(console, min(console.width, WIDTH_MAX) - 4)
        for lead, line in zip(chain(["  - "], repeat("    ")), lines, strict=False):
            line.rstrip()
            console.print(Text(lead) + line)
