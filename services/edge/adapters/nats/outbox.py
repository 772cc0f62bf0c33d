"""Sends what waits in the outbox: each record at least once, in order. All edges do it; they need not agree."""

import asyncio

import structlog

from services.edge.adapters.nats.audit import Outbox, send
from shared.broker import Bus
from shared.errors import Unavailable
from shared.messages import AuditRecord

log = structlog.get_logger()

BATCH = 64
PAUSE_S = 5.0


class OutboxSender:
    def __init__(self, outbox: Outbox, bus: Bus, pause_s: float = PAUSE_S) -> None:
        self._outbox = outbox
        self._bus = bus
        self._pause_s = pause_s
        self._away = False

    async def run(self) -> None:
        """For as long as the process lives; hold the task."""
        while True:
            try:
                more = await self.flush()
                self._away = False
            except Unavailable as error:
                if not self._away:
                    log.warning("outbox.waiting", reason=error.message)
                self._away, more = True, False
            if not more:
                await asyncio.sleep(self._pause_s)

    async def flush(self) -> bool:
        """Returns whether there may be more. Raises `Unavailable`, having removed what was sent."""
        waiting = await self._outbox.first(BATCH)
        sent: list[AuditRecord] = []
        try:
            for record in waiting:
                await send(self._bus, record)
                sent.append(record)
        finally:
            if sent:
                await self._outbox.remove(sent)
                log.info("outbox.sent", records=len(sent))
        return len(waiting) == BATCH
