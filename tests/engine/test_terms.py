"""Which term an account gets, what its schedule is, and where the edges of a term lie."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from tradeline.engine.discounts import is_worth_taking, simple_cost_annual
from tradeline.engine.due_dates import Dates, adjust, base_date, due_date
from tradeline.engine.terms import credit_days_max, granted_term, schedule
from tradeline.errors import TermFault
from tradeline.policy.due_rules import Calendar, Cycle, Rule
from tradeline.policy.term_text import read_term
from tradeline.policy.terms import Term, Terms

WEEK = Calendar()
TERMS = Terms(by_tier={"High": "cash-in-advance"}, by_segment={"Retail": "net-60"})


@pytest.mark.parametrize(
    ("asked", "name", "level"),
    [
        ({}, "net-30", "policy"),
        ({"segment": "Retail"}, "net-60", "segment"),
        ({"segment": "Mining"}, "net-30", "policy"),
        ({"tier": "High", "segment": "Retail"}, "cash-in-advance", "tier"),
        ({"tier": "Low", "segment": "Retail"}, "net-60", "segment"),
        ({"account": "net-15", "tier": "High", "segment": "Retail"}, "net-15", "account"),
    ],
)
def test_the_nearest_level_decides(asked, name, level):
    """Account before tier before segment before policy; a level without a term is passed over."""
    found = granted_term(TERMS, **asked)
    assert (found.name, found.level, found.term) == (name, level, TERMS.named[name])


def test_an_account_with_an_unknown_term_is_a_fault():
    """It does not fall back: that would grant what nobody wrote."""
    with pytest.raises(TermFault, match="no term of the policy") as caught:
        granted_term(TERMS, account="net-45", tier="High")
    assert "net-30" in caught.value.mend


def test_a_schedule_holds_everything():
    """Base, due, the first late day and the discount's last day, of 2/10 net 30 with grace."""
    term = Term.model_validate(read_term("2/10 net 30").model_dump() | {"grace_days": 3})
    found = schedule(term, Dates(invoice=date(2026, 1, 31)), 10_000, "USD", WEEK)
    assert (found.base, found.due) == (date(2026, 1, 31), date(2026, 3, 2))
    assert found.overdue_from == date(2026, 3, 6)
    assert [offer.last_day for offer in found.offers] == [date(2026, 2, 10)]
    assert [(line.on, line.amount_minor) for line in found.dues] == [(found.due, 10_000)]


def test_a_schedule_of_nothing_is_due_on_the_invoice_date():
    """Even when the term counts from a date that is missing."""
    found = schedule(read_term("COD"), Dates(invoice=date(2026, 1, 31)), 0, "USD", WEEK)
    assert (found.due, found.offers) == (date(2026, 1, 31), ())


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        (Rule(kind="immediate"), 0),
        (Rule(kind="net_days", days=30), 30),
        (Rule(kind="eom_then_days", days=30), 60),
        (Rule(kind="days_then_eom", days=30), 60),
        (Rule(kind="prox", months=1, day=31), 61),
        (Rule(kind="day_of_month", day=15, min_days=10), 40),
        (Rule(kind="fixed", fixed_date=date(2026, 1, 1)), None),
    ],
    ids=str,
)
def test_the_longest_time_of_a_term(rule, days):
    """From the 1st of a month of 31 days, or the worst day there is; none for a fixed date."""
    assert credit_days_max(Term(due=rule), Calendar(weekend_days=())) == days


def test_a_convention_lengthens_a_term():
    """Net 30 that moves over a weekend is up to 32 days."""
    term = Term(due=Rule(kind="net_days", days=30), convention="following")
    assert credit_days_max(term, WEEK) == 32


def test_a_calendar_without_an_open_day_is_a_fault():
    """The search ends after a year."""
    start = date(2026, 1, 1)
    closed = Calendar(holidays=tuple(start + timedelta(days=i) for i in range(400)))
    with pytest.raises(TermFault, match="no business day within a year"):
        adjust(start, "following", closed)


@pytest.mark.parametrize("base", ["invoice", "delivery", "end_of_cycle"])
def test_a_date_at_the_end_of_time_is_a_fault(base):
    """9999-12-31, as some systems write for never, is told instead of overflowing."""
    cycle = Cycle(kind="monthly", day=31) if base == "end_of_cycle" else None
    term = Term(base=base, cycle=cycle, due=Rule(kind="net_days", days=30))
    never = date(9999, 12, 31)
    with pytest.raises(TermFault, match="too late a date"):
        due_date(term, Dates(invoice=never, delivery=never), WEEK)


def test_a_long_text_is_no_term():
    """It is refused before it is searched, and shown short."""
    with pytest.raises(TermFault, match="too long") as caught:
        read_term("Net 30 " * 100)
    assert len(caught.value.where) < 70


def test_a_missing_base_date_is_told():
    """The fault names the date and both ways to mend it."""
    with pytest.raises(TermFault) as caught:
        base_date(read_term("Due on receipt"), Dates(invoice=date(2026, 1, 31)))
    assert caught.value.where == "receipt date"
    assert "set the term's base to invoice" in caught.value.mend


def test_whether_to_take_a_discount():
    """Funding at the discount's own cost gains nothing; a hair below it does."""
    cost = simple_cost_annual(Decimal(2), discount_days=10, paid_days=30)
    assert cost == Fraction(2, 98) * Fraction(365, 20)
    assert not is_worth_taking(cost, cost)
    assert is_worth_taking(cost - Fraction(1, 10**12), cost)
