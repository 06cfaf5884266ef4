"""One master from what was given: a credit master, open items and payments, or both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import pyarrow as pa

from tradeline.engine.items import FACTS, account_facts
from tradeline.engine.keys import ACCOUNT, with_account_keys
from tradeline.engine.tables import MASTER

if TYPE_CHECKING:
    from datetime import date

    from tradeline.engine.backends import Engine
    from tradeline.policy.schema import Policy

_FAULTS: Final = {
    "outstanding_minor": "outstanding_fault",
    "ageing_bucket": "ageing_bucket_fault",
    "dso_days_x100": "dso_days_fault",
    "last_payment_date": "last_payment_date_fault",
    "track_record_x100": "track_record_fault",
    "disputed": "disputed_fault",
    "onboarded_date": "onboarded_date_fault",
}


def complete_master(
    master: pa.Table | None,
    items: pa.Table | None,
    payments: pa.Table | None,
    policy: Policy,
    *,
    currency: str,
    as_of: date,
    engine: Engine,
) -> pa.Table:
    """Return a full master: columns that the given one lacks come from the items.

    A column is lacking when no row has a value or a fault in it. Accounts that only the items know
    are added without a limit, so that the review says that they are not assessed.
    """
    if items is None:
        return MASTER.empty_table() if master is None else master
    given = MASTER.empty_table() if master is None else master
    keyed = with_account_keys([given, items] if payments is None else [given, items, payments])
    paid = None if payments is None else keyed[2]
    facts = _frame(account_facts(keyed[1], paid, policy, as_of=as_of, engine=engine))
    accounts = _frame(keyed[0])
    found = facts.with_columns(has_items=pl.lit(value=True))
    joined = accounts.join(found, on=ACCOUNT, how="left", suffix="_found", maintain_order="left")
    only_items = _strangers(facts, accounts, keyed[1], currency)
    return _typed(pl.concat([_fill(joined, accounts), only_items], how="diagonal"))


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)
    return frame


def _typed(frame: pl.DataFrame) -> pa.Table:
    columns = [
        frame[name] if name in frame.columns else pl.Series(name, [None] * frame.height)
        for name in MASTER.names
    ]
    table = pa.table({column.name: column.to_arrow() for column in columns})
    return table.cast(MASTER)


def _fill(joined: pl.DataFrame, given: pl.DataFrame) -> pl.DataFrame:
    """Take the found column wherever the given one is empty from top to bottom."""
    lacking = [
        name for name, fault in _FAULTS.items() if _empty(given, name) and _empty(given, fault)
    ]
    taken = [pl.col(f"{name}_found").alias(name) for name in lacking]
    if "outstanding_minor" in lacking:
        taken += [pl.col("outstanding_fault_found").alias("outstanding_fault")]
        taken += [_owes_nothing(name) for name in lacking if name == "outstanding_minor"]
    columns = {expression.meta.output_name(): expression for expression in taken}
    return joined.with_columns(columns.values()).select(given.columns)


def _owes_nothing(name: str) -> pl.Expr:
    """An account of the master without any item owes nothing."""
    found = pl.col(f"{name}_found")
    return pl.when(pl.col("has_items").is_null()).then(0).otherwise(found).alias(name)


def _empty(frame: pl.DataFrame, name: str) -> bool:
    return frame[name].null_count() == frame.height


def _strangers(
    facts: pl.DataFrame, given: pl.DataFrame, items: pa.Table, currency: str
) -> pl.DataFrame:
    """Return accounts that have items but no row in the master."""
    missing = facts.join(given.select(ACCOUNT), on=ACCOUNT, how="anti")
    if missing.height == 0:
        return pl.DataFrame()
    own = _frame(items).join(missing.select(ACCOUNT), on=ACCOUNT, how="semi")
    named = own.group_by(ACCOUNT, maintain_order=True).agg(
        pl.col("customer_no", "customer_name").drop_nulls().first(),
        pl.col("source_file", "source_sheet", "source_row").first(),
    )
    added = named.join(missing, on=ACCOUNT, how="left", maintain_order="left")
    return added.with_columns(currency=pl.lit(currency)).select(
        "entity", "customer_no", "customer_name", "currency",
        "source_file", "source_sheet", "source_row", *FACTS,
    )  # fmt: skip
