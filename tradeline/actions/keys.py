"""Keys with which programs act: issue one, revoke one."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tradeline.actions.acting import Actor, Work, working
from tradeline.actions.audit import record
from tradeline.actions.organisations import fits
from tradeline.errors import ArgumentFault, NotFound, StateFault
from tradeline.models import ApiKey, Membership, User
from tradeline.models.keys import PREFIX_LENGTH
from tradeline.permissions import SCOPES, may

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

DAYS_MAX: Final = 400
"""Longest life of a key in days: a year and the weeks in which it is changed."""
RATE_MAX: Final = 10_000
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A new key; `text` is what is shown once and kept nowhere."""

    key: ApiKey
    text: str


def issue_key(
    *, name: str, user: User, scopes: Collection[str], expires_at: datetime, rate_per_second: int,
    by: Actor, at: datetime,
) -> Issued:  # fmt: skip
    """Issue a key with which a program acts for a person of the organisation.

    Raises:
        Refused: the actor may not manage keys.
        ArgumentFault: a scope, the expiry, the rate or the name cannot be used.
        StateFault: the person's roles do not allow a scope.
    """
    fits(ApiKey, name=name)
    _check_terms(scopes, (expires_at - at).days, rate_per_second)
    prefix = secrets.token_hex(PREFIX_LENGTH // 2)
    text = f"tl_{prefix}_{secrets.token_hex(_SECRET_BYTES)}"
    with working(by, "keys.manage", at=at) as work:
        _check_person(work, user, scopes)
        key = ApiKey.objects.create(
            organisation_id=by.organisation_id, user=user, name=name, prefix=prefix,
            hash=hash_of(text), scopes=sorted(set(scopes)), rate_per_second=rate_per_second,
            created_at=at, created_by_id=by.user_id, expires_at=expires_at,
        )  # fmt: skip
        after = {"name": name, "person": str(user.pk), "scopes": key.scopes,
                 "expires_at": expires_at, "rate_per_second": rate_per_second}  # fmt: skip
        record(work, "KEY_ISSUED", f"key {prefix}", after=after)
    return Issued(key=key, text=text)


def revoke_key(*, prefix: str, reason: str, by: Actor, at: datetime) -> ApiKey:
    """Revoke a key, named by its public part, for good.

    Raises:
        Refused: the actor may not manage keys.
        NotFound: the organisation has no such key.
        StateFault: it was revoked before.
    """
    with working(by, "keys.manage", at=at) as work:
        key = ApiKey.objects.select_for_update(of=("self",)).filter(prefix=prefix).first()
        if key is None:
            raise NotFound(f"there is no key {prefix}", mend="see: tradeline keys list")
        if key.revoked_at is not None:
            raise StateFault(f"the key {prefix} was revoked before", mend="nothing is left to do")
        key.revoked_at, key.revoked_by_id = at, by.user_id
        key.save(update_fields=["revoked_at", "revoked_by"])
        record(work, "KEY_REVOKED", f"key {prefix}", after={"name": key.name}, reason=reason)
    return key


def hash_of(text: str) -> str:
    """Return what is stored of a key; the database computes the same (sql/presented.sql)."""
    return hashlib.sha256(text.encode()).hexdigest()


def _check_terms(scopes: Collection[str], days: int, rate: int) -> None:
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise ArgumentFault(f"'{unknown[0]}' is no scope", mend=f"choose {', '.join(SCOPES)}")
    if not scopes:
        raise ArgumentFault("the key has no scope", mend=f"choose {', '.join(SCOPES)}")
    if not 1 <= days <= DAYS_MAX:
        raise ArgumentFault(f"{days} days are no life of a key", mend=f"choose 1 to {DAYS_MAX}")
    if not 1 <= rate <= RATE_MAX:
        raise ArgumentFault(f"{rate} requests a second are no rate", mend=f"1 to {RATE_MAX}")


def _check_person(work: Work, user: User, scopes: Collection[str]) -> None:
    rows = Membership.objects.filter(user=user, organisation_id=work.actor.organisation_id)
    roles = set(rows.values_list("role", flat=True))
    for scope in sorted(scopes):
        if not may(roles, SCOPES[scope]):
            raise StateFault(
                f"{user.username} may not {scope}", where="the roles of the key's person",
                mend="give the role first: tradeline organisation person ... --role integration",
            )  # fmt: skip
