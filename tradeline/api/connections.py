"""The API's own connections to the database: each call is one statement, one transaction.

What a call tells the database (who acts, which key) is set inside its statement and ends with it,
so a connection goes back to the pool as it came and needs no tidying.
"""

from __future__ import annotations

import asyncio
import random
import time
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from tradeline.api.parties import DEADLINE_S, Answer
from tradeline.api.problems import not_decided
from tradeline.engine.unblock import complete
from tradeline.models.context import signed

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from tradeline.api.parties import Party
    Row = tuple[Any, ...]

SIZE: Final = 8
ATTEMPTS_MAX: Final = 4  # the first and three more
_CONNECT_WAIT_S: Final = 0.1
WELL_S: Final = 0.5
_SILENT_S: Final = 5.0  # beyond statement_timeout: then the link is dead, whatever it seems
_left: set[asyncio.Task[list[tuple[Any, ...]]]] = set()
_REPLACE_EVERY_S: Final = 0.2
_PAUSE_S: Final = 0.02  # before the first repeat; each further pause is twice as long
_SETTINGS: Final = (
    "-c lock_timeout=500ms -c statement_timeout=1500ms -c idle_in_transaction_session_timeout=5s"
)
_SETTLE: Final = (
    "SELECT status, answer, facts FROM app.check_orders_told(%s, %s::jsonb) ORDER BY turn"
)
_AGAIN: Final = ("40001", "40P01", "55P03")
_AWAY: Final = ("08", "57P")
"""States of a server that is going, gone or coming; these and no state at all are a lost link."""


class Connections:
    """A pool that answers at once when the database is away."""

    def __init__(self, conninfo: str, *, size: int = SIZE) -> None:
        kwargs = {"autocommit": True, "prepare_threshold": 0, "options": _SETTINGS,
                  "connect_timeout": 2}  # fmt: skip
        self._pool: AsyncConnectionPool[psycopg.AsyncConnection[Row]] = AsyncConnectionPool(
            conninfo, min_size=size, max_size=size, kwargs=kwargs, open=False,
            timeout=_CONNECT_WAIT_S, reconnect_timeout=5, name="api",
        )  # fmt: skip
        self._replaced_at, self._well_at = 0.0, 0.0
        self._turns = asyncio.Semaphore(size)  # so that only a lost link waits for the pool

    async def open(self) -> None:
        """Begin to connect; a database that is away is tried again and again."""
        await self._pool.open(wait=False)

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close(timeout=1)

    async def rows(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Return the rows of a statement that changes nothing; see `told` for the errors."""
        return await self._again(sql, lambda _: values, time.monotonic() + DEADLINE_S)

    async def probe(self) -> None:
        """Raise the problem when the database is away; what was well a moment ago is not asked."""
        if time.monotonic() - self._well_at > WELL_S:
            await self.rows("SELECT 1", [])

    async def told(self, sql: str, who: Party, values: Sequence[Any], until: float) -> list[Row]:
        """Return the rows of a statement whose first value is the token of who acts.

        It is repeated after a conflict or a lost link, up to three times and until the deadline
        (`time.monotonic()`): so it must be one that may be repeated.

        Raises:
            Problem: not decided: no answer in time, the database is away or stayed in conflict.
            psycopg.Error: the statement itself is at fault.
        """

        def with_token(process: int) -> Sequence[Any]:
            token = signed(who.organisation_id, who.user_id, process=process)
            return (token, *values)

        return await self._again(sql, with_token, until)

    async def settle(self, who: Party, asked: Sequence[str], until: float) -> list[Answer]:
        """Return the answers to requests (JSON texts), in their order; errors as in `told`."""
        turns = (f'{{"turn":{turn},{text[1:]}' for turn, text in enumerate(asked))
        rows = await self.told(_SETTLE, who, [f"[{','.join(turns)}]"], until)
        if len(rows) != len(asked):
            raise RuntimeError(f"{len(rows)} answers to {len(asked)} requests")
        return [Answer(status, body if facts is None else complete(body, facts))
                for status, body, facts in rows]  # fmt: skip

    async def _again(self, sql: str, values: Any, until: float) -> list[Row]:
        for attempt in range(1, ATTEMPTS_MAX + 1):
            try:
                rows = await _in_time(self._once(sql, values), until)
                self._well_at = time.monotonic()
            except TimeoutError as error:
                raise not_decided("The database did not answer in time.") from error
            except PoolTimeout as error:
                self._well_at = 0.0
                raise not_decided("The database is away.") from error
            except psycopg.Error as error:
                if _lost_link(error):
                    await self._replace_all()
                last = error
            else:
                return rows
            pause = _PAUSE_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads repeats
            if attempt == ATTEMPTS_MAX or time.monotonic() + pause >= until:
                break
            await asyncio.sleep(pause)
        raise not_decided("The database stayed in conflict, or the link was lost.") from last

    async def _replace_all(self) -> None:
        """Replace every connection after one was lost: the others lie in the pool as dead as it."""
        self._well_at, now = 0.0, time.monotonic()
        if now - self._replaced_at > _REPLACE_EVERY_S:
            self._replaced_at = now
            await self._pool.drain()

    async def _once(self, sql: str, values: Any) -> list[Row]:
        async with self._turns, self._pool.connection() as connection:
            try:
                async with asyncio.timeout(_SILENT_S):
                    cursor = await connection.execute(sql, values(connection.info.backend_pid))
                    return await cursor.fetchall()
            except (asyncio.CancelledError, TimeoutError):
                await connection.close()  # what it still says is no answer to the next one
                raise


async def _in_time(statement: Coroutine[Any, Any, list[Row]], until: float) -> list[Row]:
    """Return a statement's rows; raise TimeoutError at the deadline, and let it end by itself.

    The database ends it soon after (`statement_timeout`); a connection that was closed on it would
    have to be made anew just when there is most to do.
    """
    task = asyncio.create_task(statement)
    try:
        async with asyncio.timeout(max(until - time.monotonic(), 0.001)):
            return await asyncio.shield(task)
    except (TimeoutError, asyncio.CancelledError):
        _left.add(task)
        task.add_done_callback(_ended)
        raise


def _ended(task: asyncio.Task[list[Row]]) -> None:
    """Let go of a statement that nobody waited for, whatever became of it."""
    _left.discard(task)
    if not task.cancelled():
        task.exception()


def _lost_link(error: psycopg.Error) -> bool:
    """Return whether the link was lost; raise what a repeat does not mend.

    A problem is raised if the database is at its limits, the error itself if it is the statement's.
    """
    state = error.sqlstate or ""
    if state == "57014" or state.startswith("53"):
        raise not_decided("The database is at its limits.") from error
    if state == "23505" and error.diag.constraint_name == "decision_pkey":
        return False  # the same call at one time: its answer is found by the next try
    lost = state.startswith(_AWAY) or (not state and isinstance(error, psycopg.OperationalError))
    if not lost and state not in _AGAIN:
        raise error
    return lost
