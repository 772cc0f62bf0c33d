"""Deleted conversations, whose time to be restored has passed, purged for good. All edges do it, and need not agree."""

import asyncio
import logging
import time
from collections.abc import Callable

from services.edge.ports.chat import Jobs
from services.edge.ports.history import Trash
from shared.errors import Unavailable

log = logging.getLogger(__name__)

PAUSE_S = 5.0
AT_ONCE = 64
"""Answers that are stopped in one round."""


class Emptying:
    def __init__(
        self,
        history: Trash,
        jobs: Jobs,
        *,
        kept_s: float,
        pause_s: float = PAUSE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._history = history
        self._jobs = jobs
        self._kept_s = kept_s
        self._pause_s = pause_s
        self._clock = clock
        self._away = False

    async def run(self) -> None:
        """For as long as the process lives; hold the task."""
        while True:
            try:
                await self.once()
                self._away = False
            except Unavailable as error:
                if not self._away:
                    log.warning("deleted conversations wait to be purged: %s", error)
                self._away = True
            await asyncio.sleep(self._pause_s)

    async def once(self) -> None:
        """Also stops answers that came into a conversation as it was deleted, or while NATS was away."""
        for request in await self._history.running_in_deleted(AT_ONCE):
            await self._jobs.cancel(request)
        while await self._history.purge(self._clock() - self._kept_s):
            pass
