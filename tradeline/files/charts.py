"""The pictures of a review: horizontal bars as SVG, the same for paper and page.

Every bar carries its figure, so no reader depends on an axis or a colour. Positions are reckoned
here and never from font metrics, so the picture does not depend on the machine that draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape, quoteattr

from tradeline.files.pack_look import INK, INK_SOFT

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT: Final = "Libertinus Serif"
FONT_SIZE: Final = 11
LABEL_WIDTH: Final = 118
VALUE_WIDTH: Final = 48
BAR_STEP: Final = 21
BAR_HEIGHT: Final = 13
CORNER: Final = 2
MARGIN: Final = 2


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its length, the text beside it, and its colour."""

    name: str
    value: float
    text: str
    colour: str


def bars(title: str, entries: Sequence[Bar], *, width: int = 330) -> str:
    """Return bars in the order given as SVG: names at the left, figures at each bar's end."""
    most = max((bar.value for bar in entries), default=0) or 1
    inner = width - LABEL_WIDTH - VALUE_WIDTH
    height = len(entries) * BAR_STEP + 2 * MARGIN
    drawn = "".join(
        _bar(bar, MARGIN + at * BAR_STEP + BAR_STEP / 2, inner * bar.value / most)
        for at, bar in enumerate(entries)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label={quoteattr(title)} '
        f'font-family="{FONT}" font-size="{FONT_SIZE}">{drawn}</svg>'
    )


def _bar(bar: Bar, middle: float, length: float) -> str:
    base = middle + FONT_SIZE * 0.32  # the eye's middle of figures and small letters
    start, end = LABEL_WIDTH, LABEL_WIDTH + length
    return (
        f'<text x="{start - 8}" y="{base:.2f}" text-anchor="end" fill="{INK}">'
        f"{escape(bar.name)}</text>"
        f'<path d="{_shape(start, end, middle - BAR_HEIGHT / 2)}" fill="{bar.colour}"/>'
        f'<text x="{end + 6:.2f}" y="{base:.2f}" fill="{INK_SOFT}">{escape(bar.text)}</text>'
    )


def _shape(start: float, end: float, top: float) -> str:
    """Return a bar whose right corners are round, as far as its length allows."""
    corner = min(CORNER, end - start)
    down = BAR_HEIGHT - 2 * corner
    return (
        f"M{start:.2f} {top:.2f}H{end - corner:.2f}q{corner:.2f} 0 {corner:.2f} {corner:.2f}"
        f"v{down:.2f}q0 {corner:.2f} {-corner:.2f} {corner:.2f}H{start:.2f}Z"
    )
