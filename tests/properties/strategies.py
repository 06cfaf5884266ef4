"""Draw accounts the way Hypothesis likes them: small choices on and around every line."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.builders import account, minor
from tradeline.money import AMOUNT_MINOR_MAX

BUCKETS = ("0-30", "31-60", "61-90", "90+")

limits = st.one_of(
    st.integers(1, AMOUNT_MINOR_MAX),
    st.integers(1, 10_000),
    st.integers(1, 900).map(lambda number: minor(number * 1000)),
    st.just(AMOUNT_MINOR_MAX),
)
hundredths_of_percent = st.one_of(
    st.integers(0, 20_000), st.sampled_from((0, 5_000, 7_000, 9_000, 9_001, 10_000, 10_001, 10_800))
)
gaps = st.one_of(
    st.integers(0, 400), st.sampled_from((0, 60, 61, 120, 121, 180, 181)), st.none(), st.just(-1)
)
dsos = st.one_of(st.integers(0, 20_000), st.sampled_from((3_000, 6_000, 9_000, 9_001)), st.none())
scores = st.one_of(st.integers(0, 10_000), st.sampled_from((4_999, 5_000, 8_000)), st.none())


@st.composite
def accounts(draw, **fixed):
    """Draw one assessed account; `fixed` columns keep the value given."""
    limit = draw(limits)
    owed = min(limit * draw(hundredths_of_percent) // 10_000, AMOUNT_MINOR_MAX)
    owed = min(max(owed + draw(st.integers(-1, 1)), -AMOUNT_MINOR_MAX), AMOUNT_MINOR_MAX)
    row = account(gap=draw(gaps)) | {
        "credit_limit_minor": limit,
        "outstanding_minor": owed,
        "ageing_bucket": draw(st.sampled_from(BUCKETS)),
        "dso_days_x100": draw(dsos),
        "track_record_x100": draw(scores),
        "disputed": draw(st.booleans()),
    }
    return row | fixed


def portfolios(**fixed):
    """Draw a few dozen accounts under distinct numbers."""
    return st.lists(accounts(**fixed), min_size=20, max_size=60).map(numbered)


def numbered(rows):
    """Give each row its own customer number and source row."""
    return [
        row | {"customer_no": f"C-{at:04}", "source_row": at + 2} for at, row in enumerate(rows)
    ]
