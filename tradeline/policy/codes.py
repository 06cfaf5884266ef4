"""Codes that a standard decides: currencies (ISO 4217), countries (ISO 3166), locales (CLDR).

Babel carries the lists; it is imported when a document holds a code, not with the module.
"""

from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from tradeline.money import AMOUNT_MINOR_MAX, exponent
from tradeline.policy.form import Number

_NO_CURRENCY: Final = {"XXX", "XTS"}  # ISO 4217: no currency, and reserved for testing


def _currency(value: str) -> str:
    from babel.numbers import is_currency

    if value in _NO_CURRENCY or not is_currency(value):
        raise ValueError(f"{value} is not a currency of ISO 4217")
    return value


def _country(value: str) -> str:
    from babel import Locale

    if value in {"ZZ", "EU", "EZ", "UN", "XA", "XB"} or value not in Locale("en").territories:
        raise ValueError(f"{value} is not a country of ISO 3166")
    return value


def _locale(value: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(value, sep="-")
    except (UnknownLocaleError, ValueError) as error:
        raise ValueError(f"{value} is not a locale that is known") from error
    return value


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$"), AfterValidator(_currency)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$"), AfterValidator(_country)]
LocaleCode = Annotated[
    str, Field(pattern=r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"), AfterValidator(_locale)
]


def _payable(amounts: dict[str, Decimal]) -> dict[str, Decimal]:
    """Refuse amounts that are not positive or finer than the currency's minor unit."""
    for currency, amount in amounts.items():
        minor = amount.scaleb(exponent(currency))
        if minor != minor.to_integral_value() or not 0 < minor <= AMOUNT_MINOR_MAX:
            raise ValueError(f"{currency} {amount} is not a positive amount in whole minor units")
    return amounts


MoneyByCurrency = Annotated[dict[Currency, Number], AfterValidator(_payable)]
