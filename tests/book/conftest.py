"""The book of the tests: one embedded server per session, one fresh company per test."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.book.company import Company
from tests.terminal import Terminal, running_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradeline.database import Database


@pytest.fixture(scope="session")
def found(book: Database) -> Callable[[], Company]:
    """Return what founds a company."""
    from tradeline.actions.organisations import add_entity, found_organisation
    from tradeline.models import User
    from tradeline.models.context import Actor
    from tradeline.policy.schema import Policy

    person = User.objects.create(username="ada")

    def founded() -> Company:
        at = datetime(2026, 6, 1, tzinfo=UTC)
        name = f"Company {uuid.uuid4()}"
        organisation = found_organisation(
            name=name, policy=Policy(), by=person, door="cli", at=at
        )
        actor = Actor(organisation_id=organisation.pk, user_id=person.pk, door="cli")
        add_entity(code="MAIN", name="Main", currency="USD", country="US", by=actor, at=at)
        return Company(actor)

    return founded


@pytest.fixture
def company(found: Callable[[], Company]) -> Company:
    """Return a company that nobody has fed yet."""
    return found()


@pytest.fixture(scope="session")
def terminal() -> Iterator[Terminal]:
    """Return a terminal with the example company made, in a data folder of its own."""
    with running_server() as data:
        made = Terminal(data)
        assert made.json("demo")["made"]
        yield made
