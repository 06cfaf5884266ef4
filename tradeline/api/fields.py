"""Types of the fields that a request may have: strict, and each error says how to mend it."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from tradeline.engine.feed_checks import CODE_MAX
from tradeline.files.currencies import known
from tradeline.money import AMOUNT_MINOR_MAX, exponent

CLEAN: Final = r"^[^\x00-\x1f\x7f-\x9f\s]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s])?$"
"""Text without control characters and without blanks around it."""
AMOUNT: Final = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,4})?$"
KEY: Final = r"^[\x21-\x7e]{1,128}$"
STRICT: Final = ConfigDict(extra="forbid", strict=True, frozen=True)

_AMOUNT: Final = re.compile(AMOUNT, re.ASCII)
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_FIRST, _LAST = date(1990, 1, 1), date(2199, 12, 31)


def fault(message: str, mend: str) -> PydanticCustomError:
    """Return an error of a field that says what is wrong and how to mend it."""
    return PydanticCustomError("tradeline", "{message}", {"message": message, "mend": mend})


def _day(value: Any) -> date:
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            day = None
        if day is not None and _FIRST <= day <= _LAST:
            return day
    raise fault("is no day between 1990 and 2199", "write it as 2026-06-30")


def _currency(value: Any) -> str:
    if isinstance(value, str) and value in known() and len(value) == 3:
        return value
    raise fault("is no currency of ISO 4217", "write three capitals, such as USD")


def _amount(value: Any) -> str:
    if isinstance(value, str) and len(value) <= 20 and _AMOUNT.fullmatch(value):
        return value
    raise fault("is no amount", 'write it as text, digits and a point: "25000.00"')


def minor_units(amount: str, currency: str) -> int:
    """Return an amount in minor units, exactly.

    Raises:
        PydanticCustomError: it is 0, too large, or has more decimals than the currency.
    """
    whole, _, part = amount.partition(".")
    digits = exponent(currency)
    if len(part) > digits:
        raise fault(f"has {len(part)} decimals, {currency} has {digits}",
                    f"write at most {digits} decimals")  # fmt: skip
    minor = int(whole + part.ljust(digits, "0"))
    if not 0 < minor <= AMOUNT_MINOR_MAX:
        most = f"{AMOUNT_MINOR_MAX:,} of the currency's smallest unit"
        raise fault("is 0 or too large", f"write one above 0 and up to {most}")
    return minor


Day = Annotated[
    date, BeforeValidator(_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": "^(199|20[0-9]|21[0-9])[0-9]-"}),
]  # fmt: skip
Currency = Annotated[
    str, BeforeValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": "^[A-Z]{3}$"}),
]  # fmt: skip
Amount = Annotated[
    str, BeforeValidator(_amount),
    WithJsonSchema({"type": "string", "pattern": AMOUNT}),
]  # fmt: skip
Code = Annotated[str, StringConstraints(min_length=1, max_length=CODE_MAX, pattern=CLEAN)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=CLEAN)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
