"""The example book: the generator gives the committed files, and each reads as its system's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradeline.files import demo_files
from tradeline.files.feeds import ReadOptions, Source, read_feed

BOOK = Path(__file__).parents[2] / "examples" / "book"
KINDS = {
    "limits": demo_files.LIMITS, "ar": demo_files.RECEIVABLES, "orders": demo_files.ORDERS,
    "customers": demo_files.CUSTOMERS, "payments": demo_files.PAYMENTS, "rates": demo_files.RATES,
}  # fmt: skip


def read(kind):
    """Return the feed of one kind."""
    return read_feed(
        Source(path=BOOK / KINDS[kind]), kind, ReadOptions(), entity="",
        tax_included=True if kind == "orders" else None,
    )  # fmt: skip


def test_the_generator_gives_the_files(tmp_path):
    """The committed files are what tools/examples_book.py writes, byte for byte."""
    demo_files.write_book(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {p.name for p in BOOK.iterdir()}
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (BOOK / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("kind", "faulty", "left_out"),
    [("limits", 1, 0), ("ar", 0, 1), ("orders", 0, 0), ("customers", 0, 0), ("payments", 0, 0),
     ("rates", 0, 0)],
)  # fmt: skip
def test_each_file_is_read_with_its_quirks(kind, faulty, left_out):
    """A blank limit is a fault, a total row is left out, everything else can be used."""
    feed = read(kind)
    assert (feed.rows_faulty, feed.left_out.num_rows) == (faulty, left_out)


def test_the_ledger_keeps_zeros_signs_and_umlauts():
    """Leading zeros, Latin-1 names, trailing minus, document types, disputes, other currencies."""
    rows = read("ar").table.to_pylist()
    assert {"0000020103", "C-1042"} <= {row["customer_no"] for row in rows}
    assert "Bäckerei Möhring KG" in {row["customer_name"] for row in rows}
    assert {row["kind"] for row in rows} == {"invoice", "credit_note", "cash", "deposit"}
    assert {row["currency"] for row in rows} == {"USD", "EUR", "CHF"}
    assert any(row["disputed"] for row in rows)
    star = [row["open_minor"] for row in rows if row["customer_no"] == "C-1042"]
    assert sum(star) == 70_000_00


def test_the_orders_hold_what_order_lists_hold():
    """Parts shipped and billed, a hold, an unknown status, GBP, dates on both sides of 60 days."""
    rows = {(row["order_no"], row["line_no"]): row for row in read("orders").table.to_pylist()}
    part = rows["SO8001", "1"]
    assert (part["ordered_minor"], part["shipped_minor"], part["invoiced_minor"]) == (
        20_000_00, 12_000_00, 8_000_00,
    )  # fmt: skip
    assert {"Credit Hold", "Awaiting Sample"} <= {row["status"] for row in rows.values()}
    assert rows["SO8004", "1"]["currency"] == "GBP"


def test_a_temporary_limit_stands_beside_the_standing_one():
    """C-1015 has both, each with its kind."""
    rows = [row for row in read("limits").table.to_pylist() if row["customer_no"] == "C-1015"]
    assert [row["kind"] for row in rows] == ["base", "temporary"]
    assert rows[1]["valid_to"].isoformat() == "2026-08-31"
