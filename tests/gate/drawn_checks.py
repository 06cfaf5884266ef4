"""Draw orders, standings and rules the way Hypothesis likes them: on and around every line."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import strategies as st

from tests.engine.gate_cases import DAY, PLAIN, RULES
from tradeline.engine.gate_facts import Group, Item

FEEDS = ("ar", "orders", "payments", "limits")
STATUSES = ("active", "blocked", "closed", "cash_only", "credit_hold")


def near(*lines):
    """Draw numbers on, beside and around lines."""
    close = [line + step for line in lines for step in (-1, 0, 1)]
    return st.one_of(st.sampled_from(close), st.integers(-(10**12), 10**12))


def maybe(values):
    """Draw a value or None."""
    return st.one_of(st.none(), values)


def tuples(values, **sizes):
    """Draw tuples of values."""
    return st.lists(values, **sizes).map(tuple)


days = st.integers(-3, 50).map(lambda ago: DAY - timedelta(days=ago))
amounts = st.one_of(st.sampled_from([0, 1, 99, 100, 101, 8_000, 10_000, 10_001]),
                    st.integers(0, 9 * 10**14))  # fmt: skip
parts = st.sampled_from([0, 1, 500, 2_000, 8_000, 9_000, 10_000])
shares = st.one_of(parts, st.just(12_500))
flags = tuples(st.sampled_from(["bureau", "fraud", "insolvency", "sanction"]), unique=True)
reactions = st.tuples(*([st.sampled_from([0, 1, 2, 3])] * 16), *([st.sampled_from([2, 3])] * 3))
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
                min_size=1, max_size=5)  # fmt: skip
items = st.builds(Item, names, days, amounts)
groups = st.builds(Group, names, maybe(near(10_000)), st.just(10_000), st.just("USD"))
rules = st.builds(
    RULES._replace, reactions=reactions, tolerance_bp=parts, tolerance_max_minor=maybe(amounts),
    average_bp=shares, used_bp=shares, overdue_days_max=st.integers(0, 40),
    overdue_share_bp=shares, overdue_share_days=st.integers(0, 20),
    overdue_max_minor=maybe(amounts), dunning_level_max=st.integers(1, 4),
    document_max_minor=maybe(amounts), review_grace_days=st.integers(0, 30),
    unsecured_max_minor=maybe(amounts), stand_in_max_minor=maybe(amounts), rejected_flags=flags,
    rejected_statuses=tuples(st.sampled_from(STATUSES[1:]), unique=True),
    feed_ages_max=st.dictionaries(st.sampled_from(FEEDS), st.integers(0, 3)),
    feeds_required=tuples(st.sampled_from(FEEDS), unique=True),
)  # fmt: skip


@st.composite
def checks(draw):
    """Draw an order with its standing, close to the lines of rules that are drawn with it."""
    limit, by = draw(maybe(amounts)), draw(rules)
    lines = [limit or 0, (limit or 0) * by.used_bp // 10_000, by.unsecured_max_minor or 0]
    opened = draw(amounts)
    at_share = min(opened * by.overdue_share_bp // 10_000, opened)
    facts = PLAIN._replace(
        currency=draw(st.sampled_from(["USD", "JPY", "KWD", "CLF"])), limit_minor=limit,
        after_minor=draw(near(*lines)), static_after_minor=draw(near(*lines)),
        order_minor=draw(maybe(near(by.document_max_minor or 0, by.stand_in_max_minor or 0))),
        order_currency=draw(st.sampled_from(["USD", "EUR"])),
        net_days=draw(maybe(st.integers(0, 60))), discount_bp=draw(maybe(st.integers(0, 300))),
        prepaid=draw(st.booleans()),
        scope=draw(st.sampled_from(["all"] * 6 + ["delivery", "none"])),
        ages=draw(tuples(maybe(st.integers(-1, 4)), min_size=4, max_size=4)),
        groups=draw(tuples(groups, max_size=2)), oldest_due=draw(maybe(days)),
        overdue_minor=abs(draw(near(by.overdue_max_minor or 0))), open_minor=opened,
        overdue_share_minor=draw(st.integers(0, opened) | st.just(at_share)),
        disputed_minor=draw(amounts), oldest=draw(tuples(items, max_size=2)),
        average_minor=draw(near(*lines)),
        covers=draw(tuples(st.tuples(amounts, parts), max_size=2)),
        status=draw(st.sampled_from(STATUSES)), review_due=draw(maybe(days)),
        dunning_level=draw(st.integers(0, 4)), flags=draw(flags),
        grace_days=draw(st.integers(0, 40)), terms_days_max=draw(maybe(st.integers(0, 60))),
        discount_bp_max=draw(maybe(st.integers(0, 300))), limit_from=draw(maybe(days)),
        limit_to=draw(maybe(days)),
    )  # fmt: skip
    return facts, by
