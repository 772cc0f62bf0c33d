"""The worker's end of the token plane."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec

from shared import subjects
from shared.messages import Delta, Frame, Text

Publish = Callable[[str, bytes], Awaitable[None]]

FRAME_BYTES = 512 * 1024
"""Half of NATS's default `max_payload`; a step that is larger leaves as several frames."""


class Gathered:
    """The next frame for one receiver, as it grows."""

    __slots__ = ("_mixed", "deltas", "fences", "ids", "indices", "streams", "texts")

    def __init__(self) -> None:
        self.streams: list[int] = []
        self.fences: list[int] = []
        self.indices: list[int] = []
        self.ids: list[int] = []
        self.texts: list[str] = []
        self.deltas: list[Delta] = []
        self._mixed: set[int] = set()

    def add(self, delta: Delta) -> None:
        """A plain delta (one token, its text, the first choice) becomes a row, unless one before it is not plain."""
        ids, parts = delta.ids, delta.parts
        if (
            len(ids) == 1 == len(parts)
            and delta.end is None
            and isinstance(text := parts[0], Text)
            and not text.choice
            and delta.stream not in self._mixed
        ):
            self.streams.append(delta.stream)
            self.fences.append(delta.fence)
            self.indices.append(delta.index)
            self.ids.append(ids[0])
            self.texts.append(text.text)
        else:
            self._mixed.add(delta.stream)
            self.deltas.append(delta)

    def frame(self, worker: str, sequence: int) -> Frame:
        return Frame(
            worker, sequence, self.streams, self.fences, self.indices, self.ids, self.texts, self.deltas
        )

    def halves(self) -> "tuple[Gathered, Gathered] | None":
        """In the order in which they have to be read; None when it is a single delta."""
        rows, deltas = len(self.streams), len(self.deltas)
        if rows + deltas < 2:
            return None
        cut_rows, cut_deltas = (rows, 0) if rows and deltas else (rows // 2, deltas // 2)
        return self._part(0, cut_rows, 0, cut_deltas), self._part(cut_rows, rows, cut_deltas, deltas)

    def _part(self, row: int, end_row: int, delta: int, end_delta: int) -> "Gathered":
        part = Gathered()
        part.streams = self.streams[row:end_row]
        part.fences = self.fences[row:end_row]
        part.indices = self.indices[row:end_row]
        part.ids = self.ids[row:end_row]
        part.texts = self.texts[row:end_row]
        part.deltas = self.deltas[delta:end_delta]
        return part


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
        self._pending: dict[str, Gathered] = {}
        self._sequences: dict[str, int] = {}
        self._written_at: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._flushes: deque[asyncio.Future[None]] = deque()
        self._encode = msgspec.msgpack.Encoder().encode

    def send(self, inbox: str, delta: Delta) -> None:
        gathered = self._pending.get(inbox)
        if gathered is None:
            gathered = self._pending[inbox] = Gathered()
            self._wake.set()
        gathered.add(delta)

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
            for inbox, gathered in pending.items():
                self._written_at[inbox] = now
                await self._write(inbox, gathered)
        finally:
            for done in flushes:
                if not done.done():
                    done.set_result(None)

    async def _write(self, inbox: str, gathered: Gathered) -> None:
        sequence = self._sequences.get(inbox, 0) + 1
        data = self._encode(gathered.frame(self._worker, sequence))
        if len(data) > FRAME_BYTES and (halves := gathered.halves()) is not None:
            for half in halves:
                await self._write(inbox, half)
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
                    self._pending[inbox] = Gathered()
            if self._pending:
                self._wake.set()
