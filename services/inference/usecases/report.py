"""Tells the bus once a second what this worker serves, and how busy it is."""

import asyncio
from contextlib import suppress

import msgspec

from services.inference.domain.admission import Slots
from services.inference.ports import Announcements, Engine
from services.inference.usecases.runs import Runs
from shared.errors import Unavailable
from shared.messages import WorkerStatus

STATUS_S = 1.0


class ReportStatus:
    def __init__(
        self,
        *,
        worker: str,
        engine: Engine,
        slots: Slots,
        runs: Runs,
        announcements: Announcements,
        since: float,
        cache: str = "",
    ) -> None:
        """`since`: when we began to serve. `cache`: as in `WorkerStatus`."""
        self._worker = worker
        self._engine = engine
        self._slots = slots
        self._runs = runs
        self._announcements = announcements
        self._since = since
        self._cache = cache

    def status(self) -> WorkerStatus:
        stats = self._engine.stats()
        return WorkerStatus(
            worker=self._worker,
            engine=self._engine.name,
            models=tuple(
                msgspec.structs.replace(model, created_at=self._since) for model in self._engine.models
            ),
            slots=stats.slots,
            running=stats.running,
            waiting=stats.waiting,
            kv_use=stats.kv_use,
            ready=self._slots.is_open,
            draining=self._slots.is_closed,
            resume=self._engine.resume,
            instructed=self._engine.instructed,
            finished=self._runs.finished,
            speculation=stats.speculation,
            cache=self._cache,
        )

    async def announce(self) -> None:
        while True:
            await self.say()
            await asyncio.sleep(STATUS_S)

    async def say(self) -> None:
        """A listener that misses one hears the next: without the bus there is nothing to mend here."""
        with suppress(Unavailable):
            await self._announcements.status(self.status())
