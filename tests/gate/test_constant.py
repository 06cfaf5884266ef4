"""What a call reads does not grow with the book: a handful of rows of each table."""

from __future__ import annotations

import pytest

from tests.gate import kit
from tests.gate.kit import ask

MANY, FEW = 150, 30
READ = """SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
    FROM pg_stat_xact_user_tables WHERE schemaname = 'public'"""
CALLS = {
    "authorise": {"order_no": "new", "customer": "C0", "amount_minor": 1},
    "held": {"verb": "authorise", "order_no": "large", "customer": "C0", "amount_minor": 10**9},
    "sale": {"order_no": "receipt", "customer": "C0", "amount_minor": 1},
    "dry_run": {"order_no": "maybe", "customer": "C0", "amount_minor": 1},
    "amend": {"order_no": "O1", "customer": "C0", "amount_minor": 2},
    "ship": {"order_no": "O2", "amount_minor": 1},
    "invoice": {"order_no": "O3", "amount_minor": 1},
    "return": {"order_no": "O4", "amount_minor": 1},
    "cancel": {"order_no": "O5"},
    "close": {"order_no": "O6"},
    "expire": {"order_no": "O7"},
    "move": {"order_no": "O8", "customer": "C1"},
    "void": {"order_no": None, "key": "K9"},
}  # fmt: skip


@pytest.fixture(scope="module")
def grown(book):
    """Return a shop with many orders, open items, decisions and holds."""
    shop = kit.shop(book, 2)
    shop.take("ar", [
        {"customer_no": "C0", "document_no": f"D{n}", "due_date": kit.today(),
         "document_date": kit.today(), "amount_minor": 1} for n in range(MANY)
    ])  # fmt: skip
    with shop.client() as gate:
        for number in range(MANY):
            gate.settle(ask("authorise", f"O{number}", customer="C0", amount_minor=5,
                            key=f"K{number}"))  # fmt: skip
            gate.settle(ask("authorise", f"H{number}", customer="C0", amount_minor=10**9))
    return shop


@pytest.mark.parametrize("name", CALLS)
def test_a_call_reads_a_handful_of_rows(grown, name):
    """By any plan, in a book of which the server has no statistics yet."""
    facts = {"verb": name, **CALLS[name]}
    with grown.client() as gate, gate.connection.transaction():
        gate.tell()
        before = dict(gate.connection.execute(READ).fetchall())
        call = ask(facts.pop("verb"), facts.pop("order_no"), **facts)
        [reply] = gate.call(call)
        assert reply.status < 300 or name in {"expire", "return"}, reply.text
        read = {table: count - before.get(table, 0)
                for table, count in gate.connection.execute(READ).fetchall()}  # fmt: skip
    assert {table: count for table, count in read.items() if count > FEW} == {}
