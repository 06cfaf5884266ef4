"""An organisation for each test, and receivers for each module."""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import post_office


@pytest.fixture(scope="module")
def smtp():
    """Return an SMTP server and its mailbox."""
    controller, box = post_office.smtp()
    yield controller, box
    controller.stop()


@pytest.fixture
def hook():
    """Return a web server."""
    made = post_office.web()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def office(book, smtp, hook):
    """Return an organisation with mail and webhooks that go to loopback."""
    from tests.people import cast
    from tradeline.actions.delivery import Outside
    from tradeline.connectors.addresses import Egress
    from tradeline.connectors.mail import MailServer

    controller, box = smtp
    box.mails.clear()
    box.refuse.clear()
    out = Outside(
        egress=Egress(networks=(ip_network("127.0.0.0/8"),), ports=frozenset({hook.port})),
        mail=MailServer(host="127.0.0.1", port=controller.port, sender="credit@northwind.example",
                        encryption="none"),
        key=post_office.KEY,
    )  # fmt: skip
    return post_office.Office(people=cast(), mailbox=box, hook=hook, out=out)


@pytest.fixture
def company(book):
    """Return a company fed with rows, as in the tests of the book."""
    from tests.book.company import Company
    from tests.people import organisation

    clock = (post_office.AT + timedelta(minutes=n) for n in itertools.count(1))
    return Company(organisation("Northwind")[0], clock=clock)
