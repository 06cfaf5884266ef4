"""Nobody releases an order alone, by any door of the program: each try is refused and told."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.holds.clock import age, root
from tradeline.errors import NotFound, Refused, StateFault, TradelineError

ONE, TWO = 600_000, 10_000_001  # what one level signs, and two


def tries(desk: Any) -> dict[str, Any]:
    """Return by name who might try to sign a proposal that the analyst made, with what they get."""
    people = desk.people
    return {
        "the maker": (people.analyst, Refused, "whoever makes a proposal"),
        "the maker by a key": (replace(people.analyst, door="api"), Refused, "whoever makes"),
        "the maker at a terminal": (replace(people.analyst, door="cli"), Refused, "whoever makes"),
        "a seller": (people.seller, Refused, "needs one of the roles"),
        "an auditor": (people.auditor, Refused, "needs one of the roles"),
        "an admin": (people.admin, Refused, "needs one of the roles"),
        "who asked for the order": (desk.seller, Refused, "needs one of the roles"),
        "a stranger": (people.stranger, NotFound, "there is no proposal"),
    }  # fmt: skip


@pytest.mark.parametrize("amount_minor", [ONE, TWO])
@pytest.mark.parametrize("verb", ["sign", "refuse"])
def test_who_may_not(desk, amount_minor, verb):
    """Neither sign nor refuse; the order stays held, and the trail names who tried."""
    from tests.holds.desk import now
    from tradeline.actions import proposals

    asked = desk.propose(desk.held(amount_minor))
    for by, fault, said in tries(desk).values():
        with pytest.raises(fault, match=said):
            getattr(proposals, verb)(proposal_id=asked.proposal_id, reason="why not", by=by,
                                     payload_sha256=asked.payload_sha256, at=now())  # fmt: skip
    assert desk.hold(asked.hold_id)["state"] == "open"
    told = desk.rows("SELECT by_id FROM audit_event WHERE action = 'SIGNATURE_NOT_ALLOWED'")
    assert len(told) == len(tries(desk)) - 1  # the stranger's is nothing of this organisation


def give(desk, who, role):
    """Give somebody one more role."""
    from tests.holds.desk import now
    from tradeline.actions.organisations import add_member
    from tradeline.models import User

    add_member(user=User.objects.get(pk=who.user_id), roles=[role], by=desk.people.admin, at=now())


@pytest.mark.parametrize("role", ["manager", "controller"])
def test_more_roles_make_nobody_another_person(desk, role):
    """An admin who makes the maker, or the creator, a signer has gained nothing."""
    asked = desk.propose(desk.held())
    for who, said in ((desk.people.analyst, "whoever makes"), (desk.seller, "whoever asked")):
        give(desk, who, role)
        with pytest.raises(Refused, match=said):
            desk.sign(asked, who)


def test_an_admin_who_makes_himself_a_signer(desk):
    """Whoever proposed as admin and seller still needs another's signature."""
    admin = desk.people.admin
    for role in ("analyst", "manager", "controller"):
        give(desk, admin, role)
    asked = desk.propose(desk.held(TWO), by=admin)
    with pytest.raises(Refused, match="whoever makes"):
        desk.sign(asked, admin)


def test_a_second_login_is_the_same_person(book, desk):
    """Maker, signer and creator by another of their logins: refused as themselves."""
    asked = desk.propose(desk.held(TWO))
    desk.sign(asked, desk.people.manager)
    for who, said in ((desk.people.analyst, "whoever makes"), (desk.people.manager, "nobody signs"),
                      (desk.seller, "whoever asked")):  # fmt: skip
        second = desk.another("controller")
        with root(book) as connection:
            connection.execute("UPDATE person SET same_as_id = %s WHERE id = %s",
                               [who.user_id, second.user_id])  # fmt: skip
        with pytest.raises(Refused, match=said):
            desk.sign(asked, second)


def test_who_a_login_belongs_to_is_settled(book, desk):
    """It is said once, of one step, and not unsaid."""
    first, second, third = (desk.another("analyst").user_id for _ in range(3))
    link = "UPDATE person SET same_as_id = %s WHERE id = %s"
    with root(book) as connection:
        connection.execute(link, [first, second])
        for values in ([None, second], [third, second], [second, third], [third, first],
                       [third, third]):  # fmt: skip
            with pytest.raises(psycopg.errors.RestrictViolation):
                connection.execute(link, values)


def test_nobody_signs_twice(desk):
    """A controller may sign for a manager, but not the next level as well."""
    asked = desk.propose(desk.held(TWO))
    assert desk.sign(asked, desk.people.controller).next_role == "controller"
    with pytest.raises(Refused, match="nobody signs twice"):
        desk.sign(asked, desk.people.controller)
    assert desk.hold(asked.hold_id)["state"] == "open"
    assert desk.sign(asked, desk.another("controller")).state == "applied"


def test_a_lower_role_does_not_sign_for_a_higher(desk):
    """Each level takes its role or a higher one."""
    asked = desk.propose(desk.held(TWO))
    with pytest.raises(Refused, match="signed by a manager"):
        desk.sign(asked, desk.another("analyst"))
    desk.sign(asked, desk.people.manager)
    with pytest.raises(Refused, match="signed by a controller"):
        desk.sign(asked, desk.another("manager"))


def test_the_salesperson_of_the_account_does_not_sign(desk, book):
    """Wherever accounts have an owner, that owner signs nothing of theirs."""
    with root(book) as connection:
        has = connection.execute("SELECT count(*) FROM information_schema.columns WHERE "
                                 "table_name = 'account' AND column_name = 'owner_id'").fetchone()
        if not has[0]:
            pytest.skip("accounts have no owners yet")
        connection.execute("UPDATE account SET owner_id = %s WHERE id = %s",
                           [desk.people.manager.user_id, desk.account.pk])  # fmt: skip
    asked = desk.propose(desk.held())
    with pytest.raises(Refused, match="looks after the account"):
        desk.sign(asked, desk.people.manager)


def test_a_role_that_is_lost_signs_nothing(book, desk):
    """Roles count as they are when somebody signs, not as they were when it was asked for."""
    asked = desk.propose(desk.held(TWO))
    both = desk.another("manager")
    give(desk, both, "analyst")
    with root(book) as connection:
        connection.execute("DELETE FROM membership WHERE user_id = %s AND role = 'manager'",
                           [both.user_id])  # fmt: skip
    with pytest.raises(Refused, match="signed by a manager"):
        desk.sign(asked, both)


def test_a_role_that_is_being_lost_signs_nothing(book, desk):
    """Who loses it in the very same moment waits, and is refused."""
    asked = desk.propose(desk.held(TWO))
    both = desk.another("manager")
    give(desk, both, "analyst")
    with root(book) as connection, connection.transaction():
        connection.execute("DELETE FROM membership WHERE user_id = %s AND role = 'manager'",
                           [both.user_id])  # fmt: skip
        told = at_once([lambda: desk.sign(asked, both)], meanwhile=connection)
    assert isinstance(told[0], Refused)


def test_what_was_seen_is_what_is_signed(desk):
    """Another payload's hash, an empty one, or that of another proposal is refused."""
    asked, other = (desk.propose(desk.held(amount)) for amount in (ONE, ONE + 1))
    for seen in ("", "0" * 64, other.payload_sha256, asked.evidence_sha256):
        with pytest.raises(StateFault, match="what was seen is not what is proposed"):
            desk.sign(asked, desk.people.manager, payload_sha256=seen)


@pytest.mark.parametrize("end", ["applied", "rejected", "withdrawn", "expired", "stale"])
def test_what_has_ended_is_not_signed(book, desk, end):
    """A proposal is used once, and one that ended never."""
    from tests.holds.desk import now
    from tradeline.actions import proposals

    asked = desk.propose(desk.held())
    facts = {"proposal_id": asked.proposal_id, "at": now(), "reason": "so"}
    seen = {"payload_sha256": asked.payload_sha256}
    if end == "applied":
        desk.sign(asked, desk.people.manager)
    elif end == "rejected":
        proposals.refuse(by=desk.people.manager, **facts, **seen)
    elif end == "withdrawn":
        proposals.withdraw(by=desk.people.analyst, **facts)
    elif end == "expired":
        age(book, "proposal", asked.proposal_id, 14.1, "expires_at", "created_at")
        assert proposals.expire_proposals(by=desk.people.manager, at=now()) == 1
    else:
        desk.rows("UPDATE credit_line SET limit_minor = 1 WHERE id = %s RETURNING 1",
                  [desk.line.pk])  # fmt: skip
        desk.sign(asked, desk.people.manager)
    state = desk.hold(asked.hold_id)["state"]
    for by in (desk.people.manager, desk.people.controller, desk.people.analyst):
        with pytest.raises(StateFault, match=f"the proposal is {end}"):
            desk.sign(asked, by)
        with pytest.raises(StateFault, match=f"the proposal is {end}"):
            proposals.withdraw(by=by, **facts)
    assert desk.hold(asked.hold_id)["state"] == state


def test_time_approves_nothing(book, desk):
    """Past its end a proposal is not signed, though nobody has swept it away."""
    asked = desk.propose(desk.held())
    age(book, "proposal", asked.proposal_id, 14.1, "expires_at", "created_at")
    with pytest.raises(StateFault, match="has expired"):
        desk.sign(asked, desk.people.manager)
    assert desk.hold(asked.hold_id)["state"] == "open"


def test_only_the_maker_takes_it_back(desk):
    """Others refuse it, with a reason."""
    from tests.holds.desk import now
    from tradeline.actions import proposals

    asked = desk.propose(desk.held())
    for by in (desk.people.manager, desk.people.admin, desk.people.controller):
        with pytest.raises(Refused, match="somebody else made"):
            proposals.withdraw(proposal_id=asked.proposal_id, by=by, at=now())
    assert proposals.withdraw(proposal_id=asked.proposal_id, by=desk.people.analyst,
                              at=now()).state == "withdrawn"  # fmt: skip
    assert desk.rows("SELECT count(*) FROM proposal") == [(1,)]


def test_reasons_are_not_blank(desk):
    """Neither of a proposal nor of a refusal."""
    from tests.holds.desk import now
    from tradeline.actions import proposals
    from tradeline.errors import ArgumentFault

    hold = desk.held()
    for reason in ("", "  \n", "x" * 2_001):
        with pytest.raises(ArgumentFault):
            desk.propose(hold, reason=reason)
    asked = desk.propose(hold)
    with pytest.raises(ArgumentFault):
        proposals.refuse(proposal_id=asked.proposal_id, payload_sha256=asked.payload_sha256,
                         reason=" ", by=desk.people.manager, at=now())  # fmt: skip


def test_one_proposal_waits_at_a_time(desk):
    """A second one for the same hold is refused while the first waits."""
    asked = desk.propose(desk.held())
    with pytest.raises(StateFault, match="waits already"):
        desk.propose(asked.hold_id, by=desk.people.controller)


@pytest.mark.parametrize("role", ["auditor", "admin", "stranger"])
def test_who_may_not_propose(desk, role):
    """Auditors and admins ask for nothing; a stranger finds nothing."""
    hold = desk.held()
    with pytest.raises((Refused, NotFound)):
        desk.propose(hold, by=getattr(desk.people, role))


def at_once(calls: list[Any], meanwhile: Any = None) -> list[Any]:
    """Return what calls answer that begin together; an error stands for an answer."""
    from django.db import connections

    told: list[Any] = [None] * len(calls)
    begin = threading.Barrier(len(calls))

    def run(place: int) -> None:
        begin.wait()
        try:
            told[place] = calls[place]()
        except TradelineError as error:
            told[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    if meanwhile is not None:
        threads[0].join(timeout=1)
        assert threads[0].is_alive()
        meanwhile.execute("COMMIT AND CHAIN")
    for thread in threads:
        thread.join()
    return told


def test_one_use_of_two_at_once(desk):
    """Of eight who sign the last level together one carries it out; the others come too late."""
    asked = desk.propose(desk.held(ONE))
    signers = [desk.another("manager") for _ in range(8)]
    told = at_once([lambda who=who: desk.sign(asked, who) for who in signers])
    done = [each for each in told if not isinstance(each, TradelineError)]
    assert [each.state for each in done] == ["applied"]
    assert {type(each) for each in told if each not in done} == {StateFault}
    assert desk.counters() == (600_000, 600_000, 0)
    assert desk.rows("SELECT count(*) FROM decision WHERE verb = 'recheck'") == [(1,)]


def test_one_proposal_of_two_at_once(desk):
    """Of four who propose together one is first."""
    hold = desk.held(ONE)
    makers = [desk.another("analyst") for _ in range(4)]
    told = at_once([lambda who=who: desk.propose(hold, by=who) for who in makers])
    assert sum(isinstance(each, StateFault) for each in told) == 3
