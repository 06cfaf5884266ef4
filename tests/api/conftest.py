"""A served process, and a company that asks it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import httpx
import pytest

from tests.api.serving import key_for, served


@dataclass(frozen=True)
class Shop:
    """A program with a key, and a customer whose line has room for 50,000.00 USD."""

    http: httpx.Client
    customer: str
    actor: object
    key: str

    def order(self, **changes):
        """Return the body of an order over 100.00 USD."""
        made = {"customer": self.customer, "order_no": f"SO-{uuid4().hex[:8]}", "amount": "100.00",
                "currency": "USD"}  # fmt: skip
        return {name: value for name, value in (made | changes).items() if value is not ...}

    def check(self, key=None, **changes):
        """Check an order."""
        return self.http.post("/api/v1/orders/checks", json=self.order(**changes),
                              headers={"Idempotency-Key": key or uuid4().hex})  # fmt: skip

    def post(self, path, body, key=None):
        """Post with a new key."""
        headers = {"Idempotency-Key": key or uuid4().hex}
        return self.http.post(f"/api/v1{path}", json=body, headers=headers)


@pytest.fixture(scope="session")
def url(book):
    """Return the address of a served process."""
    with served() as address:
        yield address


@pytest.fixture
def shop(url, northwind):
    """Return a shop of Northwind."""
    return shop_of(url, northwind.admin, northwind.entity)


@pytest.fixture
def stranger_shop(url, northwind):
    """Return a shop of the other company."""
    return shop_of(url, northwind.stranger, northwind.stranger_entity)


def fresh(actor, entity):
    """Let the receivables be of today, as the gate wants them."""
    from datetime import UTC, datetime

    from tests.book_builders import batch
    from tradeline.models import Feed
    from tradeline.models.context import acting

    now = datetime.now(UTC)
    file = batch(actor, entity)
    with acting(actor):
        Feed.objects.get_or_create(
            organisation_id=actor.organisation_id, kind="ar", entity_id=entity.pk,
            defaults={"as_of": now.date(), "applied_at": now, "batch": file},
        )  # fmt: skip


def shop_of(url, actor, entity, customer_no=None, **of_key):
    """Return a shop with a key and a customer of its own."""
    from tests.book_builders import account, limit, line

    of = account(actor, entity, **({"customer_no": customer_no} if customer_no else {}))
    limit(actor, line(actor, of))
    fresh(actor, entity)
    key = key_for(actor, **of_key)
    http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=10)
    return Shop(http, of.customer_no, actor, key)
