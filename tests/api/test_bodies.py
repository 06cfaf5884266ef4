"""What cannot be used is refused, by field, the same on the thin path and in the framework."""

from __future__ import annotations

import json

import pytest

THIN, FRAMED = "/orders/checks", "/orders/checks:dry-run"

BAD = {
    "no amount": ({"amount": ...}, "amount"),
    "no currency": ({"currency": ...}, "currency"),
    "no customer": ({"customer": ...}, "customer"),
    "negative": ({"amount": "-1.00"}, "amount"),
    "zero": ({"amount": "0.00"}, "amount"),
    "nothing": ({"amount": ""}, "amount"),
    "not a number": ({"amount": "NaN"}, "amount"),
    "endless": ({"amount": "Infinity"}, "amount"),
    "exponent": ({"amount": "1e30"}, "amount"),
    "too large": ({"amount": "99999999999999.00"}, "amount"),
    "far too large": ({"amount": "1" + "0" * 400}, "amount"),
    "a thousandth": ({"amount": "0.001"}, "amount"),
    "thousandths": ({"amount": "10.100"}, "amount"),
    "a hundredth of a yen": ({"amount": "100.00", "currency": "JPY"}, "amount"),
    "a number": ({"amount": 100}, "amount"),
    "a float": ({"amount": 100.5}, "amount"),
    "a list": ({"amount": ["100.00"]}, "amount"),
    "a comma": ({"amount": "1,000.00"}, "amount"),
    "blanks": ({"amount": " 100.00"}, "amount"),
    "other digits": ({"amount": "\u0661\u0660"}, "amount"),
    "unknown currency": ({"currency": "XXQ"}, "currency"),
    "small letters": ({"currency": "usd"}, "currency"),
    "a sign": ({"currency": "$"}, "currency"),
    "lines that lack a cent": ({"lines": [{"line_no": "1", "amount": "99.99"}]}, "lines"),
    "a line twice": ({"lines": [{"line_no": "1", "amount": "50.00"}] * 2}, "lines"),
    "no line": ({"lines": []}, "lines"),
    "no day": ({"ship_date": "2026-02-30"}, "ship_date"),
    "another form": ({"ship_date": "10/07/2026"}, "ship_date"),
    "a moment": ({"ship_date": "2026-07-10T00:00:00"}, "ship_date"),
    "a stamp": ({"ship_date": 1783641600}, "ship_date"),
    "long ago": ({"ship_date": "0001-01-01"}, "ship_date"),
    "a version as text": ({"version": "3"}, "version"),
    "a version as truth": ({"version": True}, "version"),
    "version 0": ({"version": 0}, "version"),
    "a long version": ({"version": 2**70}, "version"),
    "truth as text": ({"prepaid": "yes"}, "prepaid"),
    "days as text": ({"terms": {"net_days": "30"}}, "terms.net_days"),
    "more than all": ({"terms": {"discount_percent": "100.01"}}, "terms.discount_percent"),
    "unknown term": ({"terms": {"days": 30}}, "terms.days"),
    "a zero byte": ({"order_no": "SO\u0000"}, "order_no"),
    "half a pair": ({"order_no": "SO\ud800"}, "order_no"),
    "a line break": ({"customer": "C\n1"}, "customer"),
    "a blank around": ({"customer": " C-1"}, "customer"),
    "too long": ({"order_no": "S" * 65}, "order_no"),
    "an object": ({"customer": {"no": "C-1"}}, "customer"),
    "unknown": ({"colour": "red"}, "colour"),
    "its organisation": ({"organisation_id": "7"}, "organisation_id"),
    "its limit": ({"limit_minor": 1}, "limit_minor"),
    "its state": ({"state": "authorised"}, "state"),
    "its approver": ({"approved_by": "me"}, "approved_by"),
    "its decision": ({"decision": "approved"}, "decision"),
    "its client": ({"client": "other"}, "client"),
    "its verb": ({"verb": "void"}, "verb"),
    "its minor units": ({"amount_minor": 1}, "amount_minor"),
}


def sent(shop, path, body):
    """Return the answer to a body, which may be one that JSON libraries would not write."""
    return shop.http.post(f"/api/v1{path}", content=json.dumps(body).encode(), headers={
        "Idempotency-Key": "bad", "Content-Type": "application/json"})  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_used_is_named(shop, case):
    """422 that names the field and how to mend it; thin path and framework say the same."""
    changes, field = BAD[case]
    body = {**shop.order(), **changes}
    body = {name: value for name, value in body.items() if value is not ...}
    answers = [sent(shop, path, body) for path in (THIN, FRAMED)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].content == answers[1].content
    errors = answers[0].json()["errors"]
    assert [error["field"] for error in errors] == [field]
    assert all(error["message"] and error["mend"] for error in errors)


def test_nothing_was_written_by_what_was_refused(shop):
    """After a refused call the same key is new."""
    assert sent(shop, THIN, shop.order(amount="0")).status_code == 422
    assert shop.check(key="bad").status_code == 201


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"nothing", b"[]x", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff\xfe", b"[" * 60_000,
     b'{"amount": "1", "amount": "2"}', b"\xef\xbb\xbf{}"],
)  # fmt: skip
def test_what_has_no_one_reading_is_refused(shop, text):
    """No JSON, two readings, or nesting without end: 400 on both paths."""
    for path in (THIN, FRAMED):
        answer = shop.http.post(f"/api/v1{path}", content=text, headers={
            "Idempotency-Key": "bad", "Content-Type": "application/json"})  # fmt: skip
        assert answer.status_code in {400, 413}, answer.text
        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("value", [[], "text", 7, None, True, [{}]])
def test_a_body_that_is_no_object_is_refused(shop, value):
    """422 on both paths, not a fault."""
    answers = [sent(shop, path, value) for path in (THIN, FRAMED)]
    assert [answer.status_code for answer in answers] == [422, 422], answers[1].text


def test_a_body_has_a_largest_size(shop):
    """64 KiB for an order, whether its length is stated or not; 2 MiB for a batch."""
    large = b'{"customer": "' + b"x" * 70_000 + b'"}'
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    for content in (large, iter([large[:40_000], large[40_000:]])):
        answer = shop.http.post(f"/api/v1{THIN}", content=content, headers=headers)
        assert answer.status_code == 413
    batch = {"checks": [shop.order(key=f"{n:0120d}") for n in range(1_000)]}
    assert len(json.dumps(batch)) > 128 * 1024
    assert shop.post("/orders/checks:batch", batch).status_code == 200


@pytest.mark.parametrize(
    ("media_type", "status"),
    [("application/json", 201), ("application/json; charset=utf-8", 201), ("text/plain", 415),
     ("application/x-www-form-urlencoded", 415), ("", 415)],
)  # fmt: skip
def test_only_json_is_read(shop, media_type, status):
    """Anything else is 415."""
    answer = shop.http.post(f"/api/v1{THIN}", content=json.dumps(shop.order()).encode(), headers={
        "Idempotency-Key": "k", "Content-Type": media_type})  # fmt: skip
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/orders/checks", 405), ("PATCH", "/api/v1/orders/checks/k", 405),
     ("DELETE", "/api/v1/sales", 405), ("GET", "/api/v1/nothing", 404),
     ("GET", "/api/v1/", 404), ("GET", "/api/v1/orders/checks/", 404),
     ("GET", "/api/v1/customers//exposure", 404), ("GET", "/api/v1/decisions/7", 422),
     ("GET", "/api/v1/customers/C-1/exposure?colour=red", 422),
     ("GET", "/api/v1/customers/C-1/decisions?before=yesterday", 422),
     ("GET", "/api/v1/customers/C-1/decisions?count=1000", 422),
     ("TRACE", "/api/v1/sales", 405)],
)  # fmt: skip
def test_every_error_is_a_problem(shop, method, path, status):
    """Unknown addresses and methods too, with the headers that every response has."""
    answer = shop.http.request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    secure(answer)


def secure(answer):
    """Assert the headers of every response."""
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_good_answers_have_the_headers_too(shop):
    """On the thin path, in the framework, of health, and of the description."""
    secure(shop.check())
    for path in (f"/api/v1/customers/{shop.customer}/exposure", "/healthz", "/readyz",
                 "/api/v1/openapi.json"):  # fmt: skip
        answer = shop.http.get(path)
        assert answer.status_code == 200
        secure(answer)


@pytest.mark.parametrize(
    ("currency", "amount"), [("USD", "100"), ("USD", "0.01"), ("JPY", "100"), ("KWD", "0.001")]
)
def test_amounts_are_exact(currency, amount):
    """As many decimals as the currency has, and no rounding."""
    from decimal import Decimal

    from tradeline.api.fields import minor_units
    from tradeline.money import to_decimal

    assert to_decimal(minor_units(amount, currency), currency) == Decimal(amount)
