"""The sentences on exposure, in the form of policy/words.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


def _counts() -> Iterator[tuple[str, ...]]:
    """One sentence for each part of exposure that can be left out."""
    adds = {
        "receivables": "Open invoices, debit notes and interest",
        "billed_not_posted": "Billing documents not yet posted",
        "shipped_not_billed": "Goods shipped and not invoiced",
        "orders": "Open orders inside the horizon",
        "reserved": "Authorised orders not yet in the order file",
        "special": "Special liabilities",
    }
    takes = {
        "unapplied_cash": "Cash on account",
        "unapplied_credits": "Open credit notes",
        "deposits": "Deposits received",
    }
    for name, what in adds.items():
        yield f"exposure.{name}", f"{what} count{{now}}.", f"{what} do not count{{now}}."
    for name, what in takes.items():
        verb, negated = (
            ("reduces", "does not") if name == "unapplied_cash" else ("reduce", "do not")
        )
        yield (
            f"exposure.{name}",
            f"{what} {verb} exposure{{now}}.",
            f"{what} {negated} reduce exposure{{now}}.",
        )


EXPOSURE: Final[tuple[tuple[str, ...], ...]] = (
    (
        "",
        (
            "Exposure is what a customer owes and has ordered, less its own money with us; the "
            "use of the limit is exposure over limit, and each unit of value counts once."
        ),
    ),
    *_counts(),
    (
        "exposure.horizon_days",
        "Orders that ship more than {} ahead are{now} shown beside, not counted.",
    ),
    (
        "exposure.order_statuses",
        "By status, an order counts, is held, or does not count{now}: {}.",
        "No order status is known{now}, so every order is set aside.",
    ),
    ("exposure.near_pct", "An account is{now} near its limit from {} of it on."),
    (
        "exposure.close_max_pct",
        "A full extract that would close more than {} of the open rows{now} asks first.",
    ),
    (
        "exposure.feed_age_max_days",
        "A feed is late{now} after so many days: {}.",
        "No feed is{now} ever late.",
    ),
)
