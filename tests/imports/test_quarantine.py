from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime

import pytest
from kit import DAY, dump, founded, items, member, taken, totals, written
from typer.testing import CliRunner

from tradeline.errors import ArgumentFault, NotFound, Refused, StateFault

BAD = ("C00001", "INV9", "invoice", "2026-05-01", "2026-05-31", "INR", "abc", "12.50", "", "")
FOREIGN = ("C00001", "INV8", "invoice", "2026-05-01", "2026-05-31", "USD", "10.00", "10.00", "", "")


def _waiting(by):
    from tradeline.models.context import acting
    from tradeline.queries.quarantine import waiting

    with acting(by):
        return waiting()


def _mend(by, row, **cells):
    from tradeline.actions.quarantine import mend_row

    return mend_row(row_id=row.pk, cells=cells, day=DAY, by=by, at=datetime.now(UTC))


@pytest.fixture
def with_bad(by, tmp_path):
    """Import three good rows and one whose amount cannot be read."""
    taken(by, written(tmp_path, "ar", [*items(3), BAD]), "ar")
    return by


def test_a_row_keeps_its_cells(with_bad):
    """A quarantined row holds the raw cells, its place and the reason."""
    (row,) = _waiting(with_bad)
    assert row.cells["amount"] == "abc"
    assert row.cells["document_no"] == "INV9"
    assert row.source_row == 5
    assert "abc" in row.reason
    assert row.customer_no == "C00001"


def test_a_mended_row_is_applied(with_bad):
    """Mending applies the row as a batch of its own, marks it, and leaves an audit event."""
    before = totals(with_bad)
    (row,) = _waiting(with_bad)
    done = _mend(with_bad, row, amount="12.50")
    assert (done.rows_in, done.rows_applied) == (1, 1)
    after = totals(with_bad)
    assert after.documents[1] - before.documents[1] == 1250
    assert after.lines[1] - before.lines[1] == 1250
    assert not _waiting(with_bad)
    from tradeline.models import AuditEvent, Feed, QuarantinedRow
    from tradeline.models.context import acting

    with acting(with_bad):
        kept = QuarantinedRow.objects.get(pk=row.pk)
        assert (kept.state, kept.settled_by_id) == ("mended", with_bad.user_id)
        assert kept.cells["amount"] == "abc"
        assert AuditEvent.objects.filter(action="ROW_MENDED").count() == 1
        assert Feed.objects.get(kind="ar").batch_id == row.batch_id  # no fresher than before


def test_a_row_that_is_still_wrong_changes_nothing(with_bad):
    """A mend that does not help is refused, and nothing is written."""
    before = dump(with_bad)
    (row,) = _waiting(with_bad)
    with pytest.raises(StateFault, match="still cannot be used"):
        _mend(with_bad, row, amount="worse")
    with pytest.raises(ArgumentFault, match="no column 'amuont'"):
        _mend(with_bad, row, amuont="1")
    assert dump(with_bad) == before


def test_a_row_is_settled_once(with_bad):
    """A settled row can be neither mended nor dropped again."""
    from tradeline.actions.quarantine import drop_row

    (row,) = _waiting(with_bad)
    _mend(with_bad, row, amount="12.50")
    before = dump(with_bad)
    with pytest.raises(StateFault):
        _mend(with_bad, row, amount="12.50")
    with pytest.raises(StateFault):
        drop_row(row_id=row.pk, reason="twice", by=with_bad, at=datetime.now(UTC))
    assert dump(with_bad) == before


def test_dropping_needs_a_reason(with_bad):
    """A dropped row changes no document, and says who dropped it and why."""
    from tradeline.actions.quarantine import drop_row
    from tradeline.models import AuditEvent
    from tradeline.models.context import acting

    (row,) = _waiting(with_bad)
    with pytest.raises(ArgumentFault):
        drop_row(row_id=row.pk, reason=" ", by=with_bad, at=datetime.now(UTC))
    before = totals(with_bad)
    drop_row(row_id=row.pk, reason="a test row", by=with_bad, at=datetime.now(UTC))
    assert totals(with_bad) == before
    assert not _waiting(with_bad)
    with acting(with_bad):
        event = AuditEvent.objects.get(action="ROW_DROPPED")
    assert b"a test row" in bytes(event.body)


def test_who_may_not(with_bad):
    """A seller settles nothing; a stranger's row is not there."""
    from tradeline.actions.quarantine import drop_row, retry_rows

    seller = member(with_bad, "sales")
    before = dump(with_bad)
    (row,) = _waiting(with_bad)
    now = datetime.now(UTC)
    for job in (
        lambda: _mend(seller, row, amount="12.50"),
        lambda: drop_row(row_id=row.pk, reason="x", by=seller, at=now),
        lambda: retry_rows(kind="ar", day=DAY, by=seller, at=now),
    ):
        with pytest.raises(Refused):
            job()
    stranger = founded()
    with pytest.raises(NotFound):
        _mend(stranger, row, amount="12.50")
    with pytest.raises(NotFound):
        drop_row(row_id=row.pk, reason="x", by=stranger, at=now)
    assert dump(with_bad) == before


def test_a_mended_row_counts_in_the_unit_its_file_was_read_in(by, tmp_path):
    """A file said to be in thousands: 12.50 in a mended row is 12,500 as in every other row."""
    taken(by, written(tmp_path, "ar", [*items(3), BAD]), "ar", unit="thousand")
    before = totals(by).lines[1]
    (row,) = _waiting(by)
    _mend(by, row, amount="12.50")
    assert totals(by).lines[1] - before == 1_250_000


def test_rows_are_applied_again_once_the_rate_is_there(by, tmp_path):
    """A row without a rate waits; when the rate came in, a retry applies it and leaves the rest."""
    from tradeline.actions.quarantine import retry_rows

    taken(by, written(tmp_path, "ar", [*items(3), FOREIGN, BAD]), "ar")
    before = dump(by)
    now = datetime.now(UTC)
    none = retry_rows(kind="ar", day=DAY, by=by, at=now)
    assert (none.mended, none.left) == (0, 2)
    assert dump(by) == before
    taken(by, written(tmp_path, "rates", [("2026-06-29", "USD", "INR", "90")]), "rates")
    exposure = totals(by).lines[1]
    done = retry_rows(kind="ar", day=DAY, by=by, at=now)
    assert (done.mended, done.left) == (1, 1)
    assert totals(by).lines[1] - exposure == 90_000
    assert [row.cells["document_no"] for row in _waiting(by)] == ["INV9"]


def test_the_terminal(with_bad):
    """The four commands work, with words and with JSON."""
    from tradeline.cli.main import app

    def ran(*words):
        found = CliRunner().invoke(app, ["quarantine", *words], env={
            "TRADELINE_ORGANISATION": str(with_bad.organisation_id), "TRADELINE_USER": name,
        })  # fmt: skip
        return found.exit_code, found.output

    from tradeline.models import User

    name = User.objects.get(pk=with_bad.user_id).username
    code, text = ran("list", "--json")
    assert code == 0
    (row,) = json.loads(text)
    assert "abc" in ran("list")[1]
    assert "0 rows applied, 1 still" in ran("retry", "ar")[1]
    assert ran("mend", row["row"], "amount=still")[0] == 2
    assert ran("drop", str(uuid.uuid4()), "--reason", "none")[0] == 2
    code, text = ran("mend", row["row"], "amount=12.50", "--as-of", "2026-06-30", "--json")
    assert code == 0
    assert json.loads(text)["rows_applied"] == 1
    assert "No row waits" in ran("list")[1]
