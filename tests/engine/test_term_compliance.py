"""Were the agreed terms granted, kept, and the discounts earned?"""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from tradeline.engine.discounts import Taxed
from tradeline.engine.due_dates import Dates
from tradeline.engine.term_compliance import (
    Compliance,
    Invoice,
    Payment,
    added,
    compliance_by_account,
)
from tradeline.errors import ArgumentFault
from tradeline.policy.term_text import read_term
from tradeline.policy.terms import Term, Terms

TERMS = Terms()
AS_OF = date(2026, 3, 31)
INVOICED = date(2026, 1, 1)  # net 30 is due on 2026-01-31; 2/10 ends on 2026-01-11
TWO_TEN = read_term("2/10 net 30")


def invoice(**changes):
    """Return an invoice of 1,000.00 on 2/10 net 30, granted as agreed and unpaid."""
    said = {
        "account": "C-1", "document_no": "1", "currency": "USD", "dates": Dates(invoice=INVOICED),
        "amounts": (Taxed(net_minor=100_000),), "agreed": TWO_TEN, "granted": TWO_TEN,
    }  # fmt: skip
    return Invoice(**said | changes)


def paid(on, amount, discount=0):
    """Return one payment as a tuple."""
    return (Payment(on=on, amount_minor=amount, discount_minor=discount),)


def measure(*invoices, as_of=AS_OF):
    """Return the compliance of the only account."""
    (found,) = compliance_by_account(invoices, terms=TERMS, as_of=as_of)
    return found


@pytest.mark.parametrize(
    ("granted", "due", "counted"),
    [
        (TWO_TEN, None, "approved"),
        (read_term("Net 30"), None, "approved"),
        (read_term("Net 31"), None, "better"),
        (read_term("3/10 net 30"), None, "better"),
        (read_term("2/11 net 30"), None, "better"),
        (None, date(2026, 1, 31), "approved"),
        (None, date(2026, 2, 1), "better"),
        (TWO_TEN, date(2026, 2, 1), "better"),
        (None, None, "unknown"),
    ],
)
def test_what_was_granted_is_held_against_what_was_agreed(granted, due, counted):
    """A longer time or a better discount is not approved; saying nothing is unknown."""
    found = measure(invoice(granted=granted, granted_due=due))
    shares = {name: getattr(found, name) for name in ("approved", "better", "unknown")}
    assert shares == dict.fromkeys(shares, 0) | {counted: 1}


@pytest.mark.parametrize(
    ("payments", "within", "amount"),
    [
        (paid(date(2026, 1, 31), 100_000), 1, 100_000),
        (paid(date(2026, 2, 1), 100_000), 0, 0),
        (paid(date(2026, 1, 11), 98_000, 2_000), 1, 100_000),
        (paid(date(2026, 1, 31), 99_999), 0, 99_999),
        (paid(date(2026, 1, 31), 40_000) + paid(date(2026, 2, 1), 60_000), 0, 40_000),
        ((), 0, 0),
        (paid(date(2026, 1, 31), 150_000), 1, 100_000),
        (paid(date(2026, 4, 1), 100_000), 0, 0),
    ],
    ids=["on the day", "a day late", "with its discount", "a cent short", "in two", "unpaid",
         "too much", "after the review"],
)  # fmt: skip
def test_paid_within_terms(payments, within, amount):
    """By invoice and by amount, the due date itself included."""
    found = measure(invoice(payments=payments))
    assert (found.judged, found.judged_minor) == (1, 100_000)
    assert (found.within, found.within_minor) == (within, amount)
    assert found.within_amount_share == Fraction(amount, 100_000)


def test_grace_is_part_of_the_terms():
    """Three days of grace: the third is in time, the fourth is not."""
    agreed = Term.model_validate(read_term("Net 30").model_dump() | {"grace_days": 3})
    last, late = date(2026, 2, 3), date(2026, 2, 4)
    assert measure(invoice(agreed=agreed, payments=paid(last, 100_000))).within == 1
    assert measure(invoice(agreed=agreed, payments=paid(late, 100_000))).within == 0


def test_what_is_not_due_is_not_judged():
    """On the due date an unpaid invoice is not late; a paid one is judged at once."""
    due = date(2026, 1, 31)
    waiting = measure(invoice(), as_of=due)
    assert (waiting.judged, waiting.within_share) == (0, None)
    assert measure(invoice(payments=paid(INVOICED, 100_000)), as_of=due).within_share == 1


def test_each_instalment_is_judged_on_its_own_day():
    """Half now, half in 60 days: after the first day only the first half counts."""
    half = {"portion": "percent_of_total", "percent": 50}
    agreed = Term.model_validate({"instalments": [
        half | {"due": {"kind": "immediate"}}, half | {"due": {"kind": "net_days", "days": 60}},
    ]})  # fmt: skip
    one = invoice(agreed=agreed, payments=paid(INVOICED, 50_000))
    early = measure(one, as_of=date(2026, 2, 1))
    assert (early.judged_minor, early.within_minor, early.within) == (50_000, 50_000, 1)
    late = measure(one, as_of=date(2026, 3, 31))
    assert (late.judged_minor, late.within_minor, late.within) == (100_000, 50_000, 0)


@pytest.mark.parametrize(
    ("payments", "count", "amount"),
    [
        (paid(date(2026, 1, 11), 98_000, 2_000), 0, 0),
        (paid(date(2026, 1, 12), 98_000, 2_000), 1, 2_000),
        (paid(date(2026, 1, 11), 97_000, 3_000), 1, 1_000),
        (paid(date(2026, 1, 11), 49_000, 1_000), 0, 0),
        (paid(date(2026, 1, 11), 48_999, 1_001), 1, 1),
        (paid(date(2026, 1, 12), 100_000), 0, 0),
        (paid(date(2026, 4, 1), 98_000, 2_000), 0, 0),
    ],
    ids=["last day", "a day late", "too much", "of a part", "a cent too much of a part",
         "late, none taken", "after the review"],
)  # fmt: skip
def test_discounts_taken_late_or_too_large_are_unearned(payments, count, amount):
    """The excess over what was open on the day of payment, per account."""
    found = measure(invoice(payments=payments))
    assert (found.unearned, found.unearned_minor) == (count, amount)


def test_accounts_and_currencies_are_kept_apart():
    """One row for each, in their order; credit notes are no invoices."""
    rows = compliance_by_account(
        [
            invoice(account="C-2"), invoice(), invoice(currency="EUR"), invoice(document_no="2"),
            invoice(amounts=(Taxed(net_minor=-100),)),
        ],
        terms=TERMS, as_of=AS_OF,
    )  # fmt: skip
    assert [(row.account, row.currency, row.invoices) for row in rows] == [
        ("C-1", "EUR", 1), ("C-1", "USD", 2), ("C-2", "USD", 1),
    ]  # fmt: skip
    total = added(rows[1:], account="all")
    assert (total.account, total.invoices, total.judged_minor) == ("all", 3, 300_000)
    with pytest.raises(ArgumentFault, match="2 currencies"):
        added(rows, account="all")
    with pytest.raises(ArgumentFault, match="0 currencies"):
        added([], account="all")


def test_no_share_of_nothing():
    """Where nothing can be judged the share is nothing, not zero."""
    empty = Compliance(account="C-1", currency="USD", invoices=1, unknown=1)
    assert empty.approved_share is empty.within_share is empty.within_amount_share is None
