"""The engine as a room: many jobs at once, or one that must be alone."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager


class Room:
    """Whoever must be alone waits until all have left, and lets nobody in before."""

    def __init__(self) -> None:
        self._inside = 0
        self._wishes = 0
        """Those who are alone inside, or wait to be."""
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def entered(self, *, alone: bool) -> AsyncGenerator[None]:
        self._wishes += alone
        try:
            while self._inside if alone else self._wishes:
                await self._changed.wait()
            self._inside += 1
            try:
                yield
            finally:
                self._inside -= 1
        finally:
            self._wishes -= alone
            self._tell()

    @property
    def is_open(self) -> bool:
        """Nobody is alone inside, or waits to be."""
        return self._wishes == 0

    async def opened(self) -> None:
        """Returns when nobody is alone inside, or waits to be."""
        while self._wishes:
            await self._changed.wait()

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
