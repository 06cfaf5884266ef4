"""The gate's rules in a policy file: what is refused, how overrides merge, what SQL is handed."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import get_args

import pytest
import yaml
from jsonschema import Draft202012Validator

from tradeline.engine.gate_rules import gate_document
from tradeline.errors import PolicyFault
from tradeline.policy.diff import diff
from tradeline.policy.explain import explain
from tradeline.policy.gate import CODES, FIRM, Firm, GateRules, Reactions, RuleChanges, merged
from tradeline.policy.json_schema import json_schema
from tradeline.policy.load import PRESETS, load_preset, parse_policy
from tradeline.policy.write import WIDTH, to_yaml

SOME = """\
gate:
  rules:
    reactions: {CL01: warn}
    tolerance_pct: 5
    tolerance_max: {USD: 3000, JPY: 400000}
  feeds_required: [orders, ar]
  overrides:
    - tiers: [A, "1"]
      rules: {tolerance_pct: 10, tolerance_max: {EUR: 900.50}, reactions: {CL01: "off", OV01: warn}}
    - {customers: [C-1042], rules: {reactions: {CL06: hold}, overdue_days_max: 60}}
    - customers: [C-1042, C-7]
      rules:
        reactions: {CL04: "off"}
        ignore_disputed: true
        rejected_flags: []
        stand_in_max: {USD: 250}
    - {groups: [NORTH], rules: {document_max: {USD: 90000}}}
"""


@pytest.fixture(scope="module")
def some():
    """A policy whose rules differ for some."""
    return parse_policy(SOME, "p.yaml")


def chapter(policy):
    """Return the sentences on orders as one text."""
    (found,) = [each for each in explain(policy) if each.title == "Orders"]
    return " ".join(found.sentences)


REFUSED = {
    "rules: {reactions: {DT01: warn}}":
        "gate.rules.reactions.DT01 is warn; allowed: hold or reject",
    'rules: {reactions: {DT03: "off"}}':
        "gate.rules.reactions.DT03 is off; allowed: hold or reject",
    "rules: {reactions: {CL02: stop}}":
        "gate.rules.reactions.CL02 is stop; allowed: off, warn, hold or reject",
    "rules: {reactions: {CL2: hold}}":
        "gate.rules.reactions.CL2 is no name of a policy; did you mean CL02?",
    "rules: {reactions: hold}": "gate.rules.reactions is hold; allowed: the names CL01",
    "rules: {tolerance_pct: 101}": "tolerance_pct is 101; allowed: a number from 0 to 100",
    "rules: {tolerance_max: {USD: -5}}": "USD -5 is not a positive amount",
    "rules: {dunning_level_max: 0}": "dunning_level_max is 0; allowed: a whole number from 1 to 9",
    "rules: {rejected_flags: [gossip]}": "is gossip; allowed: a list of bureau, insolvency",
    "rules: {rejected_statuses: [closed, closed]}": "rejected_statuses is [closed, closed]",
    "rules: {ignore_disputed: maybe}": "ignore_disputed is maybe; allowed: true or false",
    "rules: {overdue_day_max: 3}": "did you mean overdue_days_max?",
    "feeds_required: [bank]": "gate.feeds_required.0 is bank; allowed: a list of ar, orders",
    "feeds_required: [ar, ar]": "gate.feeds_required is [ar, ar]; allowed: a list of",
    "reservation_days: 0": "reservation_days is 0; allowed: a whole number from 1 to 3,650",
    "overrides: [{customers: [A], tiers: [B], rules: {used_pct: 5}}]":
        "gate.overrides.0 must name exactly one of customers, groups and tiers",
    "overrides: [{rules: {used_pct: 5}}]": "gate.overrides.0 must name exactly one of",
    "overrides: [{tiers: [B]}]": "gate.overrides.0.rules must name at least one rule that differs",
    "overrides: [{tiers: [B], rules: {reactions: {}}}]": "reactions is {}; allowed: off, warn",
    "overrides: [{tiers: [B], rules: {reactions: {DT02: warn}}}]":
        "gate.overrides.0.rules.reactions.DT02 is warn; must be hold or reject: what is not known",
    "overrides: [{tiers: [B], rules: {reactions: {CL99: hold}}}]":
        "reactions.CL99 is CL99; allowed: off, warn, hold or reject by rule, such as {CL04: off}; "
        "the rules are CL01 to CL06",
    "overrides: [{tiers: [B], rules: {reactions: {CL01: stop}}}]":
        "gate.overrides.0.rules.reactions.CL01 is stop; allowed: off, warn",
    "overrides: [{tiers: [B], rules: {used: 5}}]":
        "gate.overrides.0.rules.used is no name of a policy; did you mean used_pct?",
    "overrides: [{tiers: [B], rules: {used_pct: 5.001}}]":
        "rules.used_pct is 5.001; allowed: a number from 0 to 1,000 with at most 2 decimals",
    "overrides: [{tiers: [B], rules: {overdue_days_max: -1}}]":
        "rules.overdue_days_max is -1; allowed: a whole number from 0 to 3,650",
    "overrides: [{tiers: [B], rules: {document_max: {usd: 1}}}]": "document_max.usd is usd",
    "overrides: [{customers: [1042], rules: {used_pct: 5}}]":
        "customers.0 is 1042; allowed: a list of customer numbers in quotes. Write it in quotes",
    'overrides: [{customers: [""], rules: {used_pct: 5}}]': "customers.0 is ''; allowed: a list",
    "levels: []": "gate.levels is []; allowed: a list of {role, up_to}",
    "levels: [{up_to: {USD: 5}}]": "gate.levels.0 lacks role; allowed: analyst, manager or contr",
    "levels: [{role: seller}]": "gate.levels.0.role is seller; allowed: analyst, manager or",
    "levels: [{role: manager, up_to: {USD: 5}}, {role: analyst}]": "must name each role once",
    "levels: [{role: analyst}, {role: controller}]": "must have up_to in every level but the last",
    "levels: [{role: analyst, up_to: {USD: 5}}]": "must have up_to in every level but the last",
    "levels: [{role: analyst, up_to: {USD: 5}}, {role: manager, up_to: {USD: 4}}, "
    "{role: controller}]": "gate.levels is [{role: analyst",
}  # fmt: skip
"""What a section `gate` says, and what the reader is told."""


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_gate_is_told_field_and_mend(text):
    """The field by its name, its value, and what is allowed."""
    with pytest.raises(PolicyFault) as caught:
        parse_policy(f"gate:\n  {text}\n", "p.yaml")
    assert REFUSED[text] in caught.value.what
    assert caught.value.where.startswith("p.yaml, line 2")


def test_levels_that_fall_are_told_as_such():
    """A level that signs for less than the one below would never sign."""
    level = "{{role: {}, up_to: {{USD: {}}}}}"
    levels = ", ".join([level.format("analyst", 5), level.format("manager", 4)])
    with pytest.raises(PolicyFault, match="must rise: no level signs for less than the one below"):
        parse_policy(f"gate: {{levels: [{levels}, {{role: controller}}]}}", "p.yaml")


def test_every_rule_is_there_once():
    """Codes, reactions, and rules as overrides have them go together; the firm are never mild."""
    assert tuple(Reactions.model_fields) == CODES
    assert tuple(RuleChanges.model_fields) == tuple(GateRules.model_fields)
    firm = [code for code, info in Reactions.model_fields.items() if info.annotation is Firm]
    assert tuple(firm) == FIRM
    assert get_args(Firm) == ("hold", "reject")


@pytest.mark.parametrize("name", RuleChanges.model_fields)
def test_a_rule_means_the_same_in_an_override(name):
    """Description, unit, source and what is allowed are those of the rule for all."""
    if name != "reactions":
        ours, theirs = RuleChanges.model_fields[name], GateRules.model_fields[name]
        assert ours.description == theirs.description
        assert ours.json_schema_extra == theirs.json_schema_extra


def test_a_rule_that_is_not_named_is_as_in_the_preset():
    """Reactions are merged by name, so that a short file keeps a preset's."""
    policy = parse_policy("based_on: prudent\ngate: {rules: {reactions: {CL04: hold}}}", "p.yaml")
    assert (policy.gate.rules.reactions.CL04, policy.gate.rules.reactions.CL01) == ("hold", "hold")


def test_prudent_is_never_milder():
    """No order that standard holds is let go by prudent."""
    standard, prudent = load_preset("standard").gate, load_preset("prudent").gate
    order = ("off", "warn", "hold", "reject")
    for code in CODES:
        mild, hard = (getattr(each.rules.reactions, code) for each in (standard, prudent))
        assert order.index(hard) >= order.index(mild), code
    for name in ("tolerance_pct", "average_pct", "used_pct", "overdue_days_max",
                 "overdue_share_days", "overdue_share_pct", "dunning_level_max",
                 "review_grace_days"):  # fmt: skip
        assert getattr(prudent.rules, name) <= getattr(standard.rules, name), name
    assert set(prudent.rules.rejected_flags) >= set(standard.rules.rejected_flags)


def test_overrides_merge_name_by_name(some):
    """What an override names is in its place, reactions one by one, a map of amounts whole."""
    rules, override = some.gate.rules, some.gate.overrides[0]
    found = merged(rules, override)
    assert (found.tolerance_pct, found.tolerance_max) == (10, {"EUR": Decimal("900.50")})
    assert (found.reactions.CL01, found.reactions.OV01) == ("off", "warn")
    others = {"tolerance_pct", "tolerance_max", "reactions"}
    assert found.model_dump(exclude=others) == rules.model_dump(exclude=others)
    assert found.reactions.CL02 == rules.reactions.CL02 == "hold"
    assert rules.reactions.CL01 == "warn"


def test_nothing_can_be_named(some):
    """An empty list or false is a value; what is left out is none."""
    found = merged(some.gate.rules, some.gate.overrides[2])
    assert found.rejected_flags == ()
    assert found.ignore_disputed
    assert found.rejected_statuses == ("closed",)


def test_a_later_override_adds_to_an_earlier(some):
    """Two of one customer are one; the later goes before."""
    first, second = some.gate.overrides[1:3]
    found = merged(merged(some.gate.rules, first), second)
    assert (found.overdue_days_max, found.ignore_disputed) == (60, True)
    assert (found.reactions.CL06, found.reactions.CL04) == ("hold", "off")
    assert gate_document(some)["customers"]["C-1042"] == {
        "overdue_days_max": 60, "ignore_disputed": True, "rejected_flags": [],
        "stand_in_max": {"USD": "250"}, "reactions": {"CL06": "hold", "CL04": "off"},
    }  # fmt: skip


def test_the_document_is_data(some):
    """What sql/gate_standing.sql reads: JSON, by scope, amounts as text, every rule's reaction."""
    document = gate_document(some)
    assert json.loads(json.dumps(document)) == document
    assert document["codes"] == list(CODES)
    assert tuple(document["rules"]["reactions"]) == CODES
    assert document["rules"]["reactions"]["CL01"] == "warn"
    assert set(document["rules"]["reactions"].values()) <= {"off", "warn", "hold", "reject"}
    assert document["rules"]["tolerance_pct"] == "5"
    assert document["rules"]["tolerance_max"] == {"USD": "3000", "JPY": "400000"}
    assert document["tiers"]["1"] == document["tiers"]["A"] == {
        "tolerance_pct": "10", "tolerance_max": {"EUR": "900.5"},
        "reactions": {"CL01": "off", "OV01": "warn"},
    }  # fmt: skip
    assert document["groups"] == {"NORTH": {"document_max": {"USD": "90000"}}}
    assert document["customers"]["C-7"]["reactions"] == {"CL04": "off"}
    assert document["feeds_required"] == ["ar", "orders"]
    assert document["release_deviation_bp"] == 1_000


@pytest.mark.parametrize("preset", PRESETS)
def test_each_preset_has_a_document(preset):
    """Nothing in it is anything but JSON."""
    document = gate_document(load_preset(preset))
    assert json.loads(json.dumps(document)) == document
    assert document["signs"] == [1, 1, 1, 1, 1, 1, -1, -1, -1]
    assert document["customers"] == document["groups"] == document["tiers"] == {}


def test_it_is_written_and_read_back(some):
    """Overrides too, in lines of bearable length; editors find nothing wrong."""
    written = to_yaml(some)
    assert parse_policy(written, "p.yaml") == some
    assert max(map(len, written.splitlines())) <= WIDTH
    assert not list(Draft202012Validator(json_schema()).iter_errors(yaml.safe_load(written)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"rules": {"reactions": {"CL99": "hold"}}},
        {"rules": {"reactions": {"DT01": "warn"}}},
        {"overrides": [{"tiers": ["A"], "rules": {"used": 3}}]},
        {"overrides": [{"tiers": ["A"], "rules": {"used_pct": 1001}}]},
        {"overrides": [{"tiers": ["A"], "rules": {"overdue_days_max": "30"}}]},
        {"levels": [{"up_to": {"USD": 5}}]},
        {"feeds_required": ["bank"]},
    ],
    ids=str,
)
def test_editors_mark_what_is_wrong(wrong):
    """The schema refuses what the loader refuses, as far as one field tells."""
    assert list(Draft202012Validator(json_schema()).iter_errors({"gate": wrong}))


def test_it_reads_aloud(some):
    """Tolerance, overrides and levels as a controller would say them."""
    words = chapter(some)
    assert "The limit may be passed by up to 5 % of itself." in words
    assert "This tolerance is at most JPY 400,000, USD 3,000 (CL01, CL02)." in words
    assert ("Other rules hold for some: for tiers 1 and A, an order that would pass the limit, "
            "counted with all orders however late they ship, is let go (CL01), and an order that "
            "meets an open item that is too old is let go with a warning (OV01), and the limit may "
            "be passed by up to 10 % of itself, and this tolerance is at most EUR 900.50 (CL01, "
            "CL02); for customer C-1042, an order that would use much of the limit is held (CL06), "
            "and the oldest open item may be past due by 60 days (OV01); for customers C-1042 and "
            "C-7, ") in words  # fmt: skip
    assert "and no kind of signal rejects an order unless EX01 does; for group NORTH, " in words
    assert "These feeds must have come: ar and orders; each that came must stay fresh" in words
    assert ("a release is signed by the analyst up to EUR 25,000, GBP 25,000, INR 2,000,000, USD "
            "25,000, then by the manager up to EUR 100,000, GBP 100,000, INR 8,000,000, USD "
            "100,000, then by the controller for any amount; each signs") in words  # fmt: skip


def test_a_changed_reaction_is_one_change():
    """In the words of the rule, with what it was."""
    new = parse_policy("gate: {rules: {reactions: {CL06: hold}}}", "p.yaml")
    (change,) = diff(load_preset("standard"), new)
    assert change.path == "gate.rules.reactions.CL06"
    assert change.sentence == (
        "An order that would use much of the limit is now held (CL06); "
        "before: let go with a warning."
    )
