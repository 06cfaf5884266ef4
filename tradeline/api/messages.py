"""Read requests and write responses of ASGI: caps, headers of every response, problems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.api.problems import MEDIA_TYPE, Problem, of_status

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

BODY_MAX: Final = 64 * 1024
BATCH_BODY_MAX: Final = 2 * 1024 * 1024
ALWAYS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
)
"""Headers of every response, unless it brings its own."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return a header of the request.

    Raises:
        Problem: it is there twice, so it has two readings.
    """
    found = [value for key, value in scope["headers"] if key == name]
    if len(found) > 1:
        raise Problem("malformed", f"The header {name.decode('latin-1')} is there twice.")
    value: bytes | None = found[0] if found else None
    return value


async def body_of(scope: Scope, receive: Receive, most: int) -> bytes:
    """Return the body.

    Raises:
        Problem: it is longer than `most` bytes, or it breaks off.
    """
    stated = header(scope, b"content-length")
    if stated is not None and (not stated.isdigit() or int(stated) > most):
        raise _too_large(most)
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Problem("malformed", "The body broke off.")
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return b"".join(parts)


def _too_large(most: int) -> Problem:
    return Problem("too-large", f"A body here has at most {most:,} bytes.",
                   headers={"Connection": "close"})  # fmt: skip


def must_be_json(scope: Scope) -> None:
    """Raise the problem unless the request says that its body is JSON."""
    stated = (header(scope, b"content-type") or b"").partition(b";")[0].strip().lower()
    if stated != b"application/json":
        raise Problem("wrong-type", "Send the body as Content-Type: application/json.")


async def respond(
    send: Send, status: int, body: bytes, *, media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """Send a whole response."""
    made = [(b"content-type", media_type.encode()), (b"content-length", str(len(body)).encode())]
    made += _encoded(headers or {})
    await send({"type": "http.response.start", "status": status, "headers": [*made, *ALWAYS]})
    await send({"type": "http.response.body", "body": body})


async def respond_problem(send: Send, problem: Problem, more: Mapping[str, str]) -> None:
    """Send a problem."""
    await respond(send, problem.status, problem.body(), media_type=MEDIA_TYPE,
                  headers={**more, **problem.headers})  # fmt: skip


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return what hands a body out that was read already, and then what comes after it."""
    handed = False

    async def receive_again() -> Message:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


def completed(send: Send, more: Mapping[str, str]) -> Send:
    """Return what sends a response of the framework with the headers that every response has.

    An error that is no problem yet, such as an unknown method, becomes one.
    """
    replaced = False

    async def send_completed(message: Message) -> None:
        nonlocal replaced
        if message["type"] != "http.response.start":
            if not replaced:
                await send(message)
            return
        own = [(key.lower(), value) for key, value in message["headers"]]
        if message["status"] >= 400 and _named(own, b"content-type") != MEDIA_TYPE.encode():
            replaced = True
            problem = of_status(message["status"])
            allow = _named(own, b"allow")
            kept = {"Allow": allow.decode()} if allow else {}
            await respond_problem(send, problem, {**more, **kept})
            return
        await headed(send, more)(message)

    return send_completed


def headed(send: Send, more: Mapping[str, str]) -> Send:
    """Return what sends a response with the headers of every response, unless it has its own."""

    async def send_headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            names = {key.lower() for key, _ in message["headers"]}
            always = [pair for pair in ALWAYS if pair[0] not in names]
            own = message["headers"]
            message = {**message, "headers": [*own, *always, *_encoded(more)]}
        await send(message)

    return send_headed


def _named(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> bytes | None:
    return next((value for key, value in headers if key == name), None)


def _encoded(headers: Mapping[str, str]) -> Iterable[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
