"""F5: the database's clock decides; the program's only bounds how long a context may be used.

A program whose clock is behind by more than the context's hour cannot act at all: its context is
over before it is used. One that is ahead acts as always, by the database's time, and its contexts
live longer by as much, each for one connection and transaction.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import psycopg
import pytest

from tests.gate.kit import ask

DAY_S = 86_400


@pytest.fixture
def clock(monkeypatch):
    """Return what sets the program's clock off by seconds."""
    from tradeline.models import context

    def off(seconds):
        shifted = SimpleNamespace(time=lambda: time.time() + seconds)
        monkeypatch.setattr(context, "time", shifted)

    return off


def at(reply):
    """Return when the gate says that it decided."""
    return datetime.fromisoformat(reply.body["at"])


def now(shop):
    """Return the database's time."""
    return shop.value("SELECT now() WHERE %s::uuid IS NOT NULL")


@pytest.mark.parametrize("hours", [-0.9, 0, 1, 24, 24 * 365])
def test_case_21_the_program_may_be_ahead(hours, shop, clock):
    """Days ahead or most of an hour behind: decided at, and expiring by, the database's time."""
    clock(hours * 3600)
    began = now(shop)
    reply = shop.ask("authorise", "A", 1_00)
    assert reply.passed
    assert began <= at(reply) <= now(shop)
    ends = datetime.fromisoformat(shop.order("A")["expires_at"])
    assert timedelta(days=29, hours=23) < ends - began < timedelta(days=30, hours=2)
    assert shop.ask("expire", "A").status == 409
    shop.sound()


def test_case_21_the_program_is_a_day_behind(shop, clock):
    """Its context is over before it is used: nothing is decided, nothing is written."""
    clock(-DAY_S)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        shop.ask("authorise", "A", 1_00)
    assert shop.rows("SELECT FROM decision WHERE organisation_id = %s") == []


def test_a_reservation_ends_by_the_database(shop):
    """Before its end it stands, a second after it is swept, whatever the program thinks."""
    shop.ask("authorise", "A", 1_00)
    for seconds, status, state in ((60, 409, "authorised"), (-1, 200, "expired")):
        with psycopg.connect(shop.superuser_url) as connection:
            connection.execute(
                "UPDATE commitment SET expires_at = now() + make_interval(secs => %s) "
                "WHERE organisation_id = %s", [seconds, shop.actor.organisation_id])  # fmt: skip
        assert shop.ask("expire", "A").status == status
        assert shop.order("A")["state"] == state
    assert shop.line("C0")["exposure_minor"] == 0
    shop.sound()


def zone_with_a_change():
    """Return a zone that puts its clocks forward in ten days."""
    first = (datetime.now(UTC).timetuple().tm_yday + 10) % 365 or 1
    return f"XST0XDT,J{first}/0,J{(first + 100) % 365 or 1}/0"


@pytest.mark.parametrize(
    "zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", zone_with_a_change()],
    ids=["ahead", "behind", "summer time"],
)  # fmt: skip
def test_case_21_the_zone_of_a_session_decides_nothing(zone, shop):
    """The day of a check is the day in UTC, and 30 days are 720 hours, wherever it asks from."""
    with shop.client(options=f"-c timezone={zone}") as gate:
        reply = gate.one(ask("authorise", "A", customer="C0", amount_minor=1_00))
    assert reply.passed
    sql = "SELECT day FROM line_event WHERE organisation_id = %s AND kind = 'authorised'"
    assert shop.value(sql) == at(reply).date()
    assert reply.body["data_age"]["ar"] in {0, 1}
    order = shop.order("A")
    ends, began = (datetime.fromisoformat(order[name]) for name in ("expires_at", "created_at"))
    assert ends - began == timedelta(days=30)
