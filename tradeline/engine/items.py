"""From open items and payments to one row per account: balance, age, DSO, disputes, behaviour.

Items and payments carry what a credit master may lack. Only facts known on the review date count:
documents dated and payments received after it are left aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from tradeline.engine.keys import ACCOUNT as KEY
from tradeline.engine.keys import join_account
from tradeline.engine.prepare import day_number
from tradeline.engine.track_scores import alone, failures, single_sums, track_scores
from tradeline.policy.schema import BUCKETS

if TYPE_CHECKING:
    from datetime import date

    import ibis.expr.types as ir

    from tradeline.engine.backends import Engine
    from tradeline.policy.schema import Policy

DEBITS: Final = ("invoice", "debit_note", "interest")
SALES: Final = ("invoice", "debit_note")
_DSO_MAX: Final = 100_000  # balances beyond this many times the sales give no DSO

FACTS: Final = (
    "outstanding_minor",
    "ageing_bucket",
    "dso_days_x100",
    "last_payment_date",
    "track_record_x100",
    "disputed",
    "onboarded_date",
    "outstanding_fault",
)


def account_facts(
    items: pa.Table, payments: pa.Table | None, policy: Policy, *, as_of: date, engine: Engine
) -> pa.Table:
    """Return one row per account with ACCOUNT and FACTS, typed as in the master.

    `items` and `payments` carry `account_key` (see keys).
    """
    today = day_number(as_of)
    days = _with_days(items, document_day="document_date", due_day="due_date")
    if payments is None:
        documents = engine.load("items", days)
        balances = engine.stage("balances", _balances(documents, policy, today))
        facts = _balance_facts(balances, policy).mutate(
            last_payment_day=ibis.null("int64"), track_record_x100=ibis.null("int64")
        )
    else:
        paid = engine.load("payments", _with_days(payments, payment_day="date"))
        facts = _with_behaviour(days, paid, policy, today=today, engine=engine)
    return _dated(engine.fetch(_bucketed(facts, policy, today)))


def _with_behaviour(
    items: pa.Table, paid: ir.Table, policy: Policy, *, today: int, engine: Engine
) -> ir.Table:
    """Return the facts of the balances with the last payment and the track record."""
    single = alone(items)
    documents = engine.load("items", items.append_column("alone", single))
    several = engine.load("several", items.filter(pc.invert(single)))
    rules = policy.track_score
    sums = single_sums(documents, rules, today)
    balances = engine.stage("balances", _balances(documents, policy, today, **sums))
    latest = engine.stage("latest", _last_payments(paid, today, failures(paid, rules, today)))
    known = join_account(balances.select(*KEY, *sums), latest.select(*KEY, "failures"))
    scores = track_scores(documents, several, paid, known, policy, today=today, engine=engine)
    facts = join_account(_balance_facts(balances, policy), _latest(latest))
    return join_account(facts, scores)


def _with_days(table: pa.Table, **days: str) -> pa.Table:
    """Return the table with its dates as day numbers; the source columns are not needed here."""
    dropped = [*days.values(), "source_file", "source_sheet", "source_row", "customer_no",
               "customer_name"]  # fmt: skip
    kept = table.drop_columns([name for name in dropped if name in table.column_names])
    for name, source in days.items():
        kept = kept.append_column(name, table[source].cast(pa.int32()).cast(pa.int64()))
    return kept


def _balances(t: ir.Table, policy: Policy, today: int, **also: ir.Value) -> ir.Table:
    """Return sums per account over documents dated up to today; `also` are further sums."""
    basis = t.due_day if policy.ageing.basis == "due_date" else t.document_day
    known = (t.document_day <= today).fill_null(True) & t.fault.isnull()
    debit = t.kind.isin(DEBITS)
    recent = known & (t.document_day > today - policy.dso.window_days)
    owed = known & debit & (t.open_minor > 0)
    return t.group_by(*KEY).agg(
        debits=t.open_minor.sum(where=known & debit),
        credits=t.open_minor.sum(where=known & ~debit),
        sales=t.amount_minor.sum(where=recent & t.kind.isin(SALES)),
        returns=t.amount_minor.sum(where=recent & (t.kind == "credit_note")),
        oldest_day=basis.fill_null(t.document_day).min(where=owed),
        disputes=ibis.ifelse(owed & t.disputed, 1, 0).max(),
        first_day=t.document_day.min(where=known),
        faults=ibis.ifelse(t.fault.notnull(), 1, 0).sum(),
        **also,
    )


def _balance_facts(t: ir.Table, policy: Policy) -> ir.Table:
    sums = (
        "debits",
        "credits",
        "sales",
        "returns",
        "faults",
        "oldest_day",
        "first_day",
        "disputes",
    )
    t = t.select(*KEY, **{name: t[name].cast("int64").fill_null(0) for name in sums[:5]},
                 **{name: t[name].cast("int64") for name in sums[5:]})  # fmt: skip
    return t.select(
        *KEY,
        "oldest_day",
        outstanding_minor=t.debits - t.credits,
        disputed=t.disputes == 1,
        onboarded_day=t.first_day,
        dso_days_x100=_dso_x100(t.debits - t.credits, t.sales - t.returns, policy.dso.window_days),
        outstanding_fault=ibis.ifelse(
            t.faults > 0,
            t.faults.cast("string") + " unreadable items",
            ibis.null("string"),
        ),
    )


def _dso_x100(balance: ir.Value, sales: ir.Value, days: int) -> ir.Value:
    """Return balance / sales x days in hundredths; null without sales, or where they are tiny."""
    owed = ibis.greatest(balance, 0)
    divisor = ibis.greatest(sales, 1)
    whole = owed // divisor
    fraction = ((owed % divisor) * (days * 100) + divisor // 2) // divisor
    usable = (sales > 0) & (whole < _DSO_MAX)
    return ibis.ifelse(usable, whole * (days * 100) + fraction, ibis.null("int64"))


def _last_payments(t: ir.Table, today: int, failed: ir.Value) -> ir.Table:
    """Return the last day on which each account paid, as far as it is known, and its failures."""
    counted = (t.kind == "payment") & t.fault.isnull() & (t.payment_day <= today)
    return t.group_by(*KEY).agg(last_payment_day=t.payment_day.max(where=counted), failures=failed)


def _latest(t: ir.Table) -> ir.Table:
    return t.select(*KEY, last_payment_day=t.last_payment_day.cast("int64"))


def _bucketed(t: ir.Table, policy: Policy, today: int) -> ir.Table:
    """Return the facts with the bucket of the oldest open item; nothing open gives none."""
    first, second, third = policy.ageing.bucket_ends_days
    age_days = today - t.oldest_day
    bucket = ibis.cases(
        (age_days <= first, BUCKETS[0]),
        (age_days <= second, BUCKETS[1]),
        (age_days <= third, BUCKETS[2]),
        (age_days > third, BUCKETS[3]),
    )
    return t.mutate(ageing_bucket=bucket).drop("oldest_day")


def _dated(facts: pa.Table) -> pa.Table:
    """Turn day numbers back into dates."""
    for name in ("last_payment", "onboarded"):
        days = facts[f"{name}_day"].cast(pa.int32()).cast(pa.date32())
        facts = facts.drop_columns([f"{name}_day"]).append_column(f"{name}_date", days)
    return facts
