"""Find the header row below banners and titles; knows words only, so the child can use it alone.

A row is the header when it names the most known fields among the first rows. Without a known
name, it is the first row that fills most of the sheet's width with different texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING, Final

from tradeline.files import units

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

ROWS_SEARCHED: Final = 60
_CURRENCY_TAIL: Final = re.compile(
    r"\b(?:in )?(?:inr|usd|eur|gbp|aed|sgd|aud|cad|chf|jpy|cny|zar|sar|rs|lcy)$"
)
_SIDES_TAIL: Final = re.compile(r" (?:dr cr|cr dr)$| in$")  # Balance (Dr/Cr), Total in £
_NUMBER: Final = re.compile(r"^[\s(+\-]*[^\d\s]{0,3}\s*\d[\d.,:/\s'-]*\)?%?$")


def normalise(header: str) -> str:
    """Return the header in lower case, signs as blanks, `#` as `no`; unit and currency are cut."""
    text = unicodedata.normalize("NFKC", units.cut(header)).casefold().replace("#", " no ")
    text = re.sub(r"(?<=[a-z])'s\b", "s", text)
    text = " ".join(re.sub(r"[^\w<>+]|_", " ", text).split())
    cut = _CURRENCY_TAIL.sub("", _SIDES_TAIL.sub("", text)).strip()
    return cut or text


def find_header(rows: Sequence[Sequence[str | None]], known: Collection[str]) -> int | None:
    """Return the index of the header row among the first rows, or None when there is none."""
    scores = [_known_names(row, known) for row in rows[:ROWS_SEARCHED]]
    best = max(scores, default=0)
    if best >= 2:
        return scores.index(best)
    index = _first_full_row(rows[:ROWS_SEARCHED])
    return index if index is not None else (scores.index(best) if best else None)


def known_names(row: Sequence[str | None], known: Collection[str]) -> int:
    """Return how many cells of the row name a known field."""
    return _known_names(row, known)


def _known_names(row: Sequence[str | None], known: Collection[str]) -> int:
    return len({name for cell in row if cell and (name := normalise(cell)) in known})


def _first_full_row(rows: Sequence[Sequence[str | None]]) -> int | None:
    widths = Counter(sum(bool(cell and cell.strip()) for cell in row) for row in rows)
    width = max((w for w, count in widths.items() if w >= 2 and count >= 1), default=0)
    for index, row in enumerate(rows):
        cells = [cell.strip() for cell in row if cell and cell.strip()]
        if width and len(cells) >= max(2, 0.6 * width) and not any(map(_NUMBER.match, cells)):
            return index
    return None


def banner_of(rows: Iterable[Sequence[str | None]]) -> list[str]:
    """Return the texts above the header, where a report states its unit and currency."""
    return [cell.strip()[:200] for row in rows for cell in row if cell and cell.strip()]


def distinct_headers(headers: Sequence[str | None]) -> list[str]:
    """Return names that differ: a repeated one gets ` (2)`, a blank one `(column C)`."""
    seen: Counter[str] = Counter()
    names = []
    for index, header in enumerate(headers):
        name = " ".join((header or "").split()) or f"(column {column_letter(index)})"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return names


def column_letter(index: int) -> str:
    """Return the letter a spreadsheet shows above the column: 0 is A, 26 is AA."""
    letters = ""
    index += 1
    while index:
        index, digit = divmod(index - 1, 26)
        letters = chr(65 + digit) + letters
    return letters
