"""The audit log in memory. It keeps the contract of `services.audit.ports.Ledger`."""

from services.audit.domain import Entry
from shared.errors import Unavailable


class MemoryLedger:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.away = False

    async def append(self, entry: Entry) -> int | None:
        await self.ping()
        if any(stored.id == entry.id for stored in self.entries):
            return None
        self.entries.append(entry)
        return len(self.entries)

    async def ping(self) -> None:
        if self.away:
            raise Unavailable("The ledger is away.")
