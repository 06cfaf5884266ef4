"""Apply the receivables ledger: documents, and the counters that are their sums."""

from __future__ import annotations

from typing import Final

import polars as pl

from tradeline.actions.accounts import name_nameless
from tradeline.actions.closing import confirm_closing, refuse_overtaken
from tradeline.actions.lines import apply_changes, begin_changes
from tradeline.actions.orders import recount_orders
from tradeline.actions.rates import converted_sql
from tradeline.actions.staging import Load, Outcome, stage
from tradeline.actions.standing import mark_stale
from tradeline.engine.feed_checks import DEBITS, set_aside, settle_repeats, without_blanks

KEY: Final = ("account_id", "document_no", "kind")
_FACTS: Final = (
    "document_date", "due_date", "currency", "amount_minor", "open_minor", "disputed", "order_no",
)  # fmt: skip
TABLE: Final = "document"
TOTAL: Final = "open_minor"
CONVERTED: Final = ("open_minor",)
_DEBITS: Final = ", ".join(f"'{kind}'" for kind in DEBITS)


def check(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside the documents that cannot be."""
    frame = without_blanks(frame, ("customer_no", "document_no", "amount_minor", "open_minor"))
    frame = set_aside(frame, pl.col("open_minor") < 0, "the open amount is negative")
    return set_aside(
        frame, pl.col("open_minor") > pl.col("amount_minor"), "the open amount exceeds the amount"
    )


def settle(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out equal repeats and set aside conflicting ones."""
    blank = pl.col("order_no").fill_null("")
    frame = frame.with_columns(order_no=blank, disputed=pl.col("disputed").fill_null(value=False))
    return settle_repeats(frame, KEY, _FACTS)


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Write what is new or changed, close what a full extract lacks, and move the lines."""
    name_nameless(load.work, rows)
    names = [*KEY, *_FACTS, "line_currency"]
    stage(load.work, rows.select(names).sort(*KEY), KEY)
    refuse_overtaken(load, "document", KEY)
    begin_changes(load.work)
    _compare(load)
    confirm_closing(load, _MISSING, "document", "open_minor > 0")
    _count_changes(load)
    closed = _close(load)
    _write(load)
    recount_orders(load, _TOUCHED)
    moved = apply_changes(
        load.work, kind="documents", day=load.day, batch_id=load.batch_id, reason="",
        policy=load.policy,
    )  # fmt: skip
    touched = "SELECT account_id FROM difference UNION SELECT account_id FROM line_change"
    mark_stale(load.work, touched)
    applied = load.value("SELECT count(*) FROM difference")
    return Outcome(applied=applied, unchanged=rows.height - applied, closed=closed, moved=moved)


def _compare(load: Load) -> None:
    """Make `difference`: the rows that are new or changed, with what the book counts for them.

    Where the book has no document yet, all rows are new, and none is copied a second time.
    """
    counted = f"""(SELECT s.*, {converted_sql("s.open_minor")} AS counted_minor
        FROM staged s LEFT JOIN factor f USING (currency, line_currency))"""
    if load.value("SELECT EXISTS (SELECT FROM document WHERE organisation_id = %(organisation)s)"):
        load.run(
            f"""CREATE TEMP TABLE difference ON COMMIT DROP AS
            SELECT s.*, d.kind IS NULL AS is_new, coalesce(d.counted_minor, 0) AS old_counted,
                coalesce(d.disputed, false) AS old_disputed, d.order_no AS old_order_no,
                d.currency AS old_currency
            FROM {counted} s
            LEFT JOIN document d ON d.organisation_id = %(organisation)s AND {_same_key("d", "s")}
            WHERE d.kind IS NULL OR {_differs("d", "s")}"""
        )
    else:
        load.run(
            f"""CREATE TEMP VIEW difference AS
            SELECT s.*, true AS is_new, 0::bigint AS old_counted, false AS old_disputed,
                '' AS old_order_no, '' AS old_currency
            FROM {counted} s"""
        )


# Orders whose invoices changed: what is invoiced no longer counts as ordered or shipped. A document
# that names another order than before touches both.
_TOUCHED: Final = """SELECT account_id, order_no, currency FROM difference WHERE order_no <> ''
    UNION SELECT account_id, old_order_no, old_currency FROM difference WHERE old_order_no <> ''"""


def _same_key(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in KEY)


def _differs(one: str, other: str) -> str:
    ours, theirs = (
        ", ".join(f"{table}.{name}" for name in (*_FACTS, "counted_minor"))
        for table in (one, other)
    )
    return f"({ours}) IS DISTINCT FROM ({theirs})"


# Open documents of the file's entities that a full extract does not have. A row that was set aside
# may be any document of its account: there nothing is missing.
_MISSING: Final = f"""document d JOIN account a ON a.organisation_id = d.organisation_id
    AND a.id = d.account_id
    WHERE d.organisation_id = %(organisation)s AND d.open_minor > 0
        AND a.entity_id = ANY(%(entities)s::uuid[]) AND a.id <> ALL(%(kept)s::uuid[])
        AND NOT EXISTS (SELECT FROM staged s WHERE {_same_key("s", "d")})"""


def _count_changes(load: Load) -> None:
    """Sum into `line_change` what each line moves by."""
    gone = ""
    if load.full_extract:
        gone = f"""UNION ALL SELECT d.account_id, d.kind, -d.counted_minor,
            CASE WHEN d.disputed THEN -d.counted_minor ELSE 0 END FROM {_MISSING}"""
    load.run(
        f"""INSERT INTO line_change (account_id, receivables_minor, unapplied_credits_minor,
            unapplied_cash_minor, deposits_minor, disputed_minor)
        SELECT account_id,
            coalesce(sum(change) FILTER (WHERE kind IN ({_DEBITS})), 0),
            coalesce(sum(change) FILTER (WHERE kind = 'credit_note'), 0),
            coalesce(sum(change) FILTER (WHERE kind = 'cash'), 0),
            coalesce(sum(change) FILTER (WHERE kind = 'deposit'), 0),
            coalesce(sum(in_dispute) FILTER (WHERE kind IN ({_DEBITS})), 0)
        FROM (SELECT account_id, kind, counted_minor - old_counted AS change,
                CASE WHEN disputed THEN counted_minor ELSE 0 END
                - CASE WHEN old_disputed THEN old_counted ELSE 0 END AS in_dispute
            FROM difference {gone}) c
        GROUP BY account_id"""
    )


def _close(load: Load) -> int:
    if not load.full_extract:
        return 0
    return load.run(
        f"""UPDATE document t SET open_minor = 0, counted_minor = 0, batch_id = %(batch)s
        FROM (SELECT d.account_id, d.document_no, d.kind FROM {_MISSING}) m
        WHERE t.organisation_id = %(organisation)s AND {_same_key("t", "m")}"""
    )


def _write(load: Load) -> None:
    names = ", ".join((*KEY, *_FACTS, "counted_minor"))
    load.run(
        f"""INSERT INTO document (organisation_id, batch_id, {names})
        SELECT %(organisation)s, %(batch)s, {names} FROM difference WHERE is_new"""
    )
    changes = ", ".join(f"{name} = c.{name}" for name in (*_FACTS, "counted_minor"))
    load.run(
        f"""UPDATE document d SET {changes}, batch_id = %(batch)s FROM difference c
        WHERE NOT c.is_new AND d.organisation_id = %(organisation)s AND {_same_key("d", "c")}"""
    )
