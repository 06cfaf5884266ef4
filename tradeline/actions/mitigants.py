"""Cover for accounts: insurance, guarantees, letters of credit, collateral."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from tradeline.actions.acting import Actor, working
from tradeline.actions.audit import record
from tradeline.actions.standing import mark_stale
from tradeline.errors import ArgumentFault, NotFound
from tradeline.models import Account, Mitigant
from tradeline.models.mitigants import MitigantKind

if TYPE_CHECKING:
    from datetime import datetime

    from tradeline.engine.exposure import Cover


def add_cover(
    *, account_id: str, cover: Cover, currency: str, reference: str, by: Actor, at: datetime
) -> Mitigant:
    """Record cover for an account; it lowers the net exposure from then on.

    Raises:
        NotFound: there is no such account.
        ArgumentFault: the kind is unknown, or the days are in the wrong order.
    """
    with working(by, "mitigants.set", at=at) as work:
        account = Account.objects.filter(id=account_id).first()
        if account is None:
            raise NotFound("there is no such account", mend="see: tradeline exposure")
        if cover.kind not in MitigantKind.values:
            raise ArgumentFault(
                f"'{cover.kind}' is no kind of cover",
                mend=f"choose {', '.join(MitigantKind.values)}",
            )
        if cover.valid_to < cover.valid_from:
            raise ArgumentFault("the cover ends before it begins", mend="check --from and --to")
        mark_stale(work, "%s", [account.pk])
        facts = asdict(cover)
        made = Mitigant.objects.create(
            organisation_id=by.organisation_id, account=account, currency=currency,
            reference=reference, **facts,
        )  # fmt: skip
        after = {name: str(value) for name, value in facts.items()} | {"currency": currency}
        record(work, "COVER_ADDED", f"account {account.customer_no}", after=after,
               reason=reference)  # fmt: skip
    return made
