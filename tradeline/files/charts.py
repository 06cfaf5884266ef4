"""The pictures of a review as Vega-Lite specifications, and their rendering to SVG.

The specifications are plain dicts: building them needs no charting library, and the same ones can
be drawn in a page. Every bar carries its figure, so no reader depends on an axis or a colour. The
layout is fixed, so that the picture does not depend on the fonts of the machine that draws it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tradeline.files.pack_look import INK, INK_SOFT

if TYPE_CHECKING:
    from collections.abc import Sequence

FONT: Final = "Libertinus Serif"
LABEL_WIDTH: Final = 118
VALUE_WIDTH: Final = 48
BAR_STEP: Final = 21


@dataclass(frozen=True)
class Bar:
    """One bar: its name, its length, the text beside it, and its colour."""

    name: str
    value: float
    text: str
    colour: str


def bars(title: str, entries: Sequence[Bar], *, width: int = 330) -> dict[str, Any]:
    """Return horizontal bars in the order given, names at the left, figures at the bar's end."""
    rows = [
        {"at": at, "name": bar.name, "value": bar.value, "text": bar.text, "colour": bar.colour}
        for at, bar in enumerate(entries)
    ]
    most = max((bar.value for bar in entries), default=0) or 1
    inner = width - LABEL_WIDTH - VALUE_WIDTH
    length = {"field": "value", "type": "quantitative", "axis": None,
              "scale": {"domain": [0, most], "range": [0, inner], "nice": False}}  # fmt: skip
    place = {"field": "at", "type": "ordinal", "axis": None}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": title,
        "data": {"values": rows},
        "width": inner,
        "height": {"step": BAR_STEP},
        "autosize": {"type": "none"},
        "padding": {"left": LABEL_WIDTH, "right": VALUE_WIDTH, "top": 2, "bottom": 2},
        "encoding": {"y": place},
        "layer": [
            _bar(length),
            _text("name", {"value": 0}, align="right", dx=-8, color=INK),
            _text("text", {"field": "value", "type": "quantitative"}, align="left", dx=6,
                  color=INK_SOFT),
        ],
        "config": {"view": {"stroke": None}, "font": FONT, "background": None},
    }  # fmt: skip


def svg(spec: dict[str, Any]) -> str:
    """Return the picture; nothing is fetched from anywhere."""
    import vl_convert

    drawn: str = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[])
    return drawn


def _bar(length: dict[str, Any]) -> dict[str, Any]:
    colour = {"field": "colour", "type": "nominal", "scale": None}
    mark = {"type": "bar", "height": 13, "cornerRadiusEnd": 2}
    return {"mark": mark, "encoding": {"x": length, "color": colour}}


def _text(field: str, x: dict[str, Any], **mark: Any) -> dict[str, Any]:
    return {
        "mark": {"type": "text", "fontSize": 11, "baseline": "middle", **mark},
        "encoding": {"x": x, "text": {"field": field, "type": "nominal"}},
    }
