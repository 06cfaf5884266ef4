"""What stands behind an account's numbers: documents, orders, limits, cover, rows set aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradeline.engine.exposure import Cover, in_force, net_minor, secured_minor
from tradeline.models import (
    Account,
    Document,
    LimitVersion,
    Mitigant,
    OrderLine,
    QuarantinedRow,
)
from tradeline.money import exponent, round_half_up
from tradeline.queries.policies import policy_in_force
from tradeline.queries.rates import rates_on

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tradeline.queries.exposure import ExposureRow


@dataclass(frozen=True, kw_only=True)
class Behind:
    """Everything an account's exposure is made of."""

    documents: Sequence[Document]  # open ones, oldest first
    orders: Sequence[OrderLine]  # that count, or are held, or lie beyond the horizon
    limits: Sequence[LimitVersion]  # as known now
    set_aside: Sequence[QuarantinedRow]
    net_minor: int  # after cover
    secured_minor: int
    group_code: str | None


def behind(row: ExposureRow, *, as_of: date) -> Behind:
    """Return the documents, orders, limits and cover behind an account's row."""
    account = Account.objects.select_related("group").get(id=row.account_id)
    secured = secured_minor(row.exposure_minor, _covers(row, as_of))
    documents = Document.objects.filter(account_id=row.account_id, open_minor__gt=0)
    lines = OrderLine.objects.filter(account_id=row.account_id)
    counted = [line for line in lines.order_by("order_no", "line_no") if _counts(line)]
    return Behind(
        documents=list(documents.order_by("due_date", "document_no")),
        orders=counted,
        limits=list(LimitVersion.objects.filter(line__id=row.line_id, superseded_at=None)
                    .order_by("valid_from")),
        set_aside=list(QuarantinedRow.objects.filter(customer_no=row.customer_no, state="open")),
        net_minor=net_minor(row.exposure_minor, secured), secured_minor=secured,
        group_code=account.group.code if account.group else None,
    )  # fmt: skip


def _counts(line: OrderLine) -> bool:
    return any((line.counted_shipped_minor, line.counted_orders_minor, line.counted_later_minor,
                line.counted_held_minor))  # fmt: skip


def _covers(row: ExposureRow, as_of: date) -> list[Cover]:
    covers = []
    for each in Mitigant.objects.filter(account_id=row.account_id):
        cover = Cover(
            kind=each.kind, amount_minor=_in_line_currency(each, row, as_of),
            cover_bp=each.cover_bp, haircut_bp=each.haircut_bp, valid_from=each.valid_from,
            valid_to=each.valid_to, terms_days_max=each.terms_days_max,
            presentation_days=each.presentation_days,
        )  # fmt: skip
        if in_force(cover, as_of=as_of, terms_days=None, last_shipment=None):
            covers.append(cover)
    return covers


def _in_line_currency(mitigant: Mitigant, row: ExposureRow, as_of: date) -> int:
    if mitigant.currency == row.currency:
        return int(mitigant.amount_minor)
    factor = rates_on(as_of, policy_in_force()).factor(mitigant.currency, row.currency)
    shift = 10 ** exponent(row.currency)
    return round_half_up(mitigant.amount_minor * factor * shift / 10 ** exponent(mitigant.currency))
