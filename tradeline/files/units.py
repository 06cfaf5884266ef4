"""Recognise units of amounts: `Limit (in lakhs)`, `Amount INR Cr`, `(USD '000)`, `Rs. in Lakhs`.

Lakh and crore are 10^5 and 10^7. `Cr` alone means credit; it is crore only after a currency or
after `in`. Words only, so that the child can use it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final, NamedTuple

POWERS: Final = {"hundred": 2, "thousand": 3, "lakh": 5, "million": 6, "crore": 7, "billion": 9}
_WORDS: Final = {
    "hundred": ("hundreds",),
    "thousand": ("thousands", "thousand", "thsd", "tsd"),
    "lakh": ("lakhs", "lakh", "lacs", "lac"),
    "million": ("millions", "million", "mio", "mln", "mn"),
    "crore": ("crores", "crore"),
    "billion": ("billions", "billion", "bn"),
}
_SHORT: Final = {
    "hundred": ("hundred",), "thousand": ("k", "000s", "000's", "000", "1000s", "1,000s"),
    "lakh": ("l",), "million": ("mm", "m"), "crore": ("cr",), "billion": ("b",),
}  # fmt: skip
_UNIT_OF: Final = {
    word: unit for table in (_WORDS, _SHORT) for unit, words in table.items() for word in words
}
_CODES: Final = (
    "inr|usd|eur|gbp|aed|sgd|aud|cad|chf|jpy|cny|zar|sar|hkd|nzd|sek|nok|dkk|brl|mxn|kwd|qar|omr|"
    "bhd|thb|myr|idr|php|krw|try|pln|czk|huf|ils|egp|ngn|kes|bdt|lkr|npr|pkr|vnd|lcy|fcy"
)
_MONEY: Final = (
    rf"(?:(?<![a-z0-9])(?:{_CODES}|rs\.?|rupees|us dollars|dollars|euros?)|us\$|[₹€£$¥])"
)
_WORD: Final = "|".join(word for words in _WORDS.values() for word in words)
_ABBREVIATED: Final = "|".join(re.escape(word) for words in _SHORT.values() for word in words)
_QUOTES: Final = "'\u2018\u2019\u00b4`"
_LONG: Final = re.compile(rf"(?<![a-z])(?P<unit>{_WORD})(?![a-z0-9])\.?")
_AFTER_MONEY: Final = re.compile(
    rf"(?P<money>{_MONEY})[ ,/:-]*(?:in )?[ {_QUOTES}]*(?P<unit>{_ABBREVIATED})(?![a-z0-9$€£])\.?"
)
_AFTER_IN: Final = re.compile(
    rf"(?<![a-z])in (?P<money>{_MONEY})?[ {_QUOTES}]*(?P<unit>{_ABBREVIATED})(?![a-z0-9$€£])\.?"
)
_QUOTED: Final = re.compile(
    rf"[{_QUOTES}](?P<unit>000s?)(?!\d)|(?<![\d.,])(?P<unit2>000)[{_QUOTES}]?s(?![a-z0-9])"
    r"|\((?P<unit3>000|k|m|mm)\)|[x*\u00d7] ?(?P<unit4>1[.,]?000)(?![\d.,])"
)
_JOINED: Final = re.compile(
    r"(?<![a-z0-9])(?P<unit>[ktm])(?P<money>eur|usd|gbp|chf|inr|[€$£₹])(?![a-z0-9])"
)
_BANNER: Final = re.compile(
    rf"(?:(?<![a-z])in|{_MONEY}|(?<![a-z])(?:amounts?|figures?|values?|units?|currency|all))"
    rf"[ :./,()-]*(?:are |is |stated |shown |expressed )*(?:in )?(?:{_MONEY})?[ .,:/()-]*"
    rf"[{_QUOTES}]?(?P<unit>{_WORD}|000s?)(?![a-z0-9])"
    rf"(?=\.? *(?:[).,;:\]/]|$|of |except|unless|{_MONEY}))"
)
_BARE: Final = re.compile(rf"[(\[]? ?(?P<unit>{_WORD}) ?[)\]]?\.?")
_MAYBE: Final = re.compile(r"\(cr\.?\)$")


class Unit(NamedTuple):
    """What a text says of its amounts; `money` is the currency word beside the unit, if any."""

    name: str
    money: str | None = None

    @property
    def power(self) -> int:
        """Return the power of ten that the unit stands for."""
        return POWERS[self.name]


def in_header(header: str) -> Unit | None:
    """Return the unit a header states, or None; `Cr` and `Dr/Cr` are sides, not units."""
    found = _search(_plain(header))
    return None if found is None else _unit(found)


def in_banner(line: str) -> Unit | None:
    """Return the unit a line above the header states; `Lakh Traders Ltd` states none."""
    text = " ".join(_plain(line).split())
    found = _BARE.fullmatch(text) or _BANNER.search(text) or _AFTER_IN.search(text)
    found = found or _AFTER_MONEY.search(text) or _QUOTED.search(text)
    if found is None:
        return None
    return Unit(_unit(found).name, _money_word(text))


def cut(header: str) -> str:
    """Return the header without the unit it states, so that its name can be compared."""
    text = _plain(header)
    found = _search(text)
    if found is None:
        return _MAYBE.sub("", text) if doubtful(header) else header
    unit = found.start("unit") if "unit" in found.groupdict() and found["unit"] else found.start()
    begin = found.start() if found.re is not _AFTER_MONEY else unit
    money = f" {found['money']}" if found.re in (_JOINED, _AFTER_IN) and found["money"] else ""
    left, right = text[:begin], text[found.end() :]
    left = re.sub(rf"(?:(?<![a-z])in)?[ {_QUOTES}]*$", "", left)
    return re.sub(r"\( *\)|\[ *\]", " ", f"{left}{money}{right}").strip(" -:,/")


def doubtful(header: str) -> bool:
    """Return whether a header of limits ends in `(Cr)`; a limit has no credit side to mean."""
    text = _plain(header)
    return "limit" in text and bool(_MAYBE.search(text)) and _search(text) is None


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().replace("_", " ").strip()


def _search(text: str) -> re.Match[str] | None:
    for pattern in (_LONG, _AFTER_MONEY, _AFTER_IN, _QUOTED, _JOINED):
        if found := pattern.search(text):
            return found
    return None


def _unit(found: re.Match[str]) -> Unit:
    groups = found.groupdict()
    word = next(value for name, value in groups.items() if name.startswith("unit") and value)
    name = "thousand" if found.re is _JOINED and word in "kt" else _name(word)
    return Unit(name, groups.get("money") or _money_word(found.string))


def _name(word: str) -> str:
    return "thousand" if word.endswith("000") else _UNIT_OF[word]


def _money_word(text: str) -> str | None:
    found = re.search(rf"{_MONEY}(?![a-z])", text)
    return found[0].strip() if found else None
