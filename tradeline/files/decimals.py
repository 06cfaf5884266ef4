"""Which mark separates decimals: proved by a file's columns of numbers, asked when both fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.errors import Place, QuestionForUser
from tradeline.files import amounts
from tradeline.files.scale import MONEY, Scale

if TYPE_CHECKING:
    from tradeline.files.records import ColumnMatch

_DISTINCT_SEEN: Final = 20_000


def is_indian(scale: Scale) -> bool:
    """Return whether the file counts in lakh or crore: who does so writes a point."""
    return any(unit.name in {"lakh", "crore"} for unit in scale.units.values())


def is_pointed(match: ColumnMatch, scale: Scale) -> bool:
    """Return whether 12.345 is not open in a column: it is written with a point.

    So are rates, quantities, columns with their canonical name, and all of a file in lakh.
    """
    canonical = match.why.startswith("name is canonical")
    return canonical or match.field not in MONEY or is_indian(scale)


def proved_by(column: pl.Series, *, pointed: bool = False) -> set[str]:
    """Return what a column of texts proves, as `amounts.marks` does."""
    if column.dtype != pl.String:
        return set()
    odd = column.filter(column.str.contains("[.,]").fill_null(value=False))
    found = amounts.marks(odd.unique().head(_DISTINCT_SEEN).to_list())
    return found - {"?."} if pointed else found


def decided(proofs: set[str], scale: Scale, place: Place) -> str:
    """Return the one mark that the proofs allow, a point where there is none.

    Raises:
        QuestionForUser: the columns can be read in two ways, or are written in both.
    """
    proofs = proofs - {"?,"} if is_indian(scale) else proofs
    proven = proofs & {".", ","}
    if len(proven) == 1:
        return proven.pop()
    if not proofs:
        return "."
    why = "are written in both ways" if proven else "can be read in two ways, as 1.234 or 1,234"
    raise QuestionForUser(
        f"The amounts {why}: the decimal mark is open.", where=place,
        mend="Answer with --decimal . or --decimal ,",
    )  # fmt: skip
