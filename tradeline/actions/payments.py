"""Apply payments: they tell how a customer pays; the ledger's open items tell what is owed."""

from __future__ import annotations

from typing import Final

import polars as pl

from tradeline.actions.staging import Load, Outcome, stage
from tradeline.engine.feed_checks import set_aside, settle_repeats, without_blanks

KEY: Final = ("account_id", "payment_no", "document_no", "kind")
_FACTS: Final = ("date", "currency", "amount_minor")
TABLE: Final = "payment"
TOTAL: Final = "amount_minor"
_KNOWN: Final = ("payment", "returned", "broken_promise", "write_off")


def check(frame: pl.DataFrame) -> pl.DataFrame:
    """Set aside the payments that cannot be."""
    frame = frame.with_columns(pl.col("document_no").fill_null(""))
    frame = without_blanks(frame, ("customer_no", "payment_no", "date", "amount_minor"))
    return set_aside(frame, ~pl.col("kind").is_in(_KNOWN), "this kind of payment is not kept")


def settle(frame: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Leave out equal repeats and set aside conflicting ones."""
    return settle_repeats(frame, KEY, _FACTS)


def apply(load: Load, rows: pl.DataFrame) -> Outcome:
    """Add the payments; one that is there with other figures is refused, for it was counted."""
    names = ", ".join((*KEY, *_FACTS))
    stage(load.work, rows.select(*KEY, *_FACTS, "source_row").sort(*KEY), KEY)
    facts = ", ".join(f"{{0}}.{name}" for name in _FACTS)
    refused = load.work.rows(
        f"""SELECT s.source_row FROM staged s JOIN payment p USING ({", ".join(KEY)})
        WHERE p.organisation_id = %(organisation)s
            AND ({facts.format("p")}) IS DISTINCT FROM ({facts.format("s")})""",
        load.values,
    )
    applied = load.run(
        f"""INSERT INTO payment (organisation_id, batch_id, {names})
        SELECT %(organisation)s, %(batch)s, {names} FROM staged ON CONFLICT DO NOTHING"""
    )
    reason = "the book has this payment with another date, currency or amount"
    return Outcome(
        applied=applied, unchanged=rows.height - applied - len(refused),
        refused={row: reason for (row,) in refused},
    )  # fmt: skip
