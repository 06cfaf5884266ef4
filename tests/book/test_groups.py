"""The tree of customers: every account below a parent counts there, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.book.company import DAY


@pytest.fixture
def three(company):
    """Return a company whose customers TOP, MID and LEAF owe 1, 20 and 300."""
    company.take(
        "ar", *({"customer_no": no, "document_no": no, "amount_minor": owed}
                for no, owed in (("TOP", 1), ("MID", 20), ("LEAF", 300))),
    )  # fmt: skip
    return company


def group(company, code):
    """Return a group's exposure and how many members it has."""
    found = row(company, code)
    return found.exposure_minor, found.members


MID = {"customer_no": "MID", "parent_no": "TOP"}
LEAF = {"customer_no": "LEAF", "parent_no": "MID"}


@pytest.mark.parametrize("files", [[(MID, LEAF)], [(MID,), (LEAF,)], [(LEAF,), (MID,)]])
def test_parents_in_any_order(three, files):
    """Parents stated in one file or several, top first or last, make the same tree."""
    for rows in files:
        three.take("customers", *rows)
    assert group(three, "MID") == (320, 2)
    assert group(three, "TOP") == (321, 3)


def test_cycle_over_two_files(three):
    """A parent that is its own grandchild by two files is set aside, and nothing breaks."""
    three.take("customers", MID)
    result = three.take("customers", {"customer_no": "TOP", "parent_no": "MID"})
    assert result.rows_quarantined == 1
    assert group(three, "TOP") == (21, 2)


def test_affiliates_count_in_no_group(three):
    """An intercompany account is no exposure of the group it stands in."""
    three.take("customers", MID, LEAF | {"intercompany": True})
    assert group(three, "TOP") == (21, 2)


def row(company, code, day=DAY):
    """Return a group as it is listed."""
    from tradeline.queries.groups import groups

    (found,) = [each for each in company.ask(groups, as_of=day) if each.code == code]
    return found


GROUP = {"customer_no": "TOP", "entity": "", "scope": "group"}


def test_a_group_has_a_line_from_its_first_day(three):
    """Which a check can lock, in the currency of its members, without a limit yet."""
    three.take("customers", MID, LEAF)
    top = row(three, "TOP")
    assert three.rows("SELECT id FROM credit_line WHERE group_id = %s AND version = 0",
                      [top.group_id]) != []  # fmt: skip
    assert (top.currency, top.limit_minor, top.status) == ("USD", None, "no_limit")
    assert (row(three, "MID").parent_code, top.parent_code) == ("TOP", None)
    events = "SELECT count(*) FROM line_event v JOIN credit_line l ON l.id = v.line_id "
    assert three.rows(events + "WHERE l.group_id IS NOT NULL AND v.kind = 'opened'") == [(2,)]
    three.take("customers", MID, LEAF, {"customer_no": "C9", "parent_no": "TOP"})
    assert three.rows("SELECT count(*) FROM credit_line WHERE group_id IS NOT NULL") == [(2,)]


def test_a_groups_limit(three):
    """Debts of all members, subgroups included, against one limit; the file's counts hold."""
    three.take("customers", MID, LEAF)
    done = three.take("limits", {**GROUP, "limit_minor": 400},
                      {"customer_no": "TOP", "limit_minor": 9})  # fmt: skip
    assert (done.rows_applied, done.rows_quarantined, done.accounts_opened) == (2, 0, 0)
    top = row(three, "TOP")
    assert (top.exposure_minor, top.limit_minor, top.headroom_minor) == (321, 400, 79)
    assert (top.utilisation_pct, top.status, top.members) == ("80.25", "near", 3)
    assert three.line("TOP").limit_minor == 9
    again = three.take("limits", {**GROUP, "limit_minor": 400})
    assert (again.rows_applied, again.rows_unchanged) == (0, 1)


def test_a_groups_limit_in_time(three):
    """Temporary limits, days to come and days that are over are resolved by the roll."""
    three.take("customers", MID, LEAF)
    later = DAY + timedelta(days=1)
    three.take(
        "limits", {**GROUP, "limit_minor": 400},
        {**GROUP, "limit_minor": 300, "kind": "temporary", "valid_from": later, "valid_to": later},
    )  # fmt: skip
    for day, limit in ((DAY, 400), (later, 300), (later + timedelta(days=1), 400)):
        three.count_anew(day)
        assert row(three, "TOP").limit_minor == limit
    assert row(three, "MID").limit_minor is None


def test_a_low_temporary_limit_of_a_group_is_remarked(three):
    """It names the group."""
    three.take("customers", MID)
    days = {"kind": "temporary", "valid_from": DAY, "valid_to": DAY}
    done = three.take("limits", {**GROUP, "limit_minor": 4}, {**GROUP, "limit_minor": 3, **days})
    assert done.remarks[0].startswith("group TOP: the temporary limit of USD 0.03")


@pytest.mark.parametrize(
    ("limit", "reason"),
    [({"customer_no": "HEAD"}, "is the number of a group and of no account"),
     ({"customer_no": "NONE", "entity": "", "scope": "group"}, "there is no group 'NONE'"),
     ({"customer_no": "LEAF", "entity": "", "scope": "group"}, "there is no group 'LEAF'")],
    ids=["open", "unknown", "an account"],
)  # fmt: skip
def test_a_limit_that_may_be_anyones_is_set_aside(three, limit, reason):
    """Neither is a customer opened that nobody sells to, nor a limit put on the wrong one."""
    three.take("customers", MID, {"customer_no": "LEAF", "parent_no": "HEAD"})
    done = three.take("limits", {**limit, "limit_minor": 5})
    assert (done.rows_quarantined, done.accounts_opened) == (1, 0)
    assert reason in next(iter(done.reasons))
    stated = {**limit, "scope": "account", "entity": "MAIN", "limit_minor": 5}
    assert three.take("limits", stated).rows_applied == 1


def test_conflicting_limits_of_a_group_go_aside(three):
    """As those of an account do; its own account with the same number is another holder."""
    three.take("customers", MID)
    done = three.take("limits", {**GROUP, "limit_minor": 5, "valid_from": DAY},
                      {**GROUP, "limit_minor": 6, "valid_from": DAY},
                      {"customer_no": "TOP", "limit_minor": 7, "valid_from": DAY})  # fmt: skip
    assert (done.rows_applied, done.rows_quarantined) == (1, 2)


def test_a_credit_balance_helps_no_other_member(company):
    """METHODS 1.4: 50, -10 and 30 are 80; with a set-off agreement 70."""
    company.take("ar", {"customer_no": "A", "document_no": "1", "amount_minor": 50},
                 {"customer_no": "B", "document_no": "2", "amount_minor": 10, "kind": "cash"},
                 {"customer_no": "C", "document_no": "3", "amount_minor": 30})  # fmt: skip
    company.take("customers", *({"customer_no": no, "parent_no": "TOP"} for no in "ABC"))
    assert row(company, "TOP").exposure_minor == 80
    company.rows("UPDATE customer_group SET set_off = true RETURNING 1")
    assert (row(company, "TOP").exposure_minor, group(company, "TOP")) == (70, (70, 3))


EURO = {"from": "EUR", "to": "USD", "rate": "1.0850"}


@pytest.fixture
def abroad(three):
    """Return the company with a member in euros, who owes 1,000.00."""
    three.entity("DE", "EUR")
    owed = {"customer_no": "FAR", "entity": "DE", "document_no": "F", "currency": "EUR"}
    three.take("ar", owed | {"amount_minor": 1000_00})
    three.take("customers", MID, LEAF, {"customer_no": "FAR", "entity": "DE", "parent_no": "TOP"})
    return three


def test_members_in_other_currencies(abroad):
    """Converted at the day's rate; one that is missing is named, and never taken for 1."""
    top = row(abroad, "TOP")
    assert (top.exposure_minor, top.status, top.utilisation_pct) == (None, "no_rate", None)
    assert top.missing_rates == (("EUR", "USD"),)
    assert row(abroad, "MID").exposure_minor == 320
    abroad.take("rates", EURO)
    assert (row(abroad, "TOP").exposure_minor, row(abroad, "TOP").missing_rates) == (1088_21, ())
    assert group(abroad, "TOP") == (1088_21, 4)


def test_a_groups_line_takes_the_currency_of_its_limit(abroad):
    """A limit in euros is held against exposure in euros."""
    abroad.take("rates", EURO)
    abroad.take("limits", {**GROUP, "currency": "EUR", "limit_minor": 2000_00})
    top = row(abroad, "TOP")
    assert (top.currency, top.limit_minor, top.exposure_minor) == ("EUR", 2000_00, 1002_96)


def test_the_list_is_one_statement(three):
    """However many groups there are; members come with their own lines."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tradeline.queries.groups import groups, members_of

    def asked():
        with CaptureQueriesContext(connection) as seen:
            groups(as_of=DAY)
        return len(seen)

    three.take("customers", MID)
    few = three.ask(asked)
    three.take("customers", LEAF, *({"customer_no": f"C{n}", "parent_no": f"G{n}"}
                                    for n in range(20)))  # fmt: skip
    assert three.ask(asked) == few == 3  # the policy, the rates, the groups
    assert [each.customer_no for each in three.ask(members_of, "TOP")] == ["LEAF", "MID", "TOP"]


def test_groups_are_ranked_by_use(three):
    """The nearest to its limit first, those without a limit last."""
    from tradeline.queries.groups import groups

    three.take("customers", MID, LEAF, {"customer_no": "X", "parent_no": "FREE"})
    three.take("limits", {**GROUP, "limit_minor": 1000},
               {**GROUP, "customer_no": "MID", "limit_minor": 320})  # fmt: skip
    assert [each.code for each in three.ask(groups, as_of=DAY)] == ["MID", "TOP", "FREE"]


def test_no_drift_from_the_lines_of_groups(three):
    """The full re-sum finds them in order, and the roll keeps positions of accounts alone."""
    from tradeline.queries.drift import resum

    three.take("customers", MID, LEAF)
    three.take("limits", {**GROUP, "limit_minor": 400})
    three.count_anew(DAY)
    assert three.ask(resum) == []
    assert three.rows("SELECT count(*) FROM position") == [(3,)]


def test_the_number_of_a_group_alone_shows_the_group(three):
    """A number that an account has means the account, though it heads a group."""
    from tradeline.cli.exposure import is_group_alone

    three.take("customers", MID, {"customer_no": "LEAF", "parent_no": "HEAD"})
    alone = {no: three.ask(is_group_alone, no) for no in ("HEAD", "TOP", "LEAF", "NOBODY")}
    assert alone == {"HEAD": True, "TOP": False, "LEAF": False, "NOBODY": False}
