"""When room comes, held orders go by themselves: in their turn, and only where a rule held them."""

from __future__ import annotations

import pytest

from tests.holds.desk import now

ROOM = "UPDATE credit_line SET limit_minor = {} WHERE id = %s RETURNING 1"


def room(desk, limit_minor):
    """Give the customer another limit, and let go what fits."""
    desk.rows(ROOM.format(limit_minor), [desk.line.pk])
    return desk.holds.release_what_fits(by=desk.people.analyst, at=now())


def states(desk, *orders):
    """Return where orders stand."""
    return [desk.order(number)["state"] for number in orders]


def held(desk, amount_minor=600_000, **more):
    """Return the number of an order that is held."""
    told = desk.ask(amount_minor, **more)
    assert told["decision"] == "held"
    return told["order_no"]


def test_first_come_first_served(desk):
    """There is room for one of two: the earlier goes."""
    first, second = held(desk), held(desk)
    assert room(desk, 600_000) == 1
    assert states(desk, first, second) == ["authorised", "held"]
    assert desk.hold_of(first)["state"] == "ended"
    assert desk.counters() == (600_000, 600_000, 600_000)


@pytest.mark.parametrize("better", [
    {"priority": 1}, {"ship_date": now().date().isoformat()},
])  # fmt: skip
def test_some_go_before(desk, better):
    """Priority comes before ship date, ship date before arrival."""
    first, second = held(desk), held(desk, **better)
    assert room(desk, 600_000) == 1
    assert states(desk, first, second) == ["held", "authorised"]


def test_priority_comes_before_the_ship_date(desk):
    """However soon the other ships."""
    soon = held(desk, ship_date=now().date().isoformat())
    urgent = held(desk, priority=1)
    room(desk, 600_000)
    assert states(desk, soon, urgent) == ["held", "authorised"]


def test_what_does_not_fit_lets_smaller_ones_pass(desk):
    """A large order waits on; the small one behind it goes."""
    large, small = held(desk, 5_000_000), held(desk, 600_000)
    assert room(desk, 700_000) == 1
    assert states(desk, large, small) == ["held", "authorised"]


def test_together_they_do_not_pass_the_limit(desk):
    """Of ten that would fit alone three go."""
    for _ in range(10):
        held(desk)
    assert room(desk, 1_999_999) == 3
    assert desk.counters() == (1_800_000, 1_800_000, 4_200_000)


def test_without_room_nothing_is_written(desk):
    """Asking in vain leaves no decision, so that it may be asked often."""
    held(desk)
    before = desk.rows("SELECT count(*) FROM decision")
    assert room(desk, 599_999) == 0
    assert desk.rows("SELECT count(*) FROM decision") == before


@pytest.mark.parametrize("standing", ["dunning_level = 3", "flags = '{fraud}'"])
def test_what_people_must_see_waits_for_them(desk, standing):
    """An order that dunning or a signal held does not go by itself, even when that has ended."""
    desk.ask(1)
    change = "UPDATE standing SET {} WHERE line_id = %s RETURNING 1"
    desk.rows(change.format(standing), [desk.line.pk])
    number = held(desk, 400_000)
    desk.rows(change.format("dunning_level = 0, flags = '{}'"), [desk.line.pk])
    assert room(desk, 10_000_000) == 0
    assert states(desk, number) == ["held"]


def test_a_warning_keeps_nothing_back(desk):
    """Only rules that held count: one that merely warned does not make it people's."""
    desk.ask(1)
    desk.rows("UPDATE standing SET average_minor = 500000 WHERE line_id = %s RETURNING 1",
              [desk.line.pk])  # fmt: skip
    number = held(desk)
    assert "CL04" in desk.hold_of(number)["codes"]
    assert room(desk, 10_000_000) == 1


def test_a_pending_proposal_is_overtaken(desk):
    """Whoever signs afterwards is told that the order is held no more."""
    row = desk.hold(desk.held())
    asked = desk.propose(row["id"])
    room(desk, 10_000_000)
    assert desk.sign(asked, desk.people.manager).because == ("the order is not held as it was",)
    assert desk.counters() == (600_000, 600_000, 0)


def more(desk, live_minor, held_minor):
    """Return the number of an order of which a part was let go and more is held."""
    number = desk.ask(live_minor)["order_no"]
    told = desk.call(verb="amend", order_no=number, amount_minor=live_minor + held_minor)
    assert told["decision"] == "held"
    return number


def test_the_rest_waits_on_when_the_first_part_is_done(desk):
    """All that was let go is invoiced; what was wanted besides still has its turn."""
    number = more(desk, 100_000, 600_000)
    for verb in ("ship", "invoice"):
        desk.call(verb=verb, order_no=number, amount_minor=100_000)
    assert (states(desk, number), desk.hold_of(number)["state"]) == (["closed"], "open")
    assert room(desk, 10_000_000) == 1
    assert states(desk, number) == ["part_shipped"]
    assert desk.counters() == (700_000, 600_000, 0)


def test_what_came_back_is_not_asked_for_again(desk):
    """Of 1,000 and 6,000 more, 400 were sent and came back: 6,600 are let go."""
    number = more(desk, 100_000, 600_000)
    for verb in ("ship", "return"):
        desk.call(verb=verb, order_no=number, amount_minor=40_000)
    assert room(desk, 10_000_000) == 1
    assert desk.counters() == (660_000, 660_000, 0)


@pytest.mark.parametrize("meanwhile", [{"verb": "cancel"}, {"verb": "amend", "amount_minor": 1}])
def test_an_order_that_changed_meanwhile_is_left_alone(desk, meanwhile):
    """The queue was read before the order was cancelled, or let go as a smaller one."""
    number = held(desk)
    desk.call(order_no=number, **meanwhile)
    before = desk.counters()
    told = desk.call(verb="recheck", order_no=number, amount_minor=600_000, version=1)
    assert told["status"] == 409
    assert desk.counters() == before


def test_it_needs_a_role(desk):
    """A seller asks nothing again."""
    from tradeline.errors import Refused

    with pytest.raises(Refused):
        desk.holds.release_what_fits(by=desk.people.seller, at=now())


def test_cash_that_arrives_lets_orders_go(company):
    """An import that moves lines asks again by itself; a preview does not."""
    import json

    from tests.holds.queue_of import ask, state_of

    today = now().date()
    company.take("limits", {"limit_minor": 500_000}, day=today)
    company.take("ar", {"document_no": "D1", "open_minor": 450_000, "due_date": today,
                        "document_date": today}, day=today)  # fmt: skip
    assert json.loads(ask(company, "SO-1", 300_000))["decision"] == "held"
    company.take("ar", {"document_no": "D1", "open_minor": 100_000, "due_date": today,
                        "document_date": today}, day=today)  # fmt: skip
    assert state_of(company, "SO-1") == "authorised"


def test_a_failure_undoes_no_import(company, monkeypatch):
    """Whatever happens while orders are asked again, the file stays applied."""
    from tradeline.actions import holds

    def fail(**_):
        raise RuntimeError("the gate is away")

    monkeypatch.setattr(holds, "release_what_fits", fail)
    done = company.take("limits", {"limit_minor": 500_000}, day=now().date())
    assert done.lines_moved == 1
    assert company.line().limit_minor == 500_000
