"""Rows in are rows in the table plus rows left out, and money adds up to the cent."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeline.errors import HostileFile
from tradeline.files import feed_prepare
from tradeline.files.feeds import Feed, ReadOptions, Source, read_feed
from tradeline.money import to_minor

HEAD = ["customer_no", "document_no", "due_date", "currency", "amount", "open_amount"]
CODES = ("USD", "JPY", "KWD")
GOOD = st.tuples(st.sampled_from(CODES), st.integers(0, 10**9), st.booleans())
LINES = st.lists(
    st.one_of(GOOD, st.sampled_from(["blank", "total", "short", "odd", "broken"])), max_size=30
)


def line(number: int, each: Any) -> tuple[list[str], tuple[str, Decimal] | None]:
    """Return the cells of a line, and the money it holds."""
    if each == "blank":
        return [], None
    if each == "total":
        return ["Total", "", "", "", "99", "99"], None
    if each == "short":
        return ["C1", "X"], None
    if each == "odd":
        return ["C1", f"D{number}", "soon", "USD", "7.00", "x"], ("USD", Decimal(7))
    if each == "broken":
        return ["C1", f"D{number}", "2026-06-20", "", "8", "8"], None
    code, minor, grouped = each
    digits = {"USD": 2, "JPY": 0, "KWD": 3}[code]
    amount = Decimal(minor).scaleb(-digits)
    shown = f"{amount:,f}" if grouped else f"{amount:f}"
    return [f"C{number}", f"D{number}", "2026-06-20", code, shown, shown], (code, amount)


@settings(max_examples=25)
@given(LINES)
def test_counts_and_totals_add_up(tmp_path_factory, lines):
    """Every line is there once, in order, and the sums by currency are the file's own."""
    made = [line(number, each) for number, each in enumerate(lines)]
    text = io.StringIO()
    csv.writer(text).writerows([HEAD, *(cells for cells, _ in made)])
    path = tmp_path_factory.mktemp("feed") / "ar.csv"
    path.write_text(text.getvalue(), "utf-8")
    if lines.count("short") > 10:
        return
    feed = (
        read_feed(Source(path=path), "ar", ReadOptions(decimal=".", delimiter=","), entity="M")
        if any(isinstance(each, tuple) or each == "odd" for each in lines)
        else None
    )
    if feed is None:
        return
    left_out = ("blank", "total")
    assert feed.rows_in == len(lines)
    assert feed.table["source_row"].to_pylist() == [
        row for row, each in enumerate(lines, 2) if each not in left_out
    ]
    assert feed.left_out.to_pylist() == [
        {"source_row": row, "reason": each} for row, each in enumerate(lines, 2) if each in left_out
    ]
    assert feed.rows_faulty == sum(each in ("short", "odd", "broken") for each in lines)
    wanted: dict[str, int] = {}
    for _, money in made:
        if money:
            wanted[money[0]] = wanted.get(money[0], 0) + to_minor(money[1], money[0])
    assert feed.totals["amount_minor"] == wanted


def test_sums_do_not_overflow(tray):
    """Twenty thousand of the largest amounts are beyond 64 bits, and still right."""
    rows = "\n".join(f"C{n},USD,9000000000000.00" for n in range(20_000))
    feed = tray.feed("limits", f"customer_no,currency,limit\n{rows}")
    assert feed.totals == {"limit_minor": {"USD": 20_000 * 900_000_000_000_000}}


def long_file() -> str:
    """Return a file of documents in three currencies, with one of each kind of cell."""
    amounts = ("10.05", "7", "-3.00", "0.005", "12345678.90")
    rows = [
        f"C{n:04d},D{n},{('invoice', 'CN', '')[n % 3]},2026-06-{n % 28 + 1:02d},"
        f"{CODES[n % 3] if n % 3 < 2 else 'USD'},{amounts[n % 2] if n % 3 != 1 else 7},"
        f"{amounts[n % 2] if n % 3 != 1 else 7},{('yes', '', 'no')[n % 3]}"
        for n in range(300)
    ]
    return "\n".join(
        ["customer_no,document_no,kind,due_date,currency,amount,open_amount,disputed", *rows]
    )


def same(one: Feed, other: Feed) -> None:
    """Hold two readings to each other."""
    assert one.table.equals(other.table)
    assert one.findings.equals(other.findings)
    assert (one.totals, one.rows_in, one.left_out) == (other.totals, other.rows_in, other.left_out)
    assert one.report == other.report


@pytest.mark.parametrize(
    "change",
    [
        ("", ""),
        ("D17,", "Grand Total,"),
        ("10.05", "1.00"),
        ("10.05", '"1,000.05"'),
        ("D17,", "5E+17,"),
        ("10.05", "10.055"),
        ("2026-06-05", "05/13/2026"),
        ("C0005", "Café 5"),
    ],
)
def test_the_short_way_gives_what_the_long_way_gives(tray, monkeypatch, change):
    """Clean or not: a file read as columns is the file looked at row by row."""
    text = long_file().replace(*change) if change[0] else long_file()
    monkeypatch.setattr(feed_prepare, "_LONG_ROWS", 1)
    short = tray.feed("ar", text)
    monkeypatch.setattr(feed_prepare, "_LONG_ROWS", 10**9)
    same(short, tray.feed("ar", text))


def test_parquet_is_read_like_csv(tray):
    """Typed columns give the same rows; only places are counted from 1."""
    text = tray.feed("ar", long_file())
    columns = dict(zip(HEAD, zip(*(  # the same file, typed
        (r["customer_no"], r["document_no"], r["due_date"], r["currency"]) for r in
        text.table.to_pylist()), strict=True), strict=False))  # fmt: skip
    money = [Decimal(r["amount_minor"]).scaleb(-2 if r["currency"] == "USD" else 0)
             for r in text.table.to_pylist()]  # fmt: skip
    table = pa.table(
        {
            **{name: pa.array(values) for name, values in columns.items()},
            "kind": text.table["kind"],
            "amount": pa.array(money, pa.decimal128(18, 2)),
            "open_amount": pa.array(money, pa.decimal128(18, 2)),
            "disputed": text.table["disputed"],
        }
    )
    path = tray.folder / "ar.parquet"
    pq.write_table(table, path)
    feed = read_feed(Source(path=path), "ar", ReadOptions(), entity="MAIN")
    assert feed.table.drop(["source_row"]).equals(text.table.drop(["source_row"]))
    assert feed.table["source_row"].to_pylist() == list(range(1, 301))


def test_a_workbook_rounds_what_it_hides(tray, tmp_path):
    """A cell of 1/3 is 0.33; dates and whole customer numbers come as they are shown."""
    import openpyxl

    book = openpyxl.Workbook()
    page = book.active
    page.append(["customer_no", "currency", "limit", "valid_from"])
    page.append([123, "USD", 1 / 3, date(2026, 6, 20)])
    page.append([None, None, None, None])
    page.append(["000124", "JPY", 1000, None])
    book.save(tmp_path / "limits.xlsx")
    feed = read_feed(Source(path=tmp_path / "limits.xlsx"), "limits", ReadOptions(), entity="M")
    rows = feed.table.to_pylist()
    assert [(r["customer_no"], r["limit_minor"], r["source_row"]) for r in rows] == [
        ("123", 33, 2), ("000124", 1000, 4),
    ]  # fmt: skip
    assert rows[0]["valid_from"] == date(2026, 6, 20)
    assert feed.left_out.to_pylist() == [{"source_row": 3, "reason": "blank"}]
    assert feed.raw([2])[2]["limit"] == "0.3333333333333333"


def test_raw_cells_come_back_as_they_stand(tray):
    """Outer blanks, formulas and broken rows are shown as the file has them."""
    feed = tray.feed("limits", b"customer_no,currency,limit\n 1 ,USD,=1+1\n2,USD\n\n3,USD,5\n")
    assert feed.table["fault"].to_pylist() == [
        "limit: =1+1", "row: has 2 fields, the header 3", None,
    ]  # fmt: skip
    assert feed.raw([2, 3, 5, 99]) == {
        2: {"customer_no": " 1 ", "currency": "USD", "limit": "=1+1"},
        3: {"(row)": "2,USD"},
        5: {"customer_no": "3", "currency": "USD", "limit": "5"},
    }


def test_hostile_text(tray):
    """A NUL is refused; a formula in a name is a text; control characters go."""
    with pytest.raises(HostileFile):
        tray.feed("customers", b"customer_no,name\n1,A\0B\n")
    rows = tray.rows("customers", "customer_no,name\n1,=HYPERLINK(1)\n2,A\u202eB")
    assert [row["customer_name"] for row in rows] == ["=HYPERLINK(1)", "AB"]


def test_sections_are_carried_down(tray):
    """A report by customer gives each document its customer; headings are left out by reason."""
    feed = tray.feed(
        "ar",
        """Date,Num,Due Date,Amount,Open Balance
        Amy's Shop,,,,
        2026-05-01,101,2026-06-01,50.00,50.00
        Total for Amy's Shop,,,50.00,50.00
        TOTAL,,,50.00,50.00""",
        currency="USD",
    )
    assert feed.table["customer_name"].to_pylist() == ["Amy's Shop"]
    assert feed.rows_in == 4
    assert feed.left_out["reason"].to_pylist() == ["section", "section", "section"]
