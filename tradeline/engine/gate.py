"""The rules of the check at order time, to be read: what sql/gate_verdict.sql decides, again.

PostgreSQL decides under the line's lock; this is the independent reference. It replays decisions,
answers the known cases, is held against PostgreSQL by a property test, and asks "what if" for the
ways out of a hold (unblock.py). Codes, figures and sentences are the same, word for word.

Each rule's docstring is the rule. It yields a reason for each time it is hit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from tradeline.engine.exposure import BASIS_POINTS, utilisation_text
from tradeline.engine.gate_facts import FEEDS, unsecured_minor, with_tolerance
from tradeline.money import to_decimal
from tradeline.policy.gate import REACTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tradeline.engine.gate_facts import Facts, Group, Rules

WARN: Final = 1
HOLD: Final = 2
REJECT: Final = 3
"""Places in policy.gate.REACTIONS."""


class Reason(NamedTuple):
    """A rule that was hit: what was measured, against which threshold."""

    code: str
    reaction: int
    measured: str | None
    threshold: str | None
    message: str
    evidence: str | None

    def as_json(self) -> dict[str, str | None]:
        """Return the reason as an answer shows it."""
        return self._asdict() | {"reaction": REACTIONS[self.reaction]}


class Verdict(NamedTuple):
    """The hardest reaction, 0 where no rule is hit, and all reasons in the order of CODES."""

    reaction: int
    reasons: tuple[Reason, ...]


def verdict(facts: Facts, rules: Rules) -> Verdict:
    """Return every reason; the hardest reaction decides."""
    reasons = tuple(hits(facts, rules))
    return Verdict(max((reason.reaction for reason in reasons), default=0), reasons)


def hits(facts: Facts, rules: Rules) -> Iterator[Reason]:
    """Yield the reasons of all rules that are in force and apply to the order."""
    for code, (applies, rule) in RULES.items():
        reaction = rules.reaction(code)
        if reaction and applies(facts):
            yield from rule(facts, rules, reaction)


def _on_credit(facts: Facts) -> bool:
    """Return whether credit is asked for: not by what is prepaid, nor by goods that were let go."""
    return facts.scope == "all" and not facts.prepaid


def _on_terms(facts: Facts) -> bool:
    """Return whether the customer owes for the goods: deliveries too, but nothing prepaid."""
    return facts.scope != "none" and not facts.prepaid


def _always(facts: Facts) -> bool:
    """Return whether anything is asked at all; less of the same is not."""
    return facts.scope != "none"


def _money(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(to_decimal(minor, currency))


def _percent(part: int, whole: int) -> str | None:
    return utilisation_text(part, whole)


def _bound(facts: Facts, rules: Rules) -> int:
    assert facts.limit_minor is not None
    return with_tolerance(facts.limit_minor, rules.tolerance_bp, rules.tolerance_max_minor)


def static_limit(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """CL01: exposure with all orders, however late they ship, is above limit and tolerance."""
    if f.limit_minor is not None and f.static_after_minor > _bound(f, r):
        yield Reason(
            "CL01", reaction, _money(f.static_after_minor, f.currency),
            _money(_bound(f, r), f.currency), "Exposure with all orders would pass the limit.",
            "line of credit",
        )  # fmt: skip


def dynamic_limit(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """CL02: exposure with the orders inside the horizon is above limit and tolerance."""
    if f.limit_minor is not None and f.after_minor > _bound(f, r):
        yield Reason(
            "CL02", reaction, _money(f.after_minor, f.currency), _money(_bound(f, r), f.currency),
            "Exposure would pass the limit.", "line of credit",
        )  # fmt: skip


def group_bound(group: Group, rules: Rules) -> int:
    """Return the bound of a group's limit; only the share of the tolerance applies."""
    return with_tolerance(group.limit_minor, rules.tolerance_bp, None)


def group_limit(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """CL03: exposure of a group above the account is above its limit, or cannot be converted."""
    for group in f.groups:
        bound = group_bound(group, r)
        if group.after_minor is not None and group.after_minor <= bound:
            continue
        message = "The group's exposure would pass its limit."
        if group.after_minor is None:
            message = "The group's exposure cannot be converted: a rate is missing."
        yield Reason(
            "CL03", reaction, _money(group.after_minor, group.currency),
            _money(bound, group.currency), message, f"group {group.code}",
        )  # fmt: skip


def average_use(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """CL04: the average exposure of 90 days is above a share of the limit."""
    if f.limit_minor is None or f.average_minor * BASIS_POINTS <= f.limit_minor * r.average_bp:
        return
    bound = f.limit_minor * r.average_bp // BASIS_POINTS
    yield Reason("CL04", reaction, _money(f.average_minor, f.currency), _money(bound, f.currency),
                 "The average exposure of 90 days is high.", "positions")  # fmt: skip


def limit_in_force(f: Facts, _: Rules, reaction: int) -> Iterator[Reason]:
    """CL05: there is no limit, it is nothing, it has ended or has not begun: prepay."""
    if f.limit_to is not None and f.limit_to < f.day:
        message = f"The limit ended on {f.limit_to}: prepay."
    elif f.limit_from is not None and f.limit_from > f.day:
        message = f"The limit begins on {f.limit_from}: prepay."
    elif f.limit_minor is None:
        message = "There is no limit: prepay."
    elif f.limit_minor == 0:
        message = "The limit is nothing: prepay."
    else:
        return
    yield Reason("CL05", reaction, _money(f.limit_minor, f.currency), None, message, "limit")


def limit_used(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """CL06: the exposure would use more than a share of the limit."""
    if not f.limit_minor or max(f.after_minor, 0) * BASIS_POINTS <= f.limit_minor * r.used_bp:
        return
    yield Reason("CL06", reaction, _percent(f.after_minor, f.limit_minor),
                 _percent(r.used_bp, BASIS_POINTS),
                 "Much of the limit would be used (percent).", "line of credit")  # fmt: skip


def oldest_days_max(f: Facts, r: Rules) -> int:
    """Return how many days past due the oldest item may be: within grace nothing is overdue."""
    return max(r.overdue_days_max, f.grace_days)


def oldest_item(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """OV01: the oldest open item is overdue, and past due by more days than allowed."""
    if f.oldest_due is None or (f.day - f.oldest_due).days <= oldest_days_max(f, r):
        return
    evidence = f"document {f.oldest[0].document_no} due on {f.oldest_due}" if f.oldest else None
    yield Reason("OV01", reaction, str((f.day - f.oldest_due).days), str(oldest_days_max(f, r)),
                 "The oldest open item is too long past due (days).", evidence)  # fmt: skip


def overdue_share(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """OV02: of what is open, the share that is past due by more than some days is too large."""
    late = f.overdue_share_minor * BASIS_POINTS > f.open_minor * r.overdue_share_bp
    if not (f.open_minor and late):
        return
    evidence = "open items"
    if f.disputed_minor > 0:
        evidence += f", disputed {_money(f.disputed_minor, f.currency)} left out"
    yield Reason(
        "OV02", reaction, _percent(f.overdue_share_minor, f.open_minor),
        _percent(r.overdue_share_bp, BASIS_POINTS),
        f"Too much of what is open is past due by more than {r.overdue_share_days} days (percent).",
        evidence,
    )  # fmt: skip


def overdue_amount(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """OV03: what is overdue is above an amount."""
    if r.overdue_max_minor is not None and f.overdue_minor > r.overdue_max_minor:
        yield Reason("OV03", reaction, _money(f.overdue_minor, f.currency),
                     _money(r.overdue_max_minor, f.currency), "Too much is past due.",
                     "open items")  # fmt: skip


def dunning(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """DU01: the account's dunning level has reached a level."""
    if f.dunning_level >= r.dunning_level_max:
        yield Reason("DU01", reaction, str(f.dunning_level), str(r.dunning_level_max),
                     "The dunning level is too high.", "account")  # fmt: skip


def document_value(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """DV01: the order is worth more than one order may be."""
    most = r.document_max_minor
    if most is not None and f.order_minor is not None and f.order_minor > most:
        yield Reason("DV01", reaction, _money(f.order_minor, f.currency), _money(most, f.currency),
                     "One order is worth too much.", "order")  # fmt: skip


def status(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """ST01: the account is not active; cash only is no hindrance to what is prepaid.

    Statuses that the policy lists reject.
    """
    if f.status == "active" or (f.status == "cash_only" and f.prepaid):
        return
    message = f"The account may not buy on terms: {f.status.replace('_', ' ')}."
    hardest = REJECT if f.status in r.rejected_statuses else reaction
    yield Reason("ST01", hardest, f.status, "active", message, "account")


def review(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """RV01: the limit's review is late; within the grace this warns."""
    if f.review_due is None or f.review_due >= f.day:
        return
    late = (f.day - f.review_due).days > r.review_grace_days
    yield Reason("RV01", reaction if late else WARN, str(f.review_due), str(f.day),
                 "The review of the limit is late.", "account")  # fmt: skip


def terms(f: Facts, _: Rules, reaction: int) -> Iterator[Reason]:
    """TM01: the order's credit days or discount are better than the granted terms give."""
    if f.terms_days_max is None:
        return
    most_bp = f.discount_bp_max or 0
    longer = f.net_days is not None and f.net_days > f.terms_days_max
    cheaper = f.discount_bp is not None and f.discount_bp > most_bp
    if longer or cheaper:
        yield Reason(
            "TM01", reaction, _terms(f.net_days, f.discount_bp or 0),
            _terms(f.terms_days_max, most_bp),
            "The order's terms are better than those granted.", "terms",
        )  # fmt: skip


def _terms(days: int | None, discount_bp: int) -> str:
    credit = "" if days is None else f"{days} days, "
    return f"{credit}{_percent(discount_bp, BASIS_POINTS)} % discount"


def outside_flags(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """EX01: a signal from outside is active; kinds that the policy lists reject."""
    if f.flags:
        hardest = REJECT if set(f.flags) & set(r.rejected_flags) else reaction
        yield Reason("EX01", hardest, ", ".join(f.flags), None,
                     "A signal from outside stops new orders.", "external flags")  # fmt: skip


def unsecured(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """IN01: what of the exposure is not covered is above an amount."""
    if r.unsecured_max_minor is None:
        return
    rest = unsecured_minor(f.after_minor, f.covers)
    if rest > r.unsecured_max_minor:
        yield Reason("IN01", reaction, _money(rest, f.currency),
                     _money(r.unsecured_max_minor, f.currency), "Too much would be unsecured.",
                     "cover")  # fmt: skip


def feed_age(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """DT01: a feed that must come never came, or one that came is older than allowed.

    An order up to the stand-in amount is warned of in place of held.
    """
    small = (r.stand_in_max_minor is not None and f.order_minor is not None
             and f.order_minor <= r.stand_in_max_minor)  # fmt: skip
    for feed, age in zip(FEEDS, f.ages, strict=True):
        most = r.feed_ages_max.get(feed)
        if age is None:
            late, message = feed in r.feeds_required, f"The feed {feed} has never come."
        else:
            late, message = most is not None and age > most, f"The feed {feed} is late (days)."
        if late:
            yield Reason(
                "DT01", WARN if small else reaction, None if age is None else str(age),
                None if most is None else str(most), message, f"feed {feed}",
            )  # fmt: skip


def order_rate(f: Facts, r: Rules, reaction: int) -> Iterator[Reason]:
    """DT02: there is no rate between the order's currency and the line's that is recent enough."""
    if f.order_minor is None:
        yield Reason(
            "DT02", reaction, None, None, f"There is no rate from {f.order_currency} to "
            f"{f.currency} of the last {r.rate_age_max_days} days.", "exchange rates",
        )  # fmt: skip


RULES: Final[dict[str, tuple[Callable[[Facts], bool], Callable[..., Iterator[Reason]]]]] = {
    "CL01": (_on_credit, static_limit), "CL02": (_on_credit, dynamic_limit),
    "CL03": (_on_credit, group_limit), "CL04": (_on_credit, average_use),
    "CL05": (_on_credit, limit_in_force), "CL06": (_on_credit, limit_used),
    "OV01": (_on_terms, oldest_item), "OV02": (_on_terms, overdue_share),
    "OV03": (_on_terms, overdue_amount), "DU01": (_on_credit, dunning),
    "DV01": (_on_credit, document_value), "ST01": (_always, status), "RV01": (_on_credit, review),
    "TM01": (_on_credit, terms), "EX01": (_always, outside_flags), "IN01": (_on_credit, unsecured),
    "DT01": (_always, feed_age), "DT02": (_always, order_rate),
}  # fmt: skip
"""When a rule applies, and the rule. DT03, an unknown customer, is told before there are facts."""
