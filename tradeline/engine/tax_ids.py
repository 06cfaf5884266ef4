"""Tax identifiers: the Indian GSTIN gates a row, everything else informs.

Structure, check digit and lists: CGST Rule 10(1); the check digit is the Luhn sum modulo 36 over
the digits and capital letters. The credit gate is the policy's choice, not the law's. Numbers of
other countries are validated by python-stdnum.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.wording import say

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from tradeline.policy.schema import TaxId

STRUCTURE: Final = r"^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$"
LENGTH: Final = 15
# States and union territories 01 to 38 (38 is Ladakh), 97 other territory, 99 centre jurisdiction.
STATES: Final = (*range(1, 39), 97, 99)
HOLDER_TYPES: Final = "ABCFGHJLPT"  # fourth letter of the PAN inside: kind of holder
_STAND_IN: Final = "0" * LENGTH
_LETTERS: Final = np.arange(256, dtype=np.int16)
_VALUES: Final = np.where(
    ord("A") > _LETTERS, _LETTERS - ord("0"), _LETTERS - ord("A") + 10
)


def inspect_tax_ids(tax_id: pa.Array, country: pa.Array) -> dict[str, pa.Array]:
    """Return, per row, whether a GSTIN's form, digit, state and holder hold, and foreign notes.

    `tax_id` is stripped and upper-cased. The three `gstin_bad_*` columns are only true for Indian
    rows whose form is right.
    """
    fits = pc.fill_null(pc.match_substring_regex(tax_id, STRUCTURE), False)
    remarked = pc.and_(fits, pc.fill_null(pc.equal(country, "IN"), False))
    letters = _letters(pc.if_else(fits, tax_id, _STAND_IN))
    where = remarked.to_numpy(zero_copy_only=False)
    state = _values(letters[:, 0]) * 10 + _values(letters[:, 1])
    holder = np.isin(letters[:, 5], np.frombuffer(HOLDER_TYPES.encode(), np.uint8))
    return {
        "gstin_fits": fits,
        "gstin_bad_digit": pa.array(where & (_check_values(letters) != _values(letters[:, 14]))),
        "gstin_bad_state": pa.array(where & ~np.isin(state, STATES)),
        "gstin_bad_holder": pa.array(where & ~holder),
        "tax_id_note": _foreign_notes(tax_id, country),
    }


def tax_id_status(t: ir.Table, rules: TaxId) -> ir.Value:
    """Return the status of the structure check."""
    indian = (t.country == "IN").fill_null(False)
    sound = ~(t.gstin_bad_digit | t.gstin_bad_state | t.gstin_bad_holder)
    passes = t.gstin_fits & sound if rules.gstin_strict else t.gstin_fits
    return ibis.cases((~indian, "NOT_APPLICABLE"), (passes, "PASS"), else_="FAIL")


def tax_id_comment(t: ir.Table) -> ir.Value:
    """Return what the structure check found, as a sentence."""
    remarks = say(
        ibis.ifelse(t.gstin_bad_digit, " Its check digit does not agree.", ""),
        ibis.ifelse(t.gstin_bad_state, " Its state code is unknown.", ""),
        ibis.ifelse(t.gstin_bad_holder, " Its holder letter is unknown.", ""),
    )
    foreign = ibis.ifelse(
        t.country.isnull(),
        "No country is given, so no tax id check applies.",
        say("The customer's country is ", t.country, ": the GSTIN check does not apply."),
    )
    note = ibis.ifelse(t.tax_id_note.isnull(), "", say(" ", t.tax_id_note))
    return ibis.cases(
        (t.tax_status == "NOT_APPLICABLE", foreign + note),
        (t.tax_id.isnull(), "No GSTIN is given: the row is set aside until it is verified."),
        (~t.gstin_fits, say("GSTIN ", t.tax_id, " does not have the 15-character form: the row is "
                            "set aside until it is verified.")),
        (t.tax_status == "FAIL", say("GSTIN ", t.tax_id, " has the right form but is refused by "
                                     "the strict policy.") + remarks),
        else_=say("GSTIN ", t.tax_id, " has the right form.") + remarks,
    )  # fmt: skip


def _letters(tax_id: pa.Array) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return texts of LENGTH ASCII characters as a matrix of bytes."""
    fixed = tax_id.cast(pa.binary()).cast(pa.binary(LENGTH))
    flat = np.frombuffer(fixed.buffers()[1], np.uint8, len(fixed) * LENGTH, fixed.offset * LENGTH)
    return flat.reshape(len(fixed), LENGTH)


def _values(letters: np.ndarray[Any, np.dtype[np.uint8]]) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Return 0..35 for the characters 0-9 and A-Z."""
    values: np.ndarray[Any, np.dtype[np.int16]] = _VALUES[letters]
    return values


def _check_values(
    letters: np.ndarray[Any, np.dtype[np.uint8]],
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the value that position 15 should hold: factors 1, 2 alternate from the left."""
    products = _values(letters[:, : LENGTH - 1]) * np.array([1, 2] * 7, np.int16)
    total = (products // 36 + products % 36).sum(axis=1)
    check: np.ndarray[Any, np.dtype[np.int64]] = (36 - total % 36) % 36
    return check


def _foreign_notes(tax_id: pa.Array, country: pa.Array) -> pa.Array:
    """Return a sentence per row about tax ids outside India, null where there is nothing to say."""
    foreign = pc.fill_null(pc.not_equal(country, "IN"), False)
    foreign = pc.and_(pc.is_valid(tax_id), foreign)
    if not pc.any(foreign).as_py():
        return pa.nulls(len(tax_id), pa.string())
    rows = zip(tax_id.to_pylist(), country.to_pylist(), foreign.to_pylist(), strict=True)
    return pa.array([_foreign_note(c, t) if f else None for t, c, f in rows], pa.string())


@functools.lru_cache(maxsize=65_536)
def _foreign_note(country: str, tax_id: str) -> str | None:
    from stdnum import get_cc_module

    module = next(
        (
            found
            for kind in ("vat", "tin", "ein")
            if (found := get_cc_module(country.lower(), kind))
        ),
        None,
    )
    if module is None:
        return None
    verdict = "is valid there" if module.is_valid(tax_id) else "is not a valid number there"
    return f"Tax id {tax_id} {verdict}."
