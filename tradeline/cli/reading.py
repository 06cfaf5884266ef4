"""Options on how a file is to be read, shared by the commands that read files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from tradeline.errors import ArgumentFault

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tradeline.files.records import ReadOptions


class DateOrderName(StrEnum):
    """How dates in text are read."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class UnitName(StrEnum):
    """What the amounts are counted in."""

    ONE = "one"
    HUNDRED = "hundred"
    THOUSAND = "thousand"
    LAKH = "lakh"
    MILLION = "million"
    CRORE = "crore"
    BILLION = "billion"


def reading_options(
    *, decimal: str | None, currency: str | None, delimiter: str | None,
    date_order: DateOrderName | None, unit: UnitName | None, mapping: Sequence[str] | None,
    **given: Any,
) -> ReadOptions:  # fmt: skip
    """Return the reader's options; raises ArgumentFault for an answer that cannot be used."""
    from tradeline.files.records import ReadOptions

    if decimal not in (None, ".", ","):
        raise ArgumentFault(
            f"'{decimal}' is no decimal mark", mend="give --decimal . or --decimal ,"
        )
    return ReadOptions(
        currency=currency_code(currency),
        date_order=date_order.value if date_order else None,
        unit=unit.value if unit else None,
        decimal=decimal,  # type: ignore[arg-type]
        delimiter="\t" if delimiter in ("tab", "\\t") else delimiter,
        mapping=dict(pair(text, "--map", "COLUMN=FIELD") for text in mapping or []),
        **given,
    )


def currency_code(code: str | None) -> str | None:
    """Return the ISO 4217 code in capitals."""
    from tradeline.files.currencies import known

    if code is None or code.upper() in known():
        return code.upper() if code else None
    raise ArgumentFault(
        f"'{code}' is no currency", where="--currency", mend="write an ISO 4217 code such as USD"
    )


def pair(text: str, option: str, form: str) -> tuple[str, str]:
    """Return both sides of an option such as COLUMN=FIELD."""
    left, mark, right = text.partition("=")
    if not (mark and left.strip() and right.strip()):
        raise ArgumentFault(f"{option} '{text}' cannot be read", mend=f"write {option} {form}")
    return left.strip(), right.strip()
