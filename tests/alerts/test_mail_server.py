"""The mail server is named by the environment, wholly or not at all."""

from __future__ import annotations

import pytest
from post_office import free_port

from tradeline.connectors.faults import NotDelivered
from tradeline.connectors.mail import Mail, MailServer, mail_server, send
from tradeline.errors import ArgumentFault

HOST = {"TRADELINE_SMTP_HOST": "mail.example.com"}
FROM = {"TRADELINE_MAIL_FROM": "credit@example.com"}


def test_none_is_named():
    """Without a host there is no server."""
    assert mail_server(FROM) is None


@pytest.mark.parametrize(("encryption", "port"), [("starttls", 587), ("ssl", 465), ("none", 25)])
def test_the_port_follows_the_encryption(encryption, port):
    """Each way has its usual port; STARTTLS is the default."""
    found = mail_server(HOST | FROM | {"TRADELINE_SMTP_ENCRYPTION": encryption})
    assert (found.port, found.encryption) == (port, encryption)
    assert mail_server(HOST | FROM).encryption == "starttls"


@pytest.mark.parametrize(
    "wrong",
    [{}, {"TRADELINE_MAIL_FROM": "nobody"}, FROM | {"TRADELINE_SMTP_PORT": "smtp"},
     FROM | {"TRADELINE_SMTP_ENCRYPTION": "rot13"}],
)  # fmt: skip
def test_what_cannot_be_used_is_refused(wrong):
    """A sender, a number and a known encryption are needed."""
    with pytest.raises(ArgumentFault):
        mail_server(HOST | wrong)


def _mail(**changes):
    facts = {"to": "a@example.com", "subject": "s", "text": "t", "html": "h", "message_id": "1"}
    return Mail(**facts | changes)


@pytest.mark.usefixtures("book")
def test_a_server_that_is_not_there():
    """Nobody listens: a failure with a reason, no fault of the program."""
    server = MailServer(host="127.0.0.1", port=free_port(), sender="c@example.com",
                        encryption="none")  # fmt: skip
    with pytest.raises(NotDelivered, match="did not take it"):
        send(_mail(), server)


@pytest.mark.usefixtures("book")
def test_no_encryption_means_no_mail(smtp):
    """A server without STARTTLS gets nothing when encryption is asked for."""
    controller, box = smtp
    box.mails.clear()
    server = MailServer(host="127.0.0.1", port=controller.port, sender="c@example.com")
    with pytest.raises(NotDelivered):
        send(_mail(), server)
    assert box.mails == []


@pytest.mark.usefixtures("book")
def test_a_header_cannot_be_smuggled_in(smtp):
    """A line break in a subject is refused, not sent."""
    controller, box = smtp
    box.mails.clear()
    server = MailServer(host="127.0.0.1", port=controller.port, sender="c@example.com",
                        encryption="none")  # fmt: skip
    with pytest.raises(NotDelivered):
        send(_mail(subject="s\r\nBcc: x@example.com"), server)
    assert box.mails == []
