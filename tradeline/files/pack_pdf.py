"""The paper of the committee pack: what is signed. Set by typst inside the process.

Fonts that typst carries come first, so that the same review gives the same bytes on any machine.
Only when a name needs other letters are the machine's own fonts asked (docs/decisions/0006).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tradeline.files.pack_story import story

if TYPE_CHECKING:
    from tradeline.files.pack_input import PackInput

TEMPLATE: Final = Path(__file__).with_name("pack.typ")
STANDARDS: Final = ("a-2a", "ua-1")
"""For the archive (PDF/A-2a) and for screen readers (PDF/UA-1)."""

_NO_GLYPH: Final = "could not be displayed"
_MISSING_LETTERS: Final = (
    "This computer has no font for some of the letters used in names. The workbook has them whole."
)


def write_pdf(path: Path, given: PackInput) -> None:
    """Write the paper; the same inputs give the same bytes."""
    paper = story(given)
    pictures = {chart["file"]: chart.pop("svg").encode() for chart in paper["charts"]}
    made = datetime.combine(given.identity.as_of, time(), UTC)
    path.write_bytes(_set(paper, pictures, made))


def _set(paper: dict[str, Any], pictures: dict[str, bytes], made: datetime) -> bytes:
    """Set the paper with typst's own fonts, else the machine's, else with gaps and a note."""
    import typst

    for own in (True, False):
        try:
            return _compile(paper, pictures, made, own=own, standards=STANDARDS)
        except typst.TypstError as fault:
            if _NO_GLYPH not in str(fault):
                raise
    paper["notes"].append(_MISSING_LETTERS)
    return _compile(paper, pictures, made, own=False, standards=("1.7",))


def _compile(
    paper: dict[str, Any],
    pictures: dict[str, bytes],
    made: datetime,
    *,
    own: bool,
    standards: tuple[str, ...],
) -> bytes:
    import typst

    root: Any = {
        "main.typ": TEMPLATE.read_bytes(),
        "data.json": json.dumps(paper, ensure_ascii=False).encode(),
        **pictures,
    }
    wanted: Any = list(standards)
    return typst.compile(root, ignore_system_fonts=own, pdf_standards=wanted, timestamp=made)
