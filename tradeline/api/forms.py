"""What a request may say, one form per verb. Unknown fields are refused in each."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, Field, ValidationInfo, field_validator, model_validator

from tradeline.api.fields import (
    STRICT,
    Amount,
    Code,
    Currency,
    Day,
    Sha256,
    Text,
    Version,
    fault,
    minor_units,
)
from tradeline.models.flags import FlagKind


class Form(BaseModel):
    """A body that is read strictly."""

    model_config = STRICT


class Terms(Form):
    """The payment terms of an order."""

    net_days: int | None = Field(None, ge=0, le=3650, description="Days until payment is due.")
    discount_percent: str | None = Field(
        None, pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?$",
        description="Discount for early payment, in percent with up to two decimals.",
    )  # fmt: skip

    @property
    def discount_bp(self) -> int | None:
        """Return the discount in hundredths of a percent."""
        if self.discount_percent is None:
            return None
        whole, _, part = self.discount_percent.partition(".")
        return int(whole) * 100 + int(part.ljust(2, "0"))


class Priced(Form):
    """A body with an amount in a currency."""

    currency: Currency = Field(description="ISO 4217 code of the amount.")
    amount: Amount = Field(description="Decimal text, above 0, no finer than the currency's unit.")

    @field_validator("amount")
    @classmethod
    def _exact(cls, amount: str, info: ValidationInfo) -> str:
        if currency := info.data.get("currency"):
            minor_units(amount, currency)
        return amount

    @property
    def amount_minor(self) -> int:
        """Return the amount in minor units of the currency."""
        return minor_units(self.amount, self.currency)


class Line(Form):
    """A line of an order, tax included."""

    line_no: Code = Field(description="Number of the line.")
    amount: Amount = Field(description="Decimal text, in the order's currency.")
    item: Text | None = Field(None, description="What is ordered.")
    quantity: str | None = Field(
        None, pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", description="Decimal text."
    )


class Details(Form):
    """What else may be known of an order."""

    ship_date: Day | None = Field(None, description="Day on which it is to leave.")
    terms: Terms | None = Field(None, description="Payment terms; without them the agreed ones.")
    channel: Code | None = Field(None, description="Where it comes from, such as shop.")
    prepaid: bool = Field(default=False, description="Whether it is paid before it ships.")
    priority: int | None = Field(None, ge=1, le=9, description="1 is released first, 9 last.")


class Lined(Priced, Details):
    """A body that may name the lines which make up its amount; they are kept with the decision."""

    lines: list[Line] | None = Field(None, min_length=1, max_length=500)

    @field_validator("lines")
    @classmethod
    def _adds_up(cls, lines: list[Line] | None, info: ValidationInfo) -> list[Line] | None:
        currency, amount = info.data.get("currency"), info.data.get("amount")
        if lines is None or currency is None or amount is None:
            return lines
        if len({line.line_no for line in lines}) != len(lines):
            raise fault("has one line_no twice", "give each line a number of its own")
        if sum(minor_units(line.amount, currency) for line in lines) != minor_units(
            amount, currency
        ):
            raise fault(f"does not add up to {amount}", "send all lines, tax included, or none")
        return lines


class Check(Lined):
    """An order that asks for credit."""

    customer: Code = Field(description="Customer number or alias.")
    entity: Code | None = Field(None, description="Legal entity that sells; needed if several do.")
    order_no: Code = Field(description="Number of the order in your system.")
    version: Version | None = Field(None, description="Your version of the order, rising.")


class BatchElement(Check):
    """One order of a batch, with its own key."""

    key: str = Field(pattern=r"^[\x21-\x7e]{1,128}$", description="Idempotency key of this order.")


class Batch(Form):
    """Up to 1,000 orders, each decided for itself."""

    checks: list[BatchElement] = Field(min_length=1, max_length=1_000)

    @field_validator("checks")
    @classmethod
    def _distinct(cls, checks: list[BatchElement]) -> list[BatchElement]:
        if len({each.key for each in checks}) != len(checks):
            raise fault("has one key twice", "give each order a key of its own")
        return checks


class Sale(Priced):
    """A sale without an order before it: checked and booked in one call."""

    customer: Code = Field(description="Customer number or alias.")
    entity: Code | None = Field(None, description="Legal entity that sells; needed if several do.")
    order_no: Code = Field(description="Number of the receipt or invoice.")
    terms: Terms | None = None
    channel: Code | None = None
    prepaid: bool = False


class OfOrder(Form):
    """What every change of an order may say."""

    entity: Code | None = Field(None, description="Legal entity; needed if several use the number.")
    version: Version | None = Field(None, description="The version that results; rising.")


class Amend(Lined, OfOrder):
    """The whole order as it is from now on; what it has no more is left out."""

    customer: Code = Field(description="Customer number or alias; to change it, see move.")


class Reopen(Amend):
    """A closed or cancelled order as it goes on; it is checked like a new one."""


class Move(OfOrder):
    """Another customer is billed from now on; the order is checked there like a new one."""

    customer: Code = Field(description="Number or alias of who is billed from now on.")


class Ship(OfOrder, Priced):
    """Goods of an order left, worth so much."""

    ship_date: Day | None = Field(None, description="Day on which they left.")


class Invoice(OfOrder, Priced):
    """Goods of an order were invoiced, for so much."""

    order_value: Amount | None = Field(
        None, description="What they are worth in the order, if freight or tax make the amount."
    )

    @field_validator("order_value")
    @classmethod
    def _exact_value(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and (currency := info.data.get("currency")):
            minor_units(value, currency)
        return value

    @property
    def order_value_minor(self) -> int | None:
        """Return the order's value in minor units of the currency."""
        return minor_units(self.order_value, self.currency) if self.order_value else None


class Return(OfOrder, Priced):
    """Goods of an order came back, worth so much."""

    reason: Text | None = None


class Part(Form):
    """A body that may name a part, as an amount with its currency."""

    currency: Currency | None = None
    amount: Amount | None = Field(None, description="How much; else all of it.")

    @field_validator("amount")
    @classmethod
    def _exact(cls, amount: str | None, info: ValidationInfo) -> str | None:
        if amount is not None and (currency := info.data.get("currency")):
            minor_units(amount, currency)
        return amount

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.amount is None) != (self.currency is None):
            raise fault("amount and currency go together", "give both or neither")
        return self

    @property
    def amount_minor(self) -> int | None:
        """Return the amount in minor units of the currency."""
        if self.amount is None or self.currency is None:
            return None
        return minor_units(self.amount, self.currency)


class Cancel(OfOrder, Part):
    """What has not shipped will not: all of it, or so much."""

    reason: Text | None = None


class Release(Part):
    """Let a held order go, in whole or up to an amount of the whole order; others sign it."""

    reason: Text = Field(description="Why; it is kept with the proposal.")


class Reject(Form):
    """Reject a held order; another person signs it."""

    reason: Text = Field(description="Why; it is kept with the proposal.")


class Sign(Form):
    """Sign what was seen."""

    payload_sha256: Sha256 = Field(description="Of the payload that was seen.")
    reason: Text | None = Field(None, description="A remark; none is needed.")


class Refuse(Form):
    """Refuse what was seen, in place of signing it."""

    payload_sha256: Sha256 = Field(description="Of the payload that was seen.")
    reason: Text = Field(description="Why; the order stays held.")


class Withdraw(Form):
    """Take back a proposal of one's own."""

    reason: Text | None = Field(None, description="A remark; none is needed.")


class Close(OfOrder):
    """Nothing more will happen to the order."""

    reason: Text | None = None


class Signal(Form):
    """Something an outside source reported of a customer."""

    customer: Code = Field(description="Customer number or alias.")
    entity: Code | None = Field(None, description="Legal entity; needed if several know it.")
    kind: str = Field(json_schema_extra={"enum": list(FlagKind.values)})
    source: Text = Field(max_length=100, description="Who reported it.")
    detail: Text | None = Field(None, description="What was reported.")

    @field_validator("kind")
    @classmethod
    def _known(cls, kind: str) -> str:
        if kind not in FlagKind.values:
            raise fault("is no kind of signal", f"choose {', '.join(FlagKind.values)}")
        return kind


VERBS: dict[str, type[Form]] = {
    "amend": Amend, "ship": Ship, "invoice": Invoice, "cancel": Cancel, "close": Close,
    "return": Return, "reopen": Reopen, "move": Move,
}  # fmt: skip
"""The changes of an order, by the last part of their address."""


def asked(verb: str, form: Form, order_no: str | None) -> dict[str, Any]:
    """Return what the gate is asked, without client, key and hash."""
    terms: Terms | None = getattr(form, "terms", None)
    day = getattr(form, "ship_date", None)
    names = ("customer", "entity", "version", "amount_minor", "currency", "channel", "prepaid",
             "priority", "order_value_minor", "reason")  # fmt: skip
    return {
        "verb": "amend" if verb == "reopen" else verb,  # to the gate it is the order, said anew
        "order_no": order_no or getattr(form, "order_no", None),
        **{name: getattr(form, name, None) for name in names},
        "lines": [line.model_dump(exclude_none=True) for line in getattr(form, "lines", None) or ()]
        or None,
        "ship_date": day.isoformat() if day else None,
        "net_days": terms.net_days if terms else None,
        "discount_bp": terms.discount_bp if terms else None,
    }  # fmt: skip
