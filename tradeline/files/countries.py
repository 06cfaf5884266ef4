"""Country names and codes to ISO 3166 alpha-2."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import Final

_ALIASES: Final = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "united states of america": "US", "uk": "GB",
    "u.k.": "GB", "great britain": "GB", "england": "GB", "uae": "AE", "u.a.e.": "AE",
    "bharat": "IN", "ind": "IN", "gbr": "GB", "deu": "DE", "are": "AE", "sgp": "SG", "aus": "AU",
    "holland": "NL", "the netherlands": "NL", "czech republic": "CZ", "turkey": "TR",
}  # fmt: skip


@lru_cache(maxsize=1)
def _territories() -> dict[str, str]:
    from babel import Locale

    names = Locale("en").territories
    codes = {
        code for code in names if len(code) == 2 and code.isalpha() and code not in {"ZZ", "EU"}
    }
    return {_plain(names[code]): code for code in codes} | {code.casefold(): code for code in codes}


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return " ".join(bare.casefold().replace("&", "and").split())


def code_of(text: str) -> str | None:
    """Return the alpha-2 code of a country's English name or code, or None when unknown."""
    word = _plain(text)
    return _ALIASES.get(word) or _territories().get(word)
