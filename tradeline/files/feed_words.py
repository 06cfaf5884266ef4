"""Words of the feeds' cells: yes and no, kinds of limits and payments, tax included or not."""

from __future__ import annotations

from typing import Final

from tradeline.files import labels

_YES: Final = frozenset(("intercompany", "ic", "affiliate", "affiliated", "related", "internal"))
_NO: Final = frozenset(("external", "third party", "trade", "unrelated", "unaffiliated"))
_NO_ANSWER: Final = frozenset(("disputed", "in dispute", "open", "not disputed", "undisputed"))
_LIMIT_KINDS: Final = {
    **dict.fromkeys(("base", "standard", "permanent", "regular", "normal", "ordinary", "main",
                     "basic", "general"), "base"),
    **dict.fromkeys(("temporary", "temp", "tmp", "temporary increase", "temp increase", "seasonal",
                     "short term", "interim", "extra", "additional"), "temporary"),
}  # fmt: skip
_LIMIT_SCOPES: Final = {
    **dict.fromkeys(("account", "customer", "debtor", "single", "individual", "buyer"), "account"),
    **dict.fromkeys(("group", "customer group", "credit group", "group limit", "parent",
                     "consolidated", "all subsidiaries"), "group"),
}  # fmt: skip
_PAYMENT_KINDS: Final = {
    **dict.fromkeys(("write_off", "write off", "writeoff", "written off", "bad debt"), "write_off"),
    **dict.fromkeys(("refund", "customer refund", "repayment"), "refund"),
    **dict.fromkeys(("customer payment", "incoming payment", "dz", "rct", "receipts",
                     "bank receipt", "cash receipt", "customer receipt"), "payment"),
    **dict.fromkeys(("bounce", "cheque bounce", "return", "payment return"), "returned"),
}  # fmt: skip
_INCLUDED: Final = frozenset(("inclusive", "incl", "included", "gross", "tax inclusive"))
_EXCLUDED: Final = frozenset(
    ("exclusive", "excl", "excluded", "net", "tax exclusive", "no tax", "notax")
)


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("-", " ").replace(".", " ").split())


def yes_no(text: str) -> bool | None:
    """Return the answer of a yes/no cell, or None when it is neither."""
    if text.strip().casefold() in _NO_ANSWER:
        return None
    return labels.disputed(text)


def intercompany(text: str) -> bool | None:
    """Return whether a customer belongs to the group, or None when the word is unknown."""
    word = _plain(text)
    if word in _YES or word in _NO:
        return word in _YES
    return yes_no(text)


def limit_kind(text: str) -> str | None:
    """Return base or temporary, or None when the word is unknown."""
    return _LIMIT_KINDS.get(_plain(text))


def limit_scope(text: str) -> str | None:
    """Return account or group, or None when the word is unknown."""
    return _LIMIT_SCOPES.get(_plain(text))


def payment_kind(text: str) -> str | None:
    """Return the kind of a payment, or None when the word is unknown."""
    word = _plain(text)
    return _PAYMENT_KINDS.get(word) or labels.payment_kind(text)


def tax_included(text: str) -> bool | None:
    """Return whether the amounts of a row include tax, or None when the word is unknown."""
    word = _plain(text)
    if word in _INCLUDED or word in _EXCLUDED:
        return word in _INCLUDED
    return yes_no(text)
