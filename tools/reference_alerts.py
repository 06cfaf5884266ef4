"""The part of the data contract on alerts: what their commands answer with `--json`."""

from __future__ import annotations

from typing import Final

_ALERTS: Final = {
    "id": "Identifier of the message, as in webhook-id.",
    "at": "When it was raised, UTC.",
    "topic": "alert.utilisation, alert.overdue, alert.limit_expiry, alert.feed_age, "
    "alert.delivery or alert.hold.",
    "severity": "info, warning, high or critical, by the policy in force now.",
    "customer_no": "The customer's number, null where it speaks of none.",
    "entity": "Code of the legal entity, null where it speaks of none.",
    "says": "The alert in one line.",
    "data": "What a webhook gets as data; see the guide to alerts.",
}

_DELIVER: Final = {
    "handed_out": "New messages whose recipients are known since.",
    "sent": "Deliveries that arrived.",
    "failed": "Deliveries to be tried again.",
    "dead": "Deliveries that were given up.",
}

_SENDINGS: Final = {
    "id": "Identifier of the delivery, for `outbox replay`.",
    "outbox_id": "Identifier of the message.",
    "topic": "Topic of the message.",
    "channel": "webhook, mail or digest.",
    "to": "URL of the webhook, or login of the person.",
    "state": "pending, sent or dead.",
    "attempts": "How often it was tried.",
    "error": "Why the last try failed; blank where none did.",
    "made_at": "When the delivery was made.",
    "next_at": "When it is tried next; null where a digest takes it.",
}

_WEBHOOKS: Final = {
    "webhook": "Identifier.",
    "url": "Where it goes.",
    "topics": "Topics it gets; * ends the beginning of several.",
    "state": "active or off.",
    "failures": "Messages given up in a row.",
    "off_because": "Why it is off; blank where it is not.",
}

ANSWERS: Final = {
    "alerts --json": ("A list, the newest first. Of each alert:", _ALERTS),
    "deliver --json": ("", _DELIVER),
    "outbox list --json": ("A list, the newest first. Of each delivery:", _SENDINGS),
    "webhook list --json": ("A list. Of each webhook:", _WEBHOOKS),
}
"""Heading -> sentence below it, and the meaning of each field."""
