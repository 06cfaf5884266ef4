"""Ask the engine what the cases of tests/cases/terms want to know."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from tests.builders import minor
from tradeline.engine.discounts import (
    Taxed,
    cash_minor,
    deduction,
    effective_cost_annual,
    offers,
    open_offer,
    shown_percent,
    simple_cost_annual,
    tax_at_issue_minor,
)
from tradeline.engine.due_dates import (
    Dates,
    cycle_days_max,
    due_date,
    overdue_from,
    peak_days_in_flight,
)
from tradeline.engine.instalments import instalments
from tradeline.engine.term_caps import cap_warnings
from tradeline.errors import QuestionForUser, TradelineError
from tradeline.policy.due_rules import Calendar, Cycle
from tradeline.policy.term_text import read_skonto, read_term
from tradeline.policy.terms import Term, Terms

FOLDER = Path(__file__).resolve().parent.parent / "cases" / "terms"
INVOICED = date(2019, 1, 1)


def cases():
    """Yield every case with its file's name."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for case in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield pytest.param(case, id=f"{path.stem}: {case['name']}")


def term_of(case):
    """Return the case's term, from its form or its text."""
    return read_term(case["text"]) if "text" in case else Term.model_validate(case.get("term"))


def calendar_of(case):
    """Return the case's calendar, else Saturday and Sunday."""
    return Calendar.model_validate(case.get("calendar", {}))


def dates_of(case, invoiced):
    """Return a document's dates."""
    return Dates(invoice=invoiced, delivery=case.get("delivered"))


def _each(case):
    for invoiced, due in case["each"].items():
        yield due_date(term_of(case), dates_of(case, invoiced), calendar_of(case)), due


def _overdue_from(case):
    for invoiced, day in case["overdue_from"].items():
        term = term_of(case)
        due = due_date(term, dates_of(case, invoiced), calendar_of(case))
        yield overdue_from(due, term.grace_days), day


def _last_discount_days(case):
    for invoiced, days in case["last_discount_days"].items():
        found = offers(term_of(case), dates_of(case, invoiced), calendar_of(case))
        yield [offer.last_day for offer in found], days


def _open_percent(case):
    found = offers(term_of(case), dates_of(case, INVOICED), calendar_of(case))
    for paid_on, percent in case["open_percent"].items():
        offer = open_offer(found, paid_on)
        wanted = None if percent is None else Decimal(str(percent))
        yield (offer.tier.percent if offer else None), wanted


def _amounts(case):
    currency = case.get("currency", "USD")
    (tier,) = term_of(case).discounts
    parts = tuple(
        Taxed(**{f"{name}_minor": minor(amount, currency) for name, amount in part.items()})
        for part in case["amounts"]
    )
    taken = deduction(tier, parts)
    found = {"cash": cash_minor(tier, parts), "discount": taken.net_minor,
             "discount_tax": taken.tax_minor,
             "total": sum(part.total_minor for part in parts)}  # fmt: skip
    wanted = {name: minor(amount, currency) for name, amount in case["expected"].items()}
    yield {name: found[name] for name in wanted}, wanted


def _tax_at_issue(case):
    said = case["tax_at_issue"]
    (tier,) = term_of(case).discounts
    yield tax_at_issue_minor(tier, minor(said["net"]), Decimal(said["rate"])), minor(said["tax"])


def _amount(case):
    currency = case.get("currency", "USD")
    whole = minor(case["amount"], currency)
    dates = dates_of(case, case["invoiced"])
    lines = instalments(term_of(case), dates, whole, currency, calendar_of(case))
    wanted = [(day, minor(amount, currency)) for day, amount in case["expected"]["instalments"]]
    yield [(line.on, line.amount_minor) for line in lines], wanted
    yield sum(line.amount_minor for line in lines), whole


def _cost(case):
    said = case["cost"] | {"percent": Decimal(str(case["cost"]["percent"]))}
    percent = said.pop("percent")
    simple, effective = (f(percent, **said) for f in (simple_cost_annual, effective_cost_annual))
    found = {"simple": simple, "simple_4": simple, "effective": effective, "effective_4": effective}
    for name, shown in case["expected"].items():
        yield shown_percent(found[name], 4 if name.endswith("_4") else 2), Decimal(str(shown))


def _means(case):
    yield term_of(case), Term.model_validate(case["means"])


def _skonto(case):
    found = [
        {"days": each.discount.by.days, "percent": each.discount.percent, "basis": each.basis}
        for each in read_skonto(case["text"])
    ]
    yield (
        found,
        [
            each | {"basis": None if each["basis"] is None else Decimal(str(each["basis"]))}
            for each in case["skonto"]
        ],
    )


def _peak(case):
    said = case["peak"]
    cycle_days = cycle_days_max(Cycle.model_validate(said["cycle"]))
    peak = peak_days_in_flight(
        cycle_days=cycle_days, net_days=said["net"], late_days=said["late"]
    )
    yield {"cycle_days": cycle_days, "peak_days": peak}, case["expected"]


def _caps(case):
    found = cap_warnings(Terms().caps, **case["supplier"], dates=Dates(**case["dates"]),
                         due=case["due"])  # fmt: skip
    yield [warning.days for warning in found], case["expected"]["days"]
    for warning in found:
        yield case["expected"]["law"] in warning.message, True


ASKED = {
    "each": _each, "overdue_from": _overdue_from, "last_discount_days": _last_discount_days,
    "open_percent": _open_percent, "amounts": _amounts, "tax_at_issue": _tax_at_issue,
    "amount": _amount, "peak": _peak, "supplier": _caps, "cost": _cost, "means": _means,
    "skonto": _skonto,
}  # fmt: skip
KNOWN = {"name", "source", "term", "text", "calendar", "delivered", "invoiced", "currency",
         "expected", "dates", "due", "refused", "asked", *ASKED}  # fmt: skip


def ask(case, names):
    """Return what the case finds beside what it wants."""
    return [pair for name in names for pair in ASKED[name](case)]


def attempt(case, names):
    """Read the term and the calendar, then ask."""
    if "term" in case or "text" in case:
        term_of(case)
        calendar_of(case)
    ask(case, names)


def check(case):
    """Assert that the engine gives the outside answer, or refuses with the words of the case."""
    assert set(case) <= KNOWN
    names = [name for name in ASKED if name in case]
    told = case.get("refused") or case.get("asked")
    if told is None:
        pairs = ask(case, names)
        assert pairs
        assert [found for found, _ in pairs] == [wanted for _, wanted in pairs]
        return
    for found, wanted in ask(case, [name for name in names if name == "skonto"]):
        assert found == wanted
    kinds = QuestionForUser if "asked" in case else (TradelineError, ValidationError)
    with pytest.raises(kinds) as caught:
        attempt(case, [name for name in names if name != "skonto"])
    assert told in str(caught.value)
