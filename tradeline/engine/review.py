"""The review from end to end: a prepared master in, accounts, checks and findings out.

The expressions run on the chosen engine up to one wide row per account. Order and shape are given
afterwards, on Arrow arrays, so that no engine's collation can change a byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from tradeline.engine.account_actions import account_actions
from tradeline.engine.arrange import REPORTED, WIDE, arrange
from tradeline.engine.bands import grade
from tradeline.engine.checks import check, measure
from tradeline.engine.comments import PREFIXES, reports
from tradeline.engine.composite import composite_x100
from tradeline.engine.duplicates import mark_duplicates, twins
from tradeline.engine.limits import act
from tradeline.engine.prepare import day_number, prepare
from tradeline.engine.quality import remark_bits
from tradeline.engine.ranking import rank
from tradeline.engine.stages import stage
from tradeline.engine.wording import Writer, percent_text
from tradeline.policy.schema import BANDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import ibis.expr.types as ir
    import pyarrow as pa

    from tradeline.engine.backends import Engine
    from tradeline.engine.results import ReviewTables
    from tradeline.policy.schema import Policy

STEPS = ("duplicates", "checks", "limits", "comments", "order")


def review(
    master: pa.Table,
    policy: Policy,
    *,
    currency: str,
    as_of: date,
    engine: Engine,
    on_step: Callable[[str], None] = lambda _: None,
) -> ReviewTables:
    """Return the reviewed portfolio; `master` has the schema MASTER in one functional currency."""
    on_step("duplicates")
    rows = engine.load("prepared", prepare(master, policy.tax_id))
    verdicts = engine.stage("twins", twins(rows))
    rows = engine.step("unique_rows", mark_duplicates(rows, verdicts))
    on_step("checks")
    rows = engine.step("checked", check(measure(rows, policy, day_number(as_of)), policy))
    on_step("limits")
    graded = act(grade(rows, policy), policy, currency=currency, as_of=as_of)
    rows = engine.step("graded", graded)
    on_step("comments")
    rows = engine.step("figured", figure(rows, policy, currency=currency))
    wide = engine.fetch(widen(rows, policy, as_of))
    on_step("order")
    return arrange(wide)


def widen(t: ir.Table, policy: Policy, as_of: date) -> ir.Table:
    """Return the figured rows with their rank and, of each fact that is told, a list by check."""
    told = {f"{prefix}_status": t[f"{prefix}_status"] for prefix in PREFIXES}
    told |= reports(t, policy, as_of)
    ranked = rank(t, [told[f"{prefix}_status"] for prefix in PREFIXES])
    each = {
        f"each_{name}": ibis.array([told[f"{prefix}_{name}"] for prefix in PREFIXES])
        for name in REPORTED
    }
    return t.mutate(**ranked, **each).select(*WIDE)


def figure(t: ir.Table, policy: Policy, *, currency: str) -> ir.Table:
    """Return the graded rows with what the results show, and figures written for the comments."""
    writer = Writer.of(currency, policy.locale)
    band = ibis.cases(*((t.band_rank == rank, name) for rank, name in enumerate(BANDS)))
    return t.mutate(
        ar_utilisation_pct=percent_text(t),
        band=ibis.ifelse(t.status == "not_assessed", ibis.null("string"), band),
        account_actions=account_actions(t, policy),
        stage=stage(t, policy),
        composite_x100=composite_x100(t, policy),
        remarks=remark_bits(t),
        owed_words=writer.money(t.owed),
        limit_words=writer.money(t.credit_limit_minor),
        over_words=writer.money(t.over_minor),
        credit_words=writer.money(t.credit_minor),
        used_words=writer.localised(percent_text(t)),
        score_words=writer.hundredths(t.track_record_x100),
    )
