"""The policy in words: complete, and one sentence for each change."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tradeline.policy.diff import diff
from tradeline.policy.explain import Chapter, explain
from tradeline.policy.fields import leaf_at, leaves
from tradeline.policy.load import PRESETS, load_preset, parse_policy
from tradeline.policy.words import SENTENCES
from tradeline.policy.write import WIDTH, to_yaml

PRESET_FILES = Path(__file__).parents[2] / "tradeline" / "policy" / "presets"


def text_of(policy):
    """Return every sentence, one on a line."""
    return "\n".join(s for chapter in explain(policy) for s in chapter.sentences)


def test_every_value_is_in_the_words(one_change):
    """Whatever value changes, the explanation changes."""
    _, old, new = one_change
    assert text_of(old) != text_of(new)


def test_every_change_is_one_change(one_change):
    """One changed value is one change, with its path and a sentence that ends."""
    leaf, old, new = one_change
    (change,) = diff(old, new)
    assert change.path == leaf.dotted
    assert change.old != change.new
    assert "; before: " in change.sentence
    assert " now" in change.sentence
    assert change.sentence.endswith(".")


def test_every_value_has_one_sentence():
    """No value is forgotten or said twice, and no sentence speaks of an unknown one."""
    said = sorted(sentence.path for sentence in SENTENCES if sentence.path)
    assert said == sorted(leaf.dotted for leaf in leaves())


@pytest.mark.parametrize("preset", PRESETS)
def test_sentences_are_sentences(preset):
    """They begin with a capital or figure, end with a full stop and leave no template behind."""
    for line in text_of(load_preset(preset)).splitlines():
        assert line[0].isupper() or line[0].isdigit()
        assert line.endswith(".")
        assert not set("{}[]<>_") & set(line)
        assert "  " not in line


def test_the_words_of_a_change():
    """The sentence of the issue, word for word where it matters."""
    new = parse_policy("utilisation: {watch_above_pct: 85}", "p.yaml")
    (change,) = diff(load_preset("standard"), new)
    assert (
        change.sentence == "The utilisation check now warns above 85 % of the limit; before: 90 %."
    )
    assert (change.path, change.old, change.new) == ("utilisation.watch_above_pct", "90 %", "85 %")
    assert change.unit == "percent of limit"


def test_both_sides_of_a_change_are_written_in_their_own_locale():
    """What stood before is quoted as the old policy wrote it."""
    text = "limit_step: {USD: %s}\nlocale: %s"
    old, new = (parse_policy(text % pair, "p.yaml") for pair in ((1500, "de-DE"), (2500, "en-US")))
    change = next(change for change in diff(old, new) if change.path == "limit_step")
    assert (change.old, change.new) == ("USD 1.500", "USD 2,500")
    assert change.sentence.endswith("before: USD 1.500.")


def test_two_equal_policies_have_no_difference():
    """diff(a, a) is empty."""
    assert diff(load_preset("prudent"), load_preset("prudent")) == ()


def test_numbers_are_written_in_the_policys_locale():
    """Lakh grouping in India, a decimal comma in Germany, and no digit is lost."""
    text = "increase: {class_caps: {A: {INR: 2800000.5}}}\ncomposite: {dispute_uplift: 0.2575}\n"
    indian = text_of(parse_policy(text + "locale: en-IN", "p.yaml"))
    assert "INR 28,00,000.50 in class A" in indian
    german = text_of(parse_policy(text + "locale: de-DE", "p.yaml"))
    assert "INR 2.800.000,50 in class A" in german
    assert "1 plus 0,2575 times" in german


def test_nothing_is_said_as_nothing():
    """Empty lists and missing values read as sentences too."""
    text = (
        "reduction: {severe_buckets: []}\nactions: {dispute: []}\nlimit_step: {}\n"
        "increase: {class_caps: {A: {}}, gap_max_days: 1}\n"
    )
    words = text_of(parse_policy(text, "p.yaml"))
    assert "Ageing counts as severe in no ageing bucket." in words
    assert "When a dispute is open, the account's actions are: none." in words
    assert "Limits are rounded down to the currency's smallest unit." in words
    assert "no amount in class A" in words
    assert "at most 1 day back" in words


def test_chapters_are_records():
    """A pack prints title and sentences; each title comes once."""
    chapters = explain(load_preset("standard"))
    assert all(isinstance(chapter, Chapter) and chapter.sentences for chapter in chapters)
    assert len({chapter.title for chapter in chapters}) == len(chapters)


@pytest.mark.parametrize("preset", PRESETS)
def test_preset_files_are_as_written(preset):
    """The comments in a preset are generated, so they are true; lines stay readable."""
    text = (PRESET_FILES / f"{preset}.yaml").read_text(encoding="utf-8")
    assert text == to_yaml(load_preset(preset))
    assert max(map(len, text.splitlines())) <= WIDTH


def test_every_leaf_says_what_it_is():
    """Unit, source, meaning and bounds are never empty, and the standard value is within them."""
    for leaf in leaves():
        assert all((leaf.unit, leaf.source, leaf.meaning, leaf.allowed)), leaf.dotted
        assert leaf_at(leaf.path) == leaf
    assert leaf_at(("utilisation",)) is None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_two_policies_differ_where_they_differ(any_policy, data):
    """No difference means equal; each difference is explained."""
    old, new = data.draw(any_policy), data.draw(any_policy)
    assert (diff(old, new) == ()) == (old == new)
    assert [c.path for c in diff(old, new)] == [c.path for c in diff(new, old)]
    assert text_of(old)


def test_a_decimal_is_said_without_idle_zeros():
    """90.50 reads 90.5, 90.00 reads 90."""
    policy = parse_policy("utilisation: {watch_above_pct: 90.50, limit_pct: 100.00}", "p.yaml")
    assert "above 90.5 % of" in text_of(policy)
    assert policy.utilisation.limit_pct == Decimal(100)
    assert "limit_pct: 100\n" in to_yaml(policy)
