"""What the guide to payment terms shows is so."""

from __future__ import annotations

import doctest
import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from tradeline.engine.discounts import Taxed, deduction
from tradeline.engine.due_dates import rule_date
from tradeline.errors import QuestionForUser
from tradeline.policy.due_rules import Rule
from tradeline.policy.load import parse_policy
from tradeline.policy.term_parts import Discount
from tradeline.policy.term_text import read_term

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "terms.md").read_text(encoding="utf-8")


def blocks(language):
    """Return the fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def rows(start):
    """Return the cells of the lines that begin so."""
    lines = [line for line in GUIDE.splitlines() if line.startswith(f"| {start}")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_policy_is_a_policy():
    """The first example loads, every term of it."""
    (text,) = blocks("yaml")
    assert set(parse_policy(text, "p.yaml").terms.named) == {
        "net-30", "prepaid", "monthly", "thirds",
    }  # fmt: skip


@pytest.mark.parametrize("row", rows("`{kind"), ids=lambda row: row[0])
def test_each_rule_gives_the_date_beside_it(row):
    """For the invoice of 15 January 2026."""
    rule = Rule.model_validate(yaml.safe_load(row[0].strip("`")))
    assert rule_date(rule, date(2026, 1, 15)).isoformat() == row[2]


def test_every_kind_of_rule_has_its_row():
    """No kind is left out of the table."""
    shown = {yaml.safe_load(row[0].strip("`"))["kind"] for row in rows("`{kind")}
    assert shown == set(Rule.model_fields["kind"].annotation.__args__)


@pytest.mark.parametrize("row", rows("`total`") + rows("`net`"), ids=lambda row: row[0] + row[1])
def test_each_treatment_of_tax_gives_the_amounts_beside_it(row):
    """10 percent of 1,500 with 225 tax."""
    of, tax = (re.findall("`([a-z]+)`", cell)[0] for cell in row[:2])
    tier = Discount(percent=10, by=Rule(kind="immediate"), of=of, tax=tax)
    found = deduction(tier, (Taxed(net_minor=150_000, tax_minor=22_500),))
    shown = [int(each.replace(".", "")) for each in re.findall(r"\d+\.\d\d", row[2])]
    assert shown == [each for each in (found.net_minor, found.tax_minor) if each]


@pytest.mark.parametrize("row", rows("`Net 30`") + rows("`2/10") + rows("`30 days") + rows("`C"),
                         ids=lambda row: row[0])  # fmt: skip
def test_texts_of_a_row_mean_the_same(row):
    """Each is read, and all of a row alike."""
    texts = re.findall("`([^`]+)`", row[0])
    assert texts
    assert all(read_term(text) == read_term(texts[0]) for text in texts)


def test_the_other_texts_are_read_or_asked_about():
    """Receipt and XRechnung are read; the two-faced ones are asked about."""
    assert read_term("Due on receipt").base == "receipt"
    assert read_term("Net 30 #SKONTO#TAGE=14#PROZENT=1.00#").discounts
    for text in ("NET 30 EOM", "30 days end of month"):
        assert text in GUIDE
        with pytest.raises(QuestionForUser):
            read_term(text)


@pytest.mark.parametrize("block", blocks("pycon"))
def test_each_session_prints_what_it_shows(block):
    """Run as doctests."""
    session = doctest.DocTestParser().get_doctest(block, {}, "terms.md", "terms.md", 0)
    assert session.examples
    assert doctest.DocTestRunner().run(session).failed == 0
