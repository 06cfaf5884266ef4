"""Setting up a company of one's own: what cannot be is refused in words, and leaves nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tradeline.errors import ArgumentFault, StateFault

AT = datetime(2026, 6, 1, tzinfo=UTC)


def entity(company, **facts):
    """Add a legal entity with these facts."""
    from tradeline.actions.organisations import add_entity

    given = {"code": "NEW", "name": "New", "currency": "USD", "country": "US", **facts}
    return add_entity(by=company.actor, at=AT, **given)


def test_an_entity_is_added_once(company):
    """Its code is how files name it: a second one is refused."""
    entity(company)
    with pytest.raises(StateFault, match="NEW already"):
        entity(company, name="Other", currency="EUR")


@pytest.mark.parametrize(
    "facts", [{"code": "X" * 65}, {"code": " "}, {"name": "X" * 201}, {"country": "USA"}], ids=str
)
def test_a_text_must_fit(company, facts):
    """A text that no column can hold, or a blank one, is refused by name."""
    with pytest.raises(ArgumentFault, match=f"the {next(iter(facts))} "):
        entity(company, **facts)


def test_a_login_must_fit(company):
    """A login of more characters than its column holds is refused."""
    from tradeline.actions.people import enrol

    with pytest.raises(ArgumentFault, match="has 151 characters"):
        enrol(login="x" * 151, name="", roles=["sales"], by=company.actor, at=AT)


def test_a_failed_founding_takes_no_login(terminal):
    """Whoever mistypes the name can found the company with the same login."""
    for name, code in (("X" * 201, 2), ("Right", 0)):
        done = terminal.run("organisation", "found", name, "--login", "freya")
        assert done.returncode == code, done.stderr
