"""Asking the gate from Python: the examples of the methods, repeats, conflicts, roles, replays."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from tests.gate.ways_kit import TODAY, Shop, invoice, order
from tradeline.errors import NotFound, Refused, StateFault

QUIET = {"item_min": {}, "reactions": {"CL06": "off"}}


def in_days(days):
    """Return a day as an order names it."""
    return (TODAY + timedelta(days=days)).isoformat()


def bought(customer_no, order_no, amount, ship_date=None, **more):
    """Return a row of the order file."""
    return {"customer_no": customer_no, "order_no": order_no, "ordered_minor": amount,
            "currency": "USD", "ship_date": ship_date, **more}  # fmt: skip


def exposure(answer):
    """Return exposure before and after, without cents."""
    return tuple(int(answer["exposure"][name][:-3]) for name in ("before", "after"))


def test_example_1a(book):
    """METHODS 1a: dynamic exposure 100,000 of 100,000 passes; the static one is 130,000."""
    shop = Shop({"rules": QUIET})
    shop.open({"A": {
        "limit": 10_000_000,
        "ar": [invoice("I1", 0, 5_700_000), invoice("I2", 0, 500_000, disputed=True),
               invoice("UC", 0, 400_000, kind="cash"), invoice("DP", 0, 600_000, kind="deposit")],
        "orders": [
            bought("A", "SNB", 800_000, shipped_minor=800_000),
            bought("A", "LATER", 3_000_000, TODAY + timedelta(days=75)),
            bought("A", "DRAFT", 1_200_000, TODAY, status="draft"),
        ],
    }})  # fmt: skip
    (answer,) = shop.ask([order("A", 4_000_000, ship_date=in_days(10))])
    assert answer["decision"] == "approved"
    assert exposure(answer) == (60_000, 100_000)
    assert answer["exposure"]["utilisation"] == "100.00"
    (more,) = shop.ask([order("A", 1, ship_date=in_days(10))])
    assert [each["code"] for each in more["reasons"]] == ["CL02"]
    faults, _ = shop.replayed()
    assert faults == []


def test_example_1b(book):
    """METHODS 1b: receivables of 70 % and undelivered orders of 40 % are 110 % of the limit."""
    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 10_000_000, "ar": [invoice("I1", 0, 7_000_000)]}})
    (answer,) = shop.ask([order("A", 4_000_000)])
    assert answer["decision"] == "held"
    assert answer["exposure"]["utilisation"] == "110.00"


def test_example_2a(book):
    """METHODS 2a: with 5 %, capped at 3,000, it passes at 103,000.00 and not a cent above."""
    shop = Shop({"rules": QUIET | {"tolerance_pct": "5", "tolerance_max": {"USD": 3_000}}})
    shop.open({name: {"limit": 10_000_000, "ar": []} for name in "AB"})
    below, above = shop.ask([order("A", 10_300_000), order("B", 10_300_001)])
    assert below["decision"] == "approved"
    assert above["reasons"][0]["threshold"] == "103000.00"


def test_example_2b(book):
    """METHODS 2b: a quarter overdue holds, a fifth passes."""
    shop = Shop({"rules": QUIET})
    shop.open({
        "A": {"limit": 99_000_000,
              "ar": [invoice("I1", 11, 2_500_000), invoice("I2", 0, 7_500_000)]},
        "B": {"limit": 99_000_000,
              "ar": [invoice("I1", 11, 2_000_000), invoice("I2", 10, 8_000_000)]},
    })  # fmt: skip
    above, at = shop.ask([order("A", 1), order("B", 1)])
    assert above["reasons"][0]["measured"] == "25.00"
    assert at["decision"] == "approved"


def test_example_2c(book):
    """METHODS 2c: an order is authorised and raised; a raise that is refused leaves it alone."""
    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 10_000_000, "ar": [invoice("I1", 0, 5_000_000)]}})
    first = order("A", 3_000_000)
    assert exposure(shop.ask([first])[0]) == (50_000, 80_000)
    assert exposure(shop.ask([first | {"amount_minor": 4_500_000}])[0]) == (80_000, 95_000)
    (held,) = shop.ask([first | {"amount_minor": 5_500_000}])
    assert (held["decision"], held["state"]) == ("held", "authorised")
    assert shop.company.line("A").exposure_minor == 9_500_000
    part = next(each for each in held["unblock"] if each["kind"] == "part")
    assert part["amount"] == "50000.00"
    (less,) = shop.ask([first | {"amount_minor": 2_000_000}])
    assert (less["decision"], less["reasons"], exposure(less)) == ("approved", [], (95_000, 70_000))
    faults, tested = shop.replayed()
    assert (faults, tested) == ([], 4)


@pytest.mark.parametrize(
    ("limit", "asked", "role"),
    [(1_000_000, 2_000_000, "analyst"), (2_000_000, 2_500_001, "manager"),
     (2_000_000, 10_000_001, "controller")],
)  # fmt: skip
def test_a_way_out_by_a_limit_says_who_signs(book, limit, asked, role):
    """The lowest level that reaches to the limit: 25,000.00, 100,000.00, and above."""
    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": limit, "ar": []}})
    (held,) = shop.ask([order("A", asked)])
    (way,) = [each for each in held["unblock"] if each["kind"] == "limit"]
    assert way["signed_by"] == role


@pytest.mark.parametrize(("reaction", "outcome"), [("hold", "held"), ("reject", "rejected")])
def test_an_unknown_customer_is_the_policys_affair(book, reaction, outcome):
    """It never passes: there is no line to reserve on."""
    shop = Shop({"rules": QUIET | {"reactions": {**QUIET["reactions"], "DT03": reaction}}})
    (answer,) = shop.ask([order("nobody", 1)])
    assert (answer["decision"], answer["reasons"][0]["reaction"]) == (
        outcome, reaction)  # fmt: skip


def test_a_repeat_gets_the_same_bytes(book):
    """With its key a call has its answer again, ways out and all; another body is refused."""
    from tradeline.actions.gate import settle

    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 100, "ar": [invoice("I1", 40, 90)]}})
    call = order("A", 50) | {"key": uuid4().hex}
    first, again = settle([call], by=shop.actor), settle([call], by=shop.actor)
    assert first == again
    assert json.loads(first[0].body)["unblock"]
    (other,) = settle([call | {"amount_minor": 51}], by=shop.actor)
    assert other.status == 422


def test_many_calls_have_their_answers_in_their_order(book):
    """Each is decided on the book as those before it left it."""
    from tradeline.actions.gate import settle

    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 100, "ar": []}})
    found = settle([order("A", amount) for amount in (60, 50, 40)], by=shop.actor)
    outcomes = [json.loads(each.body)["decision"] for each in found]
    assert outcomes == ["approved", "held", "approved"]


def test_a_line_that_is_kept_is_asked_for_again(book, monkeypatch):
    """While another has the line the call is repeated; in the end nothing is decided."""
    from tradeline.actions import gate

    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 100, "ar": []}})
    tries, answers = [], gate._answers
    monkeypatch.setattr(gate, "_answers", lambda *args: tries.append(1) or answers(*args))
    with psycopg.connect(make_conninfo(book.superuser_url, dbname="tradeline")) as other:
        other.execute("SELECT FROM credit_line WHERE organisation_id = %s FOR UPDATE",
                      [shop.actor.organisation_id])  # fmt: skip
        with pytest.raises(StateFault, match="nothing was decided"):
            gate.settle([order("A", 1)], by=shop.actor)
        other.rollback()
    assert len(tries) == gate.ATTEMPTS_MAX
    assert json.loads(gate.settle([order("A", 1)], by=shop.actor)[0].body)["decision"] == "approved"


@pytest.mark.parametrize("role", ["seller", "auditor", "admin", "stranger"])
def test_who_may_not_ask(northwind, role):
    """Selling, auditing and managing people gives no right to reserve credit."""
    from tests.people import member
    from tradeline.actions.gate import settle

    who = getattr(northwind, role)
    if role == "stranger":  # controller of another organisation: the customer is not there
        (answer,) = settle([order("nobody", 1)], by=who)
        assert json.loads(answer.body)["reasons"][0]["code"] == "DT03"
        who = member("sales", by=who)
    with pytest.raises(Refused):
        settle([order("nobody", 1)], by=who)


def test_a_replay_notices_other_facts_and_other_rules(book):
    """A decision whose numbers, rules or answer were changed does not come out the same."""
    from dataclasses import replace

    from tradeline.models import Decision
    from tradeline.models.context import acting
    from tradeline.queries.replay import decided, replayed

    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 100, "ar": [invoice("I1", 40, 90)]}})
    shop.ask([order("A", 50)])
    with acting(shop.actor):
        row = decided(Decision.objects.get().pk)
    assert replayed(row) == []
    facts, rules = row.facts, row.rules
    broken = [
        replace(row, facts=facts._replace(after_minor=141)),
        replace(row, facts=facts._replace(oldest=())),
        replace(row, rules=rules._replace(tolerance_bp=5_000)),
        replace(row, outcome="approved"),
        replace(row, answer=row.answer | {"reasons": row.answer["reasons"][::-1]}),
        replace(row, answer=row.answer | {"data_age": {}}),
    ]
    assert all(map(replayed, broken))


def test_another_s_decision_is_not_there(book, northwind):
    """An id of another organisation reads like one that never was."""
    from tradeline.models import Decision
    from tradeline.models.context import acting
    from tradeline.queries.replay import decided

    shop = Shop({"rules": QUIET})
    shop.open({"A": {"limit": 100, "ar": []}})
    shop.ask([order("A", 50)])
    with acting(shop.actor):
        found = Decision.objects.get().pk
    with acting(northwind.stranger), pytest.raises(NotFound):
        decided(found)
