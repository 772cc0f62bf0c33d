"""Recording: what arrives is stored once, however often it arrives."""

from services.audit.domain import entry
from services.audit.ports import Ledger
from shared.errors import Unavailable
from shared.messages import AuditRecord


class Recorder:
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._available = False

    @property
    def available(self) -> bool:
        """Whether the ledger took what it was last given."""
        return self._available

    async def record(self, record: AuditRecord) -> int | None:
        """Stores the record; None for one that is stored already. Raises `Unavailable`: bring it again later."""
        try:
            sequence = await self._ledger.append(entry(record))
        except Unavailable:
            self._available = False
            raise
        self._available = True
        return sequence

    async def probe(self) -> None:
        """Raises `Unavailable` until the ledger can be used."""
        await self._ledger.ping()
        self._available = True
