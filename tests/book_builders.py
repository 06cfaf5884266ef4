"""Write rows of the book directly, the way a test wants to say them.

Each builder makes one row for the actor's organisation, with defaults that hold together; changes
are columns. Import it inside a test or fixture that has the book.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

from tests.people import AT, person
from tradeline import models
from tradeline.files.audit_json import canonical
from tradeline.models.context import Actor, acting

DAY = date(2026, 6, 30)
BATCH = uuid4()


def write(model: type[Any], actor: Actor, *, using: str = "default", **columns: Any) -> Any:
    """Return a row of the actor's organisation, written as who is acting."""
    with acting(actor, using=using):
        return model.objects.using(using).create(organisation_id=actor.organisation_id, **columns)


def account(actor: Actor, entity: Any, **changes: Any) -> Any:
    """Return an account with a number of its own."""
    columns = {"customer_no": f"C-{uuid4().hex[:12]}", "name": "Acme", "entity": entity}
    return write(models.Account, actor, **columns | changes)


def group(actor: Actor, **changes: Any) -> Any:
    """Return a customer group without parent."""
    return write(models.CustomerGroup, actor, **{"code": f"G-{uuid4().hex[:12]}"} | changes)


def line(actor: Actor, of: Any, **changes: Any) -> Any:
    """Return the line of an account: 50,000.00 USD, nothing owed."""
    columns = {"account": of, "currency": "USD", "limit_minor": 5_000_000}
    return write(models.CreditLine, actor, **columns | changes)


def limit(actor: Actor, of: Any, **changes: Any) -> Any:
    """Return a base limit of a line from the start of the year on."""
    columns = {
        "line": of, "kind": "base", "amount_minor": 5_000_000, "currency": "USD",
        "valid_from": date(2026, 1, 1), "recorded_at": AT, "recorded_by_id": actor.user_id,
        "reason": "as agreed",
    }  # fmt: skip
    return write(models.LimitVersion, actor, **columns | changes)


def line_event(actor: Actor, of: Any, **changes: Any) -> Any:
    """Return the first event of a line."""
    columns = {
        "line": of, "version": 0, "kind": "opened", "at": AT, "day": DAY, "change": {},
        "exposure_minor": 0, "by_id": actor.user_id,
    }  # fmt: skip
    return write(models.LineEvent, actor, **columns | changes)


def document(actor: Actor, of: Any, **changes: Any) -> Any:
    """Return an open invoice of an account over 1,000.00 USD."""
    columns = {
        "account": of, "document_no": f"D-{uuid4().hex[:12]}", "kind": "invoice",
        "document_date": DAY, "due_date": DAY, "currency": "USD", "amount_minor": 100_000,
        "open_minor": 100_000, "counted_minor": 100_000, "batch_id": BATCH,
    }  # fmt: skip
    return write(models.Document, actor, **columns | changes)


def order_line(actor: Actor, of: Any, **changes: Any) -> Any:
    """Return a line of an open order over 1,000.00 USD, nothing shipped."""
    columns = {
        "account": of, "order_no": f"O-{uuid4().hex[:12]}", "line_no": "10", "status": "open",
        "currency": "USD", "ordered_minor": 100_000, "shipped_minor": 0, "invoiced_minor": 0,
        "ship_date": DAY, "counted_shipped_minor": 0, "counted_orders_minor": 100_000,
        "counted_later_minor": 0, "counted_held_minor": 0, "batch_id": BATCH,
    }  # fmt: skip
    return write(models.OrderLine, actor, **columns | changes)


def payment(actor: Actor, of: Any, **changes: Any) -> Any:
    """Return a payment of 10.00 USD on account."""
    columns = {
        "account": of, "payment_no": f"P-{uuid4().hex[:12]}", "document_no": "", "kind": "payment",
        "date": DAY, "currency": "USD", "amount_minor": 1_000, "batch_id": BATCH,
    }  # fmt: skip
    return write(models.Payment, actor, **columns | changes)


def batch(actor: Actor, entity: Any, **changes: Any) -> Any:
    """Return an applied file of one row."""
    columns = {
        "kind": "ar", "entity": entity, "file_name": "ar.csv", "sha256": uuid4().hex,
        "full_extract": False, "as_of": DAY, "rows_in": 1, "rows_applied": 1, "rows_unchanged": 0,
        "rows_quarantined": 0, "rows_closed": 0, "totals": {}, "reading": {},
        "by_id": actor.user_id, "at": AT,
    }  # fmt: skip
    return write(models.ImportBatch, actor, **columns | changes)


def rules(actor: Actor, **changes: Any) -> Any:
    """Return rules under which nothing is tested."""
    columns = {
        "policy": "p", "digest": uuid4().hex, "currency": "USD", "reactions": [0] * 19,
        "signs": [1] * 9, "tolerance_bp": 0, "average_bp": 8_000, "used_bp": 9_000,
        "overdue_days_max": 30, "overdue_share_days": 10, "overdue_share_bp": 2_000,
        "item_min_minor": 0, "ignore_disputed": False, "dunning_level_max": 3,
        "review_grace_days": 30, "rejected_flags": [], "rejected_statuses": [],
        "horizon_days": 60, "rate_age_max_days": 5, "feed_ages_max": {}, "feeds_required": [],
        "reservation_days": 30, "hold_days": 14, "release_deviation_bp": 1_000,
        "ladder_bp": [40_000], "rearm_bp": 200,
    }  # fmt: skip
    return write(models.LineRules, actor, **columns | changes)


def derived_id(*parts: object) -> UUID:
    """Return the id that follows from what names a call or an order (sql/gate.sql)."""
    return UUID(bytes=sha256(" ".join(map(str, parts)).encode()).digest()[:16])


def commitment(actor: Actor, of: Any, its_line: Any, **changes: Any) -> Any:
    """Return an authorised order over 1,000.00 USD."""
    number = changes.pop("order_no", f"O-{uuid4().hex[:12]}")
    columns = {
        "id": derived_id(actor.organisation_id, of.entity_id, number), "order_no": number,
        "account": of, "entity_id": of.entity_id, "line": its_line, "version": 1,
        "state": "authorised", "currency": "USD",
        "rate_above": 1, "rate_below": 1, "authorised_minor": 100_000,
        "counted_reserved_minor": 100_000, "created_at": AT, "changed_at": AT, "expires_at": AT,
    }  # fmt: skip
    return write(models.Commitment, actor, **columns | changes)


def _at_the_gate(actor: Actor, of: Any, its_line: Any) -> None:
    today = datetime.now(UTC).date()  # as the database has it: nothing is to be resolved
    write(models.Standing, actor, line=its_line, rules=rules(actor), day=today)
    order = commitment(actor, of, its_line)
    key = uuid4().hex
    answer = write(
        models.Decision, actor, id=derived_id(actor.organisation_id, 3, "cli", key), client="cli",
        key=key, body_sha256="", verb="authorise",
        status=201, outcome="held", order_no=order.order_no, answer="{}", at=AT,
        by_id=actor.user_id,
    )  # fmt: skip
    held = write(
        models.Hold, actor, using="owner", commitment=order, account=of, line=its_line, version=1,
        decision_id=answer.pk, order_no=order.order_no, currency="USD", amount_minor=1,
        delta_minor=1, codes=["CL02"], priority=5, state="open", created_at=AT,
        expires_at=AT,
    )  # fmt: skip
    _asked_and_signed(actor, of, held)


def _asked_and_signed(actor: Actor, of: Any, held: Any) -> None:
    """Ask for the release of a hold; somebody new signs the first level."""
    payload = canonical({
        "action": "release", "amount": "0.01", "currency": "USD", "customer": of.customer_no,
        "entity": of.entity.code, "hold": str(held.pk), "order_no": held.order_no, "version": 1,
    }).decode()  # fmt: skip
    asked = write(models.Proposal, actor, kind="hold_release", hold_id=held.pk, payload=payload,
                  maker_id=actor.user_id, reason="as agreed")  # fmt: skip
    signer = replace(actor, user_id=person("signer").pk)
    write(models.Membership, actor, user_id=signer.user_id, role="analyst")
    digest = sha256(payload.encode()).hexdigest()
    write(models.SignOff, signer, proposal_id=asked.pk, level=1, signer_id=signer.user_id,
          decision="sign", payload_sha256=digest)  # fmt: skip


def one_of_each(actor: Actor, entity: Any) -> None:
    """Write at least one row into every table of an organisation."""
    of = account(actor, entity, group=group(actor))
    its_line, file = line(actor, of), batch(actor, entity)
    limit(actor, its_line, batch=file)
    for build in (document, order_line, payment):
        build(actor, of)
    line_event(actor, its_line)
    _around(actor, of, its_line)
    _at_the_gate(actor, of, its_line)
    _from_files(actor, of, file)
    _messages(actor, its_line)
    _seals(actor)


def outbox(actor: Actor, of: Any = None, **changes: Any) -> Any:
    """Return a message on a line, or on none."""
    columns = {"id": uuid4(), "topic": "alert.utilisation", "payload": {}, "at": AT,
               "line_id": of and of.pk, "line_version": of and of.version}  # fmt: skip
    return write(models.Outbox, actor, **columns | changes)


def endpoint(actor: Actor, **changes: Any) -> Any:
    """Return an address for webhooks that wants every alert."""
    columns = {"url": f"https://{uuid4().hex[:12]}.example/in", "topics": ["alert.*"],
               "created_by_id": actor.user_id, "created_at": AT}  # fmt: skip
    return write(models.WebhookEndpoint, actor, **columns | changes)


def _messages(actor: Actor, its_line: Any) -> None:
    write(models.Delivery, actor, using="sender", outbox_id=outbox(actor, its_line).pk,
          channel="webhook", endpoint_id=endpoint(actor).pk, line_id=its_line.pk, line_version=0,
          made_at=AT, next_at=AT)  # fmt: skip
    write(models.AlertState, actor, kind="overdue", subject=uuid4(), step=1)
    write(models.AlertSubscription, actor, user_id=actor.user_id, topic="*", way="digest")


def _around(actor: Actor, of: Any, its_line: Any) -> None:
    known = {"recorded_at": AT, "recorded_by_id": actor.user_id}
    write(models.AccountAlias, actor, entity_id=of.entity_id, account=of,
          alias=f"A-{uuid4().hex[:12]}")  # fmt: skip
    write(models.AgreedTerms, actor, account=of, name="net-30", valid_from=DAY, **known)
    write(models.Position, actor, line=its_line, day=DAY, exposure_minor=0, buckets={})
    write(models.Mitigant, actor, account=of, kind="insurance", currency="USD", amount_minor=1,
          valid_from=DAY, valid_to=DAY)  # fmt: skip
    write(models.ExternalFlag, actor, account=of, kind="bureau", source="bureau", raised_at=AT)


    write(models.ApiKey, actor, user_id=actor.user_id, name="shop", prefix=uuid4().hex[:12],
          hash=uuid4().hex, scopes=["orders.check"], rate_per_second=10, created_at=AT,
          created_by_id=actor.user_id, expires_at=AT + timedelta(days=90))  # fmt: skip


def _from_files(actor: Actor, of: Any, file: Any) -> None:
    write(models.FxRate, actor, day=DAY, base="EUR", quote="USD", rate="1.1", batch=file)
    write(models.QuarantinedRow, actor, batch=file, kind="ar", source_row=2,
          customer_no=of.customer_no, reason="no amount", cells={})  # fmt: skip
    write(models.Feed, actor, kind="ar", entity_id=of.entity_id, as_of=DAY, applied_at=AT,
          batch=file)  # fmt: skip


def _seals(actor: Actor) -> None:
    with acting(actor):
        event = models.AuditEvent.objects.first()
    sealed = {"seq": 1, "hash": uuid4().hex}
    write(models.AuditSeal, actor, using="sealer", event_id=event.pk, previous="", **sealed)
    write(models.AuditAnchor, actor, using="sealer", at=AT, key_id="k", signature="s", **sealed)
