"""Commands on the rows that were set aside: list, mend, drop, and apply them again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from tradeline.cli.book import AsJson, OrganisationName, UserName, actor, day_of
from tradeline.cli.errors import guard
from tradeline.cli.imports import Kind, told
from tradeline.cli.reading import pair

if TYPE_CHECKING:
    from tradeline.models import QuarantinedRow

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Rows that were set aside.")

RowId = Annotated[UUID, typer.Argument(metavar="ROW", help="As `quarantine list` shows it.")]
AsOf = Annotated[
    str | None, typer.Option("--as-of", metavar="YYYY-MM-DD", help="Day it counts for; today.")
]


@app.command("list")
@guard()
def list_rows(
    kind: Annotated[Kind | None, typer.Option(help="Only of this kind of file.")] = None,
    customer: Annotated[str | None, typer.Option(help="Only with this customer number.")] = None,
    count: Annotated[int, typer.Option(min=1, max=100_000, help="How many rows.")] = 50,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Show the rows that wait, with their reasons and cells."""
    by = actor(organisation, user)
    from tradeline.queries.quarantine import waiting
    from tradeline.queries.reading import reading

    with reading(by, "exposure.read"):
        rows = waiting(kind=kind.value if kind else None, customer_no=customer, count=count)
    if as_json:
        typer.echo(json.dumps([_row(row) for row in rows], ensure_ascii=False))
        return
    for row in rows:
        typer.echo(f"{row.pk}  {row.kind}  {row.batch.file_name}, row {row.source_row}")
        typer.echo(f"    {row.reason}")
        typer.echo("    " + "; ".join(f"{name}={text}" for name, text in row.cells.items()))
    if not rows:
        typer.echo("No row waits.")


@app.command("mend")
@guard()
def mend(
    row: RowId,
    cells: Annotated[list[str], typer.Argument(metavar="COLUMN=TEXT...", help="New cells.")],
    as_of: AsOf = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Apply a row with some cells replaced."""
    given = dict(pair(text, "cell", "COLUMN=TEXT") for text in cells)
    by = actor(organisation, user)
    from tradeline.actions.quarantine import mend_row

    done = mend_row(row_id=row, cells=given, day=day_of(as_of), by=by, at=datetime.now(UTC))
    _say(told(done, preview=False), "The row is mended and applied.", as_json=as_json)


@app.command("drop")
@guard()
def drop(
    row: RowId,
    reason: Annotated[str, typer.Option(help="Why it is no row of the book.")],
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Put a row aside for good."""
    by = actor(organisation, user)
    from tradeline.actions.quarantine import drop_row

    drop_row(row_id=row, reason=reason, by=by, at=datetime.now(UTC))
    _say({"row": str(row), "state": "dropped"}, "The row is dropped.", as_json=as_json)


@app.command("retry")
@guard()
def retry(
    kind: Annotated[Kind, typer.Argument(help="Whose rows.")],
    as_of: AsOf = None,
    organisation: OrganisationName = None,
    user: UserName = None,
    as_json: AsJson = False,
) -> None:
    """Apply all open rows of a kind again as they are, such as after a rate came in."""
    by = actor(organisation, user)
    from tradeline.actions.quarantine import retry_rows

    done = retry_rows(kind=kind.value, day=day_of(as_of), by=by, at=datetime.now(UTC))
    batches = [told(each, preview=False) for each in done.batches]
    _say(
        {"mended": done.mended, "left": done.left, "batches": batches},
        f"{done.mended} rows applied, {done.left} still set aside.", as_json=as_json,
    )  # fmt: skip


def _row(row: QuarantinedRow) -> dict[str, Any]:
    return {
        "row": str(row.pk), "kind": row.kind, "file": row.batch.file_name,
        "source_row": row.source_row, "customer_no": row.customer_no, "reason": row.reason,
        "cells": row.cells,
    }  # fmt: skip


def _say(facts: dict[str, Any], words: str, *, as_json: bool) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else words)
