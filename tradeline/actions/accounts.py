"""Find the accounts that files name, and open those that are new, each with its line of credit."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions.staging import copy_rows
from tradeline.models.limits import COUNTERS

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

    The frame has `reason`; rows that are set aside, and limits that are a group's (`group_id`), get
    no account and open none. `opened` says whether a row's account is
    one of those that were opened.
    """
    known = known_accounts(work)
    found = frame.join(known, on=_KEY, how="left", maintain_order="left")
    is_new = pl.col("reason").is_null() & pl.col("account_id").is_null()
    if "group_id" in frame.columns:
        is_new &= pl.col("group_id").is_null()
    found = found.with_columns(opened=is_new)
    new = found.filter("opened")
    if new.is_empty():
        return found, 0
    opened = _open(work, _first_names(new))
    known = pl.concat([known, opened.select(known.columns)])
    found = frame.with_columns(found["opened"])
    return found.join(known, on=_KEY, how="left", maintain_order="left"), opened.height


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
    """Insert the accounts with their lines and first events; return them with their ids.

    Their ids ascend with their numbers, and the lines' with them, so that each index is written in
    its order.
    """
    rows = accounts.sort("entity_id", "customer_no").with_columns(
        customer_name=pl.col("customer_name").fill_null("").str.slice(0, 200),
        account_id=_ids(accounts.height), line_id=_ids(accounts.height),
        line_currency="entity_currency",
    )  # fmt: skip
    work.run(
        'CREATE TEMP TABLE opening (entity_id uuid, customer_no text COLLATE "C", '
        "customer_name text, line_currency text, account_id uuid, line_id uuid)"
    )
    copy_rows(work, "opening", rows.drop("entity", "entity_currency"))
    for statement in (_ACCOUNTS, _LINES, _EVENTS):
        work.run(
            statement,
            {"organisation": work.actor.organisation_id, "at": work.at, "by": work.actor.user_id},
        )
    work.run("DROP TABLE opening")
    return rows


def _ids(count: int) -> pl.Series:
    """Return random ids (version 4), ascending; the library would take five times as long."""
    digits = secrets.token_hex(16 * count)
    each = (digits[start : start + 32] for start in range(0, 32 * count, 32))
    texts = [f"{d[:8]}-{d[8:12]}-4{d[13:16]}-8{d[17:20]}-{d[20:]}" for d in each]
    return pl.Series(texts, dtype=pl.String).sort()


_BLANK: Final = ("segment", "tier", "industry", "country", "tax_id")
_ZERO: Final = (*COUNTERS, "exposure_minor", "version")
_ACCOUNTS: Final = f"""
INSERT INTO account (organisation_id, id, entity_id, customer_no, name, intercompany, status,
    dunning_level, {", ".join(_BLANK)})
SELECT %(organisation)s, account_id, entity_id, customer_no, customer_name, false, 'active', 0,
    {", ".join("''" for _ in _BLANK)} FROM opening"""
_LINES: Final = f"""
INSERT INTO credit_line (organisation_id, id, account_id, currency, {", ".join(_ZERO)})
SELECT %(organisation)s, line_id, account_id, line_currency, {", ".join("0" for _ in _ZERO)}
FROM opening"""
_EVENTS: Final = """
INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change, exposure_minor,
    by_id, reason)
SELECT %(organisation)s, line_id, 0, 'opened', %(at)s, (%(at)s AT TIME ZONE 'UTC')::date, '{}', 0,
    %(by)s, 'first seen in a file'
FROM opening"""
