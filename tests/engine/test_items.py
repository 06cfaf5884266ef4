"""Accounts computed from items and payments: balance, age, DSO, behaviour."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine import ledger
from tests.engine.ledger import AS_OF, item, payment
from tradeline.engine import track_scores
from tradeline.engine.backends import open_engine
from tradeline.engine.complete import complete_master
from tradeline.engine.tables import MASTER
from tradeline.engine.track_scores import alone
from tradeline.policy.schema import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY = timedelta(days=1)


def facts(
    items: Sequence[dict[str, Any]], payments: Sequence[dict[str, Any]] | None,
    *, master: pa.Table | None = None, engine: str = "duckdb", url: str | None = None,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Return the completed master by customer number."""
    invoices, paid = ledger.tables(list(items), list(payments or ()))
    with open_engine(engine, url) as opened:
        done = complete_master(
            master, invoices, None if payments is None else paid, Policy(),
            currency="USD", as_of=AS_OF, engine=opened,
        )  # fmt: skip
    return {row["customer_no"]: row for row in done.to_pylist()}


def example_5a() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Four undisputed invoices of the method's example: 5 days early, on time, 15 and 30 late.

    The first two were taken 28 days after their date and paid before the last 90 days; the last
    two 45 days after it and within them. Of 8 % of the invoiced amount a dispute is open.
    """
    old, new = AS_OF - 120 * DAY, AS_OF - 30 * DAY
    plan = (("1", old, -5, 28, 1_000_000), ("2", old, 0, 28, 2_000_000),
            ("3", new, 15, 45, 3_000_000), ("4", new, 30, 45, 4_000_000))  # fmt: skip
    items, payments = [], []
    for number, paid, late, taken, amount in plan:
        dates = {"document_date": paid - taken * DAY}
        items.append(item("A", number, paid - late * DAY, amount, open_minor=0, **dates))
        payments.append(payment("A", number, paid, amount))
    share = Fraction(8, 92) * 10_000_000  # 8 % of all that was invoiced
    items.append(item("A", "5", AS_OF - DAY, round(share), disputed=True))
    return items, payments


def test_the_published_example() -> None:
    """P 65.25, less 6.00 for slowing by 17 days, less 3.00 for 8 % disputed, is 56.25."""
    assert facts(*example_5a())["A"]["track_record_x100"] == 5625


@pytest.mark.parametrize(
    ("late", "expected"),
    [(-40, 10000), (-30, 10000), (-5, 8250), (0, 8000), (15, 7000), (22, 6000), (30, 5000),
     (31, 4967), (45, 4500), (60, 4000), (120, 2000), (150, 1000), (180, 0), (400, 0)],
)  # fmt: skip
def test_points_of_the_curve(late: int, expected: int) -> None:
    """One payer who is always so late scores the curve's points."""
    paid = AS_OF - 100 * DAY  # before the recent window: no trend
    due = paid - late * DAY if late < 200 else paid - 200 * DAY
    items = [
        item("A", str(n), due, 100, open_minor=0, document_date=due - 30 * DAY) for n in range(3)
    ]
    got = facts(items, [payment("A", str(n), paid, 100) for n in range(3)])
    assert got["A"]["track_record_x100"] == expected


def test_unpaid_invoices_count_with_their_age() -> None:
    """A customer who stopped paying loses points though no late payment was ever booked."""
    due = AS_OF - 90 * DAY
    paid = [item("A", str(n), due - n * DAY, 100, open_minor=0) for n in range(3)]
    payments = [payment("A", str(n), due - n * DAY, 100) for n in range(3)]
    assert facts(paid, payments)["A"]["track_record_x100"] == 8000
    silent = [*paid, item("A", "9", due, 300)]
    assert facts(silent, payments)["A"]["track_record_x100"] == 5500  # half at 80, half at 30


@pytest.mark.parametrize("thin", ["two invoices", "short history", "nothing settled"])
def test_a_thin_file_has_no_score(thin: str) -> None:
    """Fewer than three invoices, under 60 days of history, or no experience: no score."""
    count = 2 if thin == "two invoices" else 3
    due = AS_OF - (10 if thin == "short history" else 100) * DAY
    items = [item("A", str(n), due, 100, open_minor=0) for n in range(count)]
    payments = [payment("A", str(n), due, 100) for n in range(count)]
    if thin == "nothing settled":
        payments = [payment("A", "none", due, 100)]
    assert facts(items, payments)["A"]["track_record_x100"] is None


def test_failures_and_bonus() -> None:
    """Twelve prompt invoices earn five points; each returned payment costs three, at most nine."""
    items = [item("A", str(n), AS_OF - (100 + n) * DAY, 100, open_minor=0) for n in range(12)]
    payments = [payment("A", str(n), AS_OF - (100 + n) * DAY, 100) for n in range(12)]
    assert facts(items, payments)["A"]["track_record_x100"] == 8500
    for count, expected in ((1, 8200), (3, 7600), (5, 7600)):
        returned = [payment("A", None, AS_OF - DAY, 1, kind="returned") for _ in range(count)]
        assert facts(items, [*payments, *returned])["A"]["track_record_x100"] == expected


def test_balance_age_and_dso() -> None:
    """Credits reduce the balance; the oldest open debit gives the bucket; sales give the DSO."""
    items = [
        item("A", "1", AS_OF - 61 * DAY, 5_000, document_date=AS_OF - 80 * DAY),
        item("A", "2", AS_OF - 10 * DAY, 9_000, open_minor=4_000, document_date=AS_OF - 40 * DAY),
        item("A", "3", AS_OF - 200 * DAY, 1_000, kind="credit_note", document_date=AS_OF - 5 * DAY),
        item("A", "4", AS_OF - 200 * DAY, 500, kind="cash"),
    ]
    got = facts(items, [])["A"]
    assert got["outstanding_minor"] == 7_500
    assert got["ageing_bucket"] == "61-90"
    assert got["dso_days_x100"] == round(7_500 * 90 * 100 / 13_000)
    assert got["disputed"] is False


@pytest.mark.parametrize(
    ("age", "expected"), [(-5, "0-30"), (30, "0-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
                          (90, "61-90"), (91, "90+")],
)  # fmt: skip
def test_bucket_edges(age: int, expected: str) -> None:
    """Buckets end on their last day."""
    assert facts([item("A", "1", AS_OF - age * DAY, 100)], [])["A"]["ageing_bucket"] == expected


def test_later_documents_and_payments_are_not_yet_known() -> None:
    """What is dated after the review date does not exist on it."""
    items = [item("A", "1", AS_OF, 100), item("A", "2", AS_OF + 60 * DAY, 900)]
    payments = [payment("A", "1", AS_OF - 9 * DAY, 50), payment("A", "1", AS_OF + DAY, 50)]
    got = facts(items, payments)["A"]
    assert got["outstanding_minor"] == 100
    assert got["last_payment_date"] == AS_OF - 9 * DAY


def test_an_unreadable_item_keeps_the_account_from_being_assessed() -> None:
    """The balance carries a fault, so that no total is quietly short."""
    got = facts([item("A", "1", AS_OF, 100), item("A", "2", AS_OF, 100, fault="12,x")], [])
    assert got["A"]["outstanding_fault"] == "1 unreadable items"


def test_a_master_is_completed_only_where_it_lacks_a_column() -> None:
    """Given columns stay as given, absent ones come from the items; others owe nothing."""
    given = {"entity": "MAIN", "currency": "USD", "credit_limit_minor": 1000}
    blank = dict.fromkeys(MASTER.names) | given | {"track_record_x100": 7700}
    rows = [blank | {"customer_no": name} for name in ("A", "B")]
    master = pa.Table.from_pylist(rows, schema=MASTER)
    got = facts(
        [item("A", "1", AS_OF - 31 * DAY, 100), item("C", "2", AS_OF, 7)], [], master=master
    )
    assert [got[name]["outstanding_minor"] for name in "ABC"] == [100, 0, 7]
    assert got["A"]["track_record_x100"] == 7700
    assert got["A"]["ageing_bucket"] == "31-60"
    assert got["C"]["credit_limit_minor"] is None


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Draw a few customers with invoices, credits, part payments, disputes and failures."""
    items, payments = [], []
    for customer in "ABCDE":
        for number in range(draw(st.integers(0, 16))):
            name = f"{customer}{number}"
            due = AS_OF - draw(st.integers(-20, 380)) * DAY
            amount = draw(st.integers(1, 10**7))
            paid = draw(st.sampled_from((0, amount, amount // 2)))
            kind = draw(st.sampled_from(("invoice",) * 6 + ("debit_note", "credit_note", "cash")))
            items.append(item(customer, name, due, amount, open_minor=amount - paid, kind=kind,
                              disputed=draw(st.sampled_from((False,) * 7 + (True,)))))  # fmt: skip
            if paid:
                day = due + draw(st.integers(-35, 200)) * DAY
                payments.append(payment(customer, name, day, paid))
            if draw(st.integers(0, 30)) == 0:
                payments.append(payment(customer, None, due, 1, kind="returned"))
    return items, payments


@settings(max_examples=10)
@given(ledgers())
def test_random_ledgers_agree_with_the_reference(
    drawn: tuple[list[dict[str, Any]], list[dict[str, Any]]],
) -> None:
    """Every fact of every account equals the plain reference, the score to its second decimal."""
    items, payments = drawn
    if not items:
        return
    for customer, got in facts(items, payments).items():
        own = [row for row in items if row["customer_no"] == customer
               and row["document_date"] <= AS_OF]  # fmt: skip
        paid = [row for row in payments if row["customer_no"] == customer]
        assert got["outstanding_minor"] == ledger.balance(own)
        assert got["ageing_bucket"] == ledger.bucket(own)
        days = ledger.days_sales(own)
        shown = days is not None and days < 90 * 100_000  # beyond, no figure is given
        assert got["dso_days_x100"] == (int(days * 100 + Fraction(1, 2)) if shown else None)
        expected = ledger.score(own, paid)
        rounded = None if expected is None else int(expected * 100 + Fraction(1, 2))
        assert got["track_record_x100"] == rounded


def test_engines_agree_on_ledgers(postgres_url: str) -> None:
    """DuckDB, Polars and PostgreSQL compute the same accounts from the same ledger."""
    items, payments = example_5a()
    for n in range(60):
        due = AS_OF - (n * 7 % 390) * DAY
        items.append(item(f"C{n % 7}", f"x{n}", due, 1_000 + n, open_minor=(n % 3) * 100))
        payments.append(payment(f"C{n % 7}", f"x{n}", due + (n % 50) * DAY, 700 + n))
    results = [
        facts(items, payments, engine=engine, url=postgres_url if engine == "postgres" else None)
        for engine in ("duckdb", "polars", "postgres")
    ]
    assert results[0] == results[1] == results[2]


@pytest.mark.parametrize("numbered", ["master", "items", "neither"])
def test_names_lead_to_accounts_where_numbers_are_lacking(numbered: str) -> None:
    """Limits and items meet by number, else by name, whatever its case and spacing."""
    blank = dict.fromkeys(MASTER.names) | {"entity": "MAIN", "currency": "USD"}
    rows = [blank | {"customer_name": name, "credit_limit_minor": 1000,
                     "customer_no": number if numbered == "master" else None}
            for number, name in (("A1", "Acme Forge"), ("A2", "Best  Tools"))]  # fmt: skip
    items = [item("A1", "1", AS_OF, 500, customer_name="ACME forge"),
             item("A2", "2", AS_OF, 300, customer_name="best tools")]  # fmt: skip
    if numbered != "items":
        items = [row | {"customer_no": None} for row in items]
    invoices, _ = ledger.tables(items, [])
    with open_engine("polars") as engine:
        done = complete_master(
            pa.Table.from_pylist(rows, schema=MASTER), invoices, None, Policy(),
            currency="USD", as_of=AS_OF, engine=engine,
        ).to_pylist()  # fmt: skip
    assert [row["outstanding_minor"] for row in done] == [500, 300]


def test_a_name_with_two_numbers_leads_nowhere() -> None:
    """Items of an ambiguous name stand apart, without a limit, instead of on a guessed account."""
    blank = dict.fromkeys(MASTER.names) | {"entity": "MAIN", "currency": "USD"}
    rows = [blank | {"customer_no": number, "customer_name": "Acme", "credit_limit_minor": 1000}
            for number in ("A1", "A2")]  # fmt: skip
    nameless = item("", "1", AS_OF, 500, customer_no=None, customer_name="Acme")
    invoices, _ = ledger.tables([nameless], [])
    with open_engine("polars") as engine:
        done = complete_master(
            pa.Table.from_pylist(rows, schema=MASTER), invoices, None, Policy(),
            currency="USD", as_of=AS_OF, engine=engine,
        ).to_pylist()  # fmt: skip
    assert [(row["customer_no"], row["outstanding_minor"]) for row in done] == [
        ("A1", 0), ("A2", 0), (None, 500),
    ]  # fmt: skip
    assert done[2]["credit_limit_minor"] is None


def test_only_rows_that_share_a_document_are_grouped() -> None:
    """A row is alone when no other row of its account has its document number."""
    keys = ["A", "A", "B", "A", "B", "B"]
    numbers = ["1", "2", "1", "1", None, "3"]
    rows = pa.table({"account_key": keys, "document_no": numbers})
    assert alone(rows).to_pylist() == [False, True, True, False, True, True]
    assert alone(rows.slice(0, 0)).to_pylist() == []


def test_hashes_that_clash_change_no_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows wrongly held to share a document go the long way to the same facts."""
    items, payments = example_5a()
    expected = facts(items, payments)
    monkeypatch.setattr(track_scores, "_hashes", lambda batch: np.zeros(len(batch), np.uint64))
    assert facts(items, payments) == expected
