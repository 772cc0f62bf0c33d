"""The connections to PostgreSQL, with a deadline on all that is done over them, and its errors as ours.

Imported by services that own tables alone, since only they have SQLAlchemy and asyncpg.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.errors import Conflict, InvalidRequest, Unavailable

CONNECT_S = 1.5
DEADLINE_S = 1.7
"""For whoever answers HTTP requests: an outage is said within two seconds."""

AWAY = ("08", "28", "3D", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that another attempt may not meet: connection, sign-in, no database, contention,
resources, shutdown, disk."""
NOT_MIGRATED = {"3F000", "42P01", "42703", "42704"}
NOT_TEXT = {"22021", "22P05"}
NOT_UNIQUE = "23505"


class Database:
    def __init__(self, engine: AsyncEngine, deadline_s: float, probe: str) -> None:
        self._engine = engine
        self._deadline_s = deadline_s
        self._probe = text(probe)

    @classmethod
    def at(
        cls,
        url: str,
        connections: int,
        *,
        deadline_s: float = DEADLINE_S,
        name: str = "sluice",
        probe: str = "SELECT 1",
    ) -> "Database":
        """Connects when it is first used. `deadline_s` is a transaction's, the wait for a connection included.

        `name` is what PostgreSQL shows of the connections, `probe` what `ping` asks.
        """
        engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=deadline_s,
            connect_args={
                "timeout": CONNECT_S,
                "server_settings": {"application_name": name, "jit": "off"},
            },
        )
        event.listen(engine.sync_engine, "checkout", refuse_closed)
        return cls(engine, deadline_s, probe)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Raises `Unavailable`, `Conflict` on what must be unique, or `InvalidRequest` on what is no text.

        At the deadline the connection is cut. To cancel the statement and close politely takes two seconds more
        when nobody answers.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._deadline_s
        with translated():
            async with asyncio.timeout_at(deadline):
                connection = await self._engine.connect()
            async with aclosing(connection):
                cut = await cutter(connection)
                guard = loop.call_at(deadline, cut)
                try:
                    async with connection.begin():
                        yield connection
                except asyncio.CancelledError:
                    cut()
                    raise
                finally:
                    guard.cancel()

    async def ping(self) -> None:
        async with self.transaction() as connection:
            await connection.execute(self._probe)

    async def close(self) -> None:
        await self._engine.dispose()


async def cutter(connection: AsyncConnection) -> Callable[[], None]:
    raw: Any = (await connection.get_raw_connection()).driver_connection  # asyncpg has no types
    return raw.terminate


def refuse_closed(raw: Any, *_: object) -> None:
    """A restart of the server leaves closed connections in the pool. To look costs nothing; a ping, a round trip."""
    if raw.driver_connection.is_closed():
        raise DisconnectionError


@contextmanager
def translated() -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        raise meaning(error) from error
    except (PoolTimeout, asyncpg.PostgresConnectionError, OSError, TimeoutError) as error:
        raise Unavailable("The database does not answer.") from error


def meaning(error: DBAPIError) -> Exception:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    cause = error.orig.__cause__ if error.orig is not None else None
    if state == NOT_UNIQUE:
        return Conflict("There is one already.")
    if state in NOT_TEXT or isinstance(cause, asyncpg.DataError):
        return InvalidRequest("Text may hold neither the character NUL nor half a surrogate pair.")
    if state in NOT_MIGRATED:
        return Unavailable("The database is not set up yet.")
    if error.connection_invalidated or not state or state.startswith(AWAY):
        return Unavailable("The database cannot be used now.")
    return error


def moment(at: float) -> datetime:
    """Unix seconds as PostgreSQL's `timestamptz`, which keeps microseconds."""
    return datetime.fromtimestamp(at, UTC)
