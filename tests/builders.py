"""Build accounts, portfolios and reviews the way a test wants to say them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from tradeline.engine.backends import open_engine
from tradeline.engine.review import review
from tradeline.engine.tables import MASTER
from tradeline.policy.schema import Policy

AS_OF = date(2026, 11, 22)
VALID_GSTIN = "27AAPFU0939F1ZV"

_PLACES = {"JPY": 0, "KWD": 3}


def minor(amount: Any, currency: str = "USD") -> int | None:
    """Return an amount of the currency in minor units; it must be whole there."""
    if amount is None:
        return None
    scaled = Decimal(str(amount)).scaleb(_PLACES.get(currency, 2))
    assert scaled == scaled.to_integral_value(), f"{amount} {currency} is finer than its minor unit"
    return int(scaled)


def x100(value: Any) -> int | None:
    """Return a decimal in hundredths."""
    return None if value is None else int(Decimal(str(value)) * 100)


def days_ago(days: int | None) -> date | None:
    """Return the day so many days before the review; negative lies in the future."""
    return None if days is None else AS_OF - timedelta(days=days)


_MONEY = {"limit": "credit_limit_minor", "outstanding": "outstanding_minor"}
_HUNDREDTHS = {"dso": "dso_days_x100", "track_record": "track_record_x100"}
_AGO = {
    "gap": "last_payment_date",
    "onboarded": "onboarded_date",
    "increased": "last_increase_date",
}


def account(**changes: Any) -> dict[str, Any]:
    """Return one clean account (Low, RETAIN) with the changes.

    Speaks in plain units: `limit` and `outstanding` in the currency, `dso` in days, `track_record`
    in points, `gap`, `onboarded` and `increased` in days before the review. Any other name is a
    column of the master.
    """
    said = {
        "limit": 100_000, "outstanding": 50_000, "dso": 40, "track_record": 86, "gap": 20,
        "entity": "MAIN", "customer_no": "C-1", "customer_name": "Acme", "currency": "USD",
        "ageing_bucket": "0-30", "disputed": False, "source_file": "master.csv", "source_row": 2,
    } | changes  # fmt: skip
    row: dict[str, Any] = dict.fromkeys(MASTER.names)
    for name, value in said.items():
        if name in _MONEY:
            row[_MONEY[name]] = minor(value, said["currency"])
        elif name in _HUNDREDTHS:
            row[_HUNDREDTHS[name]] = x100(value)
        elif name in _AGO:
            row[_AGO[name]] = days_ago(value)
        else:
            assert name in row, f"the master has no column {name}"
            row[name] = value
    return row


def portfolio(rows: list[dict[str, Any]]) -> pa.Table:
    """Return the rows as a master table."""
    return pa.Table.from_pylist(rows, schema=MASTER)


def standard(**changes: Any) -> Policy:
    """Return the standard policy with sections changed, each by its fields."""
    return Policy.model_validate(changes)


def reviewed(
    rows: list[dict[str, Any]],
    policy: Policy | None = None,
    *,
    currency: str = "USD",
    kind: str = "duckdb",
    url: str | None = None,
) -> Any:
    """Return the review of the rows on a fresh engine."""
    with open_engine(kind, url) as engine:
        return review(
            portfolio(rows), policy or Policy(), currency=currency, as_of=AS_OF, engine=engine
        )


def by_account(tables: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the accounts by entity and number, each with its `checks` and finding `codes`."""
    found = {
        (row["entity"], row["customer_no"]): row | {"checks": {}, "codes": []}
        for row in tables.accounts.to_pylist()
    }
    for row in tables.checks.to_pylist()[1:]:
        found[row["entity"], row["customer_no"]]["checks"][row["check"]] = row
    for row in tables.findings.to_pylist():
        found[row["entity"], row["customer_no"]]["codes"].append(row["code"])
    return found
