"""What every process does about itself: start in any order, stop on a signal, collect garbage seldom."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
import uvloop

from shared import telemetry
from shared.errors import Unavailable
from shared.settings import BaseSettings, SettingsError, load

log = structlog.get_logger()

T = TypeVar("T")
S = TypeVar("S", bound=BaseSettings)

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0


def run_service(
    name: str,
    settings: type[S],
    serve: Callable[[S, asyncio.Event], Awaitable[None]],
    *,
    unusable: type[Exception] = SettingsError,
) -> int:
    """A process's whole life: `serve` until SIGTERM or SIGINT sets its event. Returns the exit status.

    `unusable`: what a service raises when it cannot start as it is set up; said in one line.
    """

    async def life(read: S) -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(read, stop)

    try:
        read = load(settings, os.environ)
        telemetry.start(name, read)
        uvloop.run(life(read))
    except (SettingsError, unusable) as error:
        sys.stderr.write(f"{name}: {error}\n")
        return 2
    return 0


async def until_available(what: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Parts may start in any order: tries until it works, ever more slowly, and says so."""
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            return await attempt()
        except Unavailable as error:
            log.warning("waiting", what=what, reason=error.message, again_in_s=pause_s)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, LONGEST_PAUSE_S)


def tune_gc() -> None:
    """Collect far less often.

    A frame's deltas live until their readers have seen them; at the default thresholds the collector walks
    them again and again, and takes half of an edge's time (bench/token_plane.py: 1.7 against 0.9 us a token).
    What was imported is never garbage, so it is left out of each walk.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 50, 100)
