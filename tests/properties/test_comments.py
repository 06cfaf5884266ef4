"""What people read: amounts as the locale writes them, and the account's own figures."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import account, by_account, reviewed, standard
from tests.properties.strategies import numbered, portfolios
from tradeline.money import AMOUNT_MINOR_MAX, format_money

amounts = st.one_of(
    st.integers(1, AMOUNT_MINOR_MAX),
    st.integers(1, 12_345),
    st.integers(0, 14).map(lambda power: 10**power),
    st.integers(1, 14).map(lambda power: 10**power - 1),
    st.just(AMOUNT_MINOR_MAX),
)


@pytest.mark.parametrize("locale", ["en-IN", "en-US", "de-DE"])
@pytest.mark.parametrize("currency", ["INR", "JPY", "KWD"])
@settings(max_examples=4)
@given(pairs=st.lists(st.tuples(amounts, amounts), min_size=30, max_size=90))
def test_amounts_are_written_as_babel_writes_them(locale, currency, pairs):
    """The comment holds both amounts exactly as `format_money` writes them for the locale."""
    rows = numbered(
        [
            account(currency=currency, country="US", limit=None, outstanding=None)
            | {"credit_limit_minor": limit, "outstanding_minor": owed}
            for limit, owed in pairs
        ]
    )
    policy = standard(locale=locale)
    found = by_account(reviewed(rows, policy, currency=currency, kind="polars"))
    for row in rows:
        limit, owed = row["credit_limit_minor"], row["outstanding_minor"]
        comment = found["MAIN", row["customer_no"]]["checks"]["utilisation_within_limit"]["comment"]
        words = [f"{currency} {format_money(amount, currency, locale)}" for amount in (owed, limit)]
        assert comment.startswith(f"Owes {words[0]} of a limit of {words[1]}: ")
        over = f"over by {currency} {format_money(owed - limit, currency, locale)}."
        assert comment.endswith(over) == (owed > limit)


@settings(max_examples=7)
@given(portfolios())
def test_comments_hold_the_figures_of_the_account(rows):
    """Utilisation, bucket, days, score and dispute of the row stand in its own comments."""
    found = by_account(reviewed(rows, kind="polars"))
    for row in rows:
        result = found["MAIN", row["customer_no"]]
        checks = result["checks"]
        said = {name: check["comment"] for name, check in checks.items()}
        assert all(said.values())
        used = said["utilisation_within_limit"]
        if row["outstanding_minor"] > 0:
            assert f"{result['ar_utilisation_pct']} % used" in used
        assert (": over by " in used) == (checks["utilisation_within_limit"]["status"] == "FAIL")
        days = result["days_since_payment"]
        if days is not None:
            assert f"{row['last_payment_date']}, {days} days" in said["recent_payment_activity"]
        score = row["track_record_x100"]
        if score is not None:
            assert f" {score // 100}.{score % 100:02}," in said["track_record_threshold"]
        words = {"0-30": "not more than 30 days", "90+": "more than 90 days"}
        bucket = row["ageing_bucket"]
        assert words.get(bucket, f"{bucket} days") in said["ageing_within_terms"]
        assert ("A dispute is open" in said["no_active_dispute"]) == row["disputed"]
        for name, measured in (
            ("utilisation_within_limit", result["ar_utilisation_pct"]),
            ("ageing_within_terms", bucket),
            ("recent_payment_activity", None if days is None else str(days)),
            ("no_active_dispute", "yes" if row["disputed"] else "no"),
        ):
            assert checks[name]["measured"] == measured
