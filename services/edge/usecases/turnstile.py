"""A queue in front of something that serves few at a time, such as a pool of connections.

Without it a burst of callers would wait inside that something, and be told that it is away when it is only busy.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from shared.errors import QueueFull, Unavailable


class Turnstile:
    """`width` go in at a time; at most `waiting` others wait, for at most `patience_s`.

    When one of those inside finds it away, so do all who wait, at once: an outage is not queued for.
    """

    def __init__(self, *, width: int, waiting: int, patience_s: float) -> None:
        self._free = width
        self._max_waiting = waiting
        self._patience_s = patience_s
        self._queue: deque[asyncio.Future[None]] = deque()

    async def __call__(self, work: Callable[[], Awaitable[None]]) -> None:
        """Raises `QueueFull` when too many wait or the wait is too long, and whatever `work` raises."""
        await self._enter()
        try:
            await work()
        except Unavailable as error:
            self._send_away(error)
            raise
        finally:
            self._leave()

    async def _enter(self) -> None:
        if self._free > 0:
            self._free -= 1
            return
        if len(self._queue) >= self._max_waiting:
            raise QueueFull("Too many requests are coming in at the moment.")
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await asyncio.wait_for(asyncio.shield(turn), self._patience_s)
        except TimeoutError as error:
            self._give_up(turn)
            raise QueueFull("Too many requests are coming in at the moment.") from error
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def _leave(self) -> None:
        """Hands the place on, or keeps it for whoever comes."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1

    def _give_up(self, turn: "asyncio.Future[None]") -> None:
        """The turn may have come in this very moment: then it goes to the next."""
        if turn.done() and not turn.cancelled() and turn.exception() is None:
            self._leave()
        turn.cancel()

    def _send_away(self, error: Unavailable) -> None:
        waiting, self._queue = self._queue, deque()
        for turn in waiting:
            if not turn.done():
                turn.set_exception(Unavailable(error.message, retry_after_s=error.retry_after_s))
