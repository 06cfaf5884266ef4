"""The program: `tradeline ...` or `python -m tradeline ...`."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


class Interrupted(KeyboardInterrupt):
    """An interruption whose exit code is ours to choose.

    Python ends with its own once a plain one has passed through `exec`, as in many an import.
    """


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise Interrupted


def main() -> None:
    """Run the command line."""
    import gc
    import sys
    import traceback

    from tradeline.cli.errors import OUR_FAULT
    from tradeline.cli.main import app

    gc.set_threshold(20_000, 50, 100)  # imports and expressions leave little to collect
    signal.signal(signal.SIGINT, _interrupt)
    try:
        app()
    except Exception:  # noqa: BLE001 - exit code 1 means findings, so a crash must not end with it
        traceback.print_exc()
        sys.stderr.write("This is a fault of tradeline, not of your files; please report it.\n")
        sys.exit(OUR_FAULT)


if __name__ == "__main__":
    main()
