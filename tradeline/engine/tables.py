"""The tables the engine takes and gives: names, types and units, in one place.

Amounts are integers in minor units of the run's functional currency (`*_minor`). Decimals with two
digits are integers in hundredths (`*_x100`). Dates are dates. A field that could not be read is
null and its `*_fault` column holds what stood there; a blank field is null with no fault.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

SOURCE: Final = {
    "source_file": pa.string(),  # name as the user gave it, without folders
    "source_sheet": pa.string(),
    "source_row": pa.int64(),  # as the user counts: 1 is the first line
}

# One row per account. Columns a file lacks are null throughout.
MASTER: Final = pa.schema(
    {
        "entity": pa.string(),  # never null
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "tax_id": pa.string(),  # as read; the engine strips and upper-cases
        "country": pa.string(),  # ISO 3166 alpha-2, or null
        "currency": pa.string(),  # functional currency; never null
        "credit_limit_minor": pa.int64(),
        "outstanding_minor": pa.int64(),  # negative: credit balance
        "ageing_bucket": pa.string(),  # one of policy.schema.BUCKETS
        "dso_days_x100": pa.int64(),
        "last_payment_date": pa.date32(),
        "track_record_x100": pa.int64(),
        "disputed": pa.bool_(),
        "risk_class": pa.string(),
        "onboarded_date": pa.date32(),
        "last_increase_date": pa.date32(),
        "credit_limit_fault": pa.string(),
        "outstanding_fault": pa.string(),
        "ageing_bucket_fault": pa.string(),
        "dso_days_fault": pa.string(),
        "last_payment_date_fault": pa.string(),
        "track_record_fault": pa.string(),
        "disputed_fault": pa.string(),
        "onboarded_date_fault": pa.string(),
        "last_increase_date_fault": pa.string(),
        **SOURCE,
    }
)

# One row per document, paid ones included: they carry the payment behaviour.
ITEMS: Final = pa.schema(
    {
        "entity": pa.string(),
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "document_no": pa.string(),
        "kind": pa.string(),  # invoice, debit_note, interest, credit_note, cash, deposit
        "document_date": pa.date32(),
        "due_date": pa.date32(),
        "currency": pa.string(),
        "amount_minor": pa.int64(),  # positive for every kind; credits count by their kind
        "open_minor": pa.int64(),  # 0..amount
        "disputed": pa.bool_(),
        "fault": pa.string(),  # what could not be read; the account is then not assessed
        **SOURCE,
    }
)

PAYMENTS: Final = pa.schema(
    {
        "entity": pa.string(),
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "payment_no": pa.string(),
        "date": pa.date32(),
        "currency": pa.string(),
        "amount_minor": pa.int64(),
        "document_no": pa.string(),  # the document it settles; null: on account
        "kind": pa.string(),  # payment, returned, broken_promise
        "fault": pa.string(),
        **SOURCE,
    }
)

CHECKS: Final = (
    "tax_id_structure",
    "utilisation_within_limit",
    "ageing_within_terms",
    "recent_payment_activity",
    "track_record_threshold",
    "no_active_dispute",
)
RUN_CHECK: Final = "entries_non_empty"

# The three results, as the engine gives them (integers); files/tables.py writes decimals.
ACCOUNTS: Final = pa.schema(
    {
        "entity": pa.string(),
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "tax_id": pa.string(),
        "currency": pa.string(),
        "credit_limit_minor": pa.int64(),
        "outstanding_minor": pa.int64(),
        "ar_utilisation_pct": pa.string(),  # two digits, four where two would hide a breach
        "ageing_bucket": pa.string(),
        "dso_days_x100": pa.int64(),
        "days_since_payment": pa.int64(),
        "track_record_x100": pa.int64(),
        "disputed": pa.bool_(),
        "status": pa.string(),  # assessed, not_assessed, quarantined
        "band": pa.string(),  # provisional when quarantined; null when not assessed
        "limit_action": pa.string(),  # null unless assessed
        "recommended_limit_minor": pa.int64(),
        "account_actions": pa.string(),  # codes, sorted, joined by ;
        "stage": pa.int64(),
        "composite_x100": pa.int64(),
    }
)

CHECK_ROWS: Final = pa.schema(
    {
        "entity": pa.string(),
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "check": pa.string(),
        "status": pa.string(),  # PASS, WARNING, FAIL, NOT_EVALUATED, NOT_APPLICABLE
        "measured": pa.string(),
        "threshold": pa.string(),
        "comment": pa.string(),
    }
)

# Notes on the data itself: quarantine, faults, collapsed repeats, informative remarks.
FINDINGS: Final = pa.schema(
    {
        "entity": pa.string(),
        "customer_no": pa.string(),
        "customer_name": pa.string(),
        "severity": pa.string(),  # QUARANTINE, ERROR, INFO
        "code": pa.string(),  # DUPLICATE_CONFLICT, GSTIN_UNVERIFIED, CREDIT_BALANCE...
        "field": pa.string(),
        "message": pa.string(),  # a sentence that says how to mend it
        **SOURCE,
    }
)
