"""How the pack looks: one calm palette for workbook, charts and PDF, and the workbook's formats."""

from __future__ import annotations

from typing import Any, Final

from tradeline.files.pack_formats import money_formats, money_tier
from tradeline.money import exponent

INK: Final = "#1b2330"
INK_SOFT: Final = "#5b6675"
LINE: Final = "#e2e6eb"
GROUND: Final = "#f4f6f8"
BRAND: Final = "#0b5d66"
BRAND_SOFT: Final = "#e3f1f2"
SERIES: Final = ("#2f6f9f", "#7fb2d3", "#c9dceb")
NEUTRAL: Final = "#8b95a3"
BAND_COLOURS: Final = {
    "Low": "#2c7a4b",
    "Medium": "#8a6d0b",
    "High": "#b4540a",
    "Critical": "#a61b2b",
}
BAND_GROUNDS: Final = {
    "Low": "#e6f2ea",
    "Medium": "#f6f0da",
    "High": "#fbeadb",
    "Critical": "#f8e1e4",
}
AGE_COLOURS: Final = ("#c9dceb", "#7fb2d3", "#2f6f9f", "#173f5f")

_RIGHT: Final = frozenset({"money", "percent", "decimal", "whole"})


def _tail(currency: str) -> str:
    digits = exponent(currency)
    return "." + "0" * digits if digits else "\0"


class Look:
    """The formats of one workbook."""

    def __init__(self, book: Any, currency: str, locale: str) -> None:
        base = {"font_name": "Calibri", "font_size": 10, "font_color": INK, "valign": "top"}
        self._book = book
        self._base = base
        self._money = money_formats(currency, locale)
        self._styles: dict[str, list[Any]] = {}
        self._headings: dict[bool, Any] = {}
        self.title = self.made(font_size=16, bold=True)
        self.subtitle = self.made(font_color=INK_SOFT)
        self.chapter = self.made(font_size=12, bold=True, font_color=BRAND)
        self.label = self.made(font_color=INK_SOFT)
        self.prose = self.made(text_wrap=True)
        self.note = self.made(font_size=9, font_color=INK_SOFT)
        self.note_wrapped = self.made(font_size=9, font_color=INK_SOFT, text_wrap=True)
        self.fixed = self.made(font_name="Consolas", font_size=9)
        self.row_label = self.made(bottom=1, bottom_color=LINE, align="left", indent=1)
        self.axis_format = money_formats(currency, locale)[0].replace(_tail(currency), "")
        self.bands = {
            band: book.add_format({"font_color": colour, "bg_color": BAND_GROUNDS[band]})
            for band, colour in BAND_COLOURS.items()
        }

    def made(self, **changes: Any) -> Any:
        """Return a format of the house with these changes."""
        return self._book.add_format(self._base | changes)

    def heading(self, kind: str) -> Any:
        """Return the format of a list's heading, on the side of its values."""
        right = kind in _RIGHT
        if right not in self._headings:
            self._headings[right] = self.made(
                bold=True,
                font_color=INK_SOFT,
                bg_color=GROUND,
                text_wrap=True,
                valign="vcenter",
                bottom=1,
                bottom_color=NEUTRAL,
                align="right" if right else "left",
                indent=0 if right else 1,
            )
        return self._headings[right]

    def styles(self, kind: str) -> list[Any]:
        """Return the formats a kind of column may need, as `pack_cells` chooses among them."""
        if kind not in self._styles:
            self._styles[kind] = [self.made(**change) for change in self._changes(kind)]
        return self._styles[kind]

    def money(self, amount_minor: int, currency: str, **changes: Any) -> Any:
        """Return the format for one amount."""
        tier = money_tier(amount_minor, currency) if len(self._money) > 1 else 0
        return self.made(num_format=self._money[tier], align="right", **changes)

    def chart(self, kind: str) -> Any:
        """Return a new chart of the workbook: bar or column."""
        return self._book.add_chart({"type": kind})

    def _changes(self, kind: str) -> list[dict[str, Any]]:
        if kind == "money":
            return [{"num_format": form, "align": "right"} for form in self._money]
        if kind == "percent":
            return [{"num_format": form, "align": "right"} for form in ("0.00", "0.0000")]
        if kind in _RIGHT:
            form = "0.00" if kind == "decimal" else "0"
            return [{"num_format": form, "align": "right"}]
        text = {"align": "left", "indent": 1}
        return [text | {"text_wrap": True}] if kind == "long" else [text]
