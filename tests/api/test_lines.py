"""The lines of an order: they make up its amount, and are kept with what was decided."""

from __future__ import annotations

import json

import psycopg
import pytest

from tradeline.client import Client

LINES = [{"line_no": "1", "item": "Pump P-20", "quantity": "2", "amount": "60.00"},
         {"line_no": "2", "amount": "40.00"}]  # fmt: skip


@pytest.mark.parametrize("batch", [False, True])
def test_lines_are_kept_with_the_decision(shop, book, url, batch):
    """Alone or in a batch, through the client; an order that names none has none."""
    body = shop.order(lines=LINES)
    with Client(url, key=shop.key) as credit:
        if batch:
            [answer] = credit.check_many([body | {"key": body["order_no"]}])
        else:
            answer = credit.check(**body)
        assert answer.approved
        credit.change("amend", body["order_no"], **{
            name: body[name] for name in ("customer", "currency")}, amount="10.00")  # fmt: skip
    with psycopg.connect(book.superuser_url, dbname="tradeline") as root:
        rows = root.execute("SELECT lines FROM decision WHERE order_no = %s ORDER BY at",
                            [body["order_no"]]).fetchall()  # fmt: skip
    assert rows == [(LINES,), (None,)]


def test_other_lines_are_another_call(shop):
    """With the same key they are refused, as any other body is."""
    body = shop.order(lines=LINES)
    first = shop.post("/orders/checks", body, key="lines")
    assert first.status_code == 201
    other = body | {"lines": [{"line_no": "1", "amount": "100.00"}]}
    assert shop.post("/orders/checks", other, key="lines").status_code == 422
    assert json.loads(shop.post("/orders/checks", body, key="lines").text) == first.json()
