"""The same bytes are the same import only if they are read in the same way."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from kit import DAY, HEADERS, items, rows_of, taken, written

READINGS = {
    "unit": {"unit": "thousand"},
    "currency": {"currency": "USD"},
    "mapping": {"mapping": {"open_amount": "amount", "amount": "open_amount"}},
    "entity": {"entity": "IN02"},
}


def imported(by, path, kind="ar", *, entity="IN01", full_of=(), tax=None, rate=None, **options):
    """Import a file that names neither currency nor entity, read in one way or another."""
    from tradeline.actions.imports import ImportRequest, import_feed
    from tradeline.files.feeds import ReadOptions, Source, read_feed

    options = {"currency": "INR", **options}
    feed = read_feed(Source(path=path), kind, ReadOptions(**options), entity=entity,
                     tax_included=tax, tax_rate=rate)  # fmt: skip
    request = ImportRequest(feed=feed, day=DAY, full_extract=bool(full_of), extract_of=full_of)
    return import_feed(request, by=by, at=datetime.now(UTC))


@pytest.fixture
def path(tmp_path, by):
    """Return a ledger without currency and entity; there are rates, and a second entity."""
    from tradeline.actions.organisations import add_entity

    add_entity(code="IN02", name="Two", currency="INR", country="IN", by=by, at=datetime.now(UTC))
    taken(by, written(tmp_path, "rates", [("2026-06-29", "USD", "INR", "90")]), "rates")
    file = tmp_path / "ledger.csv"
    rows = [HEADERS["ar"], *items(3, accounts=1)]
    file.write_text("\n".join(",".join([*row[:5], *row[6:]]) for row in rows), "utf-8")
    return file


@pytest.mark.parametrize("reading", READINGS)
def test_read_in_another_way_it_is_another_import(by, path, reading):
    """Nothing has to be said for it to count; read so once more it is a repeat."""
    first = imported(by, path)
    other = imported(by, path, **READINGS[reading])
    assert not other.repeated
    assert other.rows_applied or reading == "mapping"  # both columns hold the same figures
    again = imported(by, path, **READINGS[reading])
    assert (again.repeated, again.batch_id) == (True, other.batch_id)
    assert imported(by, path).batch_id == first.batch_id


def test_an_answer_that_changes_nothing_is_a_repeat(by, path):
    """To name the decimal mark that is found anyway is no other way, nor the tax of a ledger."""
    imported(by, path)
    assert imported(by, path, decimal=".", delimiter=",", header_row=1, tax=True).repeated


def test_tax_is_part_of_the_reading(by, tmp_path):
    """Orders read with tax, then without, then at another rate, are three imports."""
    row = ("C1", "SO1", "1", "open", "INR", "50.00", "0.00", "0.00", "2026-07-01")
    orders = written(tmp_path, "orders", [row])
    assert not imported(by, orders, "orders", tax=True).repeated
    for rate in (Decimal(18), Decimal(5)):
        assert not imported(by, orders, "orders", tax=False, rate=rate).repeated
    assert imported(by, orders, "orders", tax=True).repeated


def test_the_entities_of_an_extract_are_part_of_it(by, path):
    """The same file as an extract of one entity, and then of two, is not the same statement."""
    imported(by, path)
    assert not imported(by, path, full_of=("IN01",)).repeated
    assert not imported(by, path, full_of=("IN01", "IN02")).repeated
    assert imported(by, path, full_of=("IN02", "IN01")).repeated
    assert rows_of(by, "SELECT count(*) FROM import_batch WHERE kind = 'ar'") == [(3,)]
