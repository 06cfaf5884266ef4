"""The ways out of a hold, worked out by the reference rules: each does, none asks for too much."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from itertools import combinations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.engine.gate_cases import DAY, HOLDS, PLAIN, RULES
from tests.gate.drawn_checks import checks
from tradeline.engine import gate_changes as changes
from tradeline.engine.cheapest_items import Weighed, cheapest
from tradeline.engine.gate import HOLD, verdict
from tradeline.engine.gate_facts import Group, Item, Share
from tradeline.engine.unblock import complete, options
from tradeline.policy.gate import CODES, REACTIONS

SHARE = Share(sign=1, dated=True, live_minor=0, beside_minor=0, above=1, below=1)
ORDER = PLAIN._replace(share=SHARE)
weights = st.lists(st.builds(Weighed, st.integers(1, 60), st.integers(-60, 60)), max_size=9)


def rules(changed=None, **others):
    """Return rules that all hold but CL01, with changes."""
    said = HOLDS | (changed or {})
    return RULES._replace(reactions=tuple(REACTIONS.index(said[code]) for code in CODES), **others)


def kinds(found):
    """Return the kinds of steps of each option."""
    return ["+".join(step.kind for step in option.steps) for option in found]


def overdue(*items):
    """Return facts with overdue items, given by days past due and amount; nothing else is open."""
    listed = tuple(
        Item(f"D-{place}", DAY - timedelta(days=ago), minor)
        for place, (ago, minor) in enumerate(sorted(items, reverse=True), start=1)
    )
    late = sum(item.minor for item in listed if (DAY - item.due_date).days > 10)
    total = sum(item.minor for item in listed)
    return ORDER._replace(oldest=listed, oldest_due=listed[0].due_date, overdue_minor=total,
                          overdue_share_minor=late, open_minor=total)  # fmt: skip


@given(items=weights, gain=st.integers(-50, 120), cost=st.integers(-20, 150))
def test_the_cheapest_choice_is_that_of_trying_all(items, gain, cost):
    """Meeting in the middle finds what trying every choice finds, with two bounds at a time."""
    every = (c for size in range(len(items) + 1) for c in combinations(range(len(items)), size))
    does = [
        sum(items[n].cost for n in chosen) for chosen in every
        if sum(items[n].gain for n in chosen) >= gain and sum(items[n].cost for n in chosen) >= cost
    ]  # fmt: skip
    found = cheapest(items, gain=gain, cost=cost)
    assert (found is None) == (not does)
    assert found is None or sum(items[n].cost for n in found) == min(does)


def test_above_the_limit_each_way_is_as_small_as_does():
    """1,500.00 too much: cash of that, a limit of that more, a part of that less, or later."""
    facts = ORDER._replace(after_minor=10_150_000, static_after_minor=10_150_000)
    found = options(facts, rules())
    assert kinds(found) == ["limit", "later", "prepay", "part", "advance"]
    amounts = [option.steps[0].amount_minor for option in found]
    assert amounts == [10_150_000, None, 150_000, 850_000, 1_000_000]
    assert found[1].steps[0].day == DAY + timedelta(days=61)
    assert [option.cost_minor for option in found] == [0, 0, 150_000, 150_000, 1_000_000]


def test_the_static_check_is_not_passed_by_shipping_later():
    """With CL01 on, an order beyond the horizon counts as well."""
    facts = ORDER._replace(after_minor=10_150_000, static_after_minor=10_150_000)
    assert "later" not in kinds(options(facts, rules({"CL01": "hold"})))


def test_too_old_items_are_all_paid():
    """Every item beyond the days is named, and none besides."""
    found = options(overdue((40, 500), (31, 700), (30, 900)),
                    rules({"OV02": "off", "OV03": "off"}))  # fmt: skip
    assert [item.document_no for item in found[0].steps[0].items] == ["D-1", "D-2"]
    assert kinds(found) == ["pay", "advance"]


def test_the_share_shrinks_on_both_sides():
    """Of 1,000 open, 400 are late; 20 % are allowed. Paying 250 leaves 150 of 750, exactly 20 %."""
    facts = overdue((20, 250), (20, 100), (20, 50))._replace(open_minor=1_000)
    found = options(facts, rules())
    assert [item.minor for item in found[0].steps[0].items] == [250]
    facts = overdue((20, 249), (20, 100), (20, 51))._replace(open_minor=1_000)
    assert sum(item.minor for item in options(facts, rules())[0].steps[0].items) == 300


def test_more_than_facts_list_is_paid_as_a_whole():
    """Twenty items that are too old may not be all: all that is past due has to be paid."""
    facts = overdue(*[(40, 100)] * 20)._replace(overdue_minor=9_000, open_minor=9_000)
    step = options(facts, rules())[0].steps[0]
    assert (step.kind, step.items, step.amount_minor) == ("pay", (), 9_000)
    assert step.text == "pay all that is past due, 90.00 USD"


def test_paying_lowers_exposure_too():
    """Invoices that bring enough are one option; those that must be paid, and cash, another."""
    facts = overdue((40, 100_000), (20, 80_000))._replace(
        after_minor=10_150_000, static_after_minor=10_150_000
    )
    found = options(facts, rules({"OV02": "off"}))
    assert kinds(found)[:2] == ["pay", "pay+limit"]
    assert found[0].steps[0].amount_minor == 180_000
    (both,) = (option for option in found if "prepay" in kinds([option])[0])
    assert [step.amount_minor for step in both.steps] == [100_000, 50_000]
    assert [step.clears for step in both.steps] == [("OV01",), ("CL02", "CL06")]


def test_without_a_limit_a_limit_or_the_whole_in_advance():
    """CL05 is passed by a limit that holds, or by asking for no credit."""
    found = options(ORDER._replace(limit_minor=None), rules())
    assert kinds(found) == ["limit", "advance"]
    assert found[0].steps[0].amount_minor == 6_000_000
    ended = ORDER._replace(limit_to=DAY - timedelta(days=1), ship_date=DAY + timedelta(days=9))
    assert options(ended, rules())[0].steps[0].day == DAY + timedelta(days=9)


def test_one_alone_does_not_do():
    """Without a limit and above the value of one order: a limit, and a part."""
    found = options(ORDER._replace(limit_minor=None), rules(document_max_minor=999_999))
    assert kinds(found) == ["part+limit", "advance"]
    assert [step.amount_minor for step in found[0].steps] == [999_999, 5_999_999]


def test_what_no_money_helps_against_is_named():
    """A flag and a late feed have to be cleared; better terms need not be asked for."""
    facts = ORDER._replace(flags=("bureau",), ages=(9, 0, 0, 0), net_days=60, terms_days_max=30)
    found = options(facts, rules())
    assert kinds(found) == ["clear+clear+clear", "advance+clear+clear"]
    assert found[0].text == (
        "Have the flag cleared: bureau, and have the feed brought up to date: ar, and order on the "
        "granted terms: 30 days, 0.00 % discount."
    )


def test_a_part_may_pass_a_late_feed():
    """Up to the stand-in amount a late feed only warns."""
    found = options(ORDER._replace(ages=(9, 0, 0, 0)), rules(stand_in_max_minor=20_000))
    assert kinds(found) == ["clear", "part"]
    assert found[1].steps[0].amount_minor == 20_000


def test_a_group_is_brought_down_or_raised():
    """Cash lowers a member and its group alike; a limit of the group does too."""
    group = Group("G1", 1_000_300, 1_000_000, "USD", above=1, below=1, own_minor=900_300)
    found = options(ORDER._replace(groups=(group,), before_minor=900, after_minor=101_000), rules())
    assert kinds(found) == ["limit", "later", "prepay", "part", "advance"]
    assert [option.steps[0].amount_minor for option in found] == [
        1_000_300, None, 300, 999_700, 1_000_000,
    ]  # fmt: skip
    assert found[0].steps[0].group == "G1"


def test_an_affiliate_s_cash_brings_no_group_down():
    """It counts in no group: only what it orders does."""
    group = Group("G1", 1_000_150, 1_000_000, "USD", above=1, below=1)
    facts = ORDER._replace(groups=(group,), before_minor=-5, after_minor=200)
    assert options(facts, rules())[2].steps[0].amount_minor == 150


def test_without_a_rate_only_the_rate_is_asked_for():
    """What else would stop the order is not known."""
    facts = ORDER._replace(order_minor=None, order_currency="EUR", share=None, flags=("fraud",))
    (found,) = options(facts, rules())
    assert found.text == "Have a rate brought from EUR to USD."
    assert found.clears == ("DT02",)


def test_rejected_and_approved_orders_have_no_ways_out():
    """Nothing stops the one, nothing of ours lets the other go."""
    assert options(ORDER, rules()) == ()
    assert options(ORDER._replace(flags=("sanction",)), rules()) == ()


@pytest.mark.parametrize("outcome", ["approved", "approved_with_warning", "rejected"])
def test_only_held_answers_are_completed(outcome):
    """All others go out to the byte as they came."""
    answer = json.dumps({"decision": outcome}, separators=(",", ":"))
    assert complete(answer, "{}") == answer


def test_an_unknown_customer_has_to_be_named():
    """DT03 is told before there are facts."""
    done = complete('{"decision":"held"}', '{"customer":"X","ways":{},"rules":null}')
    assert json.loads(done)["unblock"][0]["clears"] == ["DT03"]


CHANGES = {
    "prepay": lambda f, by, step, less: changes.with_cash(f, step.amount_minor - less),
    "part": lambda f, by, step, less: changes.with_amount(f, by, step.amount_minor + less),
    "later": lambda f, by, step, less: changes.with_ship_date(f, step.day),
    "advance": lambda f, by, step, less: f._replace(prepaid=True),
}


def changed(facts, by, step, less=0):
    """Return the facts after a step, or after a little less of it."""
    if step.kind == "pay":
        return changes.without_items(facts, by, step.items[less:])
    if step.kind == "limit" and step.group:
        return changes.with_group_limit(facts, step.group, step.amount_minor - less)
    if step.kind == "limit":
        return changes.with_limit(facts, step.amount_minor - less, step.day)
    return CHANGES[step.kind](facts, by, step, less)


def is_divisible(step):
    """Return whether there is less of a step: an invoice fewer, a cent less."""
    return step.kind in {"pay", "prepay", "part", "limit"}


ages = st.lists(st.integers(1, 60), max_size=12)


@st.composite
def held(draw):
    """Draw an order that only money, dates and limits could stop, with its overdue items."""
    facts, by = draw(checks())
    items = overdue(*((ago, draw(st.integers(1, 20_000))) for ago in draw(ages) or [1]))
    own = draw(st.integers(0, 10_000))
    rate = draw(st.sampled_from([(1, 1), (3, 2), (7, 9)]))
    groups = {
        group.code: group._replace(set_off=draw(st.booleans()), above=rate[1], below=rate[0],
                                   own_minor=own)
        for group in facts.groups if group.after_minor is not None
    }  # fmt: skip
    return facts._replace(
        share=SHARE._replace(live_minor=draw(st.integers(0, 500)), above=rate[0], below=rate[1],
                             beside_minor=draw(st.integers(0, 500))),
        groups=tuple(groups.values()), flags=(), status="active", review_due=None, dunning_level=0,
        ages=(0, 0, 0, 0), net_days=None, discount_bp=None, scope="all", prepaid=False,
        grace_days=0,
        order_minor=1_000_000, overdue_minor=items.overdue_minor, oldest=items.oldest,
        overdue_share_minor=items.overdue_share_minor, oldest_due=items.oldest_due,
        open_minor=items.open_minor + draw(st.integers(0, 20_000)),
    ), by._replace(overdue_share_days=10)  # fmt: skip


@settings(max_examples=300)
@given(asked=held())
def test_each_option_does_and_no_less_of_it(asked):
    """For any held order: each option passes the rules, and a little less of it does not."""
    facts, by = asked
    found = options(facts, by)
    assert not found or verdict(facts, by).reaction == HOLD
    for option in found:
        event("+".join(step.kind for step in option.steps))
        for reduced in (None, *filter(is_divisible, option.steps)):
            after = facts
            for step in option.steps:
                after = changed(after, by, step, int(step is reduced))
            assert (verdict(after, by).reaction < HOLD) == (reduced is None), (option, reduced)


def test_the_same_texts_give_the_same_answer():
    """Options do not hang on the order of sets."""
    rng = random.Random(5)
    for _ in range(20):
        facts = overdue(*((rng.randint(1, 50), rng.randint(1, 900)) for _ in range(12)))
        assert options(facts, rules()) == options(facts, rules())
