"""Whether the process lives, and whether it can decide: for whoever watches over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradeline.api.messages import respond
from tradeline.api.service import service

if TYPE_CHECKING:
    from tradeline.api.messages import Send

_ALIVE: Final = "/healthz"
_READY: Final = "/readyz"


def is_health(path: str) -> bool:
    """Return whether a path asks after health; nobody needs a key for it."""
    return path in {_ALIVE, _READY}


async def health(path: str, send: Send) -> None:
    """Answer 200 when all is well; raises the problem when the database is away."""
    if path == _READY:
        await service().connections.probe()
    await respond(send, 200, b'{"status":"ok"}')
