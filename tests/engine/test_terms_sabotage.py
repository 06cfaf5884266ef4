"""Break one rule at a time: the cases must notice."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import pytest

from tests.engine import term_cases
from tests.engine.term_cases import cases, check
from tradeline.engine import discounts, due_dates, instalments

CASES = [case.values[0] for case in cases()]


def half_even(value):
    """Round as bankers do."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def no_clamp(month, day):
    """Let a 31st of February run into March."""
    return month.replace(day=1) + timedelta(days=day - 1)


def short_clamp(month, day):
    """Take every month to end on the 30th or before."""
    return month.replace(day=min(day, 30 if month.month != 2 else 28))


def first_open(found, paid_on):
    """Take the last day itself as too late."""
    still = [offer for offer in found if paid_on < offer.last_day]
    return max(still, key=lambda offer: offer.tier.percent, default=None)


def following_only(day, convention, calendar):
    """Let modified following leave its month."""
    return RIGHT_ADJUST(day, convention.removeprefix("modified_"), calendar)


RIGHT_ADJUST = due_dates.adjust
RIGHT_RULE = due_dates.rule_date
RIGHT_AMOUNTS = instalments._portions

SABOTAGE = {
    "a month end is not clamped": (due_dates, "on_day", no_clamp),
    "every month ends by the 30th": (due_dates, "on_day", short_clamp),
    "months are thirty days": (
        due_dates, "add_months", lambda day, months: day + timedelta(days=30 * months),
    ),
    "the cutoff day itself is late": (
        due_dates, "rule_date",
        lambda rule, base, cutoff=None: RIGHT_RULE(rule, base, cutoff and cutoff - 1),
    ),
    "no cutoff": (due_dates, "rule_date", lambda rule, base, _=None: RIGHT_RULE(rule, base)),
    "modified following is following": (due_dates, "adjust", following_only),
    "grace begins a day early": (
        term_cases, "overdue_from", lambda due, grace: due + timedelta(days=grace),
    ),
    "the first day limit holds for all": (due_dates, "_limit", lambda _term, _base: 0),
    "discounts are rounded to even": (discounts, "round_half_up", half_even),
    "instalments are rounded to even": (instalments, "round_half_up", half_even),
    "instalments lose their sign": (
        instalments, "_portions", lambda *args: map(abs, RIGHT_AMOUNTS(*args)),
    ),
    "a discount ends a day early": (term_cases, "open_offer", first_open),
}  # fmt: skip


def failing():
    """Return the names of the cases that do not hold."""
    names = []
    for case in CASES:
        try:
            check(case)
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - any failure counts
            names.append(case["name"])
    return names


@pytest.mark.parametrize("what", SABOTAGE)
def test_a_broken_rule_is_noticed(monkeypatch, what):
    """Each wrong rule fails at least one case; with the right ones none fails."""
    module, name, wrong = SABOTAGE[what]
    monkeypatch.setattr(module, name, wrong)
    assert failing()


def test_the_right_rules_fail_nothing():
    """The control of the experiment."""
    assert failing() == []
