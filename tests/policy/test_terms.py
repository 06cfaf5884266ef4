"""Payment terms in a policy file: what it may say, what it is told, and how it reads aloud."""

from __future__ import annotations

import subprocess
import sys

import pytest
import yaml
from jsonschema import Draft202012Validator

from tradeline.errors import PolicyFault
from tradeline.policy.diff import diff
from tradeline.policy.explain import explain
from tradeline.policy.json_schema import json_schema
from tradeline.policy.load import load_preset, parse_policy
from tradeline.policy.term_parts import Cap
from tradeline.policy.terms import Terms
from tradeline.policy.write import WIDTH, to_yaml

EVERYTHING = """\
name: Every form
terms:
  default: limits
  by_tier: {High: prepaid}
  by_segment: {Retail: parts, "Oil and gas": prox}
  calendars:
    standard: {weekend_days: [Saturday, Sunday], holidays: [2026-12-25, 2026-01-01]}
    gulf: {weekend_days: [Friday, Saturday]}
  named:
    prepaid: {due: {kind: immediate}, prepayment: true}
    limits:
      day_limits:
        - {until_day: 15, due: {kind: prox, months: 1, day: 31}}
        - {until_day: 31, due: {kind: prox, months: 2, day: 15}}
      calendar: gulf
      convention: modified_following
    parts:
      instalments:
        - {portion: percent_of_total, percent: 33.333333, divisor: 3, due: {kind: immediate}}
        - {portion: percent_of_remainder, percent: 12.5, due: {kind: net_days, days: 1}}
        - {portion: fixed, amount: {USD: 500, EUR: 450.5}, due: {kind: months_then_days, months: 1}}
        - {portion: remainder, due: {kind: months_then_days, months: 2, day: 15, days: 30}}
    prox:
      due: {kind: prox, months: 1, day: 10}
      cutoff_day: 25
      grace_days: 3
      discounts:
        - {percent: 2, by: {kind: prox, months: 1, day: 1}, of: net, tax: mixed}
        - {percent: 1.5, by: {kind: prox, months: 1, day: 5}, tax: unchanged}
    cycle:
      base: end_of_cycle
      cycle: {kind: semi_monthly, day: 15}
      due: {kind: net_days, days: 7}
    week:
      base: delivery
      cycle: {kind: weekly, weekday: Friday}
      due: {kind: days_then_eom, days: 9}
    month: {base: receipt, cycle: {kind: monthly, day: 31}, due: {kind: eom_then_days, days: 1}}
    fifteenth: {due: {kind: day_of_month, day: 15, min_days: 10}}
    harvest: {due: {kind: fixed, fixed_date: 2026-10-31}, calendar: gulf}
"""


REST = {"portion": "remainder", "due": {"kind": "immediate"}}


@pytest.fixture(scope="module")
def everything():
    """A policy with every form of a term."""
    return parse_policy(EVERYTHING, "p.yaml")


def sentences(policy):
    """Return the chapter on terms as one text."""
    (found,) = [chapter for chapter in explain(policy) if chapter.title == "Payment terms"]
    return " ".join(found.sentences)


def test_every_form_is_written_and_read_back(everything):
    """The document that is written gives the same policy; its lines stay readable."""
    text = to_yaml(everything)
    assert parse_policy(text, "p.yaml") == everything
    assert max(map(len, text.splitlines())) <= WIDTH


def test_editors_accept_every_form(everything):
    """The JSON schema accepts what the loader accepts."""
    written = yaml.safe_load(to_yaml(everything))
    assert not list(Draft202012Validator(json_schema()).iter_errors(written))


@pytest.mark.parametrize(
    "terms",
    [
        {"defalt": "net-30"},
        {"named": {}},
        {"named": {"a": {"due": {"kind": "net"}}}},
        {"named": {"a": {"due": {"kind": "net_days", "days": 1.5}}}},
        {"named": {"a": {"cutoff_day": 32}}},
        {"named": {"a": {"instalments": [REST | {"percent": 0}]}}},
        {"named": {"a": {"instalments": [REST | {"percent": "5"}]}}},
        {"named": {"a": {"discounts": [{"percent": 2}]}}},
        {"named": {"a": {"discounts": [{"percent": "2", "by": {"kind": "immediate"}}]}}},
        {"calendars": {"standard": {"weekend_days": ["Sonntag"]}}},
        {"caps": [{"countries": ["IN"], "days_max": 45}]},
    ],
    ids=str,
)
def test_editors_mark_what_is_wrong(terms):
    """Unknown names, kinds and bounds, at any depth."""
    assert list(Draft202012Validator(json_schema()).iter_errors({"terms": terms}))


@pytest.mark.parametrize(
    "words",
    [
        "The standing term is limits.",
        "By tier the term is prepaid for High.",
        "By segment the term is prox for Oil and gas, parts for Retail.",
        "prepaid, due on the invoice date, paid before goods leave",
        "up to day 15 due on the last day of the month that is 1 month after that of the invoice",
        "moved to the next business day of the month, else the one before by the calendar gulf",
        "33.333333 % or exactly one part in 3 of the total due on the invoice date",
        "12.5 % of what remains due 1 day after the invoice date",
        "EUR 450.50 or USD 500 due 1 month and 0 days after the invoice date",
        "the remainder due 30 days after day 15 of the month that is 2 months after that of the",
        "a base date after day 25 counting as of the next month",
        "less 2 % of the net amount, the tax computed on the discounted net amount, if paid by",
        "less 1.5 %, the tax unchanged, if paid by the date on day 5 of the month",
        "overdue after 3 days of grace",
        "due 7 days after the end of the invoicing cycle, invoiced on day 15 and at the end",
        "at the end of the month that is reached 9 days after the delivery date, invoiced weekly",
        "due 1 day after the end of the month of the date of receipt, invoiced monthly on the last",
        "on the first day 15 of a month that comes 10 days or more after the invoice date",
        "harvest, due on 2026-10-31, with the calendar gulf at hand",
        "gulf, Friday and Saturday",
        "standard, Saturday and Sunday and 2026-01-01 and 2026-12-25",
        "45 days after the delivery date to small suppliers in IN, by MSMED Act 2006, section 15",
        "unless agreed expressly, by Directive 2011/7/EU, article 3(5)",
    ],
)
def test_every_form_is_said(everything, words):
    """A controller reads each part of a term in words."""
    assert words in sentences(everything)


def test_nothing_is_said_as_nothing():
    """Without tiers, segments and laws the chapter says so."""
    words = sentences(parse_policy("terms: {caps: []}", "p.yaml"))
    assert "No tier has a term of its own." in words
    assert "No segment has a term of its own." in words
    assert "No legal cap is watched." in words


def test_a_change_of_terms_is_one_sentence():
    """The standing term now, and before."""
    new = parse_policy("terms: {default: net-60}", "p.yaml")
    (change,) = diff(load_preset("standard"), new)
    assert change.sentence == "The standing term is now net-60; before: net-30."
    assert (change.path, change.old, change.new) == ("terms.default", "net-30", "net-60")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("default: net-45", "terms.default is net-45; must name one of the terms: 2-10-net-30"),
        ("by_tier: {A: net-45}", "terms.by_tier.A is net-45; must name one of the terms"),
        ("named: {a: {due: {kind: net_dayz}}}", "a.due.kind is net_dayz; allowed: immediate, net"),
        ("named: {a: {due: {kind: net_days, days: 5000}}}", "days is 5000; allowed: a whole"),
        ("named: {a: {due: {kind: net_days, dayz: 5}}}", "dayz is no name of a policy; did"),
        ("named: {net-30: {}}", "line 2: terms.named.net-30 needs exactly one of due, day_limits"),
        ("named: {net-30: {due: 5}}", "due is 5; allowed: a rule such as {kind: net_days"),
        ("named: {net-30: 30}", "terms.named.net-30 is 30; allowed: terms by name"),
        ("named: {net-30: {due: {kind: immediate}, calendar: x}}", "must name one of terms.calend"),
        ("calendars: {standard: {holidays: [2026-13-01]}}", "holidays.0 is 2026-13-01; allowed"),
        ("calendars: {standard: {holidays: [5]}}", "holidays.0 is 5; allowed: up to 2,000 dates"),
        ("calendars: {standard: {weekend_days: [Sunday, Sunday]}}", "(a value is listed twice)"),
        ("caps: [{countries: [IN], days_max: 45}]", "terms.caps.0 lacks law; allowed: a text of 1"),
        ("caps: [{countries: [XX], days_max: 45, law: L}]", "countries.0 is XX; allowed: a list"),
    ],
    ids=lambda value: value[:40],
)
def test_a_wrong_term_is_told_place_value_and_what_is_allowed(text, message):
    """As everywhere in a policy, at any depth."""
    with pytest.raises(PolicyFault) as caught:
        parse_policy(f"terms:\n  {text}", "p.yaml")
    assert message in caught.value.what


def test_reading_the_form_loads_no_lists_of_countries():
    """Babel waits until a document holds a code; the laws of the standard are sound anyway."""
    code = "import sys, tradeline.policy.schema; sys.exit('babel.core' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    caps = Terms().caps
    assert tuple(Cap.model_validate(cap.model_dump()) for cap in caps) == caps


def test_the_order_of_holidays_means_nothing():
    """So it does not change the policy."""
    one, two = (
        parse_policy(f"terms: {{calendars: {{standard: {{holidays: {days}}}}}}}", "p.yaml")
        for days in ("[2026-12-25, 2026-01-01]", "[2026-01-01, 2026-12-25]")
    )
    assert one == two


def test_prudent_asks_weak_tiers_for_the_money_first():
    """What the preset departs in; india's terms are those of standard."""
    assert load_preset("prudent").terms.by_tier["High"] == "cash-in-advance"
    assert load_preset("india").terms == load_preset("standard").terms
