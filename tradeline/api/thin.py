"""The hot path: a check of an order, answered without the framework.

The same forms, keys and service as in routes_orders.py, which documents these addresses and would
answer them too; tests hold what the two paths refuse against each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.api.bodies import checked_key, hash_of, held_to, read
from tradeline.api.forms import Check, asked
from tradeline.api.messages import header
from tradeline.api.problems import Problem

if TYPE_CHECKING:
    from tradeline.api.callers import Caller
    from tradeline.api.messages import Scope
    from tradeline.api.parties import Answer
    from tradeline.api.service import Service

CHECKS: Final = "/api/v1/orders/checks"
_BY_KEY: Final = CHECKS + "/"


def is_thin(scope: Scope) -> bool:
    """Return whether the request is answered here."""
    path, method = scope["path"], scope["method"]
    if path == CHECKS:
        return bool(method == "POST")
    return method in {"PUT", "DELETE"} and path.startswith(_BY_KEY) and len(path) > len(_BY_KEY)


async def thin(service: Service, caller: Caller, scope: Scope, body: bytes) -> Answer:
    """Return the gate's answer.

    Raises:
        Problem: the request cannot be used, or was not decided.
    """
    caller.check("orders.check")
    service.admit(caller)
    if scope["method"] == "POST":
        given = header(scope, b"idempotency-key")
        key = checked_key(given.decode("latin-1") if given is not None else None)
        return await service.ask(caller, check_asked(key, body))
    key = key_in_path(scope["path"][len(_BY_KEY) :], header(scope, b"idempotency-key"))
    if scope["method"] == "PUT":
        return await service.ask(caller, check_asked(key, body))
    return await service.ask(caller, void_asked(key))


def check_asked(key: str, body: bytes) -> dict[str, object]:
    """Return what the gate is asked by a check."""
    value = read(body)
    form = held_to(Check, value)
    return asked("authorise", form, None) | {
        "key": key, "body_sha256": hash_of("authorise", None, value),
    }  # fmt: skip


def void_asked(key: str) -> dict[str, object]:
    """Return what the gate is asked by the undoing of a check."""
    return {"verb": "void", "key": key, "order_no": None, "body_sha256": hash_of("void", None, {})}


def key_in_path(text: str, given: bytes | None) -> str:
    """Return the key of the address; the header, if it is there too, must say the same."""
    key = checked_key(text)
    if given is not None and checked_key(given.decode("latin-1")) != key:
        raise Problem("malformed", "The address and the header Idempotency-Key name two keys.")
    return key


