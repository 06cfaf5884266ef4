"""Money as integers in the currency's minor unit, and the one rounding rule.

Source: ISO 4217 for the exponents (as kept by CLDR's digits, corrected where CLDR states cash
habits instead of the standard); METHODS of the house: half-up, once, in this module.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy import int64
    from numpy.typing import NDArray

# ISO 4217 currencies whose minor unit is not a hundredth. Everything else has two digits.
_EXPONENTS: Final = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}

AMOUNT_MINOR_MAX: Final = 900_000_000_000_000
"""Largest amount accepted, in minor units: times 10,000 it still fits 64 bits on every engine."""

TAX_RATE_DIGITS: Final = 4
"""Decimals of a tax rate in percent."""


def exponent(currency: str) -> int:
    """Return how many decimal digits the currency has: JPY 0, USD 2, KWD 3."""
    return _EXPONENTS.get(currency, 2)


def round_half_up(value: Decimal | Fraction | int) -> int:
    """Return the nearest integer; ties go away from zero."""
    if isinstance(value, Fraction):
        sign = -1 if value < 0 else 1
        return sign * ((2 * abs(value.numerator) + value.denominator) // (2 * value.denominator))
    return int(Decimal(value).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def round_column(exact: pa.Array, digits: int) -> pa.Array:
    """Return exact decimals rounded half-up at so many digits; ties go away from zero."""
    import pyarrow.compute as pc

    return pc.round(exact, ndigits=digits, round_mode="half_towards_infinity")


def to_minor(amount: Decimal, currency: str) -> int:
    """Return the amount in minor units, rounded half-up at the currency's last digit."""
    return round_half_up(amount.scaleb(exponent(currency)))


def gross_minor(net_minor: int, tax_rate_pct: Decimal) -> int:
    """Return an amount with tax of so many percent added, rounded half-up once."""
    return round_half_up(net_minor * (100 + Fraction(tax_rate_pct)) / 100)


def gross_minors(net_minor: NDArray[int64], tax_rate_pct: Decimal) -> NDArray[int64]:
    """Return the same for a whole column, in whole numbers throughout.

    Amounts up to AMOUNT_MINOR_MAX and rates of at most TAX_RATE_DIGITS decimals, up to 100 percent,
    stay within 64 bits.
    """
    factor = (100 + Fraction(tax_rate_pct)) / 100
    size = abs(net_minor)
    whole, rest = size // factor.denominator, size % factor.denominator
    tail = (2 * rest * factor.numerator + factor.denominator) // (2 * factor.denominator)
    gross: NDArray[int64] = (whole * factor.numerator + tail) * ((net_minor >= 0) * 2 - 1)
    return gross


def line_minor(
    quantity: Decimal,
    unit_price: Decimal,
    currency: str,
    *,
    price_unit: Decimal = Decimal(1),
    tax_rate_pct: Decimal = Decimal(0),
) -> int:
    """Return quantity times price in minor units, tax added, rounded half-up once.

    `price_unit` is the quantity that the price is for, such as 100 pieces; it is above 0.
    """
    exact = Fraction(quantity) * Fraction(unit_price) / Fraction(price_unit)
    gross = exact * (100 + Fraction(tax_rate_pct)) / 100
    return round_half_up(gross * 10 ** exponent(currency))


def to_decimal(amount_minor: int, currency: str) -> Decimal:
    """Return the amount as a decimal with exactly the currency's digits."""
    return Decimal(amount_minor).scaleb(-exponent(currency))


def format_money(amount_minor: int, currency: str, locale: str) -> str:
    """Return the amount as the locale writes it, without a currency sign.

    Whole amounts drop their zero digits: 28,00,000 for INR in en-IN, 2,800,000.50 in en-US.
    """
    from babel.numbers import format_decimal

    amount = to_decimal(amount_minor, currency)
    digits = 0 if amount == amount.to_integral_value() else exponent(currency)
    pattern = _pattern(locale, digits)
    return str(format_decimal(amount, format=pattern, locale=locale.replace("-", "_")))


def _pattern(locale: str, digits: int) -> str:
    from babel import Locale

    grouped: str = Locale.parse(locale, sep="-").decimal_formats[None].pattern.split(".")[0]
    return grouped + ("." + "0" * digits if digits else "")
