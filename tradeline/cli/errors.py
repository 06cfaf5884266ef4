"""How a command ends when the user's material cannot be used: three lines on stderr, exit code 2.

Exit codes of every command: 0 all well, 1 findings, 2 unusable input, 70 a fault of the program
itself, 130 interrupted.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import typer

from tradeline.errors import TradelineError

if TYPE_CHECKING:
    from collections.abc import Iterator

FINDINGS: Final = 1
UNUSABLE: Final = 2
OUR_FAULT: Final = 70
INTERRUPTED: Final = 130


@contextmanager
def guard() -> Iterator[None]:
    """Print an expected error as what, where and how to mend it; as decorator or with block."""
    try:
        yield
    except TradelineError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(UNUSABLE) from error
    except KeyboardInterrupt as stop:
        typer.echo("interrupted: what was under way was not written", err=True)
        raise typer.Exit(INTERRUPTED) from stop
