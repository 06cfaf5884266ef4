"""How values are written on pages."""

from __future__ import annotations

from typing import Final

from django import template

from tradeline.money import format_money

register = template.Library()
UNKNOWN: Final = "\u2013"  # a dash
_LOCALE: Final = "en-US"


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Return an amount in minor units as people read it; a dash where it is unknown."""
    return UNKNOWN if minor is None else format_money(minor, currency, _LOCALE)


@register.filter
def spaced(name: str) -> str:
    """Return a name of the program in words."""
    return name.replace("_", " ")


@register.filter
def words(text: str) -> list[str]:
    """Return the words of a text."""
    return text.split()
