"""Limits in two times: the days they hold for, and when they were known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.book.company import DAY

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
EURO = {"from": "EUR", "to": "USD", "rate": "1.2500"}


def versions(company, known_at=None):
    """Return the current versions, or those that were current at a time, by their first day."""
    at = "superseded_at IS NULL"
    if known_at is not None:
        at = "recorded_at <= %(at)s AND (superseded_at IS NULL OR superseded_at > %(at)s)"
    return company.rows(
        f"SELECT amount_minor, valid_from, valid_to FROM limit_version WHERE {at} "
        "ORDER BY valid_from, kind", {"at": known_at},
    )  # fmt: skip


def test_limit_holds_from_the_day_of_its_file(company):
    """A limit without a first day holds from the file's day on; the same one later is no news."""
    company.take("limits", {"limit_minor": 100}, day=DAY)
    again = company.take("limits", {"limit_minor": 100}, day=DAY + timedelta(days=1))
    assert again.rows_unchanged == 1
    assert versions(company) == [(100, DAY, None)]
    assert company.line().limit_minor == 100


def test_what_was_known_on_a_day(company):
    """A correction of June, made in July, changes what holds, not what was known in June."""
    company.take("limits", {"limit_minor": 100, "valid_from": JUNE})
    (recorded,) = company.rows("SELECT max(recorded_at) FROM limit_version")
    company.take("limits", {"limit_minor": 70, "valid_from": JUNE}, day=JULY)
    assert versions(company, recorded[0]) == [(100, JUNE, None)]
    assert versions(company) == [(70, JUNE, None)]


def test_superseding_splits_days(company):
    """A limit for ten days in the middle leaves the days before and after as they were."""
    company.take("limits", {"limit_minor": 100, "valid_from": JUNE})
    first, last = date(2026, 6, 10), date(2026, 6, 19)
    company.take("limits", {"limit_minor": 50, "valid_from": first, "valid_to": last})
    assert versions(company) == [
        (100, JUNE, date(2026, 6, 9)), (50, first, last), (100, date(2026, 6, 20), None),
    ]  # fmt: skip
    assert company.line().limit_minor == 100  # on 30 June


def test_one_file_with_limits_in_turn(company):
    """Two open limits of one file follow each other."""
    company.take("limits", {"limit_minor": 200, "valid_from": JULY},
                 {"limit_minor": 100, "valid_from": JUNE})  # fmt: skip
    assert versions(company) == [(100, JUNE, date(2026, 6, 30)), (200, JULY, None)]


def test_temporary_limit_replaces_the_base_on_its_days(company):
    """The uplift holds through its last day, the base from the next; each leaves an event."""
    uplift = {"limit_minor": 160, "valid_from": DAY, "valid_to": JULY, "kind": "temporary"}
    company.take("limits", {"limit_minor": 100, "valid_from": JUNE}, uplift)
    assert company.line().limit_minor == 160
    for day, limit in ((JULY, 160), (JULY + timedelta(days=1), 100)):
        company.count_anew(day)
        assert company.line().limit_minor == limit
    events = company.rows("SELECT limit_minor FROM line_event WHERE kind = 'limit' "
                          "ORDER BY version")  # fmt: skip
    assert events == [(160,), (100,)]


def test_limit_ends(company):
    """After its last day a limit is no limit, not a limit of nothing."""
    company.take("limits", {"limit_minor": 100, "valid_from": JUNE, "valid_to": DAY})
    company.count_anew(JULY)
    assert company.line().limit_minor is None
    assert company.line().status == "no_limit"


def test_database_refuses_two_limits_for_one_day(company):
    """The rule is the database's own: no program can write two base limits for one day."""
    from django.db import IntegrityError

    company.take("limits", {"limit_minor": 100, "valid_from": JUNE})
    with pytest.raises(IntegrityError, match="two base limits would hold on one day"):
        company.rows(
            """INSERT INTO limit_version (organisation_id, id, line_id, kind, amount_minor,
                currency, valid_from, recorded_at, recorded_by_id, reason)
            SELECT organisation_id, gen_random_uuid(), line_id, kind, 1, currency,
                valid_from + 5, recorded_at, recorded_by_id, '' FROM limit_version
            RETURNING 1"""
        )


def test_limit_in_another_currency_turns_the_line(company):
    """A limit in euros turns the line: what was counted in dollars is counted in euros."""
    company.take("rates", EURO)
    company.take("ar", {"document_no": "1", "amount_minor": 100_00})
    company.take("orders", {"order_no": "S1", "currency": "EUR", "ordered_minor": 7_00})
    company.take("limits", {"currency": "EUR", "limit_minor": 200_00})
    row = company.line()
    assert (row.currency, row.limit_minor, row.exposure_minor) == ("EUR", 200_00, 87_00)


def test_line_turns_on_the_day_the_limit_begins(company):
    """A limit in euros from July on leaves June in dollars: no dollar is read as a euro."""
    company.take("ar", {"document_no": "1", "amount_minor": 100_00})
    company.take("limits", {"limit_minor": 300_00, "valid_from": JUNE},
                 {"currency": "EUR", "limit_minor": 200_00, "valid_from": JULY})  # fmt: skip
    row = company.line()
    assert (row.currency, row.limit_minor, row.exposure_minor) == ("USD", 300_00, 100_00)
    company.take("rates", EURO | {"date": JULY}, day=JULY)
    company.count_anew(JULY)
    row = company.line()
    assert (row.currency, row.limit_minor, row.exposure_minor) == ("EUR", 200_00, 80_00)


def test_line_that_cannot_be_converted_does_not_turn(company):
    """Without a rate the file is refused whole: nothing is counted at one to one."""
    from tradeline.errors import MissingRate

    company.take("ar", {"document_no": "1", "amount_minor": 100_00})
    with pytest.raises(MissingRate):
        company.take("limits", {"currency": "EUR", "limit_minor": 200_00})
    assert (company.line().currency, company.line().limit_minor) == ("USD", None)


def test_paid_documents_need_no_rate_to_turn(company):
    """A line turns although closed documents and orders are in a currency without a rate."""
    company.take("ar", {"document_no": "1", "amount_minor": 100_00, "open_minor": 0})
    company.take("orders", {"order_no": "S1", "ordered_minor": 5, "shipped_minor": 5,
                            "invoiced_minor": 5})  # fmt: skip
    company.take("limits", {"currency": "EUR", "limit_minor": 200_00})
    assert company.line().currency == "EUR"


def test_temporary_limit_below_the_base_is_remarked(company):
    """It is applied as it stands, and said in a preview too; of one that raises nothing is."""
    company.take("limits", {"limit_minor": 100_00, "valid_from": JUNE})
    days = {"valid_from": DAY, "valid_to": JULY, "kind": "temporary"}
    low = company.take("limits", {"limit_minor": 50_00, **days})
    (remark,) = low.remarks
    assert remark == (
        "C1 (MAIN): the temporary limit of USD 50.00 from 2026-06-30 to 2026-07-01 is below the "
        "base limit of USD 100.00, which it replaces on these days"
    )
    assert (low.rows_applied, company.line().limit_minor) == (1, 50_00)
    assert company.take("limits", {"limit_minor": 100_00, **days}).remarks == ()
    assert company.take("limits", {"limit_minor": 160_00, **days}).remarks == ()


def test_base_raised_above_a_temporary_limit_is_remarked(company):
    """The base limit that comes later is said too, once; days that are over are not."""
    days = {"valid_from": DAY, "valid_to": JULY, "kind": "temporary"}
    assert company.take("limits", {"limit_minor": 50_00, **days}).remarks == ()
    higher = {"limit_minor": 70_00, "valid_from": JUNE}
    assert len(company.take("limits", higher).remarks) == 1
    later = company.take("limits", higher | {"limit_minor": 80_00}, day=JULY + timedelta(days=1))
    assert later.remarks == ()
    assert company.take("limits", higher | {"limit_minor": 40_00}).remarks == ()
