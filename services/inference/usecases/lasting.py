"""Doing what must be done although the bus may be away for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.errors import Unavailable

T = TypeVar("T")

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


async def lasting(step: Callable[[], Awaitable[T]], *, for_s: float) -> T:
    """Repeats a step that may be repeated, until it is done; raises its `Unavailable` after `for_s`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + for_s
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await step()
        except Unavailable:
            if loop.time() + pause_s > deadline:
                raise
        await asyncio.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
