"""The words a committee reads in place of codes, and the notes that belong under the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradeline.policy.schema import Policy

CHECKS: Final = {
    "entries_non_empty": "List has entries",
    "tax_id_structure": "Tax identifier",
    "utilisation_within_limit": "Use of the limit",
    "ageing_within_terms": "Age of the debt",
    "recent_payment_activity": "Recent payment",
    "track_record_threshold": "Track record",
    "no_active_dispute": "Dispute",
}
STATUSES: Final = {
    "PASS": "Pass",
    "WARNING": "Warning",
    "FAIL": "Fail",
    "NOT_EVALUATED": "Not evaluated",
    "NOT_APPLICABLE": "Not applicable",
    "ERROR": "Error in the data",
}
_ACRONYMS: Final = frozenset({"DSO", "FX", "GSTIN", "PAN"})
NOT_ASSESSED: Final = "Not assessed"
BUCKETS: Final = {
    "0-30": "Not due or up to 30",
    "31-60": "31 to 60",
    "61-90": "61 to 90",
    "90+": "Over 90",
}

_NOTES: Final = (
    (
        "Outstanding is the positive part of each balance. Credit balances stand apart: they"
        " reduce nobody else's debt."
    ),
    (
        "Quarantined accounts have a sheet of their own in the workbook. They are in no total, no"
        " chart and no proposal. Which rows are set apart is this company's policy."
    ),
    "Accounts that could not be assessed keep their balance in the totals, under no band.",
    "Concentration is per account and legal entity; groups of customers are not joined.",
    "Limits of 0 are left out of average use.",
    (
        "Stage is a label for monitoring. It never changes the loss allowance, which is measured"
        " over the lifetime for every account."
    ),
)


def plain(code: str | None) -> str | None:
    """Return a code as words: CUT_TO_ZERO becomes Cut to zero; GSTIN stays GSTIN."""
    if not code:
        return None
    parts = [part if part in _ACRONYMS else part.lower() for part in code.split("_")]
    text = " ".join(parts)
    return text[:1].upper() + text[1:]


def check(code: str) -> str:
    """Return the name of a check as the committee knows it."""
    return CHECKS.get(code, plain(code) or "")


def status(code: str) -> str:
    """Return the outcome of a check, or the state of an account, in words."""
    return STATUSES.get(code, plain(code) or "")


def listed(codes: str | None) -> str | None:
    """Return codes joined by ; as words joined by commas."""
    return ", ".join(plain(code) or "" for code in codes.split(";")) if codes else None


def bucket(code: str | None) -> str:
    """Return an ageing bucket in days late."""
    return BUCKETS.get(code or "", "Unknown")


def reworded(column: pa.ChunkedArray, word: Callable[[str], str | None]) -> pa.ChunkedArray:
    """Return the column with each distinct value put into words once."""
    if not len(column):
        return column.cast(pa.string())
    coded = pc.dictionary_encode(column.combine_chunks())
    words = pa.array([word(code) for code in coded.dictionary.to_pylist()], pa.string())
    return pa.chunked_array([words.take(coded.indices)])


def notes(policy: Policy) -> list[str]:
    """Return what a reader must know before relying on the figures."""
    found = list(_NOTES)
    if not policy.stages.sicr_30dpd_backstop:
        found.append(
            "IFRS 9 5.5.11 presumes a significant increase in credit risk beyond 30 days past due."
            " This policy rebuts that presumption: 31 to 60 days alone does not make Stage 2."
        )
    return found
