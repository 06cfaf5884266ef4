"""Apply open orders: each unit of value in one bucket, and no order counted beside its invoice.

A line's unshipped value counts by its status (open, held, none) and its ship date (inside or
beyond the horizon); what is shipped and not invoiced counts whatever the status. What is invoiced
before it ships is invoiced. Files come at different times: what the ledger has already invoiced for
an order, less what it credited, beyond what the order file knows, is taken from the order's shipped
value first and then from its unshipped value, held lines last. Order and invoice meet in their
currency: an invoice in another one leaves the order as it is until the order file knows of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions.closing import confirm_closing, refuse_overtaken
from tradeline.actions.commitments import SPEAKS, hand_over, lock_counted, recount_commitments
from tradeline.actions.lines import apply_changes, begin_changes
from tradeline.actions.rates import add_factors, converted_sql
from tradeline.actions.staging import Load, Outcome, stage
from tradeline.engine.feed_checks import set_aside, settle_repeats, without_blanks
from tradeline.queries.rates import rates_on

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradeline.policy.exposure import OrderMeaning
    from tradeline.policy.schema import Policy

KEY: Final = ("account_id", "order_no", "line_no")
_FACTS: Final = (
    "status", "currency", "ordered_minor", "shipped_minor", "invoiced_minor", "cancelled_minor",
    "ship_date",
)  # fmt: skip
COUNTED: Final = (
    "counted_shipped_minor", "counted_orders_minor", "counted_later_minor", "counted_held_minor",
)  # fmt: skip
TABLE: Final = "order_line"
TOTAL: Final = "ordered_minor"
CONVERTED: Final = ("ordered_minor", "shipped_minor")
_MANY: Final = 5_000  # orders


def check(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside the order lines that cannot be."""
    frame = frame.with_columns(
        pl.col("shipped_minor").fill_null(0), pl.col("cancelled_minor").fill_null(0),
        line_no=pl.col("line_no").fill_null("1"),
        status=pl.col("status").str.strip_chars(),
    )  # fmt: skip
    frame = without_blanks(frame, ("customer_no", "order_no", "status", "ordered_minor"))
    amounts = ("ordered_minor", "shipped_minor", "invoiced_minor", "cancelled_minor")  # blank: none
    return set_aside(frame, pl.min_horizontal(*amounts) < 0, "an amount is negative")


def without_unknown_status(frame: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Set aside orders whose status the policy does not know; they are not left out in silence.

    Where the file does not know what is invoiced, an order that is over, such as one that is
    closed or invoiced, has nothing left to invoice.
    """
    meanings = meanings_of(frame["status"].drop_nulls().unique().to_list(), policy)
    reason = "the policy does not say what the status '" + pl.col("status") + "' means"
    frame = set_aside(frame, ~pl.col("status").is_in(list(meanings)), reason)
    over = pl.col("status").is_in([name for name, meaning in meanings.items() if meaning == "none"])
    unknown = pl.when(over).then(pl.col("shipped_minor")).otherwise(0)
    return frame.with_columns(pl.col("invoiced_minor").fill_null(unknown))


def meanings_of(statuses: Iterable[str], policy: Policy) -> Mapping[str, OrderMeaning]:
    """Return what the policy says of these statuses, however they are spelt; unknown ones lack."""
    known = policy.exposure.order_statuses
    return {word: known[word.lower()] for word in statuses if word.lower() in known}


def settle(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out equal repeats and set aside conflicting ones; `Open` and `open` do not conflict."""
    facts = (*(name for name in _FACTS if name != "status"), "looked_up")
    return settle_repeats(
        frame.with_columns(looked_up=pl.col("status").str.to_lowercase()), KEY, facts
    )


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Write what is new or changed, close what a full extract lacks, and move the lines."""
    stage(load.work, rows.select(*KEY, *_FACTS).sort(*KEY), KEY)
    refuse_overtaken(load, "order_line", KEY)
    begin_changes(load.work)
    load.run(
        f"""CREATE TEMP TABLE difference ON COMMIT DROP AS
        SELECT s.*, o.line_no IS NULL AS is_new, o.currency AS old_currency
        FROM staged s LEFT JOIN order_line o ON o.organisation_id = %(organisation)s
            AND {_same_key("o", "s")}
        WHERE o.line_no IS NULL OR {_differs("o", "s")}"""
    )
    confirm_closing(load, _MISSING, "order_line", LIVE)
    _lock(load)
    closed = _close(load)
    _move(load)
    _write(load)
    recount_orders(load, _TOUCHED, told=True)
    moved = apply_changes(
        load.work, kind="orders", day=load.day, batch_id=load.batch_id, reason="",
        policy=load.policy,
    )  # fmt: skip
    applied = load.value("SELECT count(*) FROM difference")
    return Outcome(applied=applied, unchanged=rows.height - applied, closed=closed, moved=moved)


def _same_key(one: str, other: str) -> str:
    return " AND ".join(f"{one}.{name} = {other}.{name}" for name in KEY)


def _differs(one: str, other: str) -> str:
    ours, theirs = (", ".join(f"{table}.{name}" for name in _FACTS) for table in (one, other))
    return f"({ours}) IS DISTINCT FROM ({theirs})"


_ANY: Final = """SELECT EXISTS (SELECT FROM order_line WHERE organisation_id = %(organisation)s)
    OR EXISTS (SELECT FROM commitment WHERE organisation_id = %(organisation)s)"""

_TOUCHED: Final = """SELECT account_id, order_no, currency FROM difference
    UNION SELECT account_id, order_no, old_currency FROM difference WHERE old_currency IS NOT NULL
    UNION SELECT account_id, order_no, currency FROM closed_order"""

LIVE: Final = "greatest(d.ordered_minor - d.cancelled_minor, d.shipped_minor) > d.invoiced_minor"
"""Condition of an order line `d` of which something is not invoiced."""

_CLOSED: Final = """invoiced_minor = greatest(t.ordered_minor, t.shipped_minor),
    cancelled_minor = greatest(t.ordered_minor - t.shipped_minor, 0), batch_id = %(batch)s"""

_MISSING: Final = f"""order_line d JOIN account a ON a.organisation_id = d.organisation_id
    AND a.id = d.account_id
    WHERE d.organisation_id = %(organisation)s AND {LIVE}
        AND a.entity_id = ANY(%(entities)s::uuid[]) AND a.id <> ALL(%(kept)s::uuid[])
        AND NOT EXISTS (SELECT FROM staged s WHERE {_same_key("s", "d")})"""


def _lock(load: Load) -> None:
    """Lock the lines whose orders the file changes: a check locks its line first too."""
    missing = f"UNION SELECT d.account_id FROM {_MISSING}" if load.full_extract else ""
    load.run(
        f"""SELECT FROM credit_line l
        WHERE l.organisation_id = %(organisation)s AND l.account_id IN (
            SELECT account_id FROM difference UNION SELECT d.account_id FROM difference n
            JOIN order_line d ON d.organisation_id = %(organisation)s AND d.order_no = n.order_no
            WHERE n.is_new {missing})
        ORDER BY l.id FOR UPDATE"""
    )


def _close(load: Load) -> int:
    """Close lines that a full extract no longer has: nothing of them is open any more."""
    load.run(
        """CREATE TEMP TABLE closed_order (account_id uuid, order_no text COLLATE "C",
        currency text COLLATE "C") ON COMMIT DROP"""
    )
    if not load.full_extract:
        return 0
    return load.run(
        f"""WITH gone AS (
            UPDATE order_line t SET {_CLOSED}
            FROM (SELECT d.account_id, d.order_no, d.line_no FROM {_MISSING}) m
            WHERE t.organisation_id = %(organisation)s AND {_same_key("t", "m")}
            RETURNING t.account_id, t.order_no, t.currency)
        INSERT INTO closed_order SELECT * FROM gone"""
    )


def _move(load: Load) -> None:
    """Close the order lines that stand under another customer from now on.

    A line that is new for its customer has moved when another customer of the same entity has it
    still open under the same number, with the same value, and the file no longer says so.
    """
    load.run(
        f"""WITH moved AS (
            UPDATE order_line t SET {_CLOSED}
            FROM (SELECT d.account_id, d.order_no, d.line_no
                FROM difference n JOIN account b ON b.organisation_id = %(organisation)s
                    AND b.id = n.account_id
                JOIN order_line d ON d.organisation_id = %(organisation)s
                    AND d.order_no = n.order_no AND d.line_no = n.line_no
                    AND d.account_id <> n.account_id AND d.currency = n.currency
                    AND d.ordered_minor = n.ordered_minor AND {LIVE}
                JOIN account a ON a.organisation_id = d.organisation_id AND a.id = d.account_id
                WHERE n.is_new AND a.entity_id = b.entity_id
                    AND NOT EXISTS (SELECT FROM staged s WHERE {_same_key("s", "d")})) m
            WHERE t.organisation_id = %(organisation)s AND {_same_key("t", "m")}
            RETURNING t.account_id, t.order_no, t.currency)
        INSERT INTO closed_order SELECT * FROM moved"""
    )


def _write(load: Load) -> None:
    names, zeros = ", ".join((*KEY, *_FACTS)), ", ".join("0" for _ in COUNTED)
    load.run(
        f"""INSERT INTO order_line (organisation_id, batch_id, {names}, {", ".join(COUNTED)})
        SELECT %(organisation)s, %(batch)s, {names}, {zeros} FROM difference WHERE is_new"""
    )
    changes = ", ".join(f"{name} = c.{name}" for name in _FACTS)
    load.run(
        f"""UPDATE order_line o SET {changes}, batch_id = %(batch)s FROM difference c
        WHERE NOT c.is_new AND o.organisation_id = %(organisation)s AND {_same_key("o", "c")}"""
    )


def recount_orders(load: Load, touched: str, *, told: bool = False) -> None:
    """Count these orders anew and add what changes to `line_change`.

    `touched` is a query of account_id, order_no and currency, without repeats; `told` says that
    the order file itself has just told of the orders in `staged`.

    Raises:
        MissingRate: an order that the file does not state cannot be converted.
    """
    load.run(f"CREATE TEMP TABLE touched ON COMMIT DROP AS {touched}")
    load.run("ANALYZE touched")
    lock_counted(load)
    if not load.value(_ANY):
        load.run("DROP TABLE touched")
        return
    if load.value("SELECT count(*) FROM touched") > _MANY:
        # Account, order and currency go together; the planner takes them for independent, expects
        # a row where there are all, and would walk through all of them for each.
        load.run("SET LOCAL enable_nestloop = off")
    statuses, pairs = _met(load)
    if pairs:
        add_factors(load.work, rates_on(load.day, load.policy), pairs)
    meanings = meanings_of(statuses, load.policy)
    if told:
        hand_over(load, meanings)
    load.run(
        f"CREATE TEMP TABLE recounted ON COMMIT DROP AS {_RECOUNT}",
        statuses=list(meanings), meanings=list(meanings.values()),
        horizon=load.day + timedelta(days=load.policy.exposure.horizon_days),
    )  # fmt: skip
    load.run("SET LOCAL enable_nestloop = on")
    counted = ", ".join(f"{name} = r.new_{name}" for name in COUNTED)
    same = " AND ".join(f"r.new_{name} = r.{name}" for name in COUNTED)
    load.run(f"DELETE FROM recounted r WHERE {same}")
    load.run(
        f"""UPDATE order_line o SET {counted} FROM recounted r
        WHERE o.organisation_id = %(organisation)s AND {_same_key("o", "r")}"""
    )
    sums = ", ".join(f"sum(new_{name} - {name})" for name in COUNTED)
    columns = ("shipped_not_billed_minor", "orders_minor", "orders_later_minor", "held_minor")
    adds = ", ".join(f"{name} = line_change.{name} + excluded.{name}" for name in columns)
    load.run(
        f"""INSERT INTO line_change (account_id, {", ".join(columns)})
        SELECT account_id, {sums} FROM recounted GROUP BY account_id
        ON CONFLICT (account_id) DO UPDATE SET {adds}"""
    )
    load.run("DROP TABLE recounted")
    recount_commitments(load)
    load.run("DROP TABLE touched")


def _met(load: Load) -> tuple[set[str], list[tuple[str, str]]]:
    """Return the statuses of the touched orders as spelt, and pairs of currencies without a factor.

    Spelling is compared outside the database, whose lower case may know ASCII alone.
    """
    found = load.work.rows(
        f"""SELECT DISTINCT d.status, d.currency, c.currency,
            d.currency <> c.currency AND f.above IS NULL AND {LIVE}
        FROM order_line d JOIN touched USING (account_id, order_no, currency)
        JOIN credit_line c ON c.organisation_id = d.organisation_id AND c.account_id = d.account_id
        LEFT JOIN factor f ON f.currency = d.currency AND f.line_currency = c.currency
        WHERE d.organisation_id = %(organisation)s
        UNION SELECT '', k.currency, c.currency, k.currency <> c.currency AND f.above IS NULL
            AND k.authorised_minor > k.cancelled_minor
        FROM commitment k JOIN touched USING (account_id, order_no, currency)
        JOIN credit_line c ON c.organisation_id = k.organisation_id AND c.id = k.line_id
        LEFT JOIN factor f ON f.currency = k.currency AND f.line_currency = c.currency
        WHERE k.organisation_id = %(organisation)s""",
        load.values,
    )
    pairs = {(one, other) for _, one, other, is_missing in found if is_missing}
    return {status for status, *_ in found}, sorted(pairs)


def _split(meaning: str, inside: str = "true") -> str:
    return f"CASE WHEN meaning = '{meaning}' AND {inside} THEN unshipped_rest ELSE 0 END"


_RECOUNT: Final = f"""
WITH line AS (
    SELECT o.account_id, o.order_no, o.line_no, o.currency, c.currency AS line_currency,
        CASE WHEN m.meaning = 'none' OR {SPEAKS} THEN 0 ELSE greatest(o.ordered_minor
            - o.cancelled_minor - greatest(o.shipped_minor, o.invoiced_minor), 0)
            END AS unshipped,
        CASE WHEN {SPEAKS} THEN 0 ELSE greatest(o.shipped_minor - o.invoiced_minor, 0) END
            AS shipped, o.invoiced_minor,
        coalesce(m.meaning, 'open') AS meaning,
        o.ship_date IS NULL OR o.ship_date <= %(horizon)s AS inside,
        {", ".join(f"o.{name}" for name in COUNTED)}
    FROM order_line o JOIN touched USING (account_id, order_no, currency)
    JOIN credit_line c ON c.organisation_id = o.organisation_id AND c.account_id = o.account_id
    LEFT JOIN unnest(%(statuses)s::text[], %(meanings)s::text[]) AS m (status, meaning)
        ON m.status = o.status
    WHERE o.organisation_id = %(organisation)s),
billed AS (
    SELECT account_id, order_no, currency, max(amount) AS amount FROM (
        SELECT d.account_id, d.order_no, d.currency,
            sum(CASE WHEN d.kind = 'invoice' THEN d.amount_minor ELSE -d.amount_minor END) AS amount
        FROM document d JOIN touched USING (account_id, order_no, currency)
        WHERE d.organisation_id = %(organisation)s AND d.kind IN ('invoice', 'credit_note')
        GROUP BY d.account_id, d.order_no, d.currency
        UNION ALL SELECT k.account_id, k.order_no, k.currency, k.billed_minor
        FROM commitment k JOIN touched USING (account_id, order_no, currency)
        WHERE k.organisation_id = %(organisation)s) b
    GROUP BY account_id, order_no, currency),
surplus AS (
    SELECT account_id, order_no, currency,
        greatest(b.amount - sum(l.invoiced_minor), 0)::bigint AS surplus
    FROM billed b JOIN line l USING (account_id, order_no, currency)
    GROUP BY account_id, order_no, currency, b.amount),
placed AS (
    SELECT l.*, coalesce(s.surplus, 0) AS surplus,
        sum(shipped) OVER running - shipped AS shipped_before,
        sum(shipped) OVER whole AS shipped_all,
        sum(unshipped) OVER running - unshipped AS unshipped_before
    FROM line l LEFT JOIN surplus s USING (account_id, order_no, currency)
    WINDOW whole AS (PARTITION BY account_id, order_no, currency),
        running AS (whole ORDER BY meaning = 'held', line_no)),
rest AS (
    SELECT *, shipped - least(shipped, greatest(surplus - shipped_before, 0)) AS shipped_rest,
        unshipped - least(unshipped, greatest(surplus - shipped_all - unshipped_before, 0))
            AS unshipped_rest
    FROM placed)
SELECT account_id, order_no, line_no, {", ".join(COUNTED)},
    {converted_sql("shipped_rest")}::bigint AS new_counted_shipped_minor,
    {converted_sql(_split("open", "inside"))}::bigint AS new_counted_orders_minor,
    {converted_sql(_split("open", "NOT inside"))}::bigint AS new_counted_later_minor,
    {converted_sql(_split("held"))}::bigint AS new_counted_held_minor
FROM rest LEFT JOIN factor f USING (currency, line_currency)"""
