"""The program: `tradeline ...` or `python -m tradeline ...`."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
    from tradeline.cli.main import app

    app()


if __name__ == "__main__":
    main()
