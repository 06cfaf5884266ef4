"""The figures of a portfolio, against the methods' examples and a slow, plain reckoning."""

from __future__ import annotations

from fractions import Fraction

import pyarrow as pa
import pytest
from portfolio import portfolio

from tradeline.engine import tables as forms
from tradeline.engine.kpis import summarise
from tradeline.engine.results import ReviewTables


def _tables(*rows: dict) -> ReviewTables:
    base = dict.fromkeys(forms.ACCOUNTS.names) | {
        "entity": "MAIN", "status": "assessed", "band": "Low", "limit_action": "RETAIN",
        "ageing_bucket": "0-30", "account_actions": "", "disputed": False,
    }  # fmt: skip
    filled = [base | {"customer_no": str(at)} | row for at, row in enumerate(rows)]
    return ReviewTables(
        accounts=pa.Table.from_pylist(filled, schema=forms.ACCOUNTS),
        checks=forms.CHECK_ROWS.empty_table(),
        findings=forms.FINDINGS.empty_table(),
    )


def _total(*rows: dict):
    return summarise(_tables(*rows), currency="USD").total


def test_concentration_of_the_methods():
    """Shares .4, .3, .2, .1 give HHI .30 and 3.33 effective accounts."""
    total = _total(*({"outstanding_minor": owed} for owed in (40, 30, 20, 10)))
    assert total.hhi.value == Fraction(3, 10)
    assert total.effective_accounts.value == Fraction(10, 3)


def test_two_utilisations_of_the_methods():
    """90 of 100 and 10 of 1000: 9.09 % weighted, 45.5 % on average; limits of 0 are left out."""
    total = _total(
        {"outstanding_minor": 90, "credit_limit_minor": 100},
        {"outstanding_minor": 10, "credit_limit_minor": 1000},
        {"outstanding_minor": 500, "credit_limit_minor": 0},
    )
    assert total.utilisation_weighted.value == Fraction(100, 1100)
    assert total.utilisation_mean.value == Fraction(455, 1000)
    assert total.over_limit == 1


def test_sums_beyond_64_bits():
    """Twenty thousand accounts at the largest amount add up exactly."""
    most = 900_000_000_000_000
    rows = _tables({"outstanding_minor": most, "credit_limit_minor": 1, "dso_days_x100": 4500})
    many = pa.concat_tables([rows.accounts] * 20_000)
    total = summarise(
        ReviewTables(accounts=many, checks=rows.checks, findings=rows.findings), currency="USD"
    ).total
    assert total.outstanding_minor == 20_000 * most
    assert total.utilisation_mean.value == most
    assert total.hhi.value == Fraction(1, 20_000)
    assert total.dso_days.value == 45


def test_use_classes_include_their_upper_end():
    """Exactly 90 % belongs to the class up to 90, a minor unit more to the next."""
    owed = (0, 2500, 2501, 9000, 9001, 10000, 10001)
    total = _total(*({"outstanding_minor": o, "credit_limit_minor": 10000} for o in owed))
    assert total.use_classes == (2, 1, 0, 1, 2, 1)


def test_top_share_is_of_ten():
    """Eleven equal accounts: ten of them hold ten elevenths."""
    assert _total(*[{"outstanding_minor": 7}] * 11).top_share.value == Fraction(10, 11)


def test_share_beyond_each_bucket():
    """100 not late, 60 + 30 + 10 later: half is beyond 30 days, a fifth beyond 60."""
    owed = {"0-30": 100, "31-60": 60, "61-90": 30, "90+": 10}
    total = _total(*({"ageing_bucket": b, "outstanding_minor": o} for b, o in owed.items()))
    assert [m.value for m in total.share_beyond.values()] == [
        Fraction(1, 2), Fraction(1, 5), Fraction(1, 20),
    ]  # fmt: skip


def test_suspended_limits_are_not_usable():
    """A suspended limit stays on file and is available no longer."""
    total = _total(
        {"credit_limit_minor": 100, "recommended_limit_minor": 100, "limit_action": "SUSPEND"},
        {"credit_limit_minor": 100, "recommended_limit_minor": 50, "limit_action": "REDUCE"},
    )
    assert (total.limit_present_minor, total.limit_proposed_minor) == (200, 150)
    assert total.limit_usable_minor == 50


def test_credit_balances_stand_apart():
    """What a customer has overpaid reduces nobody else's debt."""
    total = _total({"outstanding_minor": 100}, {"outstanding_minor": -30})
    assert (total.outstanding_minor, total.credit_balances_minor) == (100, -30)


@pytest.mark.parametrize("tables", [portfolio(0), portfolio(9, status="quarantined")])
def test_nothing_to_measure(tables):
    """Without accounts every share is None and says why."""
    total = summarise(tables, currency="USD").total
    measures = (total.hhi, total.top_share, total.dso_days, total.utilisation_mean)
    assert all(m.value is None and m.reason for m in measures)
    assert total.accounts == total.outstanding_minor == 0


def test_quarantine_is_counted_by_code():
    """Quarantined accounts and their checks are in no other figure."""
    summary = summarise(portfolio(9, status="quarantined"), currency="USD")
    assert summary.quarantine_codes == {"DUPLICATE_CONFLICT": 9}
    assert summary.total.quarantined == 9
    assert summary.checks == {}


def test_against_a_plain_reckoning(small):
    """Counts, sums and shares are those of a loop over the rows."""
    rows = [r for r in small.accounts.to_pylist() if r["status"] != "quarantined"]
    total = summarise(small, currency="INR").total
    owed = [max(r["outstanding_minor"], 0) for r in rows]
    assert total.outstanding_minor == sum(owed)
    assert total.hhi.value == Fraction(sum(o * o for o in owed), sum(owed) ** 2)
    for band in ("Low", "Medium", "High", "Critical", None):
        mine = [max(r["outstanding_minor"], 0) for r in rows if r["band"] == band]
        assert total.by_band[band].accounts == len(mine)
        assert total.by_band[band].outstanding_minor == sum(mine)
    codes = [c for r in rows for c in r["account_actions"].split(";") if c]
    assert total.account_actions == {c: codes.count(c) for c in sorted(set(codes))}
    known = [r for r in rows if r["dso_days_x100"] is not None]
    weights = sum(max(r["outstanding_minor"], 0) for r in known)
    days = sum(max(r["outstanding_minor"], 0) * r["dso_days_x100"] for r in known)
    assert total.dso_days.value == Fraction(days, 100 * weights)


def test_entities_add_up(small):
    """Amounts of the legal entities sum to the whole."""
    summary = summarise(small, currency="INR")
    parts = summary.entities.values()
    assert list(summary.entities) == ["IN01", "IN02", "SG01"]
    for name in (
        "accounts",
        "quarantined",
        "outstanding_minor",
        "limit_present_minor",
        "over_limit",
    ):
        assert sum(getattr(p, name) for p in parts) == getattr(summary.total, name)


def test_checks_without_the_quarantined(small):
    """Each check counts the accounts that are not quarantined, once."""
    summary = summarise(small, currency="INR")
    assert {sum(states.values()) for states in summary.checks.values()} == {summary.total.accounts}
