"""Amounts and shares as people type them: exact, or refused in words."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from tradeline.errors import ArgumentFault


def minor_units(text: str, currency: str, where: str = "AMOUNT") -> int:
    """Return the amount in minor units; one that the book cannot hold to the digit is refused."""
    from tradeline.money import AMOUNT_MINOR_MAX, exponent, to_minor

    number, digits = _number(text, where), exponent(currency)
    if number > AMOUNT_MINOR_MAX or number != round(number, digits):
        raise ArgumentFault(
            f"'{text}' is no amount of {currency}", where=where,
            mend=f"write at most {digits} decimals, and no more than 15 digits",
        )  # fmt: skip
    return to_minor(number, currency)


def basis_points(text: str, option: str) -> int:
    """Return a share in percent in hundredths of a percent, 0 to 10,000."""
    number = _number(text, option) * 100
    if number != int(number) or not 0 <= number <= 10_000:
        raise ArgumentFault(
            f"'{text}' is no share", where=option, mend="write 0 to 100, at most two decimals"
        )
    return int(number)


def _number(text: str, option: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number < 0:
        raise ArgumentFault(f"'{text}' is no amount", where=option, mend="write it as 50000.00")
    return number
