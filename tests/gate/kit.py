"""What the proof of the gate shares: shops with customers, clients that ask, how they ask again.

A client is a connection of the application's role that calls `app.check_orders` and nothing else,
so that what is proven is proven of the function itself, whatever stands before it.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from tests.book.company import Company
    from tradeline.models.context import Actor

TORTURE = int(os.environ.get("TRADELINE_TORTURE", "0"))
AGAIN = {"23505", "40001", "40P01", "55P03"}
"""States after which the same call is made again: a key's race, a conflict, a deadlock, a wait."""

Ask = dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """One answer of the gate."""

    status: int
    text: str
    facts: str | None = None

    @property
    def body(self) -> dict[str, Any]:
        """Return the answer, read."""
        return json.loads(self.text)

    @property
    def decision(self) -> str | None:
        """Return approved, held and so on; None for a problem."""
        return self.body.get("decision")

    @property
    def passed(self) -> bool:
        """Return whether the order may go."""
        return self.decision in {"approved", "approved_with_warning"}


def ask(verb: str, order_no: str | None = None, **facts: Any) -> Ask:
    """Return a call with a key of its own; amounts are in minor units of dollars."""
    call = {
        "verb": verb, "client": "test", "door": "api", "order_no": order_no, "currency": "USD",
        "key": str(uuid4()),
    } | facts  # fmt: skip
    if verb == "void":
        del call["currency"]
    return call | {"body_sha256": facts.get("body_sha256", digest(call))}


def digest(call: Mapping[str, Any]) -> str:
    """Return the digest of what a call says, its key left out."""
    said = {name: value for name, value in call.items() if name != "key"}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()


class Gate:
    """A client: one connection, one transaction per call."""

    def __init__(self, shop: Shop, **options: Any) -> None:
        self.shop, self.options = shop, options
        self.connection = self.opened()

    def opened(self) -> psycopg.Connection[Any]:
        """Return a new connection of the application's role."""
        return psycopg.connect(make_conninfo(self.shop.url, **self.options), autocommit=True)

    def close(self) -> None:
        """Give the connection back."""
        self.connection.close()

    def tell(self) -> None:
        """Say in the open transaction who acts."""
        from tradeline.models.context import signed

        actor, process = self.shop.actor, self.connection.info.backend_pid
        token = signed(actor.organisation_id, actor.user_id, process=process)
        self.connection.execute("SELECT set_config('tradeline.context', %s, true)", [token])

    def call(self, *asks: Ask) -> list[Reply]:
        """Return the answers to calls that are settled within the open transaction."""
        told = [one | {"turn": turn} for turn, one in enumerate(asks)]
        rows = self.connection.execute(
            "SELECT status, answer, facts FROM app.check_orders(%s)",
            [json.dumps(told, default=str)],
        )
        return [Reply(*row) for row in rows.fetchall()]

    def once(self, *asks: Ask) -> list[Reply]:
        """Return the answers to calls that are settled in one transaction."""
        with self.connection.transaction():
            self.tell()
            return self.call(*asks)

    def settle(self, *asks: Ask) -> list[Reply]:
        """Return the answers; what may be asked again is, with the same keys."""
        for turn in range(50):
            try:
                return self.once(*asks)
            except psycopg.Error as error:
                if error.sqlstate not in AGAIN or turn == 49:
                    raise
                time.sleep(0.002 * turn)
        raise AssertionError

    def one(self, call: Ask) -> Reply:
        """Return the answer to one call."""
        return self.settle(call)[0]

    @contextmanager
    def held_open(self, *asks: Ask) -> Iterator[list[Reply]]:
        """Settle calls, and keep their transaction open as long as the block lasts."""
        with self.connection.transaction():
            self.tell()
            yield self.call(*asks)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """An organisation with customers of 50,000.00 each unless said otherwise."""

    company: Company
    url: str  # of the application's role
    superuser_url: str
    customers: tuple[str, ...]
    gates: list[Gate] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """Return who acts."""
        return self.company.actor

    def gate(self, **options: Any) -> Gate:
        """Return a new client."""
        made = Gate(self, **options)
        self.gates.append(made)
        return made

    def ask(self, verb: str, order_no: str, amount_minor: int | None = None, **facts: Any) -> Reply:
        """Return the answer to one call, made by a client of its own."""
        with self.client() as gate:
            if verb in {"authorise", "amend", "sale", "dry_run", "recheck"}:
                facts.setdefault("customer", self.customers[0])
            return gate.one(ask(verb, order_no, amount_minor=amount_minor, **facts))

    @contextmanager
    def client(self, **options: Any) -> Iterator[Gate]:
        """Lend a client."""
        gate = Gate(self, **options)
        try:
            yield gate
        finally:
            gate.close()

    def limits(self, amounts: Mapping[str, int], tell: Any = None) -> None:
        """Import limits by customer, from today on."""
        rows = [{"customer_no": no, "limit_minor": minor, "valid_from": today()}
                for no, minor in amounts.items()]  # fmt: skip
        self.take("limits", rows, tell)

    def owes(
        self, customer: str, document_no: str, amount_minor: int, tell: Any = None, **facts: Any
    ) -> None:
        """Import an invoice that is open in full and not yet due."""
        row = {"customer_no": customer, "document_no": document_no, "due_date": today(),
               "document_date": today(), "amount_minor": amount_minor}  # fmt: skip
        self.take("ar", [row | facts], tell)

    def take(self, kind: str, rows: list[dict[str, Any]], tell: Any = None) -> None:
        """Import rows of today."""
        from tests.book.company import feed
        from tradeline.actions.imports import ImportRequest, import_feed

        request = ImportRequest(
            feed=feed(kind, rows), day=today(), full_extract=False, confirmed=True
        )
        import_feed(
            request, by=self.actor, at=datetime.now(UTC), **({"tell": tell} if tell else {})
        )

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return rows as the superuser sees them; `%s` once for the organisation comes first."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            return connection.execute(sql, [self.actor.organisation_id, *values]).fetchall()

    def value(self, sql: str, *values: Any) -> Any:
        """Return the first value of a query; see rows."""
        return self.rows(sql, *values)[0][0]

    def line(self, customer: str) -> dict[str, Any]:
        """Return a customer's line."""
        account = """account_id = (SELECT id FROM account a
            WHERE a.organisation_id = t.organisation_id AND customer_no = %s)"""
        return self._row("credit_line", account, customer)

    def order(self, order_no: str) -> dict[str, Any]:
        """Return an order as the gate knows it."""
        return self._row("commitment", "order_no = %s", order_no)

    def _row(self, table: str, condition: str, value: str) -> dict[str, Any]:
        sql = f"SELECT to_jsonb(t) FROM {table} t WHERE organisation_id = %s AND {condition}"
        return self.value(sql, value)

    def until_waiting(self, job: Future[Any], count: int = 1) -> bool:
        """Wait until so many locks are waited for; return False when the job is done before."""
        sql = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            for _ in range(4000):
                if connection.execute(sql).fetchone()[0] >= count:  # type: ignore[index]
                    return True
                if job.done():
                    return False
                time.sleep(0.002)
        raise AssertionError("nobody waits, nobody is done")

    def sound(self) -> dict[str, Any]:
        """Assert that the outside checker finds nothing, and return what it looked at."""
        from tools.gate_checker import checked

        with psycopg.connect(self.superuser_url) as connection:
            found = checked(connection, self.actor.organisation_id)
        assert found["breach"] is None, found
        return found


def today() -> Any:
    """Return the day of the gate."""
    return datetime.now(UTC).date()


def far() -> Any:
    """Return a day beyond the horizon."""
    return today() + timedelta(days=200)


def shop(
    book: Any, customers: int = 1, *, limit_minor: int = 5_000_000,
    dbname: str = "tradeline", policy: Any = None,
) -> Shop:  # fmt: skip
    """Return a fresh organisation whose customers have limits and a ledger of today."""
    from tests.book.company import Company
    from tests.people import organisation

    names = tuple(f"C{turn}" for turn in range(customers))
    actor, _ = organisation(f"Shop {uuid4()}", policy)
    made = Shop(
        company=Company(actor), url=make_conninfo(book.urls["app"], dbname=dbname),
        superuser_url=make_conninfo(book.superuser_url, dbname=dbname), customers=names,
    )  # fmt: skip
    made.limits(dict.fromkeys(names, limit_minor))
    made.owes(names[0], "D-first", 0)
    return made


def grouped(shop: Shop, members: Sequence[str], limit_minor: int, code: str = "G") -> None:
    """Put customers into a group with a line of its own."""
    from tests.book_builders import group, line, line_event
    from tradeline.models import Account
    from tradeline.models.context import acting

    made = group(shop.actor, code=code)
    its_line = line(shop.actor, None, group=made, limit_minor=limit_minor)
    line_event(shop.actor, its_line, limit_minor=limit_minor)
    with acting(shop.actor):
        Account.objects.filter(customer_no__in=members).update(group=made)
