"""The program: `tradeline ...` or `python -m tradeline ...`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    import gc
    import sys
    import traceback

    from tradeline.cli.errors import OUR_FAULT
    from tradeline.cli.main import app

    gc.set_threshold(20_000, 50, 100)  # imports and expressions leave little to collect
    try:
        app()
    except Exception:  # noqa: BLE001 - exit code 1 means findings, so a crash must not end with it
        traceback.print_exc()
        sys.stderr.write("This is a fault of tradeline, not of your files; please report it.\n")
        sys.exit(OUR_FAULT)


if __name__ == "__main__":
    main()
