"""The command that makes the example company."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tradeline.cli.audit import seal_now
from tradeline.cli.book import AsJson, open_book
from tradeline.cli.errors import guard
from tradeline.errors import EngineFault

if TYPE_CHECKING:
    from tradeline.actions.demo import Demo
    from tradeline.queries.exposure import ExposureRow

_SHOWN: Final = 12


@guard()
def demo(
    again: Annotated[
        bool, typer.Option("--again", help="Make one more, under a new name.")
    ] = False,
    empty: Annotated[
        bool, typer.Option("--empty", help="Only people, entities and policy; no files.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the example company with a year behind it, and show what its customers owe."""
    from tradeline.cli.screen import progress

    with progress(quiet=as_json) as tell:
        tell("Database", 0, 1)
        open_book()
        tell("Database", 1, 1)
        from tradeline.actions.demo import make_demo  # after Django has started

        made = make_demo(again=again, empty=empty, door="cli", at=datetime.now(UTC), tell=tell)
        with suppress(EngineFault):  # a server of one's own whose sealer is not named here
            seal_now()
    rows = _ranked(made)
    if as_json:
        typer.echo(json.dumps(_told(made, rows), ensure_ascii=False))
        return
    from tradeline.cli.screen_demo import show_demo

    show_demo(made, rows)


def _ranked(made: Demo) -> list[ExposureRow]:
    from tradeline.actions.demo import actor_of
    from tradeline.models.context import acting
    from tradeline.queries.exposure import Wanted, ranked

    with acting(actor_of(made, "anna", door="cli")):
        return ranked(Wanted(count=_SHOWN))


def _told(made: Demo, rows: list[ExposureRow]) -> dict[str, Any]:
    from tradeline.queries.exposure import told

    return {
        "organisation": made.name, "made": made.made, "files": made.files, "rows": made.rows,
        "set_aside": made.set_aside,
        "people": [{"login": login, "role": role} for login, role in made.logins.items()],
        "exposure": [told(row) for row in rows],
    }  # fmt: skip
