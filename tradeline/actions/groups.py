"""Groups of customers: their lines of credit, and whose the limits of a file are.

A group's line holds its limit, and is what a check locks before the lines of its members. Its
counters stay nothing: what a group owes is the sum over its members (queries/groups.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tradeline.engine.feed_checks import set_aside
from tradeline.models.limits import COUNTERS

if TYPE_CHECKING:
    from tradeline.actions.acting import Work
    from tradeline.actions.staging import Load

_ZERO: Final = (*COUNTERS, "exposure_minor", "version")


def open_group_lines(load: Load, wanted: str) -> int:
    """Open a line for each group of a query of group_id and currency that has none yet."""
    return load.run(
        f"""WITH opened AS (
            INSERT INTO credit_line (organisation_id, id, group_id, currency, {", ".join(_ZERO)})
            SELECT %(organisation)s, gen_random_uuid(), w.group_id, w.currency,
                {", ".join("0" for _ in _ZERO)}
            FROM ({wanted}) w ORDER BY w.group_id
            ON CONFLICT (organisation_id, group_id) WHERE group_id IS NOT NULL DO NOTHING
            RETURNING id)
        INSERT INTO line_event (organisation_id, line_id, version, kind, at, day, change,
            exposure_minor, by_id, batch_id, reason)
        SELECT %(organisation)s, id, 0, 'opened', %(at)s, %(day)s, '{{}}', 0, %(by)s, %(batch)s,
            'line of a group'
        FROM opened"""
    )


def with_groups(work: Work, frame: pl.DataFrame) -> pl.DataFrame:
    """Return limits with group_id where they are a group's, and set aside what may be either.

    The frame has `scope`: group, account or null. A number that is a group's and no account's needs
    one: taken for an account it would open a customer that nobody sells to.
    """
    rows = work.rows(
        """SELECT g.code, g.id::text,
            EXISTS (SELECT FROM account a
                WHERE a.organisation_id = g.organisation_id AND a.customer_no = g.code)
            OR EXISTS (SELECT FROM account_alias n
                WHERE n.organisation_id = g.organisation_id AND n.alias = g.code)
        FROM customer_group g"""
    )
    known = pl.DataFrame(
        rows, orient="row",
        schema={"customer_no": pl.String, "of_number": pl.String, "is_account": pl.Boolean},
    )  # fmt: skip
    found = frame.join(known, on="customer_no", how="left", maintain_order="left")
    is_group = pl.col("scope").eq_missing(pl.lit("group"))
    found = set_aside(
        found, is_group & pl.col("of_number").is_null(),
        "there is no group '" + pl.col("customer_no") + "': import the customers that name it as "
        "their parent first",
    )  # fmt: skip
    found = set_aside(
        found, pl.col("scope").is_null() & pl.col("is_account").not_(),
        "'" + pl.col("customer_no") + "' is the number of a group and of no account: say group or "
        "account in the column scope",
    )  # fmt: skip
    mine = pl.when(is_group & pl.col("reason").is_null()).then("of_number")
    return found.with_columns(group_id=mine).drop("of_number", "is_account")
