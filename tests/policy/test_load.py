"""What a policy file may say, and what it is told when it says something else."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradeline.errors import PolicyFault
from tradeline.policy.load import (
    PRESETS,
    find_policy,
    load_policy,
    load_preset,
    parse_policy,
    policy_version,
    preset_names,
)
from tradeline.policy.schema import Policy, Utilisation
from tradeline.policy.write import to_yaml

EXAMPLES = Path(__file__).parents[2] / "examples" / "policies"


def fault(text):
    """Return what the reader of `policy.yaml` is told."""
    with pytest.raises(PolicyFault) as caught:
        parse_policy(text, "policy.yaml")
    return caught.value


def test_the_presets_are_named():
    """The three presets load, and standard is the form's own defaults."""
    assert preset_names() == PRESETS == ("standard", "prudent", "india")
    assert load_preset("standard") == Policy()
    assert load_preset("india").currency == "INR"
    assert load_preset("prudent").ageing.buckets["31-60"].tier == "Medium"


def test_india_changes_no_rule_of_the_rubric():
    """The rupee preset differs from standard in its setting, never in a threshold."""
    setting = {"name", "purpose", "locale", "currency", "tax_id", "gate"}
    standard, india = load_preset("standard"), load_preset("india")
    assert standard.model_dump(exclude=setting) == india.model_dump(exclude=setting)


def test_the_gate_of_india_has_the_rupees_of_the_standard():
    """The amounts of other currencies are left out; nothing else differs."""
    standard, india = load_preset("standard").gate, load_preset("india").gate
    rupees = {"INR": standard.rules.item_min["INR"]}
    assert india.rules == standard.rules.model_copy(update={"item_min": rupees})
    assert [(level.role, level.up_to.get("INR")) for level in india.levels] == [
        (level.role, level.up_to.get("INR")) for level in standard.levels
    ]
    assert {each for level in india.levels for each in level.up_to} == {"INR"}
    assert india.model_dump(exclude={"rules", "levels"}) == standard.model_dump(
        exclude={"rules", "levels"}
    )


@pytest.mark.parametrize("example", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_load(example):
    """Every example is a valid policy."""
    assert load_policy(example).name


def test_numbers_are_read_by_their_digits():
    """0.1 is exactly one tenth, whatever binary floats make of it."""
    text = "composite:\n  dispute_uplift: 0.1\nageing:\n  buckets:\n    31-60: {score: 0.1}"
    policy = parse_policy(text, "policy.yaml")
    assert policy.composite.dispute_uplift == Decimal("0.1")
    assert policy.ageing.buckets["31-60"].score == Fraction(1, 10)


def test_a_file_may_start_from_a_preset():
    """Sections are merged name by name; a map of amounts is replaced whole."""
    text = "based_on: india\nutilisation: {watch_above_pct: 85}\nlimit_step: {INR: 500}"
    policy = parse_policy(text, "policy.yaml")
    assert (policy.locale, policy.utilisation.limit_pct) == ("en-IN", 100)
    assert policy.utilisation.watch_above_pct == 85
    assert policy.limit_step == {"INR": 500}


def test_a_changed_preset_loses_its_name():
    """A policy that is not the preset must not be signed under the preset's name and purpose."""
    changed = parse_policy("based_on: prudent\nutilisation: {watch_above_pct: 85}", "p.yaml")
    assert (changed.name, changed.purpose) == ("prudent, changed", "")
    assert parse_policy("based_on: prudent", "p.yaml") == load_preset("prudent")


def test_norway_is_no_truth_value():
    """NO is a country and yes a word; only true and false are truth values."""
    text = "tax_id:\n  country_by_currency: {NOK: NO}\n  country_default: NO"
    policy = parse_policy(text, "policy.yaml")
    assert policy.tax_id.country_by_currency == {"NOK": "NO"}
    assert policy.tax_id.country_default == "NO"


def test_a_section_with_nothing_in_it_stays_as_it_is():
    """Commenting out every line of a section is allowed."""
    assert parse_policy("utilisation:\n#  watch_above_pct: 85", "policy.yaml") == Policy()


def test_the_version_is_of_the_content():
    """Spelling a default out, 90.0 for 90, order and comments leave the version alone."""
    version = policy_version(Policy())
    reordered = "# mine\nname: standard\nutilisation: {limit_pct: 100.00, watch_above_pct: 90.0}\n"
    assert policy_version(parse_policy(reordered, "a.yaml")) == version
    actions = "actions: {ageing_fail: [ESCALATE, CREDIT_HOLD, COLLECTIONS]}"
    assert policy_version(parse_policy(actions, "a.yaml")) == version
    assert policy_version(Policy(utilisation=Utilisation(watch_above_pct=Decimal(85)))) != version


def test_the_version_is_known():
    """A changed version of an unchanged policy would make old runs look altered."""
    assert (
        policy_version(Policy())
        == "b2976ace992aa1837847be258dda4f51220ecd45e322b258d56478d911959115"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("utilisation:\n  limit_pct: 9000", "line 2: utilisation.limit_pct is 9000; allowed: a"),
        ("utilisation:\n  watch_abov_pct: 9", "did you mean watch_above_pct?"),
        ("utilisation:\n  limit_pct: 100.123", "at most 2 decimals"),
        ("utilisation:\n  limit_pct: 1e2", "limit_pct is 1e2; allowed: a number"),
        ("utilisation:\n  limit_pct: 010", "limit_pct is 010; allowed: a number"),
        ("utilisation:\n  limit_pct: .inf", "limit_pct is .inf; allowed: a number"),
        ("utilisation:\n  limit_pct: true", "limit_pct is true; allowed: a number"),
        ("utilisation:\n  limit_pct: '90 %'", "limit_pct is 90 %; allowed: a number"),
        ("utilisation: 90", "line 1: utilisation is 90; allowed: the names watch_above_pct"),
        ("utilisation:\n  watch_above_pct: 101", "watch_above_pct is 101; must not exceed"),
        ("utilisation:\n  tier_above_limit: Low", "must not be milder than tier_above_watch"),
        ("recency:\n  recent_days: 1:30", "recent_days is 1:30; allowed: a whole number"),
        ("recency:\n  recent_days: 1_0", "recent_days is 1_0; allowed: a whole number"),
        ("recency:\n  recent_days: 9.5", "recent_days is 9.5; allowed: a whole number"),
        ("recency:\n  recent_days: 200", "recent_days is 200; must not exceed dormant_days, 180"),
        ("ageing:\n  bucket_ends_days: [30, 30, 90]", "days is [30, 30, 90]; must rise"),
        ("ageing:\n  buckets:\n    90+: {tier: Low}", "ageing.buckets.90+.tier is Low; must not"),
        ("ageing:\n  buckets:\n    0-30: {tier: High}", "no check would say why"),
        ("ageing:\n  buckets:\n    61-90: {score: 1/1001}", "denominator up to 1,000"),
        ("ageing:\n  buckets:\n    61-90: {score: 0.3}", "61-90.score is 0.3; must not be milder"),
        ("ageing:\n  buckets:\n    61-90: {score: 1/0}", "61-90.score is 1/0; allowed: a share"),
        ("ageing:\n  buckets:\n    91+: {tier: High}", "91+ is no name of a policy; did you"),
        ("dispute:\n  combines_with_buckets: [61-90]", "must hold every older bucket too: 90+"),
        ("increase:\n  buckets: [31-60]", "must hold every younger bucket too"),
        ("actions:\n  dispute: [HOLD]", "line 2: actions.dispute.0 is HOLD; allowed: a list of"),
        ("actions:\n  dispute: [ESCALATE, ESCALATE]", "listed twice"),
        ("composite:\n  weights: {dso: 0.2}", "composite.weights add up to 1.10"),
        ("composite:\n  weights: {dso: 0}", "composite.weights add up to 0.90"),
        ("composite:\n  dso_from_days: 120", "dso_from_days is 120; must be below dso_full"),
        ("reduction:\n  severe_keep_pct: 80", "must not exceed high_keep_pct, 75"),
        ("stages:\n  risen_buckets: [31-60]", "must hold every older bucket too: 61-90"),
        ("currency: XXX", "currency is XXX; allowed: three capital letters of ISO 4217"),
        ("currency: ABC", "currency is ABC; allowed: three capital letters"),
        ("currency: usd", "currency is usd; allowed: three capital letters"),
        ("locale: xx-YY", "locale is xx-YY; allowed: a language and a country"),
        ("tax_id:\n  country_default: XX", "country_default is XX; allowed: two capital letters"),
        ("tax_id:\n  country_default: false", 'Write it in quotes, such as "NO"'),
        ("entity: 1000", "1 to 80 characters. Write it in quotes"),
        ('entity: "a\\nb"', "entity is 'a\\nb'; allowed: a text"),
        ("limit_step: {USD: 0}", "USD 0 is not a positive amount"),
        ("limit_step: {JPY: 0.5}", "JPY 0.5 is not a positive amount in whole minor units"),
        ("limit_step: {DOLLAR: 5}", "limit_step.DOLLAR is DOLLAR; allowed: positive amounts"),
        ("increase:\n  class_caps: {A: {USD: -1}}", "class_caps.A is {USD: -1}; allowed: positive"),
        ("track_score:\n  curve: [{days_late: 0, points: 5}]", "allowed: 2 to 50 corners"),
        ("track_score: {curve: [{days_late: 0}, {days_late: 3}]}", "curve.0 lacks points"),
        ("track_score:\n  recent_days: 365", "recent_days is 365; must be below window_days, 365"),
        ("based_on: indai", "standard, prudent, india; did you mean india?"),
        ("baesd_on: india", "did you mean based_on?"),
        ("name: a\nname: b", "line 2: name is given twice, first in line 1"),
        ("name: &x a\nentity: *x", "line 1: uses an anchor or alias"),
        ("name: !!python/name:os.system a", "uses a tag"),
        ("name: a\n---\nname: b", "line 2: begins a second document"),
        ("? [a]\n: b", "is a list or section where a name is expected"),
        ("name: [", "line 1: is no YAML"),
        ("name: \x07", "line 1: holds a character that YAML forbids"),
        ("", "the file holds no values"),
        ("# only words", "the file holds no values"),
        ("- a", "must be a section of names and values"),
        ("a: " + "[" * 50, "nested deeper than 12 levels"),
        ("a: [" + "1," * 20_001 + "]", "value number 20,001"),
        ("a" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
    ids=lambda value: value[:40],
)  # fmt: skip
def test_a_wrong_policy_is_told_line_value_and_what_is_allowed(text, message):
    """Each fault names its line, the value and what is allowed instead."""
    assert message in fault(text).what


@pytest.mark.parametrize(
    "corners",
    [[(0, 80), (0, 70)], [(0, 50), (30, 80)], [(0, 100), (97, 99), (198, 98), (301, 97)]],
    ids=["days stand still", "points rise", "too fine"],
)
def test_a_curve_the_engine_cannot_draw_is_refused(corners):
    """Days rise, points never do, and all slopes share a unit of at most 1/10,000 point."""
    lines = "".join(f"  - {{days_late: {d}, points: {p}}}\n" for d, p in corners)
    assert "track_score.curve" in fault(f"track_score:\n  curve:\n{lines}").what


def test_all_faults_are_listed_by_line():
    """One run of the check is enough to mend a file."""
    found = fault("utilisation:\n  limit_pct: x\nfx: {rate_age_max_days: -1}\ncurrency: US\n")
    assert [problem.line for problem in found.problems] == [2, 3, 4]
    assert found.what.count("policy.yaml, line ") == 3
    assert found.where == "policy.yaml, line 2, column 14"


def test_a_flood_of_faults_is_cut_short():
    """A file of another kind does not fill the screen."""
    told = fault("".join(f"x{i}: 1\n" for i in range(100))).what
    assert told.endswith("and 50 more")
    assert len(told.splitlines()) == 51


def test_a_wrong_corner_is_told_once():
    """That a list has too few good corners is no second fault."""
    found = fault("track_score: {curve: [{days_late: 0}, {days_late: 3}]}")
    assert [problem.field for problem in found.problems] == [
        "track_score.curve.0.points",
        "track_score.curve.1.points",
    ]


def test_values_may_meet_at_their_line():
    """Order means not beyond: equal thresholds leave a step out and are allowed."""
    policy = parse_policy("recency: {recent_days: 180}\nreduction: {high_keep_pct: 50}", "p.yaml")
    assert policy.recency.recent_days == policy.recency.dormant_days
    assert policy.reduction.high_keep_pct == policy.reduction.severe_keep_pct


@pytest.mark.parametrize("gap", [" ", "  "], ids=["single spaces", "double spaces"])
def test_a_long_purpose_is_read_back_as_it_was(gap):
    """A long text is folded over lines only where folding loses nothing."""
    policy = Policy(purpose=gap.join(["words:", "# and", "'more'", '"words"'] * 12))
    assert parse_policy(to_yaml(policy), "policy.yaml") == policy


def test_files_that_cannot_be_read(tmp_path):
    """A missing file, a folder and another encoding are told apart."""
    (tmp_path / "latin.yaml").write_bytes(b"name: a\nentity: caf\xe9")
    for name, told in (("no.yaml", "No such file"), ("latin.yaml", "line 2 is not UTF-8")):
        with pytest.raises(PolicyFault, match=told):
            load_policy(tmp_path / name)
    with pytest.raises(PolicyFault):
        load_policy(tmp_path)


def test_a_policy_is_found_by_preset_or_path(tmp_path):
    """A bare word is a preset; anything with a suffix or folder is a file."""
    path = tmp_path / "mine.yaml"
    path.write_text("\ufeffname: Mine", encoding="utf-8")
    assert find_policy(str(path)).name == "Mine"
    assert find_policy("india").name == "india"
    with pytest.raises(PolicyFault, match="did you mean prudent"):
        find_policy("prudant")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_reading_gives_back_what_was_written(any_policy, data):
    """parse(to_yaml(p)) is p, and has its version."""
    policy = data.draw(any_policy)
    again = parse_policy(to_yaml(policy), "policy.yaml")
    assert again == policy
    assert policy_version(again) == policy_version(policy)


STANDARD_TEXT = to_yaml(load_preset("standard"))
PIECES = [
    *(
        "\n",
        " ",
        ":",
        "- ",
        "[",
        "{",
        "}",
        "&a ",
        "*a",
        "!!int ",
        "1e9",
        "\t",
        "'",
        '"',
        "#",
        "\x00",
    ),
    "9" * 30,
    *("null", "true", "|", ">", "%", "@", "\u2028", "\ud800", "\u0663", "\u00b2"),
]


def read_or_refuse(text):
    """Return the policy, or the fault that says where and how to mend it."""
    try:
        return parse_policy(text, "policy.yaml")
    except PolicyFault as told:
        return told


@settings(max_examples=150, deadline=None)
@given(
    at=st.integers(0, len(STANDARD_TEXT)),
    cut=st.integers(0, 60),
    piece=st.one_of(st.sampled_from(PIECES), st.text(max_size=8)),
)
def test_a_mutated_text_is_read_or_refused(at, cut, piece):
    """No text ends in anything but a policy or a PolicyFault."""
    told = read_or_refuse(STANDARD_TEXT[:at] + piece + STANDARD_TEXT[at + cut :])
    assert policy_version(told) if isinstance(told, Policy) else told.what and told.mend


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    """The same for texts that were never a policy."""
    told = read_or_refuse(text)
    assert isinstance(told, Policy) or told.where
