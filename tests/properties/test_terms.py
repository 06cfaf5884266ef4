"""What must hold for every term, date and amount."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from hypothesis import assume, given
from hypothesis import strategies as st

from tradeline.engine.discounts import (
    Taxed,
    cash_minor,
    deduction,
    effective_cost_annual,
    offers,
    open_offer,
    shown_percent,
    simple_cost_annual,
)
from tradeline.engine.due_dates import (
    Dates,
    add_months,
    adjust,
    cycle_days_max,
    cycle_end,
    due_date,
    is_business_day,
    month_end,
    rule_date,
)
from tradeline.engine.instalments import instalments, portions
from tradeline.engine.terms import credit_days_max, schedule
from tradeline.policy.due_rules import WEEKDAYS, Calendar, Cycle, Rule
from tradeline.policy.term_parts import Discount, Instalment
from tradeline.policy.terms import Term

DAYS = st.dates(date(2000, 1, 1), date(2100, 12, 31))
AMOUNTS = st.integers(-(10**12), 10**12)
CONVENTIONS = st.sampled_from(["none", "following", "modified_following", "preceding"])
RULES = st.one_of(
    st.just(Rule(kind="immediate")),
    st.builds(Rule, kind=st.just("net_days"), days=st.integers(0, 400)),
    st.builds(Rule, kind=st.just("eom_then_days"), days=st.integers(0, 120)),
    st.builds(Rule, kind=st.just("days_then_eom"), days=st.integers(0, 120)),
    st.builds(Rule, kind=st.just("prox"), months=st.integers(1, 6), day=st.integers(1, 31)),
    st.builds(Rule, kind=st.just("months_then_days"), months=st.integers(0, 6),
              days=st.integers(0, 60)),
    st.builds(Rule, kind=st.just("day_of_month"), day=st.integers(1, 31),
              min_days=st.integers(0, 90)),
)  # fmt: skip
CALENDARS = st.builds(
    Calendar,
    weekend_days=st.sets(st.sampled_from(WEEKDAYS), max_size=5).map(tuple),
    holidays=st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=20).map(tuple),
)
CYCLES = st.one_of(
    st.builds(Cycle, kind=st.just("weekly"), weekday=st.sampled_from(WEEKDAYS)),
    st.builds(Cycle, kind=st.just("semi_monthly"), day=st.integers(1, 27)),
    st.builds(Cycle, kind=st.just("monthly"), day=st.integers(1, 31)),
)
OPEN = Calendar(weekend_days=())
SHORT_SPAN = st.dates(date(2025, 12, 1), date(2027, 1, 31))


@given(rule=RULES, first=DAYS, second=DAYS)
def test_a_later_base_is_never_due_earlier(rule, first, second):
    """Every rule without a cutoff rises with its base."""
    early, late = sorted((first, second))
    assert rule_date(rule, early) <= rule_date(rule, late)


@given(rule=RULES, base=DAYS, cutoff=st.none() | st.integers(1, 31))
def test_nothing_is_due_before_its_base(rule, base, cutoff):
    """A rule's own date never precedes the base, and a cutoff only moves it later."""
    found = rule_date(rule, base, cutoff)
    assert base <= rule_date(rule, base) <= found
    assert found <= add_months(rule_date(rule, base), 1) + timedelta(days=3)


@given(day=SHORT_SPAN, calendar=CALENDARS, convention=CONVENTIONS)
def test_an_adjusted_day_is_a_business_day(day, calendar, convention):
    """Each convention but none lands on one, in its direction, skipping none that was open."""
    found = adjust(day, convention, calendar)
    if convention == "none":
        assert found == day
        return
    assert is_business_day(found, calendar)
    low, high = sorted((day, found))
    between = (low + timedelta(days=i) for i in range((high - low).days + 1))
    assert all(each == found or not is_business_day(each, calendar) for each in between
               if convention != "modified_following")  # fmt: skip
    assert found >= day if convention == "following" else True
    assert found <= day if convention == "preceding" else True
    assert found.month == day.month if convention == "modified_following" else True


@given(first=SHORT_SPAN, second=SHORT_SPAN, calendar=CALENDARS, convention=CONVENTIONS)
def test_adjusting_keeps_the_order(first, second, calendar, convention):
    """A later date is never moved before an earlier one."""
    early, late = sorted((first, second))
    assert adjust(early, convention, calendar) <= adjust(late, convention, calendar)


@given(day=DAYS, months=st.integers(0, 60))
def test_months_end_where_they_end(day, months):
    """Adding months keeps the day or clamps it, and lands in the right month."""
    found = add_months(day, months)
    assert (found.year * 12 + found.month) - (day.year * 12 + day.month) == months
    assert found.day == min(day.day, month_end(found).day)
    assert (month_end(day) + timedelta(days=1)).day == 1


@st.composite
def divided(draw):
    """Return a term in instalments that ends with the remainder."""
    parts = draw(st.lists(st.one_of(
        st.builds(Instalment, portion=st.just("percent_of_total"),
                  percent=st.integers(1, 2000).map(lambda n: Decimal(n).scaleb(-2)), due=RULES),
        st.builds(Instalment, portion=st.just("percent_of_remainder"),
                  divisor=st.integers(1, 9), due=RULES),
        st.builds(Instalment, portion=st.just("fixed"),
                  amount=st.integers(1, 10**8).map(lambda n: {"USD": Decimal(n).scaleb(-2)}),
                  due=RULES),
    ), max_size=5))  # fmt: skip
    rest = Instalment(portion="remainder", due=draw(RULES))
    return Term(instalments=(*parts, rest))


@given(term=divided(), amount=AMOUNTS, base=DAYS)
def test_instalments_add_up_with_the_sign_of_the_invoice(term, amount, base):
    """To the unit; a credit note is the mirror of its invoice; amount 0 has one line."""
    lines = instalments(term, Dates(invoice=base), amount, "USD", OPEN)
    assert sum(line.amount_minor for line in lines) == amount
    assert all(line.amount_minor * amount > 0 for line in lines) or amount == 0
    assert len(lines) == 1 or amount
    mirror = instalments(term, Dates(invoice=base), -amount, "USD", OPEN)
    assert [(line.on, -line.amount_minor) for line in mirror] == [
        (line.on, line.amount_minor) for line in lines
    ]


@given(count=st.integers(1, 12), amount=AMOUNTS)
def test_equal_parts_differ_by_little(count, amount):
    """So many parts of one in so many: each but the last is within half a unit of its share."""
    part = Instalment(portion="percent_of_total", divisor=count, due=Rule(kind="immediate"))
    amounts = portions((part,) * count, amount, "USD")
    assert sum(amounts) == amount
    assert all(abs(each - Fraction(amount, count)) <= Fraction(1, 2) for each in amounts[:-1])
    assert abs(amounts[-1] - Fraction(amount, count)) <= Fraction(count, 2)


@given(due=RULES, by=RULES, base=DAYS, convention=CONVENTIONS, calendar=CALENDARS)
def test_a_discount_ends_by_the_due_date(due, by, base, convention, calendar):
    """Whatever its rule; on its last day it is open, on the next it is not."""
    assume(not (due.kind == by.kind == "net_days" and by.days > due.days))
    term = Term(due=due, discounts=(Discount(percent=2, by=by),), convention=convention)
    (offer,) = found = offers(term, Dates(invoice=base), calendar)
    assert offer.last_day <= due_date(term, Dates(invoice=base), calendar)
    assert open_offer(found, offer.last_day) == offer
    assert open_offer(found, offer.last_day + timedelta(days=1)) is None


TAXED = st.builds(Taxed, net_minor=st.integers(0, 10**10), tax_minor=st.integers(0, 10**9),
                  tax_fixed_minor=st.integers(0, 10**4))  # fmt: skip
WAYS = st.sampled_from(
    [("total", "reduced"), ("total", "unchanged"), ("net", "unchanged"), ("net", "mixed")]
)


@given(parts=st.lists(TAXED, min_size=1, max_size=4).map(tuple), way=WAYS,
       cents=st.integers(1, 10_000))  # fmt: skip
def test_cash_and_deduction_are_the_whole(parts, way, cents):
    """What is paid and what is kept make the total; the larger the percentage, the less is paid."""
    percent = Decimal(cents).scaleb(-2)
    rule = Rule(kind="immediate")
    tier = Discount(percent=percent, by=rule, of=way[0], tax=way[1])
    total = sum(part.total_minor for part in parts)
    assert cash_minor(tier, parts) + deduction(tier, parts).total_minor == total
    assert 0 <= cash_minor(tier, parts) <= total
    smaller = Discount(percent=percent / 2, by=rule, of=way[0], tax=way[1])
    assert cash_minor(smaller, parts) >= cash_minor(tier, parts)


@given(cents=st.integers(1, 5000), early=st.integers(0, 30), span=st.integers(1, 365))
def test_compounding_never_costs_less(cents, early, span):
    """The effective rate is at least the simple one within a year, and both are positive."""
    percent = Decimal(cents).scaleb(-2)
    days = {"discount_days": early, "paid_days": early + span}
    simple = simple_cost_annual(percent, **days)
    effective = effective_cost_annual(percent, **days)
    assert 0 < simple <= Fraction(effective) + Fraction(1, 10**30)
    assert shown_percent(simple) >= 0


@given(cycle=CYCLES, day=DAYS)
def test_a_cycle_ends_soon_and_on_its_end(cycle, day):
    """The end is on or after the day, within the longest cycle, and is its own end."""
    end = cycle_end(day, cycle)
    assert 0 <= (end - day).days < cycle_days_max(cycle)
    assert cycle_end(end, cycle) == end


@given(rule=RULES, day=st.dates(date(2027, 1, 1), date(2030, 12, 31)))
def test_no_document_has_longer_than_the_longest(rule, day):
    """The longest time of a term bounds every document of the years it was tried on."""
    term = Term(due=rule)
    longest = credit_days_max(term, OPEN)
    assert longest is not None
    assert (due_date(term, Dates(invoice=day), OPEN) - day).days <= longest


@given(term=divided(), amount=AMOUNTS, base=DAYS)
def test_a_schedule_is_late_after_its_first_part(term, amount, base):
    """Overdue begins the day after the first part, plus grace; the due date is the last part's."""
    found = schedule(term, Dates(invoice=base), amount, "USD", OPEN)
    assert found.overdue_from == min(line.on for line in found.dues) + timedelta(days=1)
    assert found.due == max(line.on for line in found.dues)
