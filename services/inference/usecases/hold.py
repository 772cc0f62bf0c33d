"""Keeps hold of the jobs in hand: tells the queue that they live, and looks again when words may have been missed."""

import asyncio
from contextlib import suppress

from services.inference.usecases.lasting import lasting
from services.inference.usecases.serve import ServeJobs
from shared.errors import Unavailable

RECHECK_S = 60.0
"""How long a look at the entries is tried; after another loss of the bus it begins anew."""


class HoldJobs:
    def __init__(self, *, serve: ServeJobs, ack_wait_s: float) -> None:
        self._serve = serve
        self._progress_s = ack_wait_s / 3
        self._missed = asyncio.Event()

    async def missed_words(self) -> None:
        """The bus was away, or we were asleep. Called while the connection is being made good: it must neither wait
        nor fail."""
        self._missed.set()

    async def keep_alive(self) -> None:
        """Without it the queue gives a job to the next worker after `ack_wait_s`."""
        while True:
            await asyncio.sleep(self._progress_s)
            with suppress(Unavailable):  # the next round comes before the queue gives up on us
                await self._serve.keep_alive()

    async def recheck(self) -> None:
        while True:
            await self._missed.wait()
            self._missed.clear()
            with suppress(Unavailable):  # the bus is away again, and will be back
                await lasting(self._serve.recheck, for_s=RECHECK_S)
