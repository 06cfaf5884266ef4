"""The keys of the acting organisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tradeline.models import ApiKey

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class KeyRow:
    """A key as its list shows it."""

    prefix: str
    name: str
    login: str
    scopes: tuple[str, ...]
    rate_per_second: int
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None

    def state(self, at: datetime) -> str:
        """Return good, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "good" if self.expires_at > at else "expired"


def keys() -> list[KeyRow]:
    """Return the acting organisation's keys, the newest first."""
    return [
        KeyRow(
            prefix=key.prefix, name=key.name, login=key.user.username, scopes=tuple(key.scopes),
            rate_per_second=key.rate_per_second, created_at=key.created_at,
            expires_at=key.expires_at, revoked_at=key.revoked_at,
        )
        for key in ApiKey.objects.select_related("user").order_by("-created_at", "prefix")
    ]  # fmt: skip
