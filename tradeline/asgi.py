"""The one application of the server: the hot path, health, and Django for the rest and the desk."""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tradeline.settings")

import django

django.setup()

from django.conf import settings
from django.core.asgi import get_asgi_application

from tradeline.api.health import health, is_health
from tradeline.api.messages import (
    BATCH_BODY_MAX,
    BODY_MAX,
    body_of,
    completed,
    headed,
    must_be_json,
    replayed,
    respond,
    respond_problem,
)
from tradeline.api.problems import MEDIA_TYPE, Problem
from tradeline.api.routes import BATCH, OPEN, ROOT
from tradeline.api.service import service
from tradeline.api.thin import is_thin, thin

if TYPE_CHECKING:
    from django.core.handlers.asgi import ASGIHandler

    from tradeline.api.messages import Receive, Scope, Send

_LOG: Final = logging.getLogger("tradeline.api")
_desk = get_asgi_application()
_FORM_MAX: Final = 1024 * 1024


def _without_middleware() -> ASGIHandler:
    """Return Django for the API: who calls is known before it, and no session is looked for."""
    kept, settings.MIDDLEWARE = settings.MIDDLEWARE, []
    try:
        return get_asgi_application()
    finally:
        settings.MIDDLEWARE = kept


_django = _without_middleware()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one connection of the server."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    """Open and close what the process holds."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await service().connections.open()
        else:
            await service().connections.close()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    more: dict[str, str] = {}
    try:
        await _route(scope, receive, send, more)
    except Problem as problem:
        await respond_problem(send, problem, more)
    except Exception:  # noqa: BLE001 - whatever it is, the caller gets a problem
        _LOG.exception("%s %s failed", scope["method"], scope["path"])
        await respond_problem(send, Problem("fault", "Please report it."), more)


async def _route(scope: Scope, receive: Receive, send: Send, more: dict[str, str]) -> None:
    """Let the caller in, read the body, and answer; `more` gathers headers of the answer."""
    path: str = scope["path"]
    if is_health(path):
        await health(path, send)
        return
    if not path.startswith(ROOT):
        body = await body_of(scope, receive, _FORM_MAX)
        await _desk(dict(scope), replayed(body, receive), headed(send, more))  # type: ignore[arg-type]  # its own words for ASGI
        return
    if path not in OPEN:
        await _let_in(scope, more)
    body = await body_of(scope, receive, BATCH_BODY_MAX if path == BATCH else BODY_MAX)
    if body:
        must_be_json(scope)
    if is_thin(scope):
        answer = await thin(service(), scope["tradeline.caller"], scope, body)
        media_type = "application/json" if answer.status < 400 else MEDIA_TYPE
        await respond(send, answer.status, answer.body.encode(), media_type=media_type,
                      headers=more)  # fmt: skip
    else:
        await service().connections.probe()  # else the framework's pool would wait for long
        await _django(dict(scope), replayed(body, receive), completed(send, more))  # type: ignore[arg-type]  # its own words for ASGI


async def _let_in(scope: Scope, more: dict[str, str]) -> None:
    """Put the caller into the scope, where views find it, and count the request."""
    given = [value for name, value in scope["headers"] if name == b"authorization"]
    caller = await service().callers.caller(given[0] if len(given) == 1 else None)
    caller.bucket.take()
    more.update(caller.bucket.headers())
    scope["tradeline.caller"] = caller
