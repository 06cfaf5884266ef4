"""Find the accounts that files name, and open those that are new, each with its line of credit."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import polars as pl

from tradeline.actions.staging import add_rows

if TYPE_CHECKING:
    from tradeline.actions.acting import Work

_KEY = ("entity", "customer_no")


def known_accounts(work: Work) -> pl.DataFrame:
    """Return entity, customer_no (or alias), account_id and line_currency of every account."""
    sql = """COPY (
        SELECT e.code AS entity, n.no AS customer_no, n.id AS account_id,
            l.currency AS line_currency
        FROM (SELECT entity_id, customer_no AS no, id FROM account
              UNION ALL SELECT entity_id, alias, account_id FROM account_alias) n
        JOIN legal_entity e ON e.id = n.entity_id
        JOIN credit_line l ON l.account_id = n.id) TO STDOUT (FORMAT csv, HEADER)"""
    with work.cursor.copy(sql) as copy:
        text = b"".join(bytes(part) for part in copy)
    return pl.read_csv(text, schema_overrides=dict.fromkeys(
        ("entity", "customer_no", "account_id", "line_currency"), pl.String))  # fmt: skip


def entities(work: Work) -> pl.DataFrame:
    """Return the legal entities: entity (their code), entity_id and entity_currency."""
    rows = work.rows("SELECT code, id::text, currency FROM legal_entity")
    return pl.DataFrame(
        rows, orient="row",
        schema={"entity": pl.String, "entity_id": pl.String, "entity_currency": pl.String},
    )  # fmt: skip


def with_accounts(work: Work, frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the rows with account_id and line_currency, and how many accounts were opened.

    The frame has `reason`; rows that are set aside keep no account and open none.
    """
    known = known_accounts(work)
    found = frame.join(known, on=_KEY, how="left", maintain_order="left")
    new = found.filter(pl.col("reason").is_null() & pl.col("account_id").is_null())
    if new.is_empty():
        return found, 0
    opened = _open(work, _first_names(new))
    both = pl.concat([known, opened.select(known.columns)])
    return frame.join(both, on=_KEY, how="left", maintain_order="left"), opened.height


def name_nameless(work: Work, rows: pl.DataFrame) -> None:
    """Give accounts that a file without names opened the first name that these rows state."""
    nameless = [row[0] for row in work.rows("SELECT id::text FROM account WHERE name = ''")]
    if not nameless:
        return
    named = pl.col("account_id").is_in(nameless) & pl.col("customer_name").is_not_null()
    names = rows.filter(named).unique("account_id", keep="first", maintain_order=True)
    work.run(
        """UPDATE account a SET name = left(n.name, 200)
        FROM unnest(%s::uuid[], %s::text[]) AS n (id, name)
        WHERE a.organisation_id = %s AND a.id = n.id AND a.name = ''""",
        [names["account_id"].to_list(), names["customer_name"].to_list(),
         work.actor.organisation_id],
    )  # fmt: skip


def _first_names(new: pl.DataFrame) -> pl.DataFrame:
    """Return one row per new account, with the first name that the file gives it."""
    if "customer_name" not in new.columns:
        new = new.with_columns(customer_name=pl.lit(None, pl.String))
    return new.group_by(_KEY, maintain_order=True).agg(
        pl.col("customer_name").drop_nulls().first(), pl.col("entity_id").first(),
        pl.col("entity_currency").first(),
    )  # fmt: skip


def _open(work: Work, accounts: pl.DataFrame) -> pl.DataFrame:
    """Insert the accounts with their lines and first events; return them as known accounts."""
    ids, lines = ([str(uuid.uuid4()) for _ in range(accounts.height)] for _ in range(2))
    rows = accounts.with_columns(
        account_id=pl.Series(ids, dtype=pl.String), line_id=pl.Series(lines, dtype=pl.String),
        organisation=pl.lit(str(work.actor.organisation_id)), at=pl.lit(work.at.isoformat()),
        name=pl.col("customer_name").fill_null("").str.slice(0, 200),
        by=pl.lit(str(work.actor.user_id)), line_currency=pl.col("entity_currency"),
    )  # fmt: skip
    blank = {column: pl.lit("") for column in ("segment", "tier", "industry", "country", "tax_id")}
    add_rows(work, "account", rows.select(
        organisation_id="organisation", id="account_id", entity_id="entity_id",
        customer_no="customer_no", name="name", intercompany=pl.lit(value=False), **blank,
    ))  # fmt: skip
    add_rows(work, "credit_line", _lines(rows))
    add_rows(work, "line_event", rows.select(
        organisation_id="organisation", line_id="line_id", version=pl.lit(0),
        kind=pl.lit("opened"), at="at", day=pl.col("at").str.slice(0, 10), change=pl.lit("{}"),
        exposure_minor=pl.lit(0), by_id="by", reason=pl.lit("first seen in a file"),
    ))  # fmt: skip
    return rows


def _lines(rows: pl.DataFrame) -> pl.DataFrame:
    from tradeline.models.limits import COUNTERS

    zero = {name: pl.lit(0) for name in (*COUNTERS, "exposure_minor", "version")}
    return rows.select(
        organisation_id="organisation", id="line_id", account_id="account_id",
        currency="line_currency", **zero,
    )  # fmt: skip
