"""Where jobs lie in their stream, noted in LIVE for whoever stops one that waits.

Most are taken within milliseconds, and their worker writes the place itself. So only those that still wait are noted: a
note for each would cost a write, and in the very moment of its claim would send the worker back to read again.
"""

import asyncio
import time
from collections.abc import Callable

import msgspec
import structlog

from shared import subjects
from shared.broker.ports import KeyValue
from shared.errors import Conflict, Unavailable
from shared.messages import LiveRequest

log = structlog.get_logger()

NOTED_AFTER_S = 0.1


class Place(msgspec.Struct):
    live: LiveRequest
    revision: int
    stream: int
    due: float


class Places:
    """`waits` says whether a stream of ours has no worker yet. Hold the task of `run`."""

    def __init__(self, bucket: KeyValue, waits: Callable[[int], bool]) -> None:
        self._bucket = bucket
        self._waits = waits
        self._kept: dict[str, Place] = {}
        """By request, the next to be noted first."""
        self._added = asyncio.Event()

    def keep(self, request: str, live: LiveRequest, revision: int, stream: int) -> None:
        """`live` as it was written at `revision`, but for the place."""
        self._kept[request] = Place(live, revision, stream, time.monotonic() + NOTED_AFTER_S)
        self._added.set()

    def of(self, request: str) -> int:
        """0: not known here, or noted by now."""
        return self._kept[request].live.job_sequence if request in self._kept else 0

    async def run(self) -> None:
        while True:
            await self._added.wait()
            self._added.clear()
            while self._kept:
                request, place = next(iter(self._kept.items()))
                await asyncio.sleep(max(0.0, place.due - time.monotonic()))
                if self._waits(place.stream):
                    await self._note(request, place)
                del self._kept[request]

    async def _note(self, request: str, place: Place) -> None:
        key, value = subjects.live_request(request), msgspec.msgpack.encode(place.live)
        try:
            await self._bucket.update(key, value, revision=place.revision)
        except Conflict:
            return  # a worker has claimed it, or somebody has stopped it
        except Unavailable as error:  # should it be stopped, it lies there until a worker finds that out
            log.info("place.not_noted", request=request, reason=error.message)
