"""What counts as exposure, and how fresh it must be."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator

from tradeline.policy.form import HOUSE, Percent, Section, Text, Whole, days, number, percent

OrderMeaning = Literal["open", "held", "none"]

CREDIT_CHECK: Final = "exposure = open orders + deliveries + billing documents + open items"


def _lower(statuses: Mapping[str, OrderMeaning]) -> dict[str, OrderMeaning]:
    """Return the statuses in lower case, which is how an order's status is looked up."""
    found = {name.strip().lower(): meaning for name, meaning in statuses.items()}
    if len(found) != len(statuses) or "" in found:
        raise ValueError("a status is listed twice, or is blank")
    return dict(sorted(found.items()))


OrderStatuses = Annotated[dict[Text, OrderMeaning], AfterValidator(_lower)]
FeedAges = dict[Literal["ar", "orders", "payments", "limits", "rates"], Whole]


def _statuses() -> Mapping[str, OrderMeaning]:
    none = (
        "draft", "quote", "quotation", "cancelled", "canceled", "closed", "invoiced", "rejected",
        "expired",
    )  # fmt: skip
    held = ("held", "on hold", "blocked", "credit hold", "credit block")
    counted = (
        "open", "confirmed", "approved", "released", "picked", "packed", "back-order",
        "backorder", "partially shipped", "part shipped", "shipped", "delivered",
        "partially delivered", "partially invoiced",
    )  # fmt: skip
    found: dict[str, OrderMeaning] = {}
    found |= dict.fromkeys(none, "none")
    found |= dict.fromkeys(held, "held")
    found |= dict.fromkeys(counted, "open")
    return _lower(found)


def _switch(description: str) -> Any:
    """Return whether a bucket counts; all do unless the policy says otherwise."""
    return number(True, "yes or no", CREDIT_CHECK, description)  # noqa: FBT003 - the default


class Exposure(Section):
    """What a customer owes and has ordered, as one number to hold against the limit."""

    receivables: bool = _switch("Open invoices, debit notes and interest count.")
    billed_not_posted: bool = _switch("Billing documents that are not yet in the ledger count.")
    shipped_not_billed: bool = _switch("Goods that are shipped and not yet invoiced count.")
    orders: bool = _switch("Open orders that ship inside the horizon count.")
    reserved: bool = _switch("Authorised orders that the order file does not show yet count.")
    special: bool = _switch(
        "Special liabilities, such as guarantees given for the customer, count."
    )
    unapplied_cash: bool = _switch("Cash on account reduces exposure.")
    unapplied_credits: bool = _switch("Open credit notes reduce exposure.")
    deposits: bool = _switch("Deposits received reduce exposure; deposits asked for do not.")
    horizon_days: Whole = days(
        60, "dynamic credit check with a horizon", "Orders that ship later are shown beside."
    )
    order_statuses: OrderStatuses = number(
        _statuses(), "meaning by status", HOUSE,
        "What an order's status means; a status that is not listed sets the row aside.",
        allowed="statuses with open, held or none, such as {confirmed: open, on hold: held}",
    )  # fmt: skip
    near_pct: Percent = percent(
        "80", "percent of limit", HOUSE, "From this use on an account is near its limit."
    )
    close_max_pct: Percent = percent(
        "10", "percent of open rows", HOUSE,
        "A full extract that would close more than this share asks for confirmation.", le=100,
    )  # fmt: skip
    feed_age_max_days: FeedAges = number(
        {"ar": 2, "orders": 2, "payments": 2, "limits": 400, "rates": 5}, "days by feed", HOUSE,
        "A feed whose last file is older than this is late.",
        allowed="whole numbers of days by ar, orders, payments, limits or rates",
    )  # fmt: skip
