"""Is the book in order: what is checked, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from tradeline.errors import StateFault
from tradeline.models import Feed, LineEvent, QuarantinedRow
from tradeline.queries import guards
from tradeline.queries.audit import unsealed
from tradeline.queries.drift import resum
from tradeline.queries.outbox import backlog
from tradeline.queries.policies import policy_in_force

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, datetime

VERSION_MIN: Final = 15
SEAL_DELAY_MAX: Final = timedelta(minutes=5)
DELIVERY_DELAY_MAX: Final = timedelta(hours=24)
"""Longer than all tries of a message take; what waits longer is not being sent at all."""
SET_ASIDE_MAX: Final = timedelta(days=7)
"""After this a row that nobody settled is a fault of the work, no longer work in progress."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at; `mend` says what to do when it is not well."""

    name: str
    well: bool
    found: str
    mend: str = ""


def check_server() -> Iterator[Check]:
    """Look at the server, the role and the tables, which belong to no organisation."""
    yield from (_version(), _role(), _tables(), _guards())


def check_book(*, day: date, at: datetime) -> Iterator[Check]:
    """Look at the acting organisation's book as of a day."""
    yield from (_policy(), *_feeds(day), _set_aside(at), _drift(), _horizon(day))
    yield from (_seal(at), _outbox(at))


def _version() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    return Check(
        name="server", well=int(version.split(".")[0]) >= VERSION_MIN,
        found=f"PostgreSQL {version}", mend=f"use PostgreSQL {VERSION_MIN} or newer",
    )  # fmt: skip


def _role() -> Check:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb, "
            "EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind = 'r' "
            "AND c.relpersistence = 'p') FROM pg_roles r WHERE rolname = current_user"
        )
        name, powers, owns = cursor.fetchone()
    return Check(
        name="role", well=not powers and not owns,
        found=f"works as {name}" + (", which may pass row security" if powers or owns else ""),
        mend="let DATABASE_URL name the role tradeline_app",
    )  # fmt: skip


def _tables() -> Check:
    executor = MigrationExecutor(connections["default"])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return Check(
        name="tables", well=not plan,
        found=f"{len(plan)} changes of the tables are missing" if plan else "up to date",
        mend="tradeline database prepare",
    )  # fmt: skip


def _guards() -> Check:
    """Hold keys, row security, grants and functions to the clauses of queries/guards.py."""
    with connection.cursor() as cursor:
        found = guards.findings(cursor)
    return Check(
        name="row security", well=not found,
        found=f"{len(found)} clauses are broken, first: {found[0].subject} {found[0].what}"
        if found else "forced on every table; keys, grants and functions hold",
        mend="restore the tables from the program's own migrations: tradeline database prepare",
    )  # fmt: skip


def _policy() -> Check:
    try:
        policy = policy_in_force()
    except StateFault as fault:
        return Check(name="policy", well=False, found=fault.what, mend=fault.mend)
    return Check(name="policy", well=True, found=f"{policy.name} is in force")


def _feeds(day: date) -> Iterator[Check]:
    ages = policy_in_force().exposure.feed_age_max_days
    for feed in Feed.objects.select_related("entity").order_by("kind", "entity__code"):
        limit = ages.get(feed.kind)  # type: ignore[call-overload]
        age = (day - feed.as_of).days
        of = f" of {feed.entity.code}" if feed.entity else ""
        yield Check(
            name=f"feed {feed.kind}{of}", well=limit is None or age <= limit,
            found=f"speaks of {feed.as_of}, {age} days before {day}",
            mend=f"import a newer file: tradeline import {feed.kind} FILE",
        )  # fmt: skip


def _set_aside(at: datetime) -> Check:
    rows = QuarantinedRow.objects.filter(state="open").select_related("batch")
    count, oldest = rows.count(), rows.order_by("batch__at").first()
    waiting = at - oldest.batch.at if oldest else timedelta(0)
    return Check(
        name="rows set aside", well=waiting <= SET_ASIDE_MAX,
        found=f"{count} wait for someone, the oldest for {waiting.days} days" if count else "none",
        mend="mend or drop them: tradeline quarantine list",
    )  # fmt: skip


def _drift() -> Check:
    found = resum()
    first = found[0] if found else None
    return Check(
        name="full re-sum", well=not found,
        found=f"{len(found)} counters differ, first {first.bucket} of {first.customer_no}: "
        f"{first.cause}" if first else "every counter is the sum of its documents and orders",
        mend="see the audit trail of the account, then correct the line",
    )  # fmt: skip


def _horizon(day: date) -> Check:
    last = LineEvent.objects.filter(kind="horizon").order_by("-day").values_list("day", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM order_line WHERE counted_later_minor > 0 AND ship_date <= %s",
            [day + timedelta(days=policy_in_force().exposure.horizon_days)],
        )
        late = cursor.fetchone()[0]
    return Check(
        name="horizon", well=not late,
        found=f"{late} order lines have come inside the horizon and are not counted yet" if late
        else "every order line is on its side" + (f", rolled {last[0]}" if last else ""),
        mend="tradeline roll",
    )  # fmt: skip


def _seal(at: datetime) -> Check:
    count, since = unsealed()
    late = since is not None and at - since > SEAL_DELAY_MAX
    return Check(
        name="audit seal", well=not late,
        found=f"{count} events wait since {since:%Y-%m-%d %H:%M}" if since else "all are sealed",
        mend="tradeline audit seal",
    )  # fmt: skip


def _outbox(at: datetime) -> Check:
    found = backlog()
    late = found.since is not None and at - found.since > DELIVERY_DELAY_MAX
    waiting = f"{found.waiting} messages wait" + (
        f" since {found.since:%Y-%m-%d %H:%M}" if found.since else ""
    )
    return Check(
        name="outbox", well=not late and not found.dead,
        found=f"{waiting}, {found.dead} were given up" if found.waiting or found.dead
        else "everything is delivered",
        mend="send with: tradeline deliver --watch; see why with: tradeline outbox list "
        "--state dead, and replay them",
    )  # fmt: skip
