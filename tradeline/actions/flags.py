"""Signals from outside on a customer: bureau, insolvency, sanction, fraud."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.audit import record
from tradeline.actions.organisations import fits
from tradeline.actions.standing import mark_stale
from tradeline.errors import ArgumentFault, StateFault
from tradeline.models import Account, ExternalFlag
from tradeline.models.flags import FlagKind

if TYPE_CHECKING:
    from datetime import datetime


def raise_flag(
    *, account_id: str, kind: str, source: str, detail: str, repeat_key: str, by: Actor,
    at: datetime,
) -> ExternalFlag:  # fmt: skip
    """Raise a signal on an account; it holds until it is cleared.

    The flag's id follows from `repeat_key`, so that a repeated call finds the first one's flag.

    Raises:
        Refused: the actor may not raise signals.
        ArgumentFault: the kind or the source cannot be used.
        StateFault: the key came with another signal before.
    """
    if kind not in FlagKind.values:
        raise ArgumentFault(f"'{kind}' is no kind of signal", mend=f"{', '.join(FlagKind.values)}")
    fits(ExternalFlag, source=source)
    facts = {"account_id": account_id, "kind": kind, "source": source, "detail": detail}
    new = uuid.uuid5(by.organisation_id, f"signal {repeat_key}")
    with working(by, "flags.raise", at=at) as work:
        work.value("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(new)])
        known = ExternalFlag.objects.filter(id=new).first()
        return _same(known, facts) if known else _raised(work, new, facts)


def _same(flag: ExternalFlag, facts: dict[str, str]) -> ExternalFlag:
    if any(str(getattr(flag, name)) != str(value) for name, value in facts.items()):
        raise StateFault("this key came with another signal before", mend="choose a new key")
    return flag


def _raised(work: Work, new: uuid.UUID, facts: dict[str, str]) -> ExternalFlag:
    mark_stale(work, "%s", [facts["account_id"]])  # first: a check holds the account's line
    flag = ExternalFlag.objects.create(
        id=new, organisation_id=work.actor.organisation_id, raised_at=work.at, **facts
    )
    account = Account.objects.get(id=facts["account_id"])
    record(work, "FLAG_RAISED", f"account {account.customer_no}",
           after={"kind": flag.kind, "source": flag.source, "detail": flag.detail})  # fmt: skip
    return flag
