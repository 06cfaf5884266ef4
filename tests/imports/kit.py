"""What the tests of imports share: organisations, files, and dumps of what the book holds."""

from __future__ import annotations

import csv
import uuid
from datetime import UTC, date, datetime
from types import SimpleNamespace

DAY = date(2026, 6, 30)
HEADERS = {
    "ar": ("customer_no", "document_no", "kind", "document_date", "due_date", "currency", "amount",
           "open_amount", "disputed", "order_no"),
    "orders": ("customer_no", "order_no", "line_no", "status", "currency", "ordered_amount",
               "shipped_amount", "invoiced_amount", "ship_date"),
    "limits": ("customer_no", "entity", "currency", "limit", "valid_from", "valid_to", "kind"),
    "payments": ("customer_no", "payment_no", "date", "currency", "amount", "document_no", "kind"),
    "customers": ("customer_no", "name", "parent_no", "segment", "tier", "tax_id", "country",
                  "intercompany"),
    "rates": ("date", "from", "to", "rate"),
}  # fmt: skip
TABLES = (
    "account", "account_alias", "audit_event", "credit_line", "customer_group", "document", "feed",
    "fx_rate", "import_batch", "limit_version", "line_event", "order_line", "payment",
    "quarantined_row",
)  # fmt: skip


def founded():
    """Found an organisation; its founder may import, and set people up."""
    from tradeline.actions.organisations import add_entity, found_organisation
    from tradeline.models import User
    from tradeline.models.context import Actor
    from tradeline.policy.load import load_preset

    now = datetime.now(UTC)
    name = uuid.uuid4().hex[:12]
    user = User.objects.create(username=name)
    organisation = found_organisation(
        name=name, policy=load_preset("india"), by=user, door="cli", at=now
    )
    by = Actor(organisation_id=organisation.pk, user_id=user.pk, door="cli")
    add_entity(code="IN01", name="One", currency="INR", country="IN", by=by, at=now)
    return by


def member(by, *roles):
    """Return another person who has these roles in the organisation."""
    from tradeline.actions.organisations import add_member
    from tradeline.models import User
    from tradeline.models.context import Actor

    user = User.objects.create(username=uuid.uuid4().hex[:12])
    add_member(user=user, roles=roles, by=by, at=datetime.now(UTC))
    return Actor(organisation_id=by.organisation_id, user_id=user.pk, door="cli")


def written(folder, kind, rows, name="file"):
    """Write rows under the kind's header as CSV; return the path."""
    path = folder / f"{name}-{uuid.uuid4().hex[:8]}.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADERS[kind])
        writer.writerows(rows)
    return path


def read(path, kind, unit=None):
    """Return the file as a feed; amounts without a currency are rupees."""
    from tradeline.files.feeds import ReadOptions, Source, read_feed

    return read_feed(
        Source(path=path), kind,
        ReadOptions(currency="INR", date_order="ymd", decimal=".", unit=unit),
        entity="IN01", tax_included=True,
    )  # fmt: skip


def taken(by, path, kind, *, preview=False, day=DAY, unit=None, **how):
    """Import the file and return what it did."""
    from tradeline.actions.imports import ImportRequest, import_feed

    request = ImportRequest(feed=read(path, kind, unit), day=day, **how)
    return import_feed(request, by=by, at=datetime.now(UTC), preview=preview)


def dump(by):
    """Return for each table how many rows the organisation has, and a digest of all of them."""
    from django.db import connection

    from tradeline.models.context import acting

    found = {}
    with acting(by), connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t"
            )
            found[table] = cursor.fetchone()
    return found


def totals(by):
    """Return the open amounts and the lines' exposure, by currency: what a book adds up to."""
    from django.db import connection

    from tradeline.models.context import acting

    with acting(by), connection.cursor() as cursor:
        cursor.execute("SELECT count(*), coalesce(sum(open_minor), 0) FROM document")
        documents = cursor.fetchone()
        cursor.execute("SELECT count(*), coalesce(sum(exposure_minor), 0) FROM credit_line")
        lines = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM import_batch")
        batches = cursor.fetchone()[0]
    return SimpleNamespace(documents=documents, lines=lines, batches=batches)


def rows_of(by, sql):
    """Return the rows of a query on the organisation's book."""
    from django.db import connection

    from tradeline.models.context import acting

    with acting(by), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def items(count, *, accounts=None, first=0, open_amount=None):
    """Return rows of a ledger: invoices, spread over the accounts."""
    rows = []
    for number in range(first, first + count):
        amount = open_amount or f"{100 + number}.{number % 100:02}"
        rows.append((
            f"C{number % (accounts or max(count // 10, 1)):05}", f"INV{number:06}", "invoice",
            "2026-05-01", "2026-05-31", "INR", amount, amount, "", f"SO{number // 3}",
        ))  # fmt: skip
    return rows
