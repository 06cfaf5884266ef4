"""Alerts are raised where lines move by file, limit, policy and the turn of the day; each once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

DAY = date(2026, 6, 30)


def raised(company, topic="alert.utilisation"):
    """Return what was said on a topic, in the order in which it was raised."""
    from tradeline.queries.outbox import alerts

    found = company.ask(alerts, customer_no=None, topic=topic, count=999)
    return [alert.payload for alert in reversed(found)]


def levels(company):
    """Return the levels of the alerts on use."""
    return [payload["levels_bp"] for payload in raised(company)]


def owes(company, amount, day=DAY):
    """Import a ledger in which the customer owes an amount, due after the day."""
    company.take("ar", {"document_no": "D1", "amount_minor": 10**9, "open_minor": amount,
                        "due_date": DAY + timedelta(days=400)}, day=day)  # fmt: skip


def limit(company, amount, **changes):
    """Import a limit."""
    company.take("limits", {"limit_minor": amount, **changes})


def test_an_import_that_reaches_levels_raises_one_alert(company):
    """The ledger brings 70 %, then 101 %: one alert with four levels, on the line's version."""
    limit(company, 100_000)
    owes(company, 70_000)
    assert levels(company) == []
    owes(company, 101_000)
    (payload,) = raised(company)
    assert payload == {"levels_bp": [8000, 9000, 9500, 10000], "exposure_minor": 101_000,
                       "limit_minor": 100_000, "currency": "USD", "day": "2026-06-30"}  # fmt: skip
    ((mine, line),) = company.rows(
        "SELECT o.line_version, l.version FROM outbox o JOIN credit_line l ON l.id = o.line_id"
    )
    assert mine == line


def test_hysteresis_through_imports(company):
    """What wobbles around a level says nothing; what fell 2 points below says it anew."""
    limit(company, 100_000)
    for amount in (80_000, 79_000, 80_500, 78_000, 80_000):
        owes(company, amount)
    assert levels(company) == [[8000]]
    owes(company, 77_999)
    owes(company, 80_000)
    assert levels(company) == [[8000], [8000]]


def test_orders_raise_too(company):
    """An order file fills the line as the ledger does."""
    limit(company, 100_000)
    company.take("orders", {"order_no": "O1", "ordered_minor": 96_000, "ship_date": DAY})
    assert levels(company) == [[8000, 9000, 9500]]


def test_a_cut_of_the_limit_raises(company):
    """The same debt against a smaller limit reaches levels; a larger one re-arms them."""
    owes(company, 50_000)
    assert levels(company) == []  # no limit is known
    limit(company, 100_000)
    limit(company, 55_000, valid_from=DAY - timedelta(days=1))
    assert levels(company) == [[8000, 9000]]
    limit(company, 0, valid_from=DAY - timedelta(days=2))
    assert levels(company)[1:] == [[9500, 10000]]


def test_a_preview_raises_nothing(company):
    """What is taken back is taken back whole."""
    from tests.book.company import feed
    from tradeline.actions.imports import ImportRequest, import_feed

    limit(company, 100_000)
    request = ImportRequest(feed=feed("ar", [{"document_no": "D", "open_minor": 99_000}]), day=DAY)
    import_feed(request, by=company.actor, at=next(company.clock), preview=True)
    assert levels(company) == []


def test_a_limit_in_another_currency_raises_only_in_the_end(company):
    """While a line turns to its limit's currency, figures of two currencies never meet."""
    company.take("rates", {"from": "EUR", "to": "USD", "rate": "100"})
    limit(company, 100_000)
    owes(company, 50_000)
    limit(company, 1_000, currency="EUR", valid_from=DAY - timedelta(days=1))
    assert company.line().currency == "EUR"
    assert levels(company) == []


def put_in_force(company, text):
    """Put a policy in force."""
    from tradeline.actions.policies import activate_policy
    from tradeline.policy.load import parse_policy

    activate_policy(policy=parse_policy(text, "p.yaml"), reason="a test", day=DAY,
                    by=company.actor, at=next(company.clock))  # fmt: skip


def test_a_policy_that_counts_more_raises(company):
    """A switch of exposure moves lines, and levels are looked at."""
    put_in_force(company, "exposure: {orders: false}")
    limit(company, 100_000)
    company.take("orders", {"order_no": "O1", "ordered_minor": 85_000, "ship_date": DAY})
    assert levels(company) == []
    put_in_force(company, "exposure: {orders: true}")
    assert levels(company) == [[8000]]


def test_a_new_ladder_says_only_what_is_new(company):
    """Levels up to the highest that was said are not said again."""
    limit(company, 100_000)
    owes(company, 92_000)
    put_in_force(company, "alerts: {levels_pct: [50, 85, 91, 100], "
                          "severities: [info, info, high, critical]}")  # fmt: skip
    assert levels(company) == [[8000, 9000], [9100]]
    put_in_force(company, "alerts: {levels_pct: [91], severities: [high]}")
    assert levels(company) == [[8000, 9000], [9100]]


def test_overdue_steps(company):
    """First day past due, then 30, 60 and 90; a jump is one; a debt that was paid starts over."""
    due = DAY

    def rolled(days):
        company.count_anew(due + timedelta(days=days))
        return [(payload["days"], payload["step"]) for payload in raised(company, "alert.overdue")]

    company.take("ar", {"document_no": "D1", "open_minor": 500, "due_date": due},
                 {"document_no": "D2", "open_minor": 300, "due_date": due + timedelta(days=40)},
                 {"document_no": "C", "kind": "credit_note", "open_minor": 9,
                  "due_date": due - timedelta(days=99)})  # fmt: skip
    assert rolled(0) == []
    assert rolled(1) == [(1, 1)]
    assert rolled(29) == [(1, 1)]
    assert rolled(65) == [(1, 1), (65, 3)]
    company.take("ar", {"document_no": "D1", "amount_minor": 500, "open_minor": 0, "due_date": due},
                 day=due + timedelta(days=66))  # fmt: skip
    assert rolled(66) == [(1, 1), (65, 3)]  # D2 is 26 days late: below, and armed again
    assert rolled(70)[2:] == [(30, 2)]
    keys = [payload["key"] for payload in raised(company, "alert.overdue")]
    assert len(set(keys)) == len(keys)


def test_grace_moves_the_first_day(company):
    """With five days of grace the first alert comes on the sixth."""
    put_in_force(company, "alerts: {overdue_grace_days: 5}")
    company.take("ar", {"document_no": "D1", "open_minor": 500, "due_date": DAY})
    company.count_anew(DAY + timedelta(days=5))
    assert raised(company, "alert.overdue") == []
    company.count_anew(DAY + timedelta(days=6))
    assert [payload["days"] for payload in raised(company, "alert.overdue")] == [1]


def test_the_end_of_a_limit(company):
    """Announced at 30, 7 and 1 days, each once; one that another follows is not announced."""
    last = DAY + timedelta(days=60)
    limit(company, 100_000, valid_to=last)
    company.take("limits", {"customer_no": "C2", "limit_minor": 5, "valid_to": last},
                 {"customer_no": "C2", "limit_minor": 6,
                  "valid_from": last + timedelta(days=1)})  # fmt: skip
    for days in (60, 31, 30, 29, 8, 6, 5, 0):
        company.count_anew(last - timedelta(days=days))
    found = raised(company, "alert.limit_expiry")
    assert [(payload["days"], payload["step"]) for payload in found] == [(30, 1), (6, 2), (0, 3)]
    assert {payload["limit_minor"] for payload in found} == {100_000}


def test_a_late_feed_is_said_once(company):
    """Two days are allowed for receivables; a newer file clears it, and it can be late again."""
    owes(company, 5)
    for days in (2, 3, 4):
        company.count_anew(DAY + timedelta(days=days))
    (payload,) = raised(company, "alert.feed_age")
    assert (payload["feed"], payload["entity"], payload["days"], payload["days_max"]) == (
        "ar", "MAIN", 3, 2,
    )  # fmt: skip
    owes(company, 6, day=DAY + timedelta(days=5))
    company.count_anew(DAY + timedelta(days=5))
    company.count_anew(DAY + timedelta(days=9))
    assert len(raised(company, "alert.feed_age")) == 2


def test_no_committed_line_is_due(company):
    """After any of it the lines' levels are those of their limits and exposure."""
    limit(company, 100_000)
    for amount in (95_000, 10, 200_000):
        owes(company, amount)
    due = company.rows(
        "SELECT count(*) FROM credit_line WHERE app.alert_due(%s, 200, alert_armed, "
        "exposure_minor, limit_minor)", [[8000, 9000, 9500, 10000]],
    )  # fmt: skip
    assert due == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "alerts: {levels_pct: [90, 80]}", "alerts: {levels_pct: [80, 80, 95, 100]}",
        "alerts: {levels_pct: [1], severities: [info]}", "alerts: {severities: [info]}",
        "alerts: {severities: [high, info, high, critical]}", "alerts: {rearm_points: 80}",
        "alerts: {overdue_days: [30, 1, 60, 90]}", "alerts: {expiry_days: [1, 7, 30]}",
        "alerts: {levels_pct: [80.001, 90, 95, 100]}", "alerts: {retry_minutes: [5, 1]}",
        "alerts: {retry_minutes: [0]}", "alerts: {info_to: [boss]}",
        "alerts: {info_to: [owner, owner]}", "alerts: {levels_pct: [-1, 90, 95, 100]}",
    ],
)  # fmt: skip
def test_policies_that_cannot_be(text):
    """Contradictions are refused with their place."""
    from tradeline.errors import PolicyFault
    from tradeline.policy.load import parse_policy

    with pytest.raises(PolicyFault, match="alerts"):
        parse_policy(text, "p.yaml")
