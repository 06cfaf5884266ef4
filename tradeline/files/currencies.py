"""Recognise currencies: ISO 4217 codes and the signs that name exactly one currency."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from tradeline.files import units

# A bare $ or a bare yen sign is several currencies; they are not guessed but asked for.
_SIGNS: Final = {
    "₹": "INR", "rs": "INR", "rs.": "INR", "re": "INR", "€": "EUR", "£": "GBP", "us$": "USD",
    "a$": "AUD", "c$": "CAD", "ca$": "CAD", "s$": "SGD", "hk$": "HKD", "nz$": "NZD", "₩": "KRW",
    "₪": "ILS", "₫": "VND", "₱": "PHP", "฿": "THB", "₺": "TRY", "₦": "NGN", "₴": "UAH",
    "dh": "AED", "dhs": "AED", "dhs.": "AED", "r$": "BRL",
}  # fmt: skip
_SHARED: Final = {
    "$": frozenset({"USD", "AUD", "CAD", "SGD", "HKD", "NZD", "TWD", "MXN", "ARS", "CLP", "COP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
}
_HEADER: Final = re.compile(
    r"(?:[(\[]|\bin |[-\u2013/:,] ?)\s*([A-Za-z]{2,3}\.?)\s*[\])]?$|([₹€£$¥]|\b[Rr]s\.?)\s*[\])]?$"
)


@lru_cache(maxsize=1)
def known() -> frozenset[str]:
    """Return every ISO 4217 code CLDR knows."""
    from babel import Locale

    return frozenset(Locale("en").currencies)


def code_of(text: str) -> str | None:
    """Return the ISO code a code or sign names; a sign several currencies share as `?$`."""
    word = text.strip()
    if word.casefold() in _SIGNS:
        return _SIGNS[word.casefold()]
    if word.casefold().rstrip(".") in _SHARED:
        return "?" + word.casefold().rstrip(".")
    upper = word.upper().rstrip(".")
    return upper if len(upper) == 3 and upper.isalpha() and upper in known() else None


def of_word(word: str) -> str | None:
    """Return the currency of a word beside a unit: a code, a sign, rupees, euros, US dollars."""
    return {"rupees": "INR", "us dollars": "USD", "dollars": "?$", "euro": "EUR",
            "euros": "EUR"}.get(word) or code_of(word)  # fmt: skip


def in_header(header: str) -> str | None:
    """Return the currency a header states, as in `Outstanding (INR)` or `Amount in USD`."""
    if (unit := units.in_header(header)) and unit.money:
        return of_word(unit.money)
    found = _HEADER.search(header.strip())
    return code_of(found[1] or found[2]) if found else None


def settled(code: str, functional: str) -> str | None:
    """Return the currency a shared sign means: the functional one if it uses it, else None."""
    if not code.startswith("?"):
        return code
    return functional if functional in _SHARED[code[1:]] else None
