"""Rows that stand twice: equal ones collapse to the first, conflicting ones are all set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from tradeline.engine.tables import MASTER, SOURCE

if TYPE_CHECKING:
    import ibis.expr.types as ir

_COMPARED = tuple(name for name in MASTER.names if name not in SOURCE)


def twins(t: ir.Table) -> ir.Table:
    """Return one row per account that stands more than once: its first row, and any conflict."""
    counts = t.group_by("entity", "account_key").agg(rows=t.count())
    several = t.semi_join(counts.filter(counts.rows > 1), ["entity", "account_key"])
    signed = several.mutate(signature=_signature(several))
    verdicts = signed.group_by("entity", "account_key").agg(
        first_seq=signed.seq.min(), low=signed.signature.min(), high=signed.signature.max()
    )
    return verdicts.select(
        "first_seq",
        twin_entity=verdicts.entity,
        twin_key=verdicts.account_key,
        conflict=verdicts.low != verdicts.high,
    )


def mark_duplicates(t: ir.Table, verdicts: ir.Table) -> ir.Table:
    """Return the rows with `duplicate`: null, FIRST, REPEAT (drop it) or CONFLICT (quarantine it).

    The key is entity and `account_key`; values of conflicting rows are never added up. `verdicts`
    are the `twins` of the rows.
    """
    met = t.left_join(
        verdicts, [t.entity == verdicts.twin_entity, t.account_key == verdicts.twin_key]
    )
    verdict = ibis.cases(
        (met.conflict, "CONFLICT"),
        (met.seq > met.first_seq, "REPEAT"),
        (met.first_seq.notnull(), "FIRST"),
        else_=ibis.null("string"),
    )
    return met.mutate(duplicate=verdict).drop("first_seq", "twin_entity", "twin_key", "conflict")


def _signature(t: ir.Table) -> ir.Value:
    """Return all compared fields as one text in which null and blank differ."""
    signature = ibis.literal("")
    for name in _COMPARED:
        field = t[name].cast("string")
        signature = signature + ibis.ifelse(
            field.isnull(), "~;", field.length().cast("string") + ":" + field
        )
    return signature
