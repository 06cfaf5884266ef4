"""Read the words of a cell: ageing labels, yes and no, kinds of documents."""

from __future__ import annotations

import re
from typing import Final

_DASHES: Final = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-"))
_RANGE: Final = re.compile(r"^(\d+)\s*(?:-|to|till)\s*(\d+)$")
_ABOVE: Final = re.compile(
    r"^(?:>\s*=?|over|above|more than|older than|beyond|greater than)\s*(\d+)$|^(\d+)\s*"
    r"(?:\+|and (?:over|above|older|more)|or more|plus|days? and over|& over|& above)$"
)
_BELOW: Final = re.compile(r"^(?:<\s*=?|under|below|up to|upto|less than|within)\s*(\d+)$")
_NOT_DUE: Final = frozenset(
    {"current", "not due", "not yet due", "undue", "not overdue", "on time", "within terms"}
)
_TRUE: Final = frozenset({"yes", "y", "true", "t", "1", "disputed", "x", "in dispute", "open"})
_FALSE: Final = frozenset(
    {"no", "n", "false", "f", "0", "-", "none", "not disputed", "undisputed", "no dispute"}
)
_KINDS: Final = {
    "invoice": ("invoice", "inv", "in", "bill", "sales invoice", "tax invoice", "sales", "rv",
                "dr", "accrec", "standard", "customer invoice", "si", "sale"),
    "credit_note": ("credit note", "creditnote", "credit memo", "cr", "cn", "dg", "credit",
                    "customer credit", "sales credit note", "accreccredit", "sales credit memo",
                    "credit_note"),
    "cash": ("receipt", "payment", "uc", "unapplied", "unapplied cash", "cash", "dz",
             "customer payment", "on account", "unapplied payment", "rct"),
    "deposit": ("deposit", "advance", "customer deposit", "down payment", "prepayment"),
    "debit_note": ("debit note", "debit memo", "dn", "debitnote", "debit_note", "jl", "jv",
                   "journal", "journal entry", "journal voucher"),
    "interest": ("interest", "finance charge", "finance charges", "late fee", "interest memo"),
}  # fmt: skip
_KIND_OF: Final = {word: kind for kind, words in _KINDS.items() for word in words}
_PAYMENT_KIND_OF: Final = {
    **dict.fromkeys(("payment", "receipt", "cash", "cleared", "paid", "pmt", "bank", "cheque",
                     "check", "neft", "rtgs", "wire", "card", "upi"), "payment"),
    **dict.fromkeys(("returned", "bounced", "nsf", "dishonoured", "dishonored", "returned payment",
                     "returned cheque", "chargeback", "reversal"), "returned"),
    **dict.fromkeys(("broken_promise", "broken promise", "promise broken"), "broken_promise"),
}  # fmt: skip


def _plain(text: str) -> str:
    text = " ".join(text.translate(_DASHES).casefold().split())
    text = re.sub(
        r"\s*(?:\(?\s*\b(?:days?|dys|d)\b(?:\s*(?:overdue|past due|old|late))?\s*\)?)", "", text
    )
    return re.sub(r"^\d{2}\s+(?=[<>\d])", "", text).strip(" .")


def bucket(text: str) -> str | None:
    """Return the ageing bucket a label names, or None: `31 - 60 days`, `>90`, `Current`, `91+`."""
    label = _plain(text)
    if label in _NOT_DUE:
        return "0-30"
    if found := _RANGE.match(label):
        return _bucket_of_range(int(found[1]), int(found[2]))
    if found := _ABOVE.match(label):
        return "90+" if int(found[1] or found[2]) >= 90 else None
    if found := _BELOW.match(label):
        return "0-30" if int(found[1]) <= 30 else None
    return None


def _bucket_of_range(first: int, last: int) -> str | None:
    if first > last:
        return None
    for name, low, high in (("0-30", 0, 30), ("31-60", 30, 60), ("61-90", 60, 90)):
        if low <= first and last <= high and not (first == low and low and last == low):
            return name
    return "90+" if first >= 90 else None


def disputed(text: str) -> bool | None:
    """Return the answer of a yes/no cell, or None when it is neither."""
    word = " ".join(text.translate(_DASHES).casefold().split())
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def document_kind(text: str) -> str | None:
    """Return the kind of an open item, or None when the word is unknown."""
    return _KIND_OF.get(" ".join(text.casefold().replace("-", " ").split()))


def payment_kind(text: str) -> str | None:
    """Return the kind of a payment, or None when the word is unknown."""
    return _PAYMENT_KIND_OF.get(" ".join(text.casefold().replace("-", " ").split()))
