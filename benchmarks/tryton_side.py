"""Tryton's side of benchmarks/tryton.py; runs in Tryton's own environment, never in ours.

It drives the installed program through its public interface and holds nothing of it. One argument,
the database's URL; one JSON question a line on standard input, one JSON answer a line.
"""

from __future__ import annotations

import functools
import json
import sys
import time
from decimal import Decimal
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import urlsplit

EACH: Final = Decimal(100)  # of one open order; no tax
ROOM: Final = Decimal(1000)  # between the orders and the limit


def main() -> None:
    """Answer questions until there are no more."""
    url = sys.argv[1]
    database = urlsplit(url).path.strip("/")
    for line in sys.stdin:
        asked = json.loads(line)
        name = asked.pop("do")
        answer = prepare(url, **asked) if name == "prepare" else _ASKED[name](database, **asked)
        print(json.dumps(answer), flush=True)


def prepare(url: str, histories: list[int]) -> dict[str, Any]:
    """Set up a company and one customer for each number of open orders; return their ids."""
    from proteus import Model, config
    from trytond.modules.account.tests.tools import create_chart, get_accounts
    from trytond.modules.company.tests.tools import create_company

    config.set_trytond(url)
    create_company()
    create_chart()
    product = _product(Model, get_accounts()["revenue"])
    states: set[str] = set()
    parties = []
    for number, orders in enumerate(histories):
        party = Model.get("party.party")(name=f"Customer {number}")
        party.save()
        states |= _orders(Model.get("sale.sale"), party, product, orders)
        party.credit_limit_amount = EACH * orders + ROOM  # only now: until here nothing is checked
        party.save()
        parties.append(party.id)
    names = ("trytond", "trytond_account_credit_limit", "trytond_sale_credit_limit")
    return {
        "parties": parties, "states": sorted(states),
        "versions": {name: version(name) for name in names},
    }  # fmt: skip


def _product(model: Any, revenue: Any) -> Any:
    category = model.get("product.category")(name="Goods", accounting=True)
    category.account_revenue = revenue
    category.save()
    template = model.get("product.template")(name="Thing", type="goods", salable=True)
    (template.default_uom,) = model.get("product.uom").find([("name", "=", "Unit")])
    template.list_price = EACH
    template.account_category = category
    template.save()
    return template.products[0]


def _orders(sale_model: Any, party: Any, product: Any, orders: int) -> set[str]:
    """Confirm and process orders of one line each, as a clerk's buttons do; return their states."""
    if not orders:
        return set()
    sale = sale_model(party=party, invoice_method="order", shipment_method="order")
    line = sale.lines.new()
    line.product, line.quantity, line.unit_price = product, 1.0, EACH
    sale.save()
    sales = [sale]
    while len(sales) < orders:
        sales += sale_model.duplicate(sales[: orders - len(sales)])
    for button in ("quote", "confirm"):
        sale_model.click(sales, button)
    return {sale.state for sale in sale_model.find([("party", "=", party.id)])}


@functools.cache
def _opened(database: str) -> tuple[Any, int, int]:
    """Return the program's pool of models, the administrator and the company."""
    from trytond.pool import Pool
    from trytond.transaction import Transaction

    Pool.start()
    pool = Pool(database)
    pool.init()
    with Transaction().start(database, 0):
        (user,) = pool.get("res.user").search([("login", "=", "admin")])
        return pool, user.id, user.company.id


def _check(database: str, party: int, amount: Decimal, extras: dict[str, Any]) -> Any:
    """Check in a transaction as its server does for a request; return it, still open.

    The check finds out one by one which tables it must lock, and the transaction begins again each
    time, with what `extras` then says. With the `extras` of an earlier check it begins only once.
    Where another transaction has a table locked, the program waits and tries again by itself, so
    often as its configuration says, before it gives up.
    """
    from trytond.transaction import Transaction, TransactionError

    pool, user, company_id = _opened(database)
    while True:
        transaction = Transaction()
        transaction.start(database, user, context={"company": company_id}, **extras)
        try:
            company = pool.get("company.company")(company_id)
            pool.get("party.party")(party).check_credit_limit(amount, company)
        except TransactionError as error:
            transaction.stop(commit=False)
            error.fix(extras)
        except BaseException:
            transaction.stop(commit=False)
            raise
        else:
            return transaction


def edges(database: str, party: int) -> dict[str, bool]:
    """Say whether the room is granted and a cent more is refused: it does count the orders."""
    from trytond.modules.account_credit_limit.exceptions import CreditLimitError

    _check(database, party, ROOM, {}).stop(commit=True)
    try:
        _check(database, party, ROOM + Decimal("0.01"), {}).stop(commit=True)
    except CreditLimitError:
        return {"right": True}
    return {"right": False}


def rate(database: str, party: int, seconds: float, *, served: bool) -> dict[str, float]:
    """Check and commit for so many seconds; as served, or with the locks known from the start."""
    from trytond import backend

    known: dict[str, Any] = {}
    done = given_up = 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        try:
            _check(database, party, Decimal(1), {} if served else known).stop(commit=True)
            done += 1
        except backend.DatabaseOperationalError:
            given_up += 1
    took = time.perf_counter() - start
    return {"per_second": done / took, "done": done, "given_up": given_up}


_open: list[Any] = []


def hold(database: str, party: int) -> dict[str, list[str]]:
    """Check and leave the transaction open; return the tables it has locked."""
    transaction = _check(database, party, Decimal(1), {})
    _open.append(transaction)
    cursor = transaction.connection.cursor()
    cursor.execute(
        "SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() "
        "AND mode = 'ExclusiveLock' AND relation IS NOT NULL ORDER BY 1"
    )
    return {"tables": [row[0] for row in cursor.fetchall()]}


def release(_database: str) -> dict[str, bool]:
    """End the transaction that was left open."""
    _open.pop().stop(commit=True)
    return {"released": True}


def once(database: str, party: int) -> dict[str, str | None]:
    """Check once and return the error's name if the program gave up before a lock."""
    from trytond import backend

    try:
        _check(database, party, Decimal(1), {}).stop(commit=True)
    except backend.DatabaseOperationalError as error:
        return {"error": type(error).__name__}
    return {"error": None}


_ASKED: Final = {"edges": edges, "rate": rate, "hold": hold, "release": release, "once": once}

if __name__ == "__main__":
    main()
