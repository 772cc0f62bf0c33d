"""The worker's end of the token plane."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from shared import subjects
from shared.messages import Delta, Frame

Publish = Callable[[str, bytes], Awaitable[None]]

FRAME_BYTES = 512 * 1024
"""Half of NATS's default `max_payload`; a step that is larger leaves as several frames."""


class FrameWriter:
    """Gathers the deltas of one turn of the event loop, and sends each receiver one frame.

    While NATS takes a frame, further steps gather into the next: a slow bus makes frames larger, not queues
    longer. Each receiver written to within `linger_s` hears from us every `beat_s`, be the frame empty, so that
    it can tell a quiet worker from a dead one. `run` does the sending: hold its task.
    """

    def __init__(self, publish: Publish, worker: str, *, beat_s: float = 0.25, linger_s: float = 2.0) -> None:
        self._publish = publish
        self._worker = worker
        self._beat_s = beat_s
        self._linger_s = linger_s
        self._pending: dict[str, list[Delta]] = {}
        self._sequences: dict[str, int] = {}
        self._written_at: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._flushes: deque[asyncio.Future[None]] = deque()
        self._encode = msgspec.msgpack.Encoder().encode

    def send(self, inbox: str, delta: Delta) -> None:
        gathered = self._pending.get(inbox)
        if gathered is None:
            self._pending[inbox] = [delta]
            self._wake.set()
        else:
            gathered.append(delta)

    async def flush(self) -> None:
        """Returns when all that was sent before has been handed to NATS."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._flushes.append(done)
        self._wake.set()
        await done

    async def run(self) -> None:
        beats = asyncio.create_task(self._beat())
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._write_pending()
        finally:
            beats.cancel()
            await asyncio.gather(beats, return_exceptions=True)

    async def _write_pending(self) -> None:
        flushes = list(self._flushes)
        self._flushes.clear()
        pending, self._pending = self._pending, {}
        now = time.monotonic()
        try:
            for inbox, deltas in pending.items():
                self._written_at[inbox] = now
                await self._write(inbox, deltas)
        finally:
            for done in flushes:
                if not done.done():
                    done.set_result(None)

    async def _write(self, inbox: str, deltas: list[Delta]) -> None:
        sequence = self._sequences.get(inbox, 0) + 1
        data = self._encode(Frame(self._worker, sequence, tuple(deltas)))
        if len(data) > FRAME_BYTES and len(deltas) > 1:
            half = len(deltas) // 2
            await self._write(inbox, deltas[:half])
            await self._write(inbox, deltas[half:])
            return
        self._sequences[inbox] = sequence
        await self._publish(subjects.tokens(inbox), data)

    async def _beat(self) -> None:
        """An empty frame a beat to each receiver of late; one that has not been written to for long is forgotten."""
        while True:
            await asyncio.sleep(self._beat_s)
            quiet_since = time.monotonic() - self._linger_s
            for inbox, written_at in list(self._written_at.items()):
                if written_at < quiet_since:
                    del self._written_at[inbox]
                elif inbox not in self._pending:
                    self._pending[inbox] = []
            if self._pending:
                self._wake.set()
