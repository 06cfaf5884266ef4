"""A connection as one of the roles, acting for somebody, and what a statement answers there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

if TYPE_CHECKING:
    from tests.security.attacks import Attack
    from tradeline.models.context import Actor

Answer = tuple[str, Any]
"""'rows' and the rows, 'count' and a number, or an error's state and its text."""


class Session:
    """A connection of a role; each statement runs in a transaction of the actor."""

    def __init__(self, connection: psycopg.Connection[Any], actor: Actor | None) -> None:
        self.connection, self.actor = connection, actor

    def token(self) -> str:
        """Return the token with which the application would act."""
        from tradeline.models.context import signed

        assert self.actor
        process = self.connection.info.backend_pid
        return signed(self.actor.organisation_id, self.actor.user_id, process=process)

    @contextmanager
    def acting(self, token: str | None = None, *, undone: bool = False):
        """Open a transaction of the actor, or one with another token."""
        with self.connection.transaction(force_rollback=undone), self.connection.cursor() as cursor:
            if self.actor:
                told = self.token() if token is None else token
                cursor.execute("SELECT set_config('tradeline.context', %s, true)", [told])
            yield cursor

    def answer(self, attack: Attack) -> Answer:
        """Return what the statement answers, to the commit."""
        try:
            with self.acting(undone=attack.undone) as cursor:
                answer = _run(cursor, attack)
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.Error as error:
            diagnosis = error.diag
            return str(error.sqlstate), f"{diagnosis.message_primary} {diagnosis.message_detail}"
        return answer


def _run(cursor: psycopg.Cursor[Any], attack: Attack) -> Answer:
    if attack.sql.startswith("COPY"):
        with cursor.copy(attack.sql) as copy:
            return "rows", [bytes(part).decode() for part in copy]
    cursor.execute(attack.sql, attack.values or None)
    while cursor.nextset():
        pass
    if cursor.description:
        return "rows", cursor.fetchall()
    return "count", cursor.rowcount


@contextmanager
def session(url: str, actor: Actor | None):
    """Open a session of a role."""
    with psycopg.connect(url, autocommit=True) as connection:
        yield Session(connection, actor)


def nameless(answer: Answer, attack: Attack) -> Answer:
    """Return the answer without the identities that the statement itself brought along."""
    text = repr(answer[1])
    for value in attack.values:
        if isinstance(value, UUID) or (isinstance(value, str) and len(value) > 8):
            text = text.replace(str(value), "?")
    return answer[0], text


def fingerprint(url: str, organisation: UUID) -> dict[str, str]:
    """Return a hash of each table's rows of an organisation, as the superuser sees them."""
    from tradeline.queries.guards import owned_models

    with psycopg.connect(url) as connection:
        return {
            table: connection.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "
                f'FROM "{table}" t WHERE organisation_id = %s', [organisation]
            ).fetchone()[0]
            for table in (model._meta.db_table for model in owned_models())
        }  # fmt: skip
