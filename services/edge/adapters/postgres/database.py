"""The connections to PostgreSQL, and its errors as ours."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.errors import Conflict, InvalidRequest, Unavailable

WORK_S = 1.5
"""For a whole transaction, the wait for a connection included."""
DEADLINE_S = 1.7
"""With what follows a timeout: SQLAlchemy closes the connection politely, which takes two seconds more when the
server is silent. A second timeout cuts that short, so that an outage is answered within two seconds."""

AWAY = ("08", "28", "3D", "40", "53", "55", "57", "58")
"""Classes of SQLSTATE that another attempt may not meet: connection, sign-in, no database, contention,
resources, shutdown, disk."""
NOT_MIGRATED = {"3F000", "42P01", "42703"}
NOT_TEXT = {"22021", "22P05"}


class Database:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def at(cls, url: str, connections: int) -> "Database":
        """Connects when it is first used."""
        engine = create_async_engine(
            url,
            pool_size=connections,
            max_overflow=0,
            pool_timeout=WORK_S,
            pool_pre_ping=True,
            connect_args={
                "timeout": WORK_S,
                "command_timeout": WORK_S,
                "server_settings": {"application_name": "sluice-edge"},
            },
        )
        return cls(engine)

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[AsyncConnection]:
        """Raises `Unavailable`, `Conflict` on what must be unique, `InvalidRequest` on what is no text."""
        with translated():
            async with (
                asyncio.timeout(DEADLINE_S),
                asyncio.timeout(WORK_S),
                self._engine.begin() as connection,
            ):
                yield connection

    async def ping(self) -> None:
        async with self.transaction() as connection:
            await connection.execute(text("SELECT 1"))

    async def close(self) -> None:
        await self._engine.dispose()


@contextmanager
def translated() -> Generator[None]:
    try:
        yield
    except IntegrityError as error:
        raise Conflict("There is one already.") from error
    except DBAPIError as error:
        raise _meaning(error) from error
    except (PoolTimeout, asyncpg.PostgresConnectionError, OSError, TimeoutError) as error:
        raise Unavailable("The database does not answer.") from error


def _meaning(error: DBAPIError) -> Exception:
    state = str(getattr(error.orig, "sqlstate", None) or "")
    cause = error.orig.__cause__ if error.orig is not None else None
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
