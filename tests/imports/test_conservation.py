"""Every row is accounted for and every cent is where the file put it, whatever is wrong with it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kit import dump, founded, items, member, rows_of, taken, written
from oracle import STATUSES, expected

from tradeline.errors import NeedsConfirmation, Refused

MONEY = st.decimals(0, 99_999, places=2).map(str)
FAULTY_MONEY = st.one_of(MONEY, MONEY, MONEY, st.sampled_from(["abc", "", "12..5"]))
DAYS = st.sampled_from(["2026-05-01", "2026-05-02", "2026-06-15", "2026-05-01", "2026-02-31"])
CUSTOMERS = st.sampled_from(["C001", "C002", "C003", "C004", "C005", "C006", ""])
CURRENCIES = st.sampled_from(["INR", "INR", "INR", "USD", "EUR"])
NUMBERS = st.integers(1, 12).map(str)
KINDS = ["invoice"] * 4 + ["debit_note", "interest", "credit_note", "cash", "deposit"]

ROWS = {
    "ar": st.tuples(
        CUSTOMERS, NUMBERS.map("INV{}".format), st.sampled_from(KINDS), DAYS, DAYS, CURRENCIES,
        FAULTY_MONEY, FAULTY_MONEY, st.sampled_from(["true", "false"]),
        st.sampled_from(["", "SO1"]),
    ),
    "orders": st.tuples(
        CUSTOMERS, NUMBERS.map("SO{}".format), st.sampled_from(["1", "2"]),
        st.sampled_from([*STATUSES, "what?"]), CURRENCIES, FAULTY_MONEY, st.just("0.00"),
        st.just("0.00"), DAYS,
    ),
    "limits": st.tuples(
        CUSTOMERS, st.just("IN01"), CURRENCIES, FAULTY_MONEY, DAYS, st.just(""), st.just("base"),
    ),
    "payments": st.tuples(
        CUSTOMERS, NUMBERS.map("P{}".format), DAYS, CURRENCIES, FAULTY_MONEY,
        st.sampled_from(["", "INV1"]), st.just("payment"),
    ),
}  # fmt: skip
SUMS = {
    "ar": "SELECT currency, sum(open_minor) FROM document GROUP BY 1",
    "orders": "SELECT currency, sum(ordered_minor) FROM order_line GROUP BY 1",
    "payments": "SELECT currency, sum(amount_minor) FROM payment GROUP BY 1",
}


@st.composite
def files(draw, kind):
    """Draw the rows of a file, some of them again as they are and some with other figures."""
    rows = draw(st.lists(ROWS[kind], min_size=3, max_size=25))
    rows += draw(st.lists(st.sampled_from(rows), max_size=4))
    return draw(st.permutations(rows))


@pytest.mark.parametrize("kind", ["ar", "orders", "payments", "limits"])
def test_rows_and_cents_are_conserved(kind, book, tmp_path):
    """Counts and totals are those of a second, simple reader of the same file."""

    @settings(max_examples=6)
    @given(rows=files(kind), rate=st.booleans())
    def holds(rows, rate):
        by = founded()
        rates = ("USD",) if rate else ()
        if rate:
            taken(by, written(tmp_path, "rates", [("2026-06-29", "USD", "INR", "90")]), "rates")
        path = written(tmp_path, kind, rows)
        _agrees(by, path, kind, rates)

    holds()


def _agrees(by, path, kind, rates):
    wanted = expected(path, kind, rates=rates)
    done = taken(by, path, kind)
    assert done.rows_in == wanted.rows_in
    assert done.rows_quarantined == wanted.quarantined, done.reasons
    assert (done.rows_applied, done.rows_unchanged) == (wanted.applied, wanted.unchanged)
    totals = {name: dict(sums) for name, sums in wanted.totals.items()}
    assert {name: sums for name, sums in done.totals.items() if sums} == totals
    if kind in SUMS:
        sums = {code: int(total) for code, total in rows_of(by, SUMS[kind])}
        assert sums == dict(wanted.amounts)
    from tradeline.models.context import acting
    from tradeline.queries.drift import resum

    with acting(by):
        assert resum() == []


def test_a_ledger_adds_up_by_side(by, tmp_path):
    """What the customer has with us is subtracted, both sides are told, and the lines say the same.

    Of a row whose kind cannot be read the side is not known: it is in neither.
    """
    start, end = ("2026-05-01", "2026-05-31", "INR"), ("", "")
    kinds = {"invoice": 100, "debit_note": 20, "interest": 3, "credit_note": 40, "cash": 5,
             "deposit": 6, "what?": 7}  # fmt: skip
    rows = [("C1", kind, kind, *start, f"{n}.00", f"{n}.00", *end) for kind, n in kinds.items()]
    rows.append(("", "N1", "cash", *start, "1.00", "1.00", *end))
    done = taken(by, written(tmp_path, "ar", rows), "ar")
    assert done.totals == {
        "in": {"INR": 71_00}, "debits": {"INR": 123_00}, "credits": {"INR": 52_00},
        "kind_unknown": {"INR": 7_00}, "quarantined": {"INR": -1_00},
    }  # fmt: skip
    assert rows_of(by, "SELECT exposure_minor FROM credit_line") == [(72_00,)]


def test_a_repeat_of_a_row_that_cannot_be_used_is_no_repeat(by, tmp_path):
    """A usable row is applied though another with its key was set aside, whatever else repeats."""
    bad = ("C1", "INV1", "invoice", "2026-05-01", "2026-05-31", "INR", "x", "5.00", "", "")
    good = ("C1", "INV1", "invoice", "2026-05-01", "2026-05-31", "INR", "9.00", "5.00", "", "")
    other = ("C1", "INV2", "invoice", "2026-05-01", "2026-05-31", "INR", "9.00", "5.00", "", "")
    done = taken(by, written(tmp_path, "ar", [bad, good, other, other]), "ar")
    assert (done.rows_applied, done.rows_unchanged, done.rows_quarantined) == (2, 1, 1)


@pytest.mark.parametrize("kind", ["ar", "orders", "limits", "payments", "customers", "rates"])
def test_the_same_file_again_changes_nothing(kind, by, tmp_path):
    """It says so, and there is no event, no audit event and no version that moved."""
    rows = {
        "ar": items(30), "limits": [("C00001", "IN01", "INR", "500.00", "2026-01-01", "", "base")],
        "orders": [("C00001", "SO1", "1", "open", "INR", "50.00", "0.00", "0.00", "2026-07-01")],
        "payments": [("C00001", "P1", "2026-06-01", "INR", "50.00", "INV000001", "payment")],
        "customers": [("C00001", "One Ltd", "", "", "", "", "IN", "")],
        "rates": [("2026-06-29", "USD", "INR", "90")],
    }[kind]  # fmt: skip
    path = written(tmp_path, kind, rows)
    first = taken(by, path, kind)
    assert first.rows_applied == len(rows)
    before = dump(by)
    again = taken(by, path, kind)
    assert again.repeated
    assert again.batch_id == first.batch_id
    assert dump(by) == before
    shuffled = written(tmp_path, kind, [*reversed(rows), rows[0]])  # another file, the same rows
    other = taken(by, shuffled, kind)
    assert (other.rows_applied, other.rows_unchanged) == (0, len(rows) + 1)
    after = dump(by)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {"audit_event", "feed", "import_batch"}


@pytest.mark.parametrize("full", [False, True])
def test_a_preview_writes_nothing(full, by, tmp_path):
    """Its counts are those of the real import."""
    taken(by, written(tmp_path, "ar", items(20)), "ar")
    before = dump(by)
    rows = [*items(22)[2:], ("C1", "X", "invoice", "", "", "INR", "bad", "1", "", "")]
    path = written(tmp_path, "ar", rows)
    shown = taken(by, path, "ar", preview=True, full_extract=full, confirmed=full)
    assert dump(by) == before
    real = taken(by, path, "ar", full_extract=full, confirmed=full)
    assert {**vars(shown), "batch_id": 0} == {**vars(real), "batch_id": 0}
    assert real.rows_closed == (2 if full else 0)


def test_a_full_extract_closes_only_when_told_and_confirmed(by, tmp_path):
    """Above the policy's share it asks first; a partial file closes nothing."""
    taken(by, written(tmp_path, "ar", items(20)), "ar")
    few = written(tmp_path, "ar", items(20)[:5])
    assert taken(by, few, "ar").rows_closed == 0
    before = dump(by)
    with pytest.raises(NeedsConfirmation, match="15 of 20"):
        taken(by, few, "ar", full_extract=True)
    assert dump(by) == before
    done = taken(by, few, "ar", full_extract=True, confirmed=True)
    assert done.rows_closed == 15
    assert rows_of(by, "SELECT count(*) FROM document WHERE open_minor > 0") == [(5,)]
    summed = rows_of(by, "SELECT sum(open_minor) FROM document")
    assert rows_of(by, "SELECT sum(exposure_minor) FROM credit_line") == summed


def test_conflicting_rows_go_aside_together(by, tmp_path):
    """Neither is applied and they are never added up; each row names the others."""
    one, two = items(2, accounts=1)
    other = (*one[:6], "1.00", "1.00", *one[8:])
    done = taken(by, written(tmp_path, "ar", [one, other, two, two]), "ar")
    assert (done.rows_applied, done.rows_unchanged, done.rows_quarantined) == (1, 1, 2)
    reasons = [row[0] for row in rows_of(by, "SELECT reason FROM quarantined_row")]
    assert all("rows 2, 3" in reason for reason in reasons)


def test_who_may_not_import(by, tmp_path):
    """A seller is refused, and nothing is written."""
    seller = member(by, "sales")
    before = dump(by)
    with pytest.raises(Refused):
        taken(seller, written(tmp_path, "ar", items(3)), "ar")
    assert dump(by) == before


def test_a_failed_import_leaves_no_lock(by, tmp_path, monkeypatch):
    """An import that fails at its end is taken back whole; the next one goes through."""
    from tradeline.actions import imports

    path = written(tmp_path, "ar", items(10))
    before = dump(by)
    monkeypatch.setattr(imports, "record", _broken)
    with pytest.raises(RuntimeError, match="no more"):
        taken(by, path, "ar")
    monkeypatch.undo()
    assert dump(by) == before
    assert rows_of(by, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'") == [(0,)]
    assert taken(by, path, "ar").rows_applied == 10


def _broken(*_, **__):
    raise RuntimeError("no more")


def test_one_file_may_hold_two_limits_of_an_account(by, tmp_path):
    """The later one ends the earlier one; both are kept, and the day's limit is the later one's."""
    rows = [("C1", "IN01", "INR", "500.00", "2026-05-01", "", "base"),
            ("C1", "IN01", "INR", "700.00", "2026-06-01", "", "base")]  # fmt: skip
    done = taken(by, written(tmp_path, "limits", rows), "limits")
    assert done.rows_applied == 2
    assert rows_of(by, "SELECT limit_minor FROM credit_line") == [(70_000,)]
    held = "SELECT valid_from::text, valid_to::text FROM limit_version WHERE superseded_at IS NULL"
    assert sorted(rows_of(by, held)) == [("2026-05-01", "2026-05-31"), ("2026-06-01", None)]
