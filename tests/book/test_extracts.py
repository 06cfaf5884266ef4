"""Full extracts close what they lack; repeats, conflicts and late files are told apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.book.company import DAY, feed
from tradeline.errors import ArgumentFault, NeedsConfirmation, NotFound, QuestionForUser

ONE = {"document_no": "1", "amount_minor": 10}
TWO = {"document_no": "2", "amount_minor": 20}
EURO = {"from": "EUR", "to": "USD", "rate": "1.0850"}


def test_full_extract_closes_what_it_lacks(company):
    """A document that is gone from a full extract is paid."""
    company.take("ar", ONE, TWO)
    result = company.take("ar", TWO, full=True)
    assert (result.rows_closed, company.buckets()) == (1, {"receivables": 20})


def test_much_closing_is_confirmed(company):
    """Half of what is open would close: that is asked first, and nothing is written."""
    company.take("ar", ONE, TWO)
    with pytest.raises(NeedsConfirmation):
        company.take("ar", TWO, full=True, confirmed=False)
    assert company.buckets() == {"receivables": 30}


def test_row_that_is_set_aside_closes_nothing(company):
    """A document that stands twice with different figures is not missing: its account stays."""
    company.take("ar", ONE, TWO)
    result = company.take("ar", TWO, ONE | {"open_minor": 3}, ONE | {"open_minor": 4}, full=True)
    assert (result.rows_quarantined, result.rows_closed) == (2, 0)
    assert company.buckets() == {"receivables": 30}


def test_over_shipped_line_closes(company):
    """A line with more shipped than ordered is live until the surplus is invoiced."""
    over = {"ordered_minor": 100, "shipped_minor": 120, "invoiced_minor": 100}
    other = {"order_no": "S2", "ordered_minor": 1}
    company.take("orders", {"order_no": "S1", **over}, other)
    assert company.buckets() == {"shipped_not_billed": 20, "orders": 1}
    company.take("orders", other, full=True)
    assert company.buckets() == {"orders": 1}


def test_closing_needs_no_rate(company):
    """An order in euros closes on a day without a rate for the euro."""
    company.take("rates", EURO)
    company.take("orders", {"order_no": "S1", "currency": "EUR", "ordered_minor": 100},
                 {"order_no": "S2", "ordered_minor": 1})  # fmt: skip
    late = DAY + timedelta(days=30)
    company.take("orders", {"order_no": "S2", "ordered_minor": 1}, full=True, day=late)
    assert company.buckets() == {"orders": 1}


def test_the_same_file_is_applied_once_unless_it_is_meant_again(company):
    """An order held and released again: the file equals the first; it counts when that is said."""
    first = feed("orders", [{"order_no": "S1", "ordered_minor": 100}])
    company.take("orders", source=first)
    company.take("orders", {"order_no": "S1", "status": "held", "ordered_minor": 100})
    assert company.take("orders", source=first).repeated
    assert company.buckets() == {"held": 100}
    later = DAY + timedelta(days=1)
    assert company.take("orders", source=first, day=later).repeated
    assert company.buckets() == {"held": 100}
    assert not company.take("orders", source=first, day=later, again=True).repeated
    assert company.buckets() == {"orders": 100}


@pytest.mark.parametrize("lost", [{"customer_no": None}, {"entity": "MIAN"}], ids=str)
def test_a_row_that_nobody_owns_may_be_what_is_missing(company, lost):
    """One of a hundred documents has no readable customer: nothing closes before that is said."""
    documents = [{"document_no": str(n), "amount_minor": 10} for n in range(100)]
    company.take("ar", *documents)
    last = {**documents.pop(), **lost}
    with pytest.raises(NeedsConfirmation, match="cannot be read"):
        company.take("ar", *documents, last, full=True, confirmed=False)
    assert company.buckets() == {"receivables": 1000}
    assert company.take("ar", *documents, last, full=True).rows_closed == 1


def test_the_same_file_again_on_its_own_day(company):
    """A wrong file came in between; the right one is put back the same day, as often as needed."""
    right = feed("ar", [ONE])
    company.take("ar", source=right)
    for _ in range(2):
        company.take("ar", {**ONE, "amount_minor": 99})
        assert company.take("ar", source=right).repeated
        assert company.buckets() == {"receivables": 99}
        assert not company.take("ar", source=right, again=True).repeated
        assert company.buckets() == {"receivables": 10}


def test_a_late_file_undoes_nothing(company):
    """Yesterday's file may bring what today's did not tell of; else it is refused, whole."""
    from tradeline.errors import StateFault

    company.take("ar", ONE)
    early = DAY - timedelta(days=1)
    with pytest.raises(StateFault, match="newer file"):
        company.take("ar", ONE | {"open_minor": 1}, TWO, day=early)
    with pytest.raises(StateFault, match="as of"):
        company.take("ar", TWO, day=early, full=True)
    assert company.take("ar", TWO, day=early).rows_applied == 1


def test_faulty_row_does_not_swallow_its_mended_repeats(company):
    """Of three equal rows the first has a fault: one is set aside, one applied, one a repeat."""
    result = company.take("ar", ONE | {"fault": "due_date: soon"}, ONE, ONE)
    counts = (result.rows_quarantined, result.rows_applied, result.rows_unchanged)
    assert counts == (1, 1, 1)
    assert company.buckets() == {"receivables": 10}


def test_bridge_over_files_that_come_late(company):
    """Yesterday's file comes after today's: each day's bridge explains what that day moved."""
    from tradeline.queries.exposure import bridge

    company.take("ar", ONE, day=DAY)
    company.take("ar", TWO, day=DAY - timedelta(days=1))
    today = company.ask(bridge, company.line().line_id, first=DAY, last=DAY)
    assert (today.opening_minor, today.closing_minor, today.unexplained_minor) == (20, 30, 0)


def test_csv_from_the_reader_to_the_counters(company, tmp_path):
    """Two files read from CSV: 70 % of the limit is owed, 110 % is at risk."""
    from tradeline.files.feeds import ReadOptions, Source, read_feed

    texts = {
        "limits": "customer_no,entity,currency,limit,valid_from,valid_to,kind\n"
                  "C1,MAIN,USD,100000.00,2026-01-01,,base\n",
        "ar": "customer_no,document_no,kind,document_date,due_date,currency,amount,open_amount,"
              "disputed,order_no\nC1,1,invoice,2026-06-01,2026-07-01,USD,70000.00,70000.00,no,\n",
        "orders": "customer_no,order_no,line_no,status,currency,ordered_amount,shipped_amount,"
                  "invoiced_amount,ship_date\nC1,S1,1,confirmed,USD,40000.00,0,0,2026-07-10\n",
    }  # fmt: skip
    for kind, text in texts.items():
        path = tmp_path / f"{kind}.csv"
        path.write_text(text, "utf-8")
        tax = {"tax_included": True} if kind == "orders" else {}
        read = read_feed(Source(path=path), kind, ReadOptions(), entity="MAIN", **tax)
        company.take(kind, source=read)
    row = company.line()
    assert (row.ar_utilisation_pct, row.utilisation_pct, row.status) == ("70.00", "110.00", "over")


@pytest.fixture
def two(company):
    """Return a company whose last ledger held MAIN, which owes 10, and WEST, which owes 30."""
    company.entity("WEST")
    company.take("ar", ONE, {**TWO, "entity": "WEST", "amount_minor": 30}, full=True)
    return company


def owed(company):
    """Return what C1 owes to MAIN and to WEST."""
    return tuple(company.line(entity=code).exposure_minor for code in ("MAIN", "WEST"))


def test_an_extract_that_lacks_an_entity_asks_which_are_meant(two):
    """WEST stood in the last file and not in this: nothing says whether it is paid or left out."""
    with pytest.raises(QuestionForUser, match=r"no row of WEST \(1 open\)") as asked:
        two.take("ar", TWO, full=True)
    assert "--full-of" in asked.value.mend
    assert owed(two) == (10, 30)


def test_an_extract_of_one_entity_leaves_the_other(two):
    """Named alone, MAIN is closed and WEST stays; from now on MAIN comes in files of its own."""
    done = two.take("ar", TWO, extract_of=("MAIN",))
    assert (done.rows_closed, done.extract_of, owed(two)) == (1, ("MAIN",), (20, 30))
    assert two.take("ar", ONE, full=True).extract_of == ("MAIN",)
    assert owed(two) == (10, 30)


def test_an_extract_of_both_closes_what_has_no_row(two):
    """Named with MAIN, WEST is closed, after confirmation since it is all that WEST has open."""
    both = ("MAIN", "WEST")
    with pytest.raises(NeedsConfirmation, match="1 of 1 open rows of WEST"):
        two.take("ar", ONE, extract_of=both, confirmed=False)
    done = two.take("ar", ONE, extract_of=both)
    assert (done.rows_closed, owed(two)) == (1, (10, 0))
    fresh = "SELECT count(DISTINCT batch_id) FROM feed WHERE kind = 'ar'"
    assert two.rows(fresh) == [(1,)]  # that WEST has nothing is known as of this file


def test_an_entity_that_has_nothing_open_is_not_asked_for(two):
    """What is absent and has nothing open would close nothing: there is no question."""
    two.take("ar", {**TWO, "entity": "WEST", "amount_minor": 30, "open_minor": 0})
    two.take("ar", ONE, {**TWO, "entity": "WEST", "amount_minor": 30, "open_minor": 0}, full=True)
    assert two.take("ar", {**ONE, "open_minor": 9}, full=True).rows_closed == 0


def test_an_empty_extract_of_a_named_entity_closes_all(two):
    """Once confirmed; without a name it is asked whose ledger is empty."""
    nobody = replace(feed("ar", []), asked=replace(feed("ar", []).asked, entity=""))
    with pytest.raises(QuestionForUser, match="no row of any legal entity"):
        two.take("ar", source=nobody, full=True)
    with pytest.raises(NeedsConfirmation, match="1 of 1 open rows of WEST"):
        two.take("ar", source=nobody, extract_of=("WEST",), confirmed=False)
    assert owed(two) == (10, 30)
    assert two.take("ar", source=nobody, extract_of=("WEST",)).rows_closed == 1
    assert two.take("ar", source=feed("ar", []), full=True).rows_closed == 1  # --entity MAIN
    assert owed(two) == (0, 0)


def test_rows_of_other_entities_close_nothing_there(two):
    """A file that is whole for WEST may tell of a part of MAIN."""
    done = two.take("ar", {**ONE, "open_minor": 4}, extract_of=("WEST",))
    assert (done.rows_applied, done.rows_closed, owed(two)) == (1, 1, (4, 0))


def test_an_unknown_entity_is_no_extract(two):
    """A code that is mistyped closes nothing, and says which there are."""
    with pytest.raises(NotFound, match="no legal entity 'MIAN'"):
        two.take("ar", ONE, extract_of=("MIAN",))


@pytest.mark.parametrize("kind", ["limits", "customers", "payments", "rates"])
def test_kinds_that_close_nothing_are_no_extracts(company, kind):
    """What would do nothing is refused, not done."""
    with pytest.raises(ArgumentFault, match="closes nothing"):
        company.take(kind, full=True)


def test_a_small_entity_is_confirmed_by_itself(two):
    """A hundred open rows of MAIN do not hide that the only one of WEST would be closed."""
    many = [{"document_no": str(n), "amount_minor": 1} for n in range(100)]
    west = {**TWO, "entity": "WEST", "amount_minor": 30}
    two.take("ar", *many, west, full=True)
    with pytest.raises(NeedsConfirmation, match="1 of 1 open rows of WEST"):
        two.take("ar", *many, west | {"document_no": "new"}, full=True, confirmed=False)
