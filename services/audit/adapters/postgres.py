"""The ledger in PostgreSQL, schema `audit`."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from services.audit.domain import Entry
from shared.errors import Unavailable

WRITERS_LOCK = 0x51_1CE_A0D17
"""Advisory lock: one writer at a time, in every instance, so that the sequence has no gaps and no races."""

LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
APPEND = text(
    """
    INSERT INTO audit.records (sequence, canonical)
    SELECT coalesce(max(sequence), 0) + 1, :canonical FROM audit.records
    ON CONFLICT (id) DO NOTHING
    RETURNING sequence
    """
)


class PostgresLedger:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def connect(cls, url: str, timeout_s: float = 2.0) -> "PostgresLedger":
        """Connects when it is first used. No wait is longer than `timeout_s`.

        Connections are not probed before use: after an outage the record that finds one broken comes again.
        """
        engine = create_async_engine(
            url,
            pool_size=2,
            max_overflow=0,
            pool_timeout=timeout_s,
            connect_args={"timeout": timeout_s, "command_timeout": timeout_s},
        )
        return cls(engine)

    async def append(self, entry: Entry) -> int | None:
        """The id is a column computed from the text, so only the text is handed over."""
        async with self._transaction() as connection:
            await connection.execute(LOCK, {"lock": WRITERS_LOCK})
            result = await connection.execute(APPEND, {"canonical": entry.canonical.decode()})
            return result.scalar_one_or_none()

    async def ping(self) -> None:
        async with self._transaction() as connection:
            await connection.execute(text("SELECT 1 FROM audit.records LIMIT 1"))

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def _transaction(self) -> AsyncGenerator[AsyncConnection]:
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            raise Unavailable(f"The audit log cannot be written now ({reason(error)}).") from error


def reason(error: Exception) -> str:
    """The database's own word for it, less the statement and its parameters, which SQLAlchemy would add."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:200]
