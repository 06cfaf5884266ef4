"""Messages go out: by HTTP and by mail, again when it failed, and to the end when it cannot be."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta

import pytest
from post_office import AT, KEY

OVERDUE = {"days": 31, "due_date": "2026-05-30", "overdue_minor": 12_345, "currency": "USD",
           "step": 2, "day": "2026-06-30", "key": "overdue:x:2:0"}  # fmt: skip


def mailed(office, who, address):
    """Give one of the people an address."""
    from tradeline.actions.subscriptions import set_mail
    from tradeline.models import User

    actor = getattr(office.people, who)
    login = User.objects.get(pk=actor.user_id).username
    set_mail(login=login, address=address, by=actor, at=AT)
    return login


def verified(got, secret):
    """Return whether a receiver that follows the standard would take the request."""
    at, key = got.headers["webhook-timestamp"], base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{got.headers['webhook-id']}.{at}.".encode() + got.body
    mine = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    return any(
        hmac.compare_digest(each, f"v1,{mine}")
        for each in got.headers["webhook-signature"].split(" ")
    )


def test_a_webhook_is_signed_and_whole(office):
    """The receiver gets type, timestamp and data with decimal amounts, and can verify them."""
    _, secret = office.endpoint()
    line = office.line(customer_no="C-1042", name="Cascade")
    message = office.write(line, 7)
    done = office.deliver()
    assert (done.handed_out, done.sent) == (1, 1)
    (got,) = office.hook.got
    assert got.headers["webhook-id"] == str(message)
    assert got.headers["webhook-timestamp"] == str(int(AT.timestamp()))
    assert verified(got, secret)
    assert got.json == {
        "type": "alert.utilisation", "timestamp": AT.isoformat(),
        "data": {
            "customer_no": "C-1042", "customer_name": "Cascade", "entity": "MAIN",
            "currency": "USD", "exposure": "45000.00", "limit": "50000.00", "day": "2026-06-30",
            "levels_pct": ["80.00", "90.00"], "line_version": 7, "severity": "warning",
            "utilisation_pct": "90.00",
        },
    }  # fmt: skip


def test_a_forged_message_is_refused(office):
    """Another body, another time or another secret does not verify."""
    _, secret = office.endpoint()
    office.write(office.line(), 1)
    office.deliver()
    (got,) = office.hook.got
    assert verified(got, secret)
    for change in ({"body": got.body.replace(b"90.00", b"10.00")}, {"body": got.body + b" "}):
        assert not verified(type(got)(**(vars(got) | change)), secret)
    later = got.headers | {"webhook-timestamp": str(int(AT.timestamp()) + 1)}
    assert not verified(type(got)(got.path, later, got.body), secret)
    assert not verified(got, "whsec_" + base64.b64encode(b"guessed").decode())


def test_both_secrets_sign_during_a_rotation(office):
    """For a day old and new secret verify; then the old one does not."""
    from tradeline.actions.endpoints import rotate_secret

    endpoint, old = office.endpoint()
    new = rotate_secret(endpoint_id=endpoint.pk, key=KEY, by=office.people.admin, at=AT)
    line = office.line()
    assert old != new
    office.write(line, 1)
    office.deliver(hours=23)
    office.write(line, 2)
    office.deliver(hours=1)
    during, after = office.hook.got
    assert verified(during, old)
    assert verified(during, new)
    assert verified(after, new)
    assert not verified(after, old)


def test_an_order_goes_out_as_it_was_written(office):
    """What a decision wrote reaches the address untouched, and nobody by mail."""
    mailed(office, "analyst", "anna@northwind.example")
    office.endpoint(topics=("order.*",))
    payload = {"decision": "held", "exposure": {"after": "1.00"}, "n": 1.5}
    office.write(office.line(), 1, topic="order.decided", payload=payload)
    office.write(office.line(), 1)
    office.deliver()
    (got,) = office.hook.got
    assert (got.json["type"], got.json["data"]) == ("order.decided", payload)


def test_mail_goes_by_role_and_to_the_owner(office):
    """The policy's roles and the owner get one mail each; others get none."""
    from tradeline.actions.subscriptions import own_account

    mailed(office, "analyst", "anna@northwind.example")
    mailed(office, "manager", "mia@northwind.example")
    login = mailed(office, "seller", "sam@northwind.example")
    line = office.line(customer_no="C-7", name='<b>"Ünïcode"</b>\r\nBcc: x@y.example')
    own_account(account_id=str(line.account_id), login=login, by=office.people.analyst, at=AT)
    office.write(line, 1)
    assert office.deliver().sent == 2
    assert {mail["to"] for mail in office.mailbox.mails} == {
        "anna@northwind.example", "sam@northwind.example",
    }  # fmt: skip
    mail = office.mailbox.mails[0]
    assert mail["from"] == "credit@northwind.example"
    assert mail["subject"].strip().startswith("[warning] C-7")
    assert mail["bcc"] is None
    text = mail.get_body(("plain",)).get_content()
    assert "90.00 % of the limit used, USD 45,000 of USD 50,000" in text
    html = mail.get_body(("html",)).get_content()
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_a_jump_is_one_mail_with_the_highest_severity(office):
    """Four levels at once are one mail, and it is critical."""
    mailed(office, "manager", "mia@northwind.example")
    payload = {"levels_bp": [8000, 9000, 9500, 10000], "exposure_minor": 101, "limit_minor": 100,
               "currency": "USD", "day": "2026-06-30"}  # fmt: skip
    office.write(office.line(), 1, payload=payload)
    office.deliver()
    (mail,) = office.mailbox.mails
    assert mail["subject"].startswith("[critical]")
    assert "80.00, 90.00, 95.00, 100.00" in mail.get_body(("plain",)).get_content()


def test_back_off_dead_letter_and_replay(office):
    """Tried after 1, 5, 30 and 120 minutes, then given up with the reason; a replay sends it."""
    from tradeline.actions.endpoints import replay
    from tradeline.queries.outbox import deliveries

    office.endpoint()
    office.write(office.line(), 1)
    office.hook.answer = lambda _: 500
    assert office.deliver().failed == 1
    for minutes in (1, 5, 30):
        assert office.deliver(minutes=minutes, seconds=-1) == type(office.deliver())()
        assert office.deliver(seconds=1).failed == 1
    assert office.deliver(minutes=120).dead == 1
    assert len(office.hook.got) == 5
    assert len({(got.headers["webhook-id"], got.body) for got in office.hook.got}) == 1
    found = _as(office, deliveries, state="dead", count=9)
    (dead,) = [each for each in found if each.channel == "webhook"]
    assert (dead.attempts, dead.error) == (5, "the receiver answers 500")
    office.hook.answer = lambda _: 200
    assert replay(delivery_ids=[dead.id], by=office.people.admin, at=office.clock.at) == 1
    assert office.deliver().sent >= 1
    assert [each for each in office.states() if each == "pending"] == []


def _as(office, question, **how):
    from tradeline.models.context import acting

    with acting(office.people.admin):
        return question(**how)


def test_only_who_may_replays(office):
    """An analyst is refused; a stranger's delivery is not there."""
    from uuid import uuid4

    from tradeline.actions.endpoints import replay
    from tradeline.errors import NotFound, Refused

    with pytest.raises(Refused):
        replay(delivery_ids=None, by=office.people.analyst, at=AT)
    with pytest.raises(NotFound):
        replay(delivery_ids=[uuid4()], by=office.people.admin, at=AT)


def test_poison_blocks_nobody_and_is_told(office):
    """One message that always fails is given up; the other lines' flow, and an admin is told."""
    mailed(office, "admin", "ivan@northwind.example")
    office.endpoint()
    poison, fine = office.line(), office.line()
    bad = office.write(poison, 1)
    office.hook.answer = lambda got: 500 if got.headers["webhook-id"] == str(bad) else 200
    for version in range(1, 4):
        office.write(fine, version)
    office.deliver()
    assert [each.headers["webhook-id"] != str(bad) for each in office.hook.got].count(True) == 3
    for minutes in (1, 5, 30, 120):
        office.deliver(minutes=minutes)
    office.deliver()
    told = [each for each in office.mailbox.mails if each["to"] == "ivan@northwind.example"]
    assert len(told) == 1
    assert "could not be delivered" in told[0]["subject"]


def test_an_address_that_fails_is_switched_off(office):
    """After three messages in a row that were given up it gets no more until somebody looks."""
    from tradeline.actions.endpoints import replay, switch_endpoint

    endpoint, _ = office.endpoint(topics=("alert.utilisation",))
    office.hook.answer = lambda _: 302
    office.hook.headers["location"] = "http://169.254.169.254/latest"
    for version in range(1, 4):
        office.write(office.line(), version)
    office.write(office.line(), 1)
    for minutes in (0, 1, 5, 30, 120):
        office.deliver(minutes=minutes)
    ((state, why),) = office.rows("SELECT state, off_because FROM webhook_endpoint")
    assert (state, why) == ("off", "the receiver answers 302")
    seen = len(office.hook.got)
    office.write(office.line(), 1)
    office.deliver()
    assert len(office.hook.got) == seen
    office.hook.answer = lambda _: 200
    switch_endpoint(endpoint_id=endpoint.pk, on=True, by=office.people.admin, at=AT)
    assert replay(delivery_ids=None, by=office.people.admin, at=office.clock.at) >= 4
    office.deliver()
    assert len(office.hook.got) == seen + 4


def test_a_gone_receiver_is_not_tried_again(office):
    """410 ends it at once, and switches the address off."""
    office.endpoint()
    office.write(office.line(), 1)
    office.hook.answer = lambda _: 410
    assert office.deliver().dead == 1
    assert office.rows("SELECT state FROM webhook_endpoint") == [("off",)]


def test_a_refused_mail_is_tried_again(office):
    """An address that the server refuses is a failure like others; other people get theirs."""
    mailed(office, "analyst", "anna@northwind.example")
    mailed(office, "manager", "mia@northwind.example")
    office.mailbox.refuse.add("anna@northwind.example")
    payload = OVERDUE | {"step": 3}
    office.write(office.line(), 1, topic="alert.overdue", payload=payload)
    done = office.deliver()
    assert (done.sent, done.failed) == (1, 1)
    office.mailbox.refuse.clear()
    assert office.deliver(minutes=1).sent == 1


def test_who_has_no_address_is_named(office):
    """The delivery is there, given up, and says what to do."""
    office.write(office.line(), 1)
    office.deliver()
    ((state, error),) = office.rows("SELECT state, error FROM delivery")
    assert state == "dead"
    assert "tradeline people mail" in error


def test_mails_wait_where_no_server_is_named(office):
    """Nothing is tried, nothing is lost."""
    from dataclasses import replace

    mailed(office, "analyst", "anna@northwind.example")
    server, office.out = office.out.mail, replace(office.out, mail=None)
    office.write(office.line(), 1)
    assert office.deliver().sent == 0
    assert office.states() == ["pending"]
    office.out = replace(office.out, mail=server)
    assert office.deliver(days=3).sent == 1


def test_a_digest_gathers_a_day(office):
    """Who wants a digest gets one mail, the gravest first, and nothing at once."""
    from tradeline.actions.digest import send_digests
    from tradeline.actions.subscriptions import subscribe

    mailed(office, "analyst", "anna@northwind.example")
    subscribe(topic="*", way="digest", severity_min="", by=office.people.analyst, at=AT)
    line = office.line(customer_no="C-1")
    office.write(line, 1)
    office.write(office.line(customer_no="C-2"), 1, topic="alert.overdue",
                 payload=OVERDUE | {"step": 4})  # fmt: skip
    office.write(line, 2, at=AT + timedelta(days=1))
    assert office.deliver().sent == 0

    def gathered(day):
        return send_digests(day=day, server=office.out.mail, at=office.clock.on(hours=12),
                            only=[office.people.admin.organisation_id])  # fmt: skip

    assert gathered(AT.date()).sent == 2
    (mail,) = office.mailbox.mails
    text = mail.get_body(("plain",)).get_content()
    assert mail["subject"] == "[tradeline] 2 alerts of 2026-06-30"
    assert text.index("critical  C-2") < text.index("warning   C-1")
    assert gathered(AT.date()).sent == 0
    assert gathered(AT.date() + timedelta(days=1)).sent == 1
    assert office.states().count("sent") == 3


def test_wishes_add_and_take_away(office):
    """A controller who asks for everything gets it; an analyst who wants none gets none."""
    from tradeline.actions.subscriptions import subscribe

    mailed(office, "analyst", "anna@northwind.example")
    mailed(office, "controller", "carl@northwind.example")
    subscribe(topic="alert.utilisation", way="off", severity_min="", by=office.people.analyst,
              at=AT)  # fmt: skip
    subscribe(topic="*", way="at_once", severity_min="info", by=office.people.controller, at=AT)
    office.write(office.line(), 1)
    office.write(office.line(), 1, topic="alert.overdue", payload=OVERDUE)
    office.deliver()
    got = sorted(mail["to"] for mail in office.mailbox.mails)
    assert got == ["anna@northwind.example", "carl@northwind.example", "carl@northwind.example"]


def test_nothing_crosses_organisations(office):
    """A stranger's address and people get nothing of ours, and see nothing of it."""
    from tradeline.actions.delivery import deliver_all
    from tradeline.actions.endpoints import add_endpoint, rotate_secret
    from tradeline.errors import NotFound
    from tradeline.models.context import acting
    from tradeline.queries.outbox import alerts, deliveries

    endpoint, _ = office.endpoint("/ours")
    add_endpoint(url=office.hook.url("/theirs"), topics=["*"], allowed=office.out.egress, key=KEY,
                 by=office.people.stranger, at=AT)  # fmt: skip
    office.write(office.line(), 1)
    both = [office.people.stranger.organisation_id, office.people.admin.organisation_id]
    assert deliver_all(out=office.out, clock=lambda: AT, only=both).sent == 1
    assert [got.path for got in office.hook.got] == ["/ours"]
    with acting(office.people.stranger):
        assert alerts(customer_no=None, topic=None, count=99) == []
        assert deliveries(state=None, count=99) == []
    with pytest.raises(NotFound):
        rotate_secret(endpoint_id=endpoint.pk, key=KEY, by=office.people.stranger, at=AT)
