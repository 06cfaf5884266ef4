"""The commands that hand lists to other systems."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of
from tradeline.cli.errors import guard
from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from tradeline.actions.exports import Exported

app = typer.Typer(help="Hand lists to other systems.", no_args_is_help=True, rich_markup_mode=None)


class FormatName(StrEnum):
    """What kind of file is written."""

    CSV = "csv"
    XLSX = "xlsx"


@app.callback()
def export() -> None:
    """Hand lists to other systems, in their columns."""


@app.command("exposure")
@guard()
def exposure(  # noqa: PLR0917 - one parameter per option
    profile: Annotated[
        str,
        typer.Option(help="generic, sap, netsuite, dynamics, quickbooks, or your own YAML file."),
    ] = "generic",
    form: Annotated[
        FormatName | None, typer.Option("--format", help="Kind of file; the profile's own.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; - for standard output.")] = None,
    entity: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only this legal entity.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Day written into the file; today.")
    ] = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Write every account's exposure in the columns of your own system."""
    from tradeline.files.export_schema import find_profile

    found, day = find_profile(profile), day_of(as_of)
    by = actor(organisation, user)
    from tradeline.actions.exports import export_exposure  # after Django has started

    if form:
        found = replace(found, format=form.value)
    made = export_exposure(
        profile=found, entity=entity, day=day, by=by, at=datetime.now(UTC)
    )
    path = out or Path(f"exposure-{found.name}-{day}.{found.format}")
    if str(path) == "-":
        sys.stdout.buffer.write(made.content)
        return
    _write(path, made)
    told = {"file": str(path), "format": found.format, "profile": found.name, "rows": made.rows,
            "sha256": made.sha256}  # fmt: skip
    typer.echo(
        json.dumps(told, ensure_ascii=False)
        if as_json
        else f"{path}: {made.rows:,} accounts, SHA-256 {made.sha256}; recorded in the audit trail."
    )


def _write(path: Path, made: Exported) -> None:
    try:
        path.write_bytes(made.content)
    except OSError as error:
        raise ArgumentFault(
            f"{path} cannot be written: {error.strerror}", where="--out", mend="name another file"
        ) from error
