"""Lines of sales orders, with their value by state."""

from __future__ import annotations

from django.db import models

from tradeline.models.base import amount, code, currency, key, not_negative


class OrderLine(models.Model):
    """One line of an order as the order system last told it.

    ordered = unshipped + shipped_not_billed + invoiced + cancelled, as long as no more is shipped
    than was ordered; beyond that the surplus is shipped value too. The `counted_*` columns are what
    the credit line's counters hold for it now, in the line's currency.
    """

    pk = models.CompositePrimaryKey("organisation_id", "account_id", "order_no", "line_no")
    organisation = key("tradeline.Organisation")
    account = key("tradeline.Account")
    order_no = code()
    line_no = code()
    status = code()  # as the order system spells it; the policy says what it means
    currency = currency()
    ordered_minor = amount()
    shipped_minor = amount()
    invoiced_minor = amount()
    cancelled_minor = amount(default=0)
    ship_date = models.DateField(null=True)
    counted_shipped_minor = amount()  # shipped, not billed
    counted_orders_minor = amount()  # unshipped, inside the horizon
    counted_later_minor = amount()  # unshipped, beyond the horizon
    counted_held_minor = amount()  # unshipped, held
    batch_id = models.UUIDField()

    class Meta:
        db_table = "order_line"
        constraints = [
            not_negative(
                "order_line_amounts", "ordered_minor", "shipped_minor", "invoiced_minor",
                "cancelled_minor", "counted_shipped_minor", "counted_orders_minor",
                "counted_later_minor", "counted_held_minor",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return order and line number."""
        return f"{self.order_no}/{self.line_no}"
