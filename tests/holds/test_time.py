"""Time ends holds, releases, authorisations and proposals, by the database's clock, once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from tests.holds.clock import age
from tests.holds.desk import now


def swept(desk, *, at=None, **some):
    """Sweep, and return whether it did this and nothing else; the second time, nothing."""
    done, again = (sweep(desk.people.analyst, at) for _ in range(2))
    assert again == {}
    return done == some


def sweep(by, at=None):
    """Return what a sweep did."""
    from tradeline.actions.sweeping import sweep

    done = vars(sweep(by=by, at=at or now()))
    return {name: count for name, count in done.items() if count}


def test_a_new_desk_has_nothing_to_sweep(desk):
    """What is young stays."""
    desk.propose(desk.held())
    assert swept(desk)


def test_a_held_order_ends(book, desk):
    """After 14 days hold and order have expired, and nothing is held on the line."""
    row = desk.hold(desk.held())
    age(book, "hold", row["id"], 14.1, "expires_at", "created_at")
    assert swept(desk, holds_expired=1)
    assert desk.hold(row["id"])["state"] == "expired"
    assert desk.order(row["order_no"])["state"] == "expired"
    assert desk.counters() == (0, 0, 0)


def test_a_held_rise_ends_and_its_order_stays(book, desk):
    """What was authorised before stays authorised."""
    number = desk.ask(450_000)["order_no"]
    desk.call(verb="amend", order_no=number, amount_minor=620_000)
    age(book, "hold", desk.hold_of(number)["id"], 14.1, "expires_at", "created_at")
    assert swept(desk, holds_expired=1)
    assert desk.order(number)["state"] == "authorised"
    assert desk.counters() == (450_000, 450_000, 0)


def test_the_clock_is_the_databases(desk):
    """Whatever moment the program names, nothing ends before its time."""
    desk.propose(desk.held())
    assert swept(desk, at=datetime.now(UTC) + timedelta(days=400))


def test_an_authorisation_ends(book, desk):
    """Without shipment it is freed after its days; of what was shipped in part, the rest."""
    whole, part = (desk.ask(100_000)["order_no"] for _ in range(2))
    desk.call(verb="ship", order_no=part, amount_minor=40_000)
    for number in (whole, part):
        age(book, "commitment", desk.order(number)["id"], 30.1, "expires_at")
    assert swept(desk, orders_expired=2)
    assert [desk.order(number)["state"] for number in (whole, part)] == ["expired", "shipped"]
    assert desk.counters() == (40_000, 0, 0)


def test_what_is_freed_lets_others_go(book, desk):
    """In the same sweep, for the room is there then."""
    first = desk.ask(400_000)["order_no"]
    second = desk.ask(300_000)["order_no"]
    age(book, "commitment", desk.order(first)["id"], 30.1, "expires_at")
    assert swept(desk, orders_expired=1, orders_let_go=1)
    assert desk.order(second)["state"] == "authorised"


def test_a_release_ends(book, desk):
    """Unused it expires; the order keeps what was authorised under it."""
    row = desk.hold(desk.held())
    desk.release(row["id"], desk.people.manager)
    age(book, "hold", row["id"], 5.1, "usable_until", "settled_at")
    assert swept(desk, holds_expired=1)
    assert desk.hold(row["id"])["state"] == "expired"
    assert desk.order(row["order_no"])["state"] == "authorised"


def test_a_proposal_ends(book, desk):
    """After 14 days without its signatures; the hold may be proposed for anew."""
    asked = desk.propose(desk.held())
    age(book, "proposal", asked.proposal_id, 14.1, "expires_at", "created_at")
    assert swept(desk, proposals_expired=1)
    assert desk.release(asked.hold_id, desk.people.manager).state == "applied"


def test_people_are_reminded(book, desk):
    """Once in two days, while the order waits."""
    hold = desk.held()
    age(book, "hold", hold, 2.1, "created_at")
    assert swept(desk, reminders=1)
    age(book, "hold", hold, 2.1, "reminded_at")
    assert swept(desk, reminders=1)
    told = desk.rows("SELECT payload ->> 'hold_id' FROM outbox WHERE topic = 'alert.hold'")
    assert told == [(str(hold),)] * 2


def test_a_reminder_goes_by_mail(book, desk):
    """To those whom the policy tells of warnings, in a sentence that names the order."""
    from tradeline.actions.alerts import HOLD, TOPICS
    from tradeline.actions.messages import Message, headline
    from tradeline.actions.recipients import severity_of
    from tradeline.policy.alerts import Alerts

    row = desk.hold(desk.held())
    age(book, "hold", row["id"], 2.1, "created_at")
    assert swept(desk, reminders=1)
    [(payload,)] = desk.rows("SELECT payload FROM outbox WHERE topic = %s", [HOLD])
    told = json.loads(payload) if isinstance(payload, str) else payload
    assert (severity_of(HOLD, told, Alerts()), HOLD in TOPICS) == ("warning", True)
    said = headline(Message(id="1", topic=HOLD, at=now(), payload=told))
    assert said.startswith(f"Order {row['order_no']} is held since 20")
    assert said.endswith(": CL02, CL06")


def test_sweepers_side_by_side_end_each_once(book, desk):
    """Three at once: each order ends once, whoever ends it."""
    from tests.holds.test_four_eyes import at_once

    for _ in range(5):
        age(book, "hold", desk.held(), 14.1, "expires_at", "created_at")
    told = at_once([lambda: desk.holds.expire_holds(by=desk.people.analyst, at=now())] * 3)
    assert max(told) == 5
    assert desk.counters() == (0, 0, 0)
    assert desk.rows("SELECT count(*) FROM decision WHERE verb = 'lapse'") == [(5,)]


@pytest.mark.parametrize("role", ["seller", "auditor", "admin"])
def test_who_may_not_sweep(desk, role):
    """Sweeping is finance's and the clock's."""
    from tradeline.errors import Refused

    with pytest.raises(Refused):
        sweep(getattr(desk.people, role))
