"""Who is acting, for which organisation: told to the database once per transaction, signed.

Row security asks the database's own `app.organisation()`, which checks the signature with a key
that the application's role cannot read. A statement that was smuggled in can therefore not act for
another organisation, and a connection that goes back to the pool carries nothing on.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg
from django.conf import settings
from django.db import connections, transaction

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

VALID_S: Final = 3600
_TELL: Final = "SELECT set_config('tradeline.context', %s, true)"
_HASH: Final = "SELECT app.password_of(%s)"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A person acting for an organisation, through a door (web, api, cli, job)."""

    organisation_id: UUID
    user_id: UUID
    door: str


@contextmanager
def acting(actor: Actor, *, using: str = "default") -> Iterator[None]:
    """Open a transaction in which the rows of the actor's organisation exist, and no others.

    It is refused inside another transaction: who acts there would act on after this one's end.

    Raises:
        RuntimeError: a transaction is open already.
    """
    with transaction.atomic(using=using, durable=True):
        tell(actor.organisation_id, actor.user_id, using=using)
        yield


def tell(organisation_id: UUID | None, user_id: UUID, *, using: str = "default") -> None:
    """Tell the database who is acting until the transaction ends.

    The token travels as a bound value, never in the statement's text: other connections of the
    same role can read the text of what runs.
    """
    connection = connections[using].connection
    token = signed(organisation_id, user_id, process=connection.info.backend_pid)
    psycopg.Cursor(connection).execute(_TELL, [token])


def password_of(user_id: UUID, *, using: str = "default") -> str:
    """Return the hash of one person's password, asked for with a token signed for that person.

    Who acts in a transaction that is open goes on acting.
    """
    connections[using].ensure_connection()
    connection = connections[using].connection
    token = signed(None, user_id, process=connection.info.backend_pid)
    row = psycopg.Cursor(connection).execute(_HASH, [token]).fetchone()
    return row[0] or "" if row else ""


def signed(organisation_id: UUID | None, user_id: UUID, *, process: int) -> str:
    """Return the token for one server process; the clock only bounds how long it can be used."""
    expires = int(time.time()) + VALID_S
    plain = f"{organisation_id or ''}:{user_id}:{expires}:{process}"
    key = bytes.fromhex(settings.CONTEXT_KEY)
    return f"{plain}:{hmac.new(key, plain.encode(), hashlib.sha256).hexdigest()}"
