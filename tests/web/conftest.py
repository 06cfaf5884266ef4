"""People at the desk of a company with a customer and held orders, and a stranger at another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest


def browser(**options):
    """Return a client in which nobody has signed in."""
    from django.test import Client

    return Client(SERVER_NAME="localhost", **options)


@dataclass(frozen=True)
class House:
    """The company's desk of the gate, and browsers in which people have signed in."""

    desk: Any  # tests/holds/desk.py

    def person(self, actor, *, strict=False):
        """Return a client in which a person has signed in by login and password."""
        login, password = self.password(actor)
        client = browser(enforce_csrf_checks=strict)
        if not strict:
            answer = client.post("/sign-in", {"username": login, "password": password})
            assert answer.status_code == 302, answer.content
        return client

    def password(self, actor):
        """Return login and a new password."""
        from tradeline.actions.people import give_password
        from tradeline.models import User

        login = User.objects.get(pk=actor.user_id).username
        admin = self.desk.people.admin
        if actor.organisation_id != admin.organisation_id:
            admin = actor  # the stranger runs a company alone
        return login, give_password(login=login, by=admin, at=datetime.now(UTC))

    @property
    def account_page(self):
        """Return the address of the customer's page."""
        return f"/accounts/MAIN/{self.desk.account.customer_no}"


@pytest.fixture(scope="module")
def house(book):
    """Return a house whose customer has an order that is held."""
    from tests.holds.desk import desk

    return House(desk())
