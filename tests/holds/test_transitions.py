"""One table for each life: what the database lets happen is what the table says."""

from __future__ import annotations

import itertools

import pytest

from tests.holds.clock import root
from tradeline.transitions import COMMITMENT, HOLD, MACHINES, PROPOSAL, Machine, diagram


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.name)
def test_the_table_knows_every_state(book, machine: Machine):
    """Every state of the model is reached, and none that it does not have."""
    from tradeline import models

    model = getattr(models, machine.name.title())
    assert set(machine.states) == {state for state, _ in model._meta.get_field("state").choices}


@pytest.mark.parametrize("machine", [HOLD, PROPOSAL], ids=lambda machine: machine.name)
def test_the_database_has_the_same_table(book, machine: Machine):
    """Every pair of states is answered as in the table."""
    states = ("", *machine.states)
    with root(book) as connection:
        for state, target in itertools.product(states, states):
            told = connection.execute("SELECT app.may_move(%s, %s, %s)",
                                      [machine.name, state, target]).fetchone()[0]  # fmt: skip
            assert told == ((state, target) in machine.pairs()), (state, target)


def test_orders_move_along_their_table(book):
    """Over every small order and event: where it comes to is in the table, and all that is seen."""
    with root(book) as connection:
        told = connection.execute(EVENTS).fetchall()
    seen = {(before, after): verb for before, verb, after in told if before != after}
    assert {pair: verb for pair, verb in seen.items() if pair not in COMMITMENT.pairs()} == {}
    asked = {("held", "rejected"), ("held", "authorised"), ("rejected", "authorised"),
             ("rejected", "held"), ("cancelled", "authorised"), ("cancelled", "held"),
             ("cancelled", "rejected"), ("expired", "authorised"), ("expired", "held"),
             ("expired", "rejected"), ("shipped", "part_shipped"),
             ("closed", "part_shipped")}  # fmt: skip
    beginnings = {pair for pair in COMMITMENT.pairs() if pair[0] == ""}
    assert COMMITMENT.pairs() - seen.keys() - beginnings == asked


# Amounts of one and two units make every state; each event is tried on each.
EVENTS = """
WITH made AS (
    SELECT app.stated(jsonb_populate_record(NULL::commitment, jsonb_build_object(
        'version', 1, 'currency', 'USD', 'authorised_minor', a, 'shipped_minor', s,
        'invoiced_minor', i, 'cancelled_minor', c, 'billed_minor', 0, 'posted_minor', 0,
        'held_minor', h, 'state', was, 'order_no', 'x',
        'expires_at', now() - interval '1 day'))) AS o
    FROM generate_series(0, 3) a, generate_series(0, 3) s, generate_series(0, 3) i,
        generate_series(0, 3) c, generate_series(0, 1) h,
        unnest(ARRAY['', 'rejected', 'expired']) was
    WHERE s + c <= a AND i + c <= a AND (h = 0 OR was = ''))
SELECT (o).state, verb, (app.changed(a, o)).c.state
FROM made, unnest(ARRAY['ship', 'invoice', 'cancel', 'close', 'return', 'expire']) verb,
    generate_series(1, 3) amount, LATERAL (SELECT jsonb_populate_record(NULL::app.gate_ask,
        jsonb_build_object('verb', verb, 'amount_minor', amount, 'currency', 'USD',
            'order_value_minor', amount)) AS a) ask
WHERE (app.changed(a, o)).status IS NULL
    AND (verb <> 'cancel' OR amount <= (o).authorised_minor - (o).cancelled_minor)
"""


@pytest.fixture(autouse=True)
def stated(book):
    """Lend the database a function that gives an order the state of its amounts."""
    with root(book) as connection:
        connection.execute("""
            CREATE OR REPLACE FUNCTION app.stated(c commitment) RETURNS commitment
            LANGUAGE plpgsql AS $$ BEGIN
                IF c.authorised_minor > c.cancelled_minor OR c.state = '' THEN
                    c.state := app.commitment_state(c);
                END IF;
                RETURN c;
            END $$""")
        yield
        connection.execute("DROP FUNCTION app.stated(commitment)")


def test_a_diagram_is_drawn():
    """It has every move, where it begins and where it ends."""
    drawn = diagram(HOLD)
    assert drawn.startswith("stateDiagram-v2\n    [*] --> open: held\n")
    assert "    open --> released: release signed\n" in drawn
    assert "    expired --> [*]\n" in drawn
