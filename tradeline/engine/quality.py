"""Remarks on the data itself: codes in the expressions, sentences once the rows are few."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import ibis
import numpy as np
import polars as pl

from tradeline.engine.tables import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir
    import pyarrow as pa

QUARANTINE, ERROR, INFO = "QUARANTINE", "ERROR", "INFO"

# code: severity, field, sentence; names in braces are columns of the row. In the order of telling.
REMARKS: Final[Mapping[str, tuple[str, str, str]]] = {
    "DUPLICATE_CONFLICT": (QUARANTINE, "customer_no", "The account stands more than once with "
                           "different figures; none of the rows counts. Keep the right one."),
    "DUPLICATE_COLLAPSED": (INFO, "customer_no", "The same row stands again with equal figures; it "
                            "counts once."),
    "GSTIN_UNVERIFIED": (QUARANTINE, "tax_id", "GSTIN '{tax_id}' is not verified; the row is left "
                         "out of totals and limit actions. Correct it or the country."),
    "GSTIN_CHECK_DIGIT": (INFO, "tax_id", "The check digit of GSTIN '{tax_id}' does not agree."),
    "GSTIN_STATE": (INFO, "tax_id", "The state code of GSTIN '{tax_id}' is unknown."),
    "GSTIN_HOLDER": (INFO, "tax_id", "The holder letter in GSTIN '{tax_id}' is unknown."),
    "LIMIT_MISSING": (ERROR, "credit_limit", "The limit is blank, so the account is not assessed. "
                      "Give a limit; 0 means cash only."),
    "LIMIT_NEGATIVE": (ERROR, "credit_limit", "The limit is negative, so the account is not "
                       "assessed. Correct it."),
    "LIMIT_UNREADABLE": (ERROR, "credit_limit", "The limit reads '{credit_limit_fault}', which is "
                         "no amount. Correct it."),
    "BALANCE_MISSING": (ERROR, "outstanding", "The balance is blank, so the account is not "
                        "assessed. Give it; 0 means nothing is owed."),
    "BALANCE_UNREADABLE": (ERROR, "outstanding", "The balance reads '{outstanding_fault}', which "
                           "is no amount. Correct it."),
    "CREDIT_BALANCE": (INFO, "outstanding", "The account holds a credit balance; it counts as "
                       "owing nothing."),
    "AGEING_MISSING": (ERROR, "ageing_bucket", "A balance is owed but its ageing is blank. Give "
                       "the bucket of the oldest open item."),
    "AGEING_UNREADABLE": (ERROR, "ageing_bucket", "The ageing reads '{ageing_bucket_fault}', which "
                          "is no known bucket. Write 0-30, 31-60, 61-90 or 90+."),
    "DSO_MISSING": (INFO, "dso_days", "No DSO is known; the limit cannot be raised."),
    "DSO_NEGATIVE": (INFO, "dso_days", "The DSO is negative and is left aside; the limit cannot "
                     "be raised."),
    "DSO_UNREADABLE": (ERROR, "dso_days", "The DSO reads '{dso_days_fault}', which is no number. "
                       "Correct it."),
    "PAYMENT_DATE_FUTURE": (ERROR, "last_payment_date", "The last payment is dated "
                            "{last_payment_date}, after the review date. Correct it."),
    "PAYMENT_DATE_UNREADABLE": (ERROR, "last_payment_date", "The last payment reads "
                                "'{last_payment_date_fault}', which is no date. Correct it."),
    "TRACK_RECORD_OUT_OF_RANGE": (ERROR, "track_record", "The track record lies outside 0 to 100 "
                                  "and is left aside. Correct it."),
    "TRACK_RECORD_UNREADABLE": (ERROR, "track_record", "The track record reads "
                                "'{track_record_fault}', which is no score. Correct it."),
    "DISPUTE_UNREADABLE": (ERROR, "disputed", "The dispute flag reads '{disputed_fault}'. Write "
                           "yes or no."),
    "ONBOARDED_UNREADABLE": (ERROR, "onboarded_date", "The opening date reads "
                             "'{onboarded_date_fault}', which is no date. Correct it."),
    "INCREASE_DATE_UNREADABLE": (ERROR, "last_increase_date", "The last increase reads "
                                 "'{last_increase_date_fault}', which is no date. Correct it."),
}  # fmt: skip

_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")
_KNOWN: Final = pl.DataFrame(
    [(code, *remark) for code, remark in REMARKS.items()],
    schema=["code", "severity", "field", "sentence"],
    orient="row",
)
SHOWN: Final = (
    "entity",
    "customer_no",
    "customer_name",
    "source_file",
    "source_sheet",
    "source_row",
    "remarks",
    *sorted({name for *_, text in REMARKS.values() for name in _PLACEHOLDER.findall(text)}),
)
"""Columns of the wide rows that the findings show."""


def remark_bits(t: ir.Table) -> ir.Value:
    """Return which remarks apply to each graded row: bit 0 stands for the first of REMARKS."""
    when, bits = _when(t), ibis.literal(0, "int64")
    for place, code in enumerate(REMARKS):
        bits += ibis.ifelse(when[code].fill_null(False), 1 << place, 0)
    return bits


def _when(t: ir.Table) -> dict[str, ir.Value]:
    return {
        "DUPLICATE_CONFLICT": t.duplicate == "CONFLICT",
        "DUPLICATE_COLLAPSED": t.duplicate == "REPEAT",
        "GSTIN_UNVERIFIED": t.tax_status == "FAIL",
        "GSTIN_CHECK_DIGIT": t.gstin_bad_digit,
        "GSTIN_STATE": t.gstin_bad_state,
        "GSTIN_HOLDER": t.gstin_bad_holder,
        "LIMIT_MISSING": t.credit_limit_minor.isnull() & t.credit_limit_fault.isnull(),
        "LIMIT_NEGATIVE": t.credit_limit_minor < 0,
        "LIMIT_UNREADABLE": t.credit_limit_fault.notnull(),
        "BALANCE_MISSING": t.outstanding_minor.isnull() & t.outstanding_fault.isnull(),
        "BALANCE_UNREADABLE": t.outstanding_fault.notnull(),
        "CREDIT_BALANCE": t.outstanding_minor < 0,
        "AGEING_MISSING": (t.age_status == "NOT_EVALUATED") & t.ageing_bucket_fault.isnull(),
        "AGEING_UNREADABLE": t.ageing_bucket_fault.notnull(),
        "DSO_MISSING": t.dso_days_x100.isnull() & t.dso_days_fault.isnull(),
        "DSO_NEGATIVE": t.dso_days_x100 < 0,
        "DSO_UNREADABLE": t.dso_days_fault.notnull(),
        "PAYMENT_DATE_FUTURE": t.payment_in_future,
        "PAYMENT_DATE_UNREADABLE": t.last_payment_date_fault.notnull(),
        "TRACK_RECORD_OUT_OF_RANGE": t.track_record_x100.notnull() & t.score.isnull(),
        "TRACK_RECORD_UNREADABLE": t.track_record_fault.notnull(),
        "DISPUTE_UNREADABLE": t.disputed_fault.notnull(),
        "ONBOARDED_UNREADABLE": t.onboarded_date_fault.notnull(),
        "INCREASE_DATE_UNREADABLE": t.last_increase_date_fault.notnull(),
    }


def findings(rows: pa.Table) -> pa.Table:
    """Return one FINDINGS row per bit of the `remarks` column, in the order of the rows."""
    bits = rows["remarks"].to_numpy()[:, np.newaxis] >> np.arange(len(REMARKS)) & 1
    row, place = np.nonzero(bits)
    each = pl.DataFrame(pl.from_arrow(rows.select(SHOWN)))[row]
    each = each.with_columns(_KNOWN["code"].gather(place))
    each = each.join(_KNOWN, on="code", maintain_order="left")
    each = each.with_columns(message=_message(), source_row=pl.col("source_row").cast(pl.Int64))
    return each.select(FINDINGS.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(FINDINGS)


def _message() -> pl.Expr:
    """Return the sentence of each code, with the row's figures where it has room for them."""
    message = pl.col("sentence")
    for code, (_, _, sentence) in REMARKS.items():
        if names := _PLACEHOLDER.findall(sentence):
            shown = (pl.col(name).cast(pl.String).fill_null("") for name in names)
            filled = pl.format(_PLACEHOLDER.sub("{}", sentence), *shown)
            message = pl.when(pl.col("code") == code).then(filled).otherwise(message)
    return message
