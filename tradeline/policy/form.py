"""What every section of the policy is made of: exact numbers, named choices, units and sources.

A value is read by its digits and never through a binary float, so that 0.1 is exactly one tenth.
The bounds on digits keep every comparison of the engine inside 64-bit integers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Band = Literal["Low", "Medium", "High", "Critical"]
Tier = Literal["Low", "Medium", "High"]
Outcome = Literal["PASS", "WARNING", "FAIL"]
Bucket = Literal["0-30", "31-60", "61-90", "90+"]
AccountAction = Literal[
    "COLLECTIONS",
    "COMMITTEE_REVIEW",
    "CREDIT_HOLD",
    "DATA_CORRECTION",
    "DISPUTE_RESOLUTION",
    "ESCALATE",
    "LIMIT_CHANGE_BLOCKED",
    "MANDATORY_REVIEW",
    "REACTIVATION_REQUIRED",
    "WATCHLIST",
]

BUCKETS: tuple[Bucket, ...] = ("0-30", "31-60", "61-90", "90+")
BANDS: tuple[Band, ...] = ("Low", "Medium", "High", "Critical")
OUTCOMES: tuple[Outcome, ...] = ("PASS", "WARNING", "FAIL")

RUBRIC: Final = "credit-limit review rubric"
HOUSE: Final = "house default"

SHARE_DENOMINATOR_MAX: Final = 1000
DAYS_MAX: Final = 3650
PERCENT_MAX: Final = 1000

_DIGITS = re.compile(r"-?((0|[1-9][0-9]{0,14})(\.[0-9]{0,10})?|\.[0-9]{1,10})")
_SHARE = re.compile(r"[0-9]{1,6}/[0-9]{1,6}")


@dataclass(frozen=True)
class Misfit:
    """A value that is well formed but contradicts another; `field` is dotted, from its section."""

    field: str
    message: str


class MisfitError(ValueError):
    """All contradictions found in one section."""

    def __init__(self, misfits: Iterable[Misfit]) -> None:
        self.misfits = tuple(misfits)
        super().__init__("; ".join(f"{m.field} {m.message}" for m in self.misfits))


def refuse_any(misfits: Iterable[Misfit]) -> None:
    """Raise one error that holds all misfits, if there are any."""
    found = tuple(misfits)
    if found:
        raise MisfitError(found)


def _digits(value: Any) -> Decimal:
    """Read a number by its digits; a truth value (`True`) or a word is no number."""
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if not _DIGITS.fullmatch(text):
        raise ValueError("not a plain number")
    return Decimal(text)


def _comparable(value: Decimal) -> Decimal:
    """Refuse percentages so fine that amounts could not be compared with them in 64 bits."""
    if value > 100 and value * 10 != int(value * 10):
        raise ValueError("above 100 a percentage has at most one decimal")
    return value


def _whole(value: Any) -> int:
    number = _digits(value)
    if number != int(number):
        raise ValueError("not a whole number")
    return int(number)


def _fraction(value: Any) -> Fraction:
    """Read 0.5, 1 or "1/3" as an exact fraction from 0 to 1."""
    if isinstance(value, Fraction):
        share = value
    elif isinstance(value, str) and _SHARE.fullmatch(value) and int(value.split("/")[1]):
        share = Fraction(value)
    else:
        share = Fraction(_digits(value))
    if not 0 <= share <= 1 or share.denominator > SHARE_DENOMINATOR_MAX:
        raise ValueError("not a share from 0 to 1 with a small denominator")
    return share


def plain(value: Decimal) -> str:
    """Return the digits without exponent or idle zeros: 90.00 and 9E+1 are both 90."""
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in {"-0", ""} else text


_INVISIBLE_ALLOWED: Final = "\u200c\u200d"  # joiners that Indic and Persian spelling needs


def _printable(value: str) -> str:
    """Refuse control characters and line breaks, which forge lines in reports."""
    if not all(c.isprintable() or c in _INVISIBLE_ALLOWED for c in value) or value != value.strip():
        raise ValueError("not a printable text")
    return value


def once(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values sorted; their order means nothing, so it must not change the version."""
    if len(set(values)) != len(values):
        raise ValueError("a value is listed twice")
    return tuple(sorted(values))


Number = Annotated[Decimal, BeforeValidator(_digits), PlainSerializer(plain)]
Whole = Annotated[int, BeforeValidator(_whole)]
Percent = Annotated[Number, AfterValidator(_comparable)]

Share = Annotated[
    Any,  # a Fraction; Pydantic has no schema of its own for it
    BeforeValidator(_fraction),
    PlainSerializer(str),
    WithJsonSchema(
        {
            "type": ["number", "string"],
            "pattern": r"^(\d+(\.\d+)?|\d+/\d+)$",
            "minimum": 0,
            "maximum": 1,
        }
    ),
]
Text = Annotated[str, AfterValidator(_printable)]
Buckets = Annotated[tuple[Bucket, ...], AfterValidator(once)]
Actions = Annotated[tuple[AccountAction, ...], AfterValidator(once)]


def number(
    default: Any,
    unit: str,
    source: str,
    description: str,
    *,
    allowed: str = "",
    **bounds: Any,
) -> Any:
    """Return a field that decides something, with its unit, source and meaning.

    `allowed` replaces the sentence that would be derived from type and bounds.
    """
    extra: dict[str, Any] = {"unit": unit, "source": source, "allowed": allowed}
    return Field(default, description=description, json_schema_extra=extra, **bounds)


def percent(default: str, unit: str, source: str, description: str, **bounds: Any) -> Any:
    """Return a percentage with at most two decimals."""
    limits: dict[str, Any] = {"ge": 0, "le": PERCENT_MAX, "decimal_places": 2, **bounds}
    return number(Decimal(default), unit, source, description, **limits)


def score(default: str, source: str, description: str) -> Any:
    """Return a score from 0 to 100 with at most two decimals."""
    return number(Decimal(default), "score", source, description, ge=0, le=100, decimal_places=2)


def share(default: str, unit: str, source: str, description: str) -> Any:
    """Return a decimal share from 0 to 1 with at most four decimals."""
    return number(Decimal(default), unit, source, description, ge=0, le=1, decimal_places=4)


def points(default: str, unit: str, source: str, description: str) -> Any:
    """Return points, or points per something, with at most four decimals."""
    return number(Decimal(default), unit, source, description, ge=0, le=1000, decimal_places=4)


def days(default: int, source: str, description: str, **bounds: Any) -> Any:
    """Return a whole number of days."""
    limits: dict[str, Any] = {"ge": 0, "le": DAYS_MAX, **bounds}
    return number(default, "days", source, description, **limits)


class Section(BaseModel):
    """A part of the policy: unknown names are refused, values never change after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True)
