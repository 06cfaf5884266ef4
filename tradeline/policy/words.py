"""The sentences of a policy, one for each value, in the order a reader wants them.

`{}` stands for the sentence's own value, `[path]` for another value, `{now}` for "now" where the
sentence reports a change. A sentence without a path states a rule that no policy changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tradeline.policy.alerts_words import ALERTS
from tradeline.policy.exposure_words import EXPOSURE
from tradeline.policy.form import BUCKETS
from tradeline.policy.gate_words import GATE

if TYPE_CHECKING:
    from collections.abc import Iterator


_ALONE: Final = "*"  # marks a sentence that is said only of a change


@dataclass(frozen=True)
class Sentence:
    """A template; `otherwise` replaces it when the value is false, empty or nothing.

    Without a chapter it is said only when its value changes: another sentence covers it.
    """

    chapter: str
    path: str
    text: str
    otherwise: str = ""


def _buckets() -> Iterator[tuple[str, ...]]:
    """One sentence for each bucket, and one for each of its values where that alone changes."""
    past = "past the [ageing.basis]"
    for position, bucket in enumerate(BUCKETS):
        base = f"ageing.buckets.{bucket}"
        span = f"up to [ageing.bucket_ends_days.{position}] {past}"
        span = span if position < 3 else "anything older"
        yield (
            "",
            (
                f"With its oldest item in {bucket} ({span}), the account's ageing check is "
                f"[{base}.check], its tier [{base}.tier], its ageing term [{base}.score]."
            ),
        )
        yield _ALONE, f"{base}.check", f"The ageing check at {bucket} is{{now}} {{}}."
        yield _ALONE, f"{base}.tier", f"The tier at {bucket} is{{now}} {{}}."
        yield _ALONE, f"{base}.score", f"The ageing term at {bucket} is{{now}} {{}}."


def _actions() -> Iterator[tuple[str, ...]]:
    found = {
        "utilisation_watch": "the utilisation check warns",
        "utilisation_over": "the utilisation check fails",
        "ageing_warning": "the ageing check warns",
        "ageing_fail": "the ageing check fails",
        "payment_slow": "the last payment is neither recent nor dormant",
        "payment_unknown": "neither a payment nor a start date is known",
        "dormant": "the account is dormant",
        "track_record_weak": "the track record is weak or missing",
        "dispute": "a dispute is open",
        "critical": "the band is Critical",
        "reduced_below_balance": "the new limit is below what is owed",
        "data_error": "a field cannot be read or cannot be true",
    }
    for name, when in found.items():
        yield f"actions.{name}", f"When {when}, the account's actions are{{now}}: {{}}."


_TERMS: Final = {
    "utilisation": "utilisation",
    "ageing": "ageing",
    "recency": "the last payment",
    "track_record": "the track record",
    "dso": "DSO",
}


def _composite() -> Iterator[tuple[str, ...]]:
    weights = ", ".join(f"{what} [composite.weights.{name}]" for name, what in _TERMS.items())
    yield "", f"Its weights, which add up to 1, are: {weights}."
    missing = ", ".join(f"{what} [composite.missing.{name}]" for name, what in _TERMS.items())
    yield "", f"Where an input is missing its term is taken as: {missing}."
    for name, what in _TERMS.items():
        yield _ALONE, f"composite.weights.{name}", f"The weight of {what} is{{now}} {{}}."
        yield (
            _ALONE,
            f"composite.missing.{name}",
            f"Where {what} is missing, its term is{{now}} taken as {{}}.",
        )


_CHAPTERS: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "The policy": (
        ("name", "The policy is{now} called {}."),
        ("purpose", "Its purpose is{now}: {}", "It states no purpose{now}."),
        ("version", "It is written in version {} of the form."),
        ("locale", "Numbers are{now} written as in {}."),
        (
            "currency",
            "Amounts are{now} in {} where a file names no currency.",
            "A file must{now} name the currency of its amounts.",
        ),
        ("entity", "Rows that name no legal entity{now} belong to {}."),
    ),
    "Utilisation": (
        ("", "Utilisation is receivables outstanding divided by the limit, compared unrounded."),
        (
            "utilisation.watch_above_pct",
            "The utilisation check{now} warns above {} of the limit.",
        ),
        (
            "utilisation.limit_pct",
            "The utilisation check{now} fails above {} of the limit.",
        ),
        ("utilisation.tier_above_watch", "While the utilisation check warns, the tier is{now} {}."),
        (
            "utilisation.tier_above_limit",
            "When it fails, or money is owed at limit zero, the utilisation tier is{now} {}.",
        ),
        (
            "utilisation.target_average_pct",
            "The portfolio's average utilisation should{now} stay below {}.",
        ),
    ),
    "Ageing": (
        ("ageing.basis", "The age of an item{now} counts from its {}."),
        ("ageing.bucket_ends_days", "The first three ageing buckets{now} end on day {}."),
        *_buckets(),
        (
            "ageing.tier_unknown",
            "When money is owed and its age cannot be read, the tier is{now} {}.",
        ),
    ),
    "Last payment": (
        ("recency.recent_days", "A payment is{now} recent up to {} back; later the check warns."),
        ("recency.dormant_days", "An account is{now} dormant when more than {} have passed."),
        ("recency.tier_slow", "Between recent and dormant the tier is{now} {}."),
        ("recency.tier_unknown", "Without a usable date of payment or start the tier is{now} {}."),
        ("recency.tier_dormant_with_balance", "Dormant and owing money, the tier is{now} {}."),
        ("recency.tier_dormant_without_balance", "Dormant and owing nothing, the tier is{now} {}."),
    ),
    "Track record": (
        (
            "track_record.pass_min",
            "The track-record check{now} passes from a score of {} and warns below.",
        ),
        ("track_record.tier_missing", "Without a usable score the tier is{now} {}."),
        (
            "track_record.upgrade_levels",
            "A score below [track_record.pass_min]{now} raises the band by {}, once.",
        ),
    ),
    "Disputes": (
        ("dispute.tier", "An open dispute{now} lends the tier {}."),
        ("dispute.tier_unknown", "When the dispute flag cannot be read, the tier is{now} {}."),
        ("dispute.combines_with_buckets", "A dispute{now} weighs more together with {}."),
        (
            "dispute.combines_with_dso_above_days",
            "A dispute{now} also weighs more together with a DSO above {}.",
        ),
        (
            "dispute.combination_levels",
            "A dispute with age or DSO{now} raises the band by {}, once.",
        ),
    ),
    "Band": (
        (
            "",
            (
                "The band is the highest tier of the checks, raised for a dispute combined with "
                "age, then for a weak track record, and never beyond Critical."
            ),
        ),
    ),
    "Limit": (
        ("", "The most restrictive of the following that applies decides the limit."),
        ("", "A dormant account is cut to zero until it is formally reactivated."),
        ("", "At band Critical the limit is suspended."),
        ("reduction.severe_buckets", "Ageing counts{now} as severe in {}."),
        ("reduction.severe_keep_pct", "Under severe ageing the limit is{now} cut to {} of itself."),
        (
            "reduction.high_keep_pct",
            "At band High even without utilisation, the limit is{now} cut to {} of itself.",
        ),
        (
            "limit_step",
            (
                "Limits are{now} rounded down to a multiple of {}, and in any other currency to "
                "its smallest unit."
            ),
            "Limits are{now} rounded down to the currency's smallest unit.",
        ),
        ("", "Otherwise the limit stays, or is increased as the next chapter allows."),
    ),
    "Increase": (
        (
            "",
            (
                "An increase is proposed only when every check passes, the band is Low, the data "
                "carry no remark, and all of the following hold."
            ),
        ),
        ("increase.raise_to_pct", "An increase{now} proposes {} of the present limit."),
        ("increase.utilisation_min_pct", "An increase{now} asks for a utilisation of at least {}."),
        ("increase.utilisation_max_pct", "An increase{now} asks for a utilisation of at most {}."),
        (
            "increase.track_record_min",
            "An increase{now} asks for a known track record of at least {}.",
        ),
        ("increase.buckets", "An increase{now} asks for an oldest item in {}."),
        ("increase.dso_max_days", "An increase{now} asks for a known DSO of at most {}."),
        ("increase.gap_max_days", "An increase{now} asks for a last payment at most {} back."),
        (
            "increase.on_book_min_months",
            "An increase{now} asks for at least {} on the book, where the start is known.",
        ),
        (
            "increase.after_increase_min_days",
            "An increase{now} asks for at least {} since the last one, where that is known.",
        ),
        (
            "increase.class_caps",
            "An increase{now} goes to {} at most.",
            "An increase{now} has no cap by risk class.",
        ),
    ),
    "Actions": (
        *_actions(),
        ("", "The actions of all findings add up; an action is not a change of the limit."),
    ),
    "Stages for expected credit loss": (
        (
            "",
            "The stage, 3, else 2, else 1, is for monitoring; it never changes an allowance.",
        ),
        ("stages.impaired_buckets", "Stage 3 is{now} an account with its oldest item in {}."),
        (
            "stages.impaired_dispute_band",
            "Stage 3 is{now} also an account with an open dispute at band {} or above.",
        ),
        (
            "stages.risen_buckets",
            "Otherwise Stage 2 is{now} an account with its oldest item in {}.",
        ),
        (
            "stages.risen_track_below",
            "Stage 2 is{now} also an account with a track record below {}.",
        ),
        (
            "stages.sicr_30dpd_backstop",
            "An oldest item in 31-60 is{now} Stage 2 as well, as IFRS 9 5.5.11 presumes.",
            (
                "An oldest item in 31-60 alone is{now} not Stage 2: the presumption of IFRS 9 "
                "5.5.11 is rebutted, and the pack says so."
            ),
        ),
    ),
    "Composite score": (
        ("", "The composite score from 0 to 100 ranks accounts inside a band; higher is riskier."),
        *_composite(),
        ("composite.utilisation_from_pct", "The utilisation term{now} rises from 0 at {}."),
        ("composite.utilisation_full_pct", "The utilisation term{now} reaches 1 at {}."),
        ("composite.gap_full_days", "The term of the last payment{now} reaches 1 after {}."),
        ("composite.dso_from_days", "The DSO term{now} rises from 0 at {}."),
        ("composite.dso_full_days", "The DSO term{now} reaches 1 at {}."),
        (
            "composite.dispute_uplift",
            (
                "An open dispute{now} multiplies the score by 1 plus {} times the larger of the "
                "ageing and DSO terms, up to 100."
            ),
        ),
    ),
    "Tax identifiers and exchange rates": (
        (
            "tax_id.country_by_currency",
            "A row that names no country{now} takes it from its currency: {}.",
            "No currency{now} implies a country.",
        ),
        (
            "tax_id.country_default",
            "Any other row without a country is{now} taken as {}.",
            "Any other row without a country has{now} none.",
        ),
        (
            "tax_id.gstin_strict",
            (
                "A GSTIN must{now} also have the right check digit, state and holder letter, or "
                "its row is set aside."
            ),
            (
                "A GSTIN must have{now} the right structure, or its row is set aside; a wrong "
                "check digit, state or holder letter is only remarked."
            ),
        ),
        ("fx.rate_age_max_days", "An exchange rate older than {} is{now} refused."),
    ),
    "Figures computed from invoices": (
        ("dso.window_days", "DSO{now} takes the credit sales of the last {}."),
        (
            "track_score.window_days",
            "The track record{now} covers invoices due in the last {}.",
        ),
        ("track_score.curve", "An invoice{now} earns {}, and in between in proportion."),
        ("track_score.recent_days", "The last {} are{now} compared with the rest of the window."),
        ("track_score.trend_free_days", "Payment slower by up to {}{now} costs nothing."),
        ("track_score.trend_points_per_day", "Each further day of slower payment{now} costs {}."),
        ("track_score.trend_points_max", "Slower payment{now} costs at most {}."),
        ("track_score.dispute_free_share", "Disputes up to a share of {}{now} cost nothing."),
        (
            "track_score.dispute_points_per_share",
            "Each further percent of disputes{now} costs a hundredth of {}.",
        ),
        ("track_score.dispute_points_max", "Disputes{now} cost at most {}."),
        ("track_score.failure_points", "A returned payment or broken promise{now} costs {}."),
        (
            "track_score.failure_points_max",
            "Returned payments and broken promises{now} cost at most {}.",
        ),
        ("track_score.prompt_share_min", "The bonus{now} asks that a share of {} is paid on time."),
        ("track_score.prompt_invoices_min", "The bonus{now} asks for at least {}."),
        ("track_score.prompt_bonus_points", "The bonus{now} adds {}."),
        ("track_score.invoices_min", "A score{now} needs at least {}."),
        ("track_score.history_min_days", "A score{now} needs a history of at least {}."),
    ),
    "Exposure": EXPOSURE,
    "Alerts": ALERTS,
    "Payment terms": (
        (
            "",
            (
                "An account's own term goes before that of its tier, that before the term of its "
                "segment, and that before the standing one."
            ),
        ),
        ("terms.named", "The terms that may be granted are{now}: {}."),
        ("terms.default", "The standing term is{now} {}."),
        ("terms.by_tier", "By tier the term is{now} {}.", "No tier has{now} a term of its own."),
        (
            "terms.by_segment",
            "By segment the term is{now} {}.",
            "No segment has{now} a term of its own.",
        ),
        (
            "terms.calendars",
            "Banks are{now} closed as follows: {}.",
            "No calendar is{now} kept.",
        ),
        (
            "terms.caps",
            "A term is{now} remarked when it exceeds the law: {}.",
            "No legal cap is{now} watched.",
        ),
        ("", "The last day of a discount still counts; days of grace never move a due date."),
    ),
    "Orders": GATE,
}

SENTENCES: Final = tuple(
    Sentence("", *parts[1:]) if parts[0] == _ALONE else Sentence(chapter, *parts)
    for chapter, rows in _CHAPTERS.items()
    for parts in rows
)
