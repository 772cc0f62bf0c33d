"""Looks after the engine: starts it, notices that it has died, builds it anew in the same process."""

import asyncio

from services.inference.domain.admission import Slots
from services.inference.ports import Engine, Observer
from shared.errors import EngineFailed, Unavailable

CHECK_S = 0.5
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class KeepEngine:
    """Jobs are pulled only while the engine is well: `slots` are open then and paused otherwise."""

    def __init__(self, *, engine: Engine, slots: Slots, observer: Observer) -> None:
        self._engine = engine
        self._slots = slots
        self._observer = observer

    async def run(self) -> None:
        """Raises the first start's `EngineFailed`: what never worked is for a person to mend."""
        await self._engine.start()
        while True:
            await self._watch()
            await self._rebuild()

    def died(self) -> None:
        """An answer has found it dead: from this moment on no job is taken for it."""
        self._pause("engine.dead", EngineFailed("It died while it ran."))

    async def _watch(self) -> None:
        """Returns when the engine is dead."""
        while True:
            try:
                await self._engine.health()
            except Unavailable as error:
                self._pause("engine.away", error)
            except EngineFailed as error:
                self._pause("engine.dead", error)
                return
            else:
                if self._slots.is_paused:
                    self._slots.open(self._engine.stats().slots)
                    self._observer.note("engine.ready", engine=self._engine.name)
            await asyncio.sleep(CHECK_S)

    async def _rebuild(self) -> None:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await self._engine.stop()
                return await self._engine.start()
            except EngineFailed as error:
                self._pause("engine.dead", error)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _pause(self, event: str, error: Exception) -> None:
        if not self._slots.is_paused:
            self._observer.note(event, reason=str(error))
        self._slots.pause()
