"""Make the example book: limits, receivables and orders as three systems would export them.

The files are committed; running this again must give the same bytes (a test holds it). `tradeline
demo` writes them from the same functions, so that an installed program needs no example folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from tradeline.files.demo_files import write_book

BOOK: Final = Path(__file__).resolve().parent.parent / "examples" / "book"


if __name__ == "__main__":
    write_book(BOOK)
