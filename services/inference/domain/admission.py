"""How many jobs may be pulled: never more than there are slots to run them in."""

import asyncio

SPARE_SHARE = 0.1
"""Jobs that go on with an answer whose worker has gone are admitted this far over the slots."""


class Slots:
    """A pull reserves slots, then says with `pulled` how many jobs it got; each job frees its slot with `release`.
    A pull that waits reserves none: it has to `take` one for what it brings, or give that back.

    Two pulls go on at the same time. The one for new jobs may have every free slot. The one for resumed answers
    has the spare ones beyond them, and goes first when there are more: while its last pull came back full, the
    other gets nothing. So at most `total` and the spare ones run. There are none while the engine is away.
    """

    def __init__(self) -> None:
        self._total = 0
        self._running = 0
        self._reserved = 0
        self._pressing = False
        self._closed = False
        self._changed = asyncio.Event()

    @property
    def running(self) -> int:
        return self._running

    @property
    def is_over(self) -> bool:
        """More run than there are slots; closed or paused, even one is too many."""
        return self._closed or self._running > self._total

    @property
    def is_open(self) -> bool:
        return self._total > 0 and not self._closed

    @property
    def is_paused(self) -> bool:
        return self._total == 0

    @property
    def is_closed(self) -> bool:
        return self._closed

    def open(self, total: int) -> None:
        """`total` is the engine's to say, once it has started."""
        self._total = max(1, total)
        self._tell()

    def pause(self) -> None:
        self._total = 0

    def close(self) -> None:
        """For good: whoever waits for a slot gets none."""
        self._closed = True
        self._tell()

    async def reserve(self, *, half: bool = False, most: int = 0) -> int:
        """All slots that are free, or half of them, `most` at most if that is given, for new jobs; waits until there is
        one. 0: closed."""
        while not self._closed and (self._pressing or self._running >= self._total):
            await self._changed.wait()
        free = 0 if self._closed else self._total - self._running
        wanted = (free + 1) // 2 if half else free
        self._reserved = min(wanted, most) if most else wanted
        return self._reserved

    async def take(self, *, resumed: bool) -> bool:
        """For a job that has come without a reservation. Waits for the pull that has reserved what may be left over."""
        while self._reserved and not self._closed and self._free(resumed=resumed) < 1:
            await self._changed.wait()
        if self._closed or self._free(resumed=resumed) < 1:
            return False
        self._running += 1
        return True

    async def reserve_resumes(self) -> int:
        """Some of the spare slots; all that are free when resumed answers wait in numbers. 0: closed."""
        while not self._closed and self._free_for_resumes() < 1:
            await self._changed.wait()
        free = self._free_for_resumes()
        return 0 if self._closed else free if self._pressing else min(free, self._spare())

    def pulled(self, got: int) -> None:
        self._reserved = 0
        self._running += got
        self._tell()

    def pulled_resumes(self, asked: int, got: int) -> None:
        self._pressing = got >= asked
        self._running += got
        self._tell()

    def take_offered(self) -> bool:
        """For a job that another worker has pulled and offers: if there is a slot for it, it has it. Beside a pull that
        may still fill all of them it counts among the spare ones."""
        if self._closed or self._running >= self._total or self._free_for_resumes() < 1:
            return False
        self._running += 1
        return True

    def release(self) -> None:
        self._running -= 1
        self._tell()

    def _free(self, *, resumed: bool) -> int:
        if resumed:
            return self._free_for_resumes()
        return 0 if self._pressing else self._total - self._running - self._reserved

    def _free_for_resumes(self) -> int:
        return self._total + self._spare() - self._running - self._reserved

    def _spare(self) -> int:
        return max(1, int(self._total * SPARE_SHARE)) if self._total else 0

    def _tell(self) -> None:
        """Wakes whoever waits now; each looks for itself."""
        self._changed.set()
        self._changed = asyncio.Event()
