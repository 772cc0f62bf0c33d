"""The asker's end of the token plane: one subscription, and a stream for each answer."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import Unavailable
from shared.messages import Delta, Frame, Piece, Text

from .merge import Cursor, Verdict

log = structlog.get_logger()


class Incoming:
    """One answer as it comes. A future and a list: half the price of a queue, and a slow reader gets more at once."""

    __slots__ = ("_close", "_error", "cursor", "number", "pieces", "waiter", "worker")

    def __init__(self, number: int, close: Callable[[int], None]) -> None:
        self.number = number
        self.cursor = Cursor()
        self.pieces: list[Piece] = []
        self.waiter: asyncio.Future[None] | None = None
        self.worker = ""
        """Who writes it; empty until its first delta."""
        self._error: Unavailable | None = None
        self._close = close

    async def next(self) -> list[Piece]:
        """All that came since the last call, at least one piece; the last of an answer has an `end`.

        Raises `Unavailable` when tokens were lost, the reader was too slow, or the worker has gone silent.
        """
        if not self.pieces and self._error is None:
            self.waiter = asyncio.get_running_loop().create_future()
            await self.waiter
        if not self.pieces and self._error is not None:
            raise self._error
        taken, self.pieces = self.pieces, []
        return taken

    def close(self) -> None:
        """Nothing more is wanted; later deltas for it are ignored."""
        self._close(self.number)

    def take(self, delta: Delta) -> None:
        self.pieces.append(delta)
        self.rouse()

    def fail(self, message: str) -> None:
        self._error = Unavailable(message)
        self.rouse()

    def rouse(self) -> None:
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)


class Receiver:
    """Receives every answer of one process. `start` it, hold the task of `run`, and `close` it.

    `max_pending` bounds the pieces that wait in one stream. A worker that has begun an answer and is silent for
    `silence_s`, while the bus is there, is taken for dead.
    """

    def __init__(self, *, inbox: str, max_pending: int = 4096, silence_s: float = 3.0) -> None:
        self.inbox = inbox
        self._max_pending = max_pending
        self._silence_s = silence_s
        self._streams: dict[int, Incoming] = {}
        self._last_number = 0
        self._heard_at: dict[str, float] = {}
        self._decode = msgspec.msgpack.Decoder(Frame).decode
        self._bus: Bus | None = None
        self._unsubscribe: Callable[[], Awaitable[None]] | None = None

    async def start(self, bus: Bus) -> None:
        self._bus = bus
        self._unsubscribe = await bus.listen(subjects.tokens(self.inbox), self.receive)

    async def run(self) -> None:
        """Fails the streams of workers that have died. The clock stops while the bus is away, or we were late."""
        tick_s = self._silence_s / 6
        while True:
            slept_at = time.monotonic()
            await asyncio.sleep(tick_s)
            now = time.monotonic()
            late = now - slept_at > 2 * tick_s
            if late or self._bus is None or not self._bus.connected:
                self._heard_at = dict.fromkeys(self._heard_at, now)
                continue
            self._bury(now - self._silence_s)

    async def close(self) -> None:
        if self._unsubscribe is not None:
            await self._unsubscribe()
        for incoming in list(self._streams.values()):
            incoming.fail("The service is stopping.")

    @property
    def has_heard(self) -> bool:
        """Some worker has written to us."""
        return bool(self._heard_at)

    def open(self) -> Incoming:
        """Its `number` goes into the job; no other stream of this inbox ever has it."""
        self._last_number += 1
        incoming = Incoming(self._last_number, self._forget)
        self._streams[incoming.number] = incoming
        return incoming

    async def receive(self, _subject: str, data: bytes) -> None:
        frame = self._decode(data)
        self._heard_at[frame.worker] = time.monotonic()
        if frame.streams:
            self._read_rows(frame)
        for delta in frame.deltas:
            if (incoming := self._streams.get(delta.stream)) is not None:
                self._examine(incoming, delta, frame.worker)

    def _read_rows(self, frame: Frame) -> None:
        """The hot path, once a token: one that goes on where its stream stands is taken without a call."""
        find, limit = self._streams.get, self._max_pending
        rows = zip(frame.streams, frame.fences, frame.indices, frame.ids, frame.texts, strict=True)
        for stream, fence, index, id, text in rows:
            incoming = find(stream)
            if incoming is None:
                continue
            cursor, pieces = incoming.cursor, incoming.pieces
            ids = cursor.ids
            if index == len(ids) and fence == cursor.fence and len(pieces) < limit:
                ids.append(id)
                pieces.append(text)
                if len(pieces) == 1:
                    incoming.rouse()
            else:
                self._examine(incoming, Delta(stream, fence, index, (id,), (Text(text),)), frame.worker)

    def _examine(self, incoming: Incoming, delta: Delta, worker: str) -> None:
        """A delta that is not simply the next token: more than a token, a repeat, a gap, or one too many."""
        verdict = incoming.cursor.judge(delta.fence, delta.index, delta.ids)
        if verdict is Verdict.DROP:
            return
        if verdict is Verdict.GAP:
            self._fail(incoming, "Tokens of this answer were lost on their way.")
        elif len(incoming.pieces) >= self._max_pending:
            self._fail(incoming, "The reader of this answer is too slow.")
        else:
            incoming.worker = worker
            incoming.take(delta)
            if delta.end is not None:
                self._forget(delta.stream)

    def _fail(self, incoming: Incoming, message: str) -> None:
        self._forget(incoming.number)
        incoming.fail(message)

    def _bury(self, silent_since: float) -> None:
        dead = {worker for worker, heard_at in self._heard_at.items() if heard_at < silent_since}
        for worker in dead:
            del self._heard_at[worker]
        for incoming in [stream for stream in self._streams.values() if stream.worker in dead]:
            log.warning("worker.silent", worker=incoming.worker, stream=incoming.number)
            self._fail(incoming, "The worker that wrote this answer has gone.")

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)
