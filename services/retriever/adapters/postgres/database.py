"""The connections to PostgreSQL, and its errors as ours."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.errors import InvalidRequest, Unavailable

CONNECT_S = 1.5
AWAY = ("08", "28", "3D", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that another attempt may not meet: connection, sign-in, no database, contention,
resources, shutdown, disk."""
NOT_MIGRATED = {"3F000", "42P01", "42703", "42704"}
NOT_TEXT = {"22021", "22P05"}


class Database:
    def __init__(self, engine: AsyncEngine, deadline_s: float) -> None:
        self._engine = engine
        self._deadline_s = deadline_s

    @classmethod
    def at(cls, url: str, *, connections: int, deadline_s: float) -> "Database":
        """Connects when it is first used. `deadline_s` is a transaction's, the wait for a connection included."""
        engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=deadline_s,
            connect_args={
                "timeout": CONNECT_S,
                "server_settings": {"application_name": "sluice-retriever", "jit": "off"},
            },
        )
        event.listen(engine.sync_engine, "checkout", refuse_closed)
        return cls(engine, deadline_s)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Raises `Unavailable`, or `InvalidRequest` on what is no text.

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
            await connection.execute(text("SELECT FROM retriever.documents LIMIT 1"))

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
    if state in NOT_TEXT or isinstance(cause, asyncpg.DataError):
        return InvalidRequest("Text may hold neither the character NUL nor half a surrogate pair.")
    if state in NOT_MIGRATED:
        return Unavailable("The database is not set up yet.")
    if error.connection_invalidated or not state or state.startswith(AWAY):
        return Unavailable("The database cannot be used now.")
    return error
