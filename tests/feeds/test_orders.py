"""Orders: tax is stated, never guessed; quantities are multiplied exactly; a line rounds once."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeline.errors import ArgumentFault, MappingFault, QuestionForUser
from tradeline.files.feed_tables import HEADERS
from tradeline.files.feeds import ReadOptions, Source, read_feed
from tradeline.money import gross_minor, gross_minors, line_minor

HEAD = ",".join(HEADERS["orders"])
AMOUNTS = f"""{HEAD}
              1,SO1,10, Partly shipped ,USD,100.05,33.33,0,2026-07-01"""
QUANTITIES = """customer_no,order_no,line_no,qty,qty shipped,qty invoiced,unit price,currency
                1,SO1,10,3,1,0,0.335,USD"""
PARTS = ("ordered_minor", "shipped_minor", "invoiced_minor", "cancelled_minor")


def parts(row):
    """Return the amounts of an order line."""
    return tuple(row.get(name) for name in PARTS)


def test_amounts_with_tax_stay(tray):
    """The status is trimmed and otherwise as it stands; no cancelled column is 0."""
    row = tray.rows("orders", AMOUNTS, tax_included=True)[0]
    assert parts(row) == (10005, 3333, 0, 0)
    assert row["status"] == "Partly shipped"


def test_amounts_without_tax_are_grossed_up(tray):
    """100.05 and 18 percent are 118.059, so 118.06; half a cent goes up."""
    row = tray.rows("orders", AMOUNTS, tax_included=False, tax_rate=Decimal(18))[0]
    assert parts(row) == (11806, 3933, 0, 0)
    row = tray.rows("orders", AMOUNTS, tax_included=False, tax_rate=Decimal("7.25"))[0]
    assert parts(row) == (10730, 3575, 0, 0)


@pytest.mark.parametrize(
    ("options", "words"),
    [({}, "--tax-included"), ({"tax_included": False}, "--tax-rate")],
)
def test_open_tax_is_a_question(tray, options, words):
    """The question names the option that answers it."""
    with pytest.raises(QuestionForUser) as caught:
        tray.feed("orders", AMOUNTS, **options)
    assert words in caught.value.mend


@pytest.mark.parametrize("rate", ["-1", "101", "1.23456", "NaN"])
def test_a_tax_rate_has_bounds(tray, rate):
    """A rate is 0 to 100 percent with at most four decimals."""
    with pytest.raises(ArgumentFault):
        tray.feed("orders", AMOUNTS, tax_included=False, tax_rate=Decimal(rate))


def test_a_column_says_whether_tax_is_included(tray):
    """Each row goes by its own cell; a blank one by the option, else it is a fault."""
    text = """customer_no,order_no,currency,ordered_amount,tax_included
              1,A,USD,100,yes
              1,B,USD,100,exclusive
              1,C,USD,100,"""
    rows = tray.rows("orders", text, tax_rate=Decimal(10))
    assert [row.get("ordered_minor") for row in rows] == [10000, 11000, None]
    assert rows[2]["fault"] == "tax_included: is blank"
    rows = tray.rows("orders", text, tax_rate=Decimal(10), tax_included=True)
    assert [row.get("ordered_minor") for row in rows] == [10000, 11000, 10000]


def test_quantities_are_multiplied_and_rounded_once(tray):
    """3 times 0.335 is 1.005, so 1.01; with 18 percent 1.1859, so 1.19 and not 1.01 * 1.18."""
    assert parts(tray.rows("orders", QUANTITIES, tax_included=True)[0]) == (101, 34, 0, 0)
    row = tray.rows("orders", QUANTITIES, tax_included=False, tax_rate=Decimal(18))[0]
    assert parts(row) == (119, 40, 0, 0)


def test_a_price_per_hundred_is_one(tray):
    """A price unit divides; a blank or zero one is a fault."""
    text = """customer_no,order_no,qty,net price,price unit,currency
              1,A,250,12.50,100,EUR
              1,B,250,12.50,0,EUR"""
    rows = tray.rows("orders", text, tax_included=True)
    assert rows[0]["ordered_minor"] == 3125
    assert "gives no amount" in rows[1]["fault"]


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ("x,1,5", "ordered_qty: x"),
        (",1,5", "ordered_qty: is blank"),
        ("1,,5", "shipped_qty: is blank"),
        ("1,1,", "unit_price: is blank"),
        ("-1,1,5", "ordered_qty: is negative"),
        ("9999999999,1,999999999", "ordered_qty: gives no amount that can be used with its price"),
    ],
)
def test_faults_of_quantities(tray, cells, fault):
    """A quantity or price that cannot be used never becomes 0."""
    text = f"customer_no,order_no,qty,shipped qty,unit price,currency\n1,A,{cells},USD"
    assert tray.rows("orders", text, tax_included=True)[0]["fault"] == fault


def test_blank_is_zero_only_for_what_was_cancelled(tray):
    """A blank shipped amount is a fault; so is a cancelled one that cannot be read."""
    text = """customer_no,order_no,currency,ordered_amount,shipped_amount,cancelled_amount
              1,A,USD,5,0,
              1,B,USD,5,,1
              1,C,USD,5,0,x"""
    rows = tray.rows("orders", text, tax_included=True)
    assert [row.get("cancelled_minor") for row in rows] == [0, 100, None]
    assert [row.get("fault") for row in rows] == [
        None, "shipped_amount: is blank", "cancelled_amount: x",
    ]  # fmt: skip


def test_an_absent_column_is_unknown_and_noted(tray):
    """Shipped and invoiced are null where the file does not have them."""
    feed = tray.feed("orders", "customer_no,order_no,currency,ordered_amount\n1,A,USD,5",
                     tax_included=True)  # fmt: skip
    assert feed.table["shipped_minor"].null_count == 1
    assert feed.findings["code"].to_pylist() == ["COLUMN_ABSENT", "COLUMN_ABSENT"]


def test_an_article_is_no_line_number(tray):
    """`Item` is the line in one system and the article in another; the values tell."""
    text = "Customer No,Order No,Item,Amount,Currency\n1,A,{},5,USD"
    assert tray.rows("orders", text.format("000010"), tax_included=True)[0]["line_no"] == "000010"
    assert "line_no" not in tray.rows("orders", text.format("Widget"), tax_included=True)[0]
    named = {"tax_included": True, "mapping": {"Item": "line_no"}}
    assert tray.rows("orders", text.format("1a"), **named)[0]["line_no"] == "1a"


def test_without_price_or_amount_columns_are_missing(tray):
    """Quantities alone are no order of the book."""
    with pytest.raises(MappingFault, match="unit_price"):
        tray.feed("orders", "customer_no,order_no,qty,currency\n1,A,5,USD", tax_included=True)


@given(
    st.lists(st.integers(-900_000_000_000_000, 900_000_000_000_000), min_size=1, max_size=20),
    st.decimals(0, 100, places=4),
)
def test_tax_on_a_column_is_tax_on_each_amount(nets, rate):
    """The column in whole numbers, one amount as a fraction, and the decimal by hand agree."""
    wanted = [gross_minor(net, rate) for net in nets]
    assert gross_minors(np.array(nets, dtype=np.int64), rate).tolist() == wanted
    by_hand = Decimal(nets[0]) * (100 + rate) / 100
    assert wanted[0] == int(by_hand.quantize(Decimal(1), rounding=ROUND_HALF_UP))


@given(st.decimals(0, 10**6, places=3), st.decimals(0, 10**6, places=4))
def test_a_line_is_the_exact_product(quantity, price):
    """Quantity times price, rounded half-up at the currency's last digit."""
    exact = (quantity * price).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert line_minor(quantity, price, "USD") == int(exact * 100)


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(
            st.decimals(0, 10**5, places=3), st.decimals(0, 10**5, places=4),
            st.sampled_from(("USD", "JPY", "KWD")),
        ),
        min_size=1, max_size=12,
    ),
    st.decimals(0, 100, places=4),
)  # fmt: skip
def test_columns_of_products_are_the_lines(tmp_path_factory, lines, rate):
    """Whole columns multiplied give what each line gives by itself."""
    rows = [f"1,A{n},{q:f},{p:f},{code}" for n, (q, p, code) in enumerate(lines)]
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    path.write_text("\n".join(["customer_no,order_no,qty,unit price,currency", *rows]), "utf-8")
    feed = read_feed(
        Source(path=path), "orders", ReadOptions(decimal="."), entity="M",
        tax_included=False, tax_rate=rate,
    )  # fmt: skip
    wanted = [line_minor(q, p, code, tax_rate_pct=rate) for q, p, code in lines]
    assert feed.table["ordered_minor"].to_pylist() == wanted
