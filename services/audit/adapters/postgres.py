"""The ledger in PostgreSQL, schema `audit`."""

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from services.audit.domain import Entry
from shared.database import Database
from shared.errors import SluiceError, Unavailable

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
CONNECTIONS = 2


class PostgresLedger:
    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def connect(cls, url: str, timeout_s: float = 2.0) -> "PostgresLedger":
        """Connects when it is first used. Nothing takes longer than `timeout_s`."""
        probe = "SELECT FROM audit.records LIMIT 1"
        return cls(Database.at(url, CONNECTIONS, deadline_s=timeout_s, name="sluice-audit", probe=probe))

    async def append(self, entry: Entry) -> int | None:
        """The id is a column computed from the text, so only the text is handed over.

        Whatever the database has against it, the record is kept for another try.
        """
        try:
            async with self._database.transaction() as connection:
                await connection.execute(LOCK, {"lock": WRITERS_LOCK})
                result = await connection.execute(APPEND, {"canonical": entry.canonical.decode()})
                return result.scalar_one_or_none()
        except Unavailable:
            raise
        except (DBAPIError, SluiceError) as error:
            raise Unavailable(f"The audit log cannot be written now ({reason(error)}).") from error

    async def ping(self) -> None:
        await self._database.ping()

    async def close(self) -> None:
        await self._database.close()


def reason(error: Exception) -> str:
    """The database's own word for it, less the statement and its parameters, which SQLAlchemy would add."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return f"{type(cause).__name__}: {cause}".splitlines()[0][:200]
