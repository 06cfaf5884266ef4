"""What people do at the desk: they sign in, propose, sign, refuse and withdraw."""

from __future__ import annotations

import re

import pytest

from tests.holds.desk import now
from tests.web.conftest import browser


def said(answer):
    """Return what a page says above its content."""
    return re.findall(r'class="message[^>]*>([^<]*)<', answer.content.decode())


def propose(client, hold, **form):
    """Propose something about a held order, and return the page that follows."""
    given = {"what": "release", "reason": "agreed", "back": f"/holds/{hold}", **form}
    return client.post(f"/holds/{hold}/propose", given, follow=True)


def word(client, proposal, what, **form):
    """Give one's word on a proposal as it is seen, and return the page that follows."""
    address = f"/proposals/{proposal}"
    seen = re.search(r'name="seen" value="(\w+)"', client.get(address).content.decode())
    given = {"what": what, "seen": seen[1] if seen else "", "back": address, **form}
    return client.post(f"{address}/word", given, follow=True)


def waiting(desk, hold):
    """Return the proposal that waits about a held order."""
    [(found,)] = desk.rows("SELECT id FROM proposal WHERE hold_id = %s AND state = 'submitted'",
                           [hold])  # fmt: skip
    return found


def test_a_release_takes_two_people(house):
    """An analyst proposes, somebody above signs, the order goes; its page says so."""
    desk, hold = house.desk, house.desk.held()
    analyst, manager = (house.person(each) for each in (desk.people.analyst, desk.people.manager))
    assert "Have the limit raised" in analyst.get(f"/holds/{hold}").content.decode()
    assert said(propose(analyst, hold)) == ["Proposed. It waits for the analyst."]
    proposal = waiting(desk, hold)
    assert str(proposal) in manager.get("/sign-offs").content.decode().split("Waiting for")[0]
    assert word(analyst, proposal, "sign").status_code == 403
    assert said(word(manager, proposal, "sign", reason="paid by Friday")) == [
        "The proposal is applied."]  # fmt: skip
    assert desk.hold(hold)["state"] == "released"
    text = manager.get(f"/proposals/{proposal}").content.decode()
    assert "paid by Friday" in text
    assert 'name="what"' not in text


def test_a_part_is_released(house):
    """In the order's currency, as people write amounts."""
    desk, hold = house.desk, house.desk.held(700_000)
    analyst = house.person(desk.people.analyst)
    for odd in ("much", "1.234", "0", "-5", "NaN", "9" * 30, "1e999999999"):
        assert "is no amount in USD" in said(propose(analyst, hold, amount=odd))[0], odd
    propose(analyst, hold, amount="6,500.00")
    word(house.person(desk.people.manager), waiting(desk, hold), "sign")
    assert desk.hold(hold)["released_minor"] == 650_000


def test_refused_withdrawn_and_rejected(house):
    """A refusal needs a reason; only the maker withdraws; a rejection ends the order."""
    desk, hold = house.desk, house.desk.held()
    analyst, manager = (house.person(each) for each in (desk.people.analyst, desk.people.manager))
    propose(analyst, hold)
    proposal = waiting(desk, hold)
    assert said(word(manager, proposal, "refuse"))[0].startswith("a reason is needed")
    assert said(word(manager, proposal, "refuse", reason="no")) == ["The proposal is rejected."]
    propose(analyst, hold)
    proposal = waiting(desk, hold)
    assert word(manager, proposal, "withdraw").status_code == 403
    assert said(word(analyst, proposal, "withdraw")) == ["The proposal is withdrawn."]
    propose(analyst, hold, what="reject", reason="gone")
    word(manager, waiting(desk, hold), "sign")
    assert desk.hold(hold)["state"] == "rejected"


def test_what_was_not_seen_is_not_signed(house):
    """A form that was filled in for something else is told so, and nothing is signed."""
    desk, hold = house.desk, house.desk.held()
    asked = desk.propose(hold)
    client = house.person(desk.people.manager)
    form = {"what": "sign", "seen": "0" * 64, "back": f"/proposals/{asked.proposal_id}"}
    answer = client.post(f"/proposals/{asked.proposal_id}/word", form, follow=True)
    assert said(answer)[0].startswith("what was seen is not what is proposed")
    assert desk.hold(hold)["state"] == "open"


@pytest.mark.parametrize("back", ["https://elsewhere.example/", "//elsewhere.example/x", ""])
def test_a_form_leads_nowhere_else(house, back):
    """An address that was smuggled into a form is not followed."""
    answer = house.person(house.desk.people.analyst).post(
        f"/holds/{house.desk.held()}/propose", {"what": "release", "reason": "", "back": back}
    )
    assert answer.status_code in {302, 422}
    assert "elsewhere" not in answer.headers.get("Location", "")


def test_a_form_from_another_page_does_nothing(house):
    """Without the token of our page a post is refused, signing in too."""
    desk = house.desk
    login, password = house.password(desk.people.analyst)
    client = house.person(desk.people.analyst, strict=True)
    answer = client.post("/sign-in", {"username": login, "password": password})
    assert answer.status_code == 403
    assert "not sent from one of our pages" in answer.content.decode()


def test_a_wrong_password_says_no_more(house):
    """Whether the login exists or not, the answer is the same."""
    login, _ = house.password(house.desk.people.analyst)
    texts = []
    for name in (login, "nobody"):
        answer = browser().post("/sign-in", {"username": name, "password": "wrong"})
        assert answer.status_code == 200
        texts.append(re.sub(r'value="[^"]*"', "", answer.content.decode()))
    assert texts[0] == texts[1]
    assert "do not fit" in texts[0]


def test_a_new_password_ends_old_sessions(house):
    """Whoever sat there with the old one signs in anew; the trail knows who gave it."""
    desk = house.desk
    client = house.person(desk.people.auditor)
    assert client.get("/exposure").status_code == 200
    house.password(desk.people.auditor)
    assert client.get("/exposure").status_code == 302
    assert desk.actions().count("PASSWORD_GIVEN") >= 2


@pytest.mark.parametrize("role", ["analyst", "manager", "controller", "seller", "auditor"])
def test_only_an_admin_gives_passwords(house, role):
    """Nobody gives one to a person of another company either."""
    from tradeline.actions.people import give_password
    from tradeline.errors import NotFound, Refused
    from tradeline.models import User

    people = house.desk.people
    login = User.objects.get(pk=people.analyst.user_id).username
    with pytest.raises(Refused):
        give_password(login=login, by=getattr(people, role), at=now())
    with pytest.raises(NotFound):
        give_password(login=login, by=people.stranger, at=now())


def test_who_belongs_elsewhere_too_keeps_the_password(house):
    """Else one company's administrator could act as that person in the other."""
    from tradeline.actions.organisations import add_member
    from tradeline.actions.people import give_password
    from tradeline.errors import Refused
    from tradeline.models import User

    people = house.desk.people
    person = User.objects.get(pk=house.desk.another("analyst").user_id)
    add_member(user=person, roles=["auditor"], by=people.stranger, at=now())
    for admin in (people.admin, people.stranger):
        with pytest.raises(Refused, match="other organisations"):
            give_password(login=person.username, by=admin, at=now())
