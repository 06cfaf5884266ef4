"""The book of the tests: one embedded server per session, one fresh company per test."""

from __future__ import annotations

import os
import tempfile
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.book.company import Company

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def book() -> Iterator[Path]:
    """Open the book on an embedded server in a folder of its own; return the folder."""
    from tradeline.cli.book import open_book

    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        folder.chmod(0o755)  # a server started by root runs as somebody else
        for variable in list(os.environ):
            if variable.startswith(("DATABASE_", "TRADELINE_")):
                patch.delenv(variable)
        patch.setenv("TRADELINE_DATA", str(folder))
        open_book()
        yield folder


@pytest.fixture(scope="session")
def found(book: Path) -> Callable[[], Company]:
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
