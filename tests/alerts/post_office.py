"""Receivers on loopback: a real SMTP server and a real HTTP server that remember what they got."""

from __future__ import annotations

import email
import email.policy
import json
import socket
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
KEY = "11" * 32


class Later:
    """A clock that a test moves on."""

    def __init__(self, at: datetime = AT) -> None:
        self.at = at

    def on(self, **span: int) -> datetime:
        """Move on and return the time."""
        self.at += timedelta(**span)
        return self.at


class Mailbox:
    """Takes mails; `refuse` holds addresses that it does not take."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.refuse: set[str] = set()

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        """Take or refuse a recipient."""
        if address in self.refuse:
            return "550 nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        """Keep a mail."""
        self.mails.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"


def smtp() -> tuple[Controller, Mailbox]:
    """Start an SMTP server on a free port."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    return controller, box


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@dataclass
class Got:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """Return the body read."""
        return json.loads(self.body)


class Server(ThreadingHTTPServer):
    """Lets many senders wait in the line."""

    request_queue_size = 64


@dataclass
class Hook:
    """A web server; `answer` says what it answers to a request."""

    server: ThreadingHTTPServer
    got: list[Got] = field(default_factory=list)
    answer: Callable[[Got], int] = lambda _: 204
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        """Return where it listens."""
        return self.server.server_address[1]

    def url(self, path: str = "/in") -> str:
        """Return an address of it."""
        return f"http://127.0.0.1:{self.port}{path}"

    def versions(self, path: str = "/in") -> list[int]:
        """Return the versions of the line it got, in order."""
        return [got.json["data"]["line_version"] for got in self.got if got.path == path]


def web() -> Hook:
    """Start a web server on a free port."""
    hook: Hook

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            got = Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            hook.got.append(got)
            self.send_response(hook.answer(got))
            for name, value in hook.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    hook = Hook(Server(("127.0.0.1", 0), Handler))
    threading.Thread(target=hook.server.serve_forever, daemon=True).start()
    return hook


@dataclass
class Office:
    """An organisation with its people, a line to write about, and the ways out."""

    people: Any
    mailbox: Mailbox
    hook: Hook
    out: Any
    clock: Later = field(default_factory=Later)

    def endpoint(self, path: str = "/in", topics: tuple[str, ...] = ("*",)) -> Any:
        """Add an address at the web server."""
        from tradeline.actions.endpoints import add_endpoint

        return add_endpoint(url=self.hook.url(path), topics=topics, allowed=self.out.egress,
                            key=KEY, by=self.people.admin, at=self.clock.at)  # fmt: skip

    def line(self, **changes: Any) -> Any:
        """Return a new account's line."""
        from tests import book_builders as build

        account = build.account(self.people.controller, self.people.entity, **changes)
        return build.line(self.people.controller, account)

    def write(self, line: Any, version: int, **changes: Any) -> UUID:
        """Write a message on a version of a line, and return its id."""
        from tests import book_builders as build

        payload = {"levels_bp": [8000, 9000], "exposure_minor": 4_500_000,
                   "limit_minor": 5_000_000, "currency": "USD", "day": "2026-06-30"}  # fmt: skip
        columns = {"payload": payload, "line_version": version, "at": self.clock.at} | changes
        return build.outbox(self.people.controller, line, **columns).pk

    def deliver(self, **span: int) -> Any:
        """Deliver what is due after a while."""
        from tradeline.actions.delivery import deliver_all

        self.clock.on(**span)
        only = [self.people.admin.organisation_id]
        return deliver_all(out=self.out, clock=lambda: self.clock.at, only=only)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return rows as the organisation sees them."""
        from django.db import connection

        from tradeline.models.context import acting

        with acting(self.people.controller), connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall()

    def states(self) -> list[str]:
        """Return the states of all deliveries, sorted."""
        return sorted(state for (state,) in self.rows("SELECT state FROM delivery"))
