"""One plain sentence per check, with the account's own figures, and what was held against what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import ibis

from tradeline.engine.checks import nothing_due
from tradeline.engine.tax_ids import tax_id_comment
from tradeline.engine.wording import plain_hundredths, say, text

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    import ibis.expr.types as ir

    from tradeline.policy.schema import Policy

NOTHING = ibis.null("string")
PREFIXES: Final = ("tax", "util", "age", "recency", "track", "dispute")
"""What the columns of each check begin with, in the order of `tables.CHECKS`."""


def plain(value: Decimal) -> str:
    """Return a decimal by its digits: 90, 87.5."""
    return format(value.normalize(), "f")


def reports(t: ir.Table, policy: Policy, as_of: date) -> dict[str, ir.Value]:
    """Return `<check>_measured`, `_threshold` and `_comment` columns for the six checks."""
    return {
        **_tax_id(t),
        **_utilisation(t, policy),
        **_ageing(t, policy),
        **_recency(t, policy, as_of),
        **_track(t, policy),
        **_dispute(t),
    }


def _tax_id(t: ir.Table) -> dict[str, ir.Value]:
    applies = t.tax_status != "NOT_APPLICABLE"
    return {
        "tax_measured": t.tax_id,
        "tax_threshold": ibis.ifelse(applies, "GSTIN structure", NOTHING),
        "tax_comment": tax_id_comment(t),
    }


def _utilisation(t: ir.Table, policy: Policy) -> dict[str, ir.Value]:
    rules = policy.utilisation
    watch, limit = plain(rules.watch_above_pct), plain(rules.limit_pct)
    passed_limit = t.util_status == "FAIL"
    return {
        "util_measured": t.ar_utilisation_pct,
        "util_threshold": ibis.ifelse(passed_limit, limit, watch),
        "util_comment": _utilisation_comment(t, watch, limit),
    }


def _utilisation_comment(t: ir.Table, watch: str, limit: str) -> ir.Value:
    owes = say("Owes ", t.owed_words, " of a limit of ", t.limit_words)
    used = say(": ", t.used_words, " % used, ")
    over = t.over_words
    credit = say(
        "Holds a credit balance of ", t.credit_words, ": nothing of the limit of ",
        t.limit_words, " is used.",
    )  # fmt: skip
    return ibis.cases(
        (t.credit_limit_fault.notnull(), say("The limit reads '", t.credit_limit_fault,
                                             "', which is no amount: not assessed.")),
        (t.credit_limit_minor.isnull(), "The limit is blank: the account is not assessed."),
        (t.credit_limit_minor < 0, "The limit is negative: the account is not assessed."),
        (t.outstanding_fault.notnull(), say("The balance reads '", t.outstanding_fault,
                                            "', which is no amount: not assessed.")),
        (t.outstanding_minor.isnull(), "The balance is blank: the account is not assessed."),
        (t.outstanding_minor < 0, credit),
        (t.owed == 0, say("Owes nothing of a limit of ", t.limit_words, ".")),
        (t.credit_limit_minor == 0, say("Owes ", t.owed_words,
                                        " with no limit: terms are cash only.")),
        (t.util_status == "FAIL", say(owes, used, f"above {limit} %: over by ", over, ".")
         if limit == "100" else say(owes, used, f"above {limit} %.")),
        (t.util_status == "WARNING", say(owes, used, f"above the watch line of {watch} %.")),
        else_=say(owes, used, f"within {watch} %."),
    )  # fmt: skip


def _ageing(t: ir.Table, policy: Policy) -> dict[str, ir.Value]:
    passing = [name for name, rule in policy.ageing.buckets.items() if rule.check == "PASS"]
    since = "past due" if policy.ageing.basis == "due_date" else "after the document date"
    first, _, last = policy.ageing.bucket_ends_days
    spoken = ibis.cases(
        (t.ageing_bucket == "0-30", f"not more than {first} days {since}"),
        (t.ageing_bucket == "90+", f"more than {last} days {since}"),
        else_=say(t.ageing_bucket, f" days {since}"),
    )
    balance = say(" Balance ", t.owed_words, ".").fill_null("")
    comment = ibis.cases(
        (t.ageing_bucket_fault.notnull(), say("The ageing reads '", t.ageing_bucket_fault,
                                              "', which is no known bucket: correct it.")),
        (nothing_due(t) & t.ageing_bucket.isnull(), "Nothing is owed, so nothing is overdue."),
        (t.ageing_bucket.isnull(), say("The balance has no ageing: age the open items.", balance)),
        (t.age_status == "FAIL", say("The oldest open item is ", spoken,
                                     ": hold, collect and escalate.", balance)),
        (t.age_status == "WARNING", say("The oldest open item is ", spoken,
                                        ": collect and watch.", balance)),
        else_=say("The oldest open item is ", spoken, ", within terms."),
    )  # fmt: skip
    return {
        "age_measured": t.ageing_bucket,
        "age_threshold": ibis.literal(passing[-1] if passing else "none"),
        "age_comment": comment,
    }


def _recency(t: ir.Table, policy: Policy, as_of: date) -> dict[str, ir.Value]:
    recent, dormant = policy.recency.recent_days, policy.recency.dormant_days
    last = say("The last payment was on ", text(t.last_payment_date), ", ", text(t.gap_days),
               " days before the review")  # fmt: skip
    none = say("No payment since the account opened ", text(t.gap_days), " days ago")
    event = ibis.ifelse(t.gap_from_start, none, last)
    comment = ibis.cases(
        (t.last_payment_date_fault.notnull(), say("The last payment reads '",
                                                  t.last_payment_date_fault,
                                                  "', which is no date: correct it.")),
        (t.payment_in_future, say("The last payment is dated ", text(t.last_payment_date),
                                  f", after the review date {as_of.isoformat()}: correct it.")),
        (t.gap_days.isnull(), "No payment is on record."),
        (t.dormant, say(event, f", beyond {dormant}: the account is dormant.")),
        (t.recency_status == "WARNING", say(event, f", beyond {recent}.")),
        else_=say(event, f", within {recent}."),
    )  # fmt: skip
    return {
        "recency_measured": text(t.gap_days),
        "recency_threshold": ibis.ifelse(t.dormant, str(dormant), str(recent)),
        "recency_comment": comment,
    }


def _track(t: ir.Table, policy: Policy) -> dict[str, ir.Value]:
    least = plain(policy.track_record.pass_min)
    scored = say("The track record scores ", t.score_words)
    comment = ibis.cases(
        (t.track_record_fault.notnull(), say("The track record reads '", t.track_record_fault,
                                             "', which is no score: correct it.")),
        (t.track_record_x100.isnull(), "No track record is known: review by hand."),
        (t.score.isnull(), say("The track record reads ", t.score_words,
                               ", outside 0 to 100: correct it.")),
        (t.weak, say(scored, f", below {least}: review by hand.")),
        else_=say(scored, f", at least {least}."),
    )  # fmt: skip
    return {
        "track_measured": plain_hundredths(t.track_record_x100),
        "track_threshold": ibis.literal(least),
        "track_comment": comment,
    }


def _dispute(t: ir.Table) -> dict[str, ir.Value]:
    comment = ibis.cases(
        (t.disputed_fault.notnull(), say("The dispute flag reads '", t.disputed_fault,
                                         "', which is neither yes nor no: correct it.")),
        (t.disputed, "A dispute is open: resolve it."),
        else_="No dispute is open.",
    )  # fmt: skip
    return {
        "dispute_measured": ibis.cases(
            (t.disputed_fault.notnull(), NOTHING), (t.disputed, "yes"), else_="no"
        ),
        "dispute_threshold": ibis.literal("no"),
        "dispute_comment": comment,
    }
