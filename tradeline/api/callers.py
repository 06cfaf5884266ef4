"""Who calls: the one rule by which every request of the API is let in.

A key is looked up by what it hashes to; the answer is kept for two seconds. So a key that is
revoked or expired, and a role that is taken away, is honoured within two seconds, by the database's
clock. Lookups of one key at one moment are one lookup.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tradeline.api.parties import Party
from tradeline.api.problems import Problem
from tradeline.api.rates import Bucket
from tradeline.permissions import SCOPES, may

if TYPE_CHECKING:
    from tradeline.api.connections import Connections

KEPT_S: Final = 2.0
_KEPT_MAX: Final = 4_096  # callers, good and bad ones
_LOOKUPS_MAX: Final = 4  # at once, so that guessing cannot take all connections
_WAITING_MAX: Final = 256
_FORM: Final = re.compile(rb"Bearer (tl_[0-9a-f]{12}_[0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Caller:
    """A program with a good key."""

    key_id: str
    party: Party
    scopes: frozenset[str]  # the key's, less those that its person's roles do not allow
    bucket: Bucket

    def check(self, scope: str) -> None:
        """Raise the problem unless the key has the scope."""
        if scope not in self.scopes:
            raise Problem("not-allowed", f"This needs the scope {scope}, and a person whose roles "
                          "allow it: see tradeline keys list.")  # fmt: skip


@dataclass(slots=True)
class _Kept:
    caller: Caller | None
    until: float


class Callers:
    """The callers known a moment ago, and how the others are found."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()
        self._under_way: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._turns = asyncio.Semaphore(_LOOKUPS_MAX)

    async def caller(self, authorization: bytes | None) -> Caller:
        """Return who calls.

        Raises:
            Problem: there is no key, or none that is good; or it cannot be looked up now.
        """
        known = self._kept.get(authorization or b"")
        if known and known.until > time.monotonic():
            found = known.caller
        else:
            found = await self._found(authorization)
        if found is None:
            raise Problem(
                "no-key", "Send 'Authorization: Bearer tl_...' with a key that is neither expired "
                "nor revoked: see tradeline keys.", headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        return found

    async def _found(self, authorization: bytes | None) -> Caller | None:
        form = _FORM.fullmatch(authorization or b"")
        if authorization is None or form is None:
            return None
        task = self._under_way.get(authorization)
        if task is None:
            if len(self._under_way) >= _WAITING_MAX:
                raise Problem("busy", "Too many keys are looked up.", headers={"Retry-After": "1"})
            task = asyncio.create_task(self._look_up(form[1].decode(), authorization))
            self._under_way[authorization] = task
            task.add_done_callback(lambda _: self._under_way.pop(authorization, None))
        return await asyncio.shield(task)

    async def _look_up(self, text: str, authorization: bytes) -> Caller | None:
        async with self._turns:
            began = time.monotonic()
            caller = await self._from_database(text)
        self._kept[authorization] = _Kept(caller, began + KEPT_S)
        self._kept.move_to_end(authorization)
        while len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return caller

    async def _from_database(self, text: str) -> Caller | None:
        rows = await self._connections.rows("SELECT * FROM app.api_key_of(%s)", [text])
        if len(rows) != 1:
            return None
        key_id, organisation, person, scopes, rate = rows[0]
        party = Party(organisation, person)
        [(roles,)] = await self._connections.told(
            "SELECT app.roles_told(%s)", party, [], time.monotonic() + KEPT_S
        )
        allowed = frozenset(scope for scope in scopes if may(roles, SCOPES.get(scope, "")))
        return Caller(str(key_id), party, allowed, self._bucket(str(key_id), rate))

    def _bucket(self, key_id: str, rate: int) -> Bucket:
        """Return the key's bucket, which outlives the lookups."""
        bucket = self._buckets.get(key_id)
        if bucket is None or bucket.rate != rate:
            bucket = self._buckets[key_id] = Bucket.full(rate)
        self._buckets.move_to_end(key_id)
        while len(self._buckets) > _KEPT_MAX:
            self._buckets.popitem(last=False)
        return bucket
