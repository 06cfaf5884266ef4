"""Apply the customer file: names, segments and parents; a blank cell never erases what is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.actions.groups import open_group_lines
from tradeline.actions.staging import Load, Outcome, stage
from tradeline.actions.standing import mark_stale
from tradeline.actions.terms import agree_terms
from tradeline.engine.feed_checks import set_aside, settle_repeats, without_blanks
from tradeline.engine.group_tree import on_a_cycle
from tradeline.policy.term_text import policy_term

if TYPE_CHECKING:
    from tradeline.actions.acting import Work
    from tradeline.policy.terms import Terms

KEY: Final = ("account_id",)
_TEXTS: Final = ("segment", "tier", "industry", "country", "tax_id")
_FACTS: Final = ("customer_name", "parent_no", *_TEXTS, "intercompany", "term")
TABLE: Final = "account"
TOTAL: Final = None


def check(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside the customers that cannot be."""
    frame = without_blanks(frame, ("customer_no",))
    return frame.with_columns(parent_no=_not_self("parent_no"))


def _not_self(name: str) -> pl.Expr:
    """Return the parent; none where a customer is written as its own, as some systems do."""
    return pl.when(pl.col(name) != pl.col("customer_no")).then(pl.col(name))


def without_cycles(work: Work, frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside customers whose parents would lead back to them, with the book's tree in view."""
    usable = frame.filter(pl.col("reason").is_null() & pl.col("parent_no").is_not_null())
    stated = dict(usable.select("customer_no", "parent_no").rows())
    known = dict(work.rows(
        """SELECT a.customer_no, g.code FROM account a JOIN customer_group g ON g.id = a.group_id
        WHERE a.customer_no = ANY(%s) AND g.code <> a.customer_no
        UNION ALL SELECT g.code, p.code FROM customer_group g
        JOIN customer_group p ON p.id = g.parent_id""",
        [sorted(set(stated.values()))],
    ))  # fmt: skip
    looping = sorted(on_a_cycle(known | stated))
    return set_aside(
        frame, pl.col("customer_no").is_in(looping) & pl.col("parent_no").is_not_null(),
        "the parents lead back to the customer itself: " + ", ".join(looping[:5]),
    )  # fmt: skip


def with_terms(frame: pl.DataFrame, terms: Terms) -> pl.DataFrame:
    """Name the policy's term that each customer's words mean; words that mean none go aside."""
    words = frame["terms"].drop_nulls().unique().to_list()
    meant = {text: policy_term(text, terms) for text in words}
    frame = frame.with_columns(
        term=pl.col("terms").replace_strict(meant, default=None, return_dtype=pl.String)
    )
    reason = "the terms '" + pl.col("terms") + "' are none of the policy's"
    return set_aside(frame, pl.col("terms").is_not_null() & pl.col("term").is_null(), reason)


def settle(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out equal repeats and set aside conflicting ones."""
    return settle_repeats(frame, KEY, _FACTS)


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Write what the file states of its customers, and grow the tree of groups.

    A row is applied when it opened its account, or changed the account, its terms or its group.
    """
    rows = rows.with_columns(pl.col("customer_name").str.slice(0, 200), changed="opened")
    names = ("account_id", "customer_no", *_FACTS, "changed")
    stage(load.work, rows.select(names).sort("account_id"), KEY)
    _grow_tree(load)
    agree_terms(load)
    _write(load)
    mark_stale(load.work, "SELECT account_id FROM staged")
    applied = load.value("SELECT count(*) FROM staged WHERE changed")
    return Outcome(applied=applied, unchanged=rows.height - applied)


def _write(load: Load) -> None:
    changes = ", ".join(f"{name} = coalesce(s.{name}, a.{name})" for name in _TEXTS)
    now = ", ".join(f"a.{name}" for name in ("name", "group_id", "intercompany", *_TEXTS))
    then = ", ".join(
        ("coalesce(s.customer_name, a.name)", "coalesce(s.group_id, a.group_id)",
         "coalesce(s.intercompany, a.intercompany)",
         *(f"coalesce(s.{name}, a.{name})" for name in _TEXTS))
    )  # fmt: skip
    load.run(
        f"""WITH written AS (
            UPDATE account a SET name = coalesce(s.customer_name, a.name), {changes},
                group_id = coalesce(s.group_id, a.group_id),
                intercompany = coalesce(s.intercompany, a.intercompany)
            FROM (SELECT s.*, coalesce(h.id, p.id) AS group_id FROM staged s
                LEFT JOIN customer_group p ON p.organisation_id = %(organisation)s
                    AND p.code = s.parent_no
                LEFT JOIN customer_group h ON h.organisation_id = %(organisation)s
                    AND h.code = s.customer_no) s
            WHERE a.organisation_id = %(organisation)s AND a.id = s.account_id
                AND ({now}) IS DISTINCT FROM ({then})
            RETURNING a.id)
        UPDATE staged SET changed = true FROM written w WHERE account_id = w.id"""
    )


# The groups of the file, each in the currency of its head, else in that of most who name it.
_UNLINED: Final = """SELECT g.id AS group_id, coalesce(
        (SELECT min(h.currency) FROM account b JOIN credit_line h
            ON h.organisation_id = b.organisation_id AND h.account_id = b.id
        WHERE b.organisation_id = %(organisation)s AND b.customer_no = g.code),
        mode() WITHIN GROUP (ORDER BY l.currency)) AS currency
    FROM staged s JOIN customer_group g ON g.organisation_id = %(organisation)s
        AND g.code = s.parent_no
    JOIN credit_line l ON l.organisation_id = %(organisation)s AND l.account_id = s.account_id
    GROUP BY g.id, g.code"""


def _grow_tree(load: Load) -> None:
    """Make a group of each customer that is a parent; a parent with a parent hangs below it.

    A customer heads its own group, whether this file has it or an earlier one did.
    """
    load.run(
        """INSERT INTO customer_group (organisation_id, id, code, name, set_off)
        SELECT DISTINCT ON (s.parent_no) %(organisation)s::uuid, gen_random_uuid(), s.parent_no,
            coalesce(h.customer_name, ''), false
        FROM staged s LEFT JOIN staged h ON h.customer_no = s.parent_no
        WHERE s.parent_no IS NOT NULL
        ORDER BY s.parent_no, h.customer_name
        ON CONFLICT (organisation_id, code) DO NOTHING"""
    )
    open_group_lines(load, _UNLINED)
    load.run(
        """WITH hung AS (
            UPDATE customer_group g SET parent_id = p.id
            FROM staged s JOIN customer_group p ON p.organisation_id = %(organisation)s
                AND p.code = s.parent_no
            WHERE g.organisation_id = %(organisation)s AND g.code = s.customer_no
                AND g.parent_id IS DISTINCT FROM p.id
            RETURNING g.code)
        UPDATE staged s SET changed = true FROM hung h
        WHERE s.customer_no = h.code AND s.parent_no IS NOT NULL"""
    )
    heads = "g.organisation_id = %(organisation)s AND g.code IN (SELECT parent_no FROM staged)"
    load.run(
        f"""UPDATE customer_group g SET parent_id = a.group_id FROM account a
        WHERE {heads} AND g.parent_id IS NULL AND a.organisation_id = g.organisation_id
            AND a.customer_no = g.code AND a.group_id <> g.id
            AND a.id NOT IN (SELECT account_id FROM staged WHERE parent_no IS NOT NULL)"""
    )
    load.run(
        f"""UPDATE account a SET group_id = g.id FROM customer_group g
        WHERE {heads} AND a.organisation_id = g.organisation_id AND a.customer_no = g.code
            AND a.group_id IS DISTINCT FROM g.id
            AND a.id NOT IN (SELECT account_id FROM staged)"""
    )
