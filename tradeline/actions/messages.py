"""What a message says: as JSON for programs, as a mail for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from tradeline.connectors.mail import Mail
from tradeline.engine.exposure import utilisation_text
from tradeline.money import format_money, to_decimal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

ALERT: Final = "alert."
_LOCALE: Final = "en-US"
_SUBJECT_MAX: Final = 150
_WORST_FIRST: Final = ("critical", "high", "warning", "info", "")


@dataclass(frozen=True, kw_only=True)
class Message:
    """A row of the outbox with the customer it speaks of, where it speaks of one."""

    id: str
    topic: str
    at: datetime
    payload: Mapping[str, Any]
    severity: str = ""
    line_version: int | None = None
    customer_no: str | None = None
    customer_name: str | None = None
    entity: str | None = None
    group: str | None = None


def body(message: Message) -> bytes:
    """Return what a webhook gets: type, timestamp and data; the same at every try."""
    content = {"type": message.topic, "timestamp": message.at.isoformat(), "data": facts(message)}
    return json.dumps(content, ensure_ascii=False, sort_keys=True).encode()


def facts(message: Message) -> dict[str, Any]:
    """Return a message's data; an alert's amounts are decimal texts, its levels percentages.

    What an order's decision wrote goes out as it was written.
    """
    if not message.topic.startswith(ALERT):
        return dict(message.payload)
    told = dict(_plain(message.payload))
    for name in ("customer_no", "customer_name", "entity", "group"):
        value = getattr(message, name)
        if value is not None:
            told[name] = value
    if message.line_version is not None:
        told["line_version"] = message.line_version
    if "exposure_minor" in message.payload:
        told["utilisation_pct"] = _use(message.payload)
    return told | {"severity": message.severity}


def _plain(payload: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in payload.items():
        if name == "levels_bp":
            yield "levels_pct", [_percent(level) for level in value]
        elif name.endswith("_minor"):
            amount = None if value is None else str(to_decimal(value, payload["currency"]))
            yield name.removesuffix("_minor"), amount
        else:
            yield name, value


def _percent(level_bp: int) -> str:
    return f"{level_bp // 100}.{level_bp % 100:02}"


def _use(payload: Mapping[str, Any]) -> str | None:
    return utilisation_text(payload["exposure_minor"], payload["limit_minor"])


def headline(message: Message) -> str:
    """Return the message in one line."""
    who = " ".join(filter(None, (message.customer_no or message.group, message.customer_name)))
    said = _SAID.get(message.topic, _other)(message.payload)
    return f"{who}: {said}" if who else said[:1].upper() + said[1:]


def _utilisation(payload: Mapping[str, Any]) -> str:
    used = f"{_use(payload)} % of the limit used" if payload["limit_minor"] else "no limit is left"
    exposure = _amount(payload, "exposure_minor")
    return f"{used}, {exposure} of {_amount(payload, 'limit_minor')}"


def _overdue(payload: Mapping[str, Any]) -> str:
    days, amount = payload["days"], _amount(payload, "overdue_minor")
    return f"{days} {_days(days)} overdue since {payload['due_date']}, {amount} in all"


def _expiry(payload: Mapping[str, Any]) -> str:
    days = payload["days"]
    when = "today" if not days else f"in {days} {_days(days)}, on {payload['valid_to']}"
    return f"the {payload['kind']} limit of {_amount(payload, 'limit_minor')} ends {when}"


def _late(payload: Mapping[str, Any]) -> str:
    of = f" of {payload['entity']}" if payload["entity"] else ""
    return (
        f"the feed {payload['feed']}{of} speaks of {payload['as_of']}, {payload['days']} days ago; "
        f"at most {payload['days_max']} are allowed"
    )


def _undelivered(payload: Mapping[str, Any]) -> str:
    return f"messages could not be delivered: {payload['reason']}"


def _held(payload: Mapping[str, Any]) -> str:
    since = payload["held_since"][:10]
    return f"order {payload['order_no']} is held since {since}: {', '.join(payload['codes'])}"


def _other(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, sort_keys=True)


_SAID: Final = {
    "alert.utilisation": _utilisation, "alert.overdue": _overdue, "alert.limit_expiry": _expiry,
    "alert.feed_age": _late, "alert.delivery": _undelivered,
    "alert.hold": _held,
}  # fmt: skip


def _days(count: int) -> str:
    return "day" if count == 1 else "days"


def _amount(payload: Mapping[str, Any], name: str) -> str:
    code = payload["currency"]
    return f"{code} {format_money(payload[name], code, _LOCALE)}"


def mail(message: Message, *, to: str, message_id: str) -> Mail:
    """Return the mail that tells one person of one alert."""
    said = headline(message)
    rows = [(name.replace("_", " "), _cell(value)) for name, value in facts(message).items()
            if name not in _LEFT_OUT]  # fmt: skip
    return _mail(
        to=to, message_id=message_id, subject=f"[{message.severity}] {said}", title=said,
        rows=rows, foot="You get this by your role or as the account's owner. Choose what you get "
        "with: tradeline alerts subscribe",
    )  # fmt: skip


_LEFT_OUT: Final = ("key", "line_version", "step")


def _cell(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def digest(messages: Sequence[Message], *, day: date, to: str, message_id: str) -> Mail:
    """Return the mail that gathers a day's alerts, the gravest first."""
    ranked = sorted(
        messages, key=lambda each: (_WORST_FIRST.index(each.severity), each.at, each.id)
    )
    title = f"{len(messages)} {'alert' if len(messages) == 1 else 'alerts'} of {day}"
    return _mail(
        to=to, message_id=message_id, subject=f"[tradeline] {title}", title=title,
        rows=[(each.severity, headline(each)) for each in ranked],
        foot="You chose a digest. Choose otherwise with: tradeline alerts subscribe",
    )  # fmt: skip


def _mail(
    *, to: str, message_id: str, subject: str, title: str, rows: Sequence[tuple[str, str]],
    foot: str,
) -> Mail:  # fmt: skip
    width = max((len(name) for name, _ in rows), default=0)
    text = "\n".join([title, "", *(f"{name:<{width}}  {value}" for name, value in rows), "", foot])
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows
    )
    html = f"<p><strong>{escape(title)}</strong></p><table>{cells}</table><p>{escape(foot)}</p>"
    return Mail(to=to, subject=_one_line(subject), text=text, html=html, message_id=message_id)


def _one_line(text: str) -> str:
    """Return a subject without anything that could begin another header."""
    return "".join(c if c.isprintable() else " " for c in text)[:_SUBJECT_MAX]
