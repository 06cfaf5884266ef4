"""A company with customers, a credit department, and orders that the gate holds."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType
    from uuid import UUID

    from tests.people import Cast
    from tradeline.models.context import Actor

_SERIAL = itertools.count(1)


def now() -> datetime:
    """Return the moment at which people act; the database's clock is the same machine's."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """People, one customer with a line of credit, and the calls of a test."""

    people: Cast
    account: Any
    line: Any
    seller: Actor  # asked for every order

    @property
    def holds(self) -> ModuleType:
        """Return what is done about held orders."""
        from tradeline.actions import holds

        return holds

    @property
    def proposals(self) -> ModuleType:
        """Return what is done about proposals."""
        from tradeline.actions import proposals

        return proposals

    def ask(self, amount_minor: int, **more: Any) -> dict[str, Any]:
        """Return the gate's answer to an order of the customer, asked for by the seller."""
        return self.call(verb="authorise", amount_minor=amount_minor, **more)

    def call(self, *, by: Actor | None = None, of: Any = None, **call: Any) -> dict[str, Any]:
        """Return the gate's answer to a call."""
        number = next(_SERIAL)
        asked = {
            "turn": 0, "door": "api", "client": "shop", "key": f"k{number}",
            "body_sha256": str(number), "customer": (of or self.account).customer_no,
            "entity": "MAIN", "order_no": f"SO-{number}", "currency": "USD",
        } | call  # fmt: skip
        [(answer,)] = self.rows("SELECT answer FROM app.check_orders(%s)", [json.dumps([asked])],
                                by=by or self.seller)  # fmt: skip
        return json.loads(answer)

    def rows(self, sql: str, values: Any = None, *, by: Actor | None = None) -> list[Any]:
        """Return the rows of a query, as the application."""
        from django.db import connection

        from tradeline.models.context import acting

        with acting(by or self.people.controller), connection.cursor() as cursor:
            cursor.execute(sql, values)
            return list(cursor.fetchall())

    def held(self, amount_minor: int = 600_000, **more: Any) -> UUID:
        """Return the hold of an order that does not fit."""
        answer = self.ask(amount_minor, **more)
        assert answer["decision"] == "held", answer
        return self.hold_of(answer["order_no"])["id"]

    def hold_of(self, order_no: str) -> dict[str, Any]:
        """Return the latest hold of an order, as its row."""
        return self._one("hold", "order_no = %s ORDER BY created_at DESC LIMIT 1", order_no)

    def hold(self, key: UUID) -> dict[str, Any]:
        """Return a hold as its row."""
        return self._one("hold", "id = %s", key)

    def order(self, order_no: str) -> dict[str, Any]:
        """Return an order as the gate knows it."""
        return self._one("commitment", "order_no = %s", order_no)

    def counters(self) -> tuple[int, int, int]:
        """Return the line's exposure, what is reserved and what is held, in minor units."""
        [found] = self.rows("SELECT exposure_minor, reserved_minor, held_minor FROM credit_line "
                            "WHERE id = %s", [self.line.pk])  # fmt: skip
        return found

    def propose(self, hold: UUID, *, by: Actor | None = None, **more: Any) -> Any:
        """Return a proposal to release a hold, made by the analyst unless by another."""
        return self.holds.propose_release(
            hold_id=hold, by=by or self.people.analyst, at=now(), **{"reason": "agreed"} | more
        )

    def sign(self, asked: Any, by: Actor, **more: Any) -> Any:
        """Return where a proposal stands after somebody's signature."""
        seen = {"payload_sha256": asked.payload_sha256} | more
        return self.proposals.sign(proposal_id=asked.proposal_id, by=by, at=now(), **seen)

    def release(self, hold: UUID, *signers: Actor, **more: Any) -> Any:
        """Return where a proposal to release stands after all of these signed it."""
        asked, done = self.propose(hold, **more), None
        for signer in signers:
            done = self.sign(asked, signer)
        return done

    def actions(self) -> list[str]:
        """Return what the trail says was done, the oldest first."""
        return [action for (action,) in self.rows("SELECT action FROM audit_event ORDER BY at, id")]

    def another(self, role: str) -> Actor:
        """Return one more person with a role."""
        from tests.people import member

        return member(role, by=self.people.admin)

    def _one(self, table: str, where: str, *values: Any) -> dict[str, Any]:
        [(row,)] = self.rows(f"SELECT to_jsonb(t) FROM {table} t WHERE {where}", list(values))
        return json.loads(row)


def desk(*, limit_minor: int | None = 500_000, policy: Any = None, **account: Any) -> Desk:
    """Return a desk with a customer whose limit is 5,000.00 USD and whose ledger came today."""
    from tests import book_builders as build
    from tests.people import cast, member

    people = cast(policy)
    controller = people.controller
    build.write(build.models.Feed, controller, kind="ar", entity_id=people.entity.pk,
                as_of=now().date(), applied_at=now(),
                batch=build.batch(controller, people.entity))  # fmt: skip
    customer = build.account(controller, people.entity, **account)
    line = opened(controller, customer, limit_minor)
    clerk = replace(people.seller, user_id=member("integration", by=people.admin).user_id)
    return Desk(people=people, account=customer, line=line, seller=clerk)


def opened(actor: Actor, customer: Any, limit_minor: int | None) -> Any:
    """Return the line of a customer."""
    from tests import book_builders as build

    line = build.line(actor, customer, limit_minor=limit_minor)
    if limit_minor is not None:
        build.limit(actor, line, amount_minor=limit_minor)
    return line
