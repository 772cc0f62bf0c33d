"""The asker's end of the token plane: one subscription, and a stream for each answer."""

import time
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import SluiceError, Unavailable
from shared.messages import ChatJob, Delta, Detach, Frame, Shown, ShownRequest, Text

from .delivery import Delivery
from .incoming import Incoming
from .merge import Verdict
from .repair import Repair

log = structlog.get_logger()


class Receiver:
    """Receives every answer of one process. `start` it, hold the task of `run`, and `close` it.

    `publisher` is the bus user in whose name a dead worker's job is published again. `max_pending` bounds the pieces
    that wait in one stream; what comes beyond is asked for again when its reader has caught up. `gather_s`: `Delivery`.
    """

    def __init__(
        self,
        *,
        inbox: str,
        publisher: str = "edge",
        max_pending: int = 4096,
        silence_s: float = 1.2,
        gather_s: float = 0.0,
    ) -> None:
        self.inbox = inbox
        self._max_pending = max_pending
        self._streams: dict[int, Incoming] = {}
        self._last_number = 0
        self._sequences: dict[str, int] = {}
        self._decode = msgspec.msgpack.Decoder(Frame).decode
        self._delivery = Delivery(gather_s)
        self._repair = Repair(inbox, publisher, self._streams, silence_s=silence_s)
        self._bus: Bus | None = None
        self._unsubscribe: list[Callable[[], Awaitable[None]]] = []

    async def start(self, bus: Bus) -> None:
        """`bus` carries frames: in an edge it is a connection of its own."""
        self._bus = bus
        self._unsubscribe = [
            await bus.tap(subjects.tokens(self.inbox), self.receive),
            await bus.answer(subjects.receiver(self.inbox), ShownRequest, self.shown),
        ]
        bus.on_reconnect(self.look_again)

    async def run(self) -> None:
        """Looks after the streams: asks for what is missing, and replaces workers that have died."""
        if self._bus is None:
            raise Unavailable("The receiver has no bus yet.")
        await self._repair.run(self._bus)

    async def look_again(self) -> None:
        """After the bus was away. Of an answer that has begun the next frame tells what is missing, or silence does.
        One that waited may meanwhile have begun and ended, or been stopped, and nobody would ever say so again."""
        self._repair.look_again()

    async def close(self) -> None:
        for unsubscribe in self._unsubscribe:
            await unsubscribe()
        self._delivery.close()
        for incoming in list(self._streams.values()):
            incoming.fail(Unavailable("The service is stopping."))

    @property
    def has_heard(self) -> bool:
        """Some worker has written to us."""
        return bool(self._sequences)

    def open(self, request: str) -> Incoming:
        """For a job that is about to be published. Its `number` goes into the job; no other stream of this inbox
        ever has it."""
        self._last_number += 1
        incoming = Incoming(self._last_number, request, self._forget)
        self._streams[incoming.number] = incoming
        return incoming

    def remember(self, job: ChatJob) -> None:
        """What a stream of ours asks for, so that it can be asked again should its worker die."""
        if (incoming := self._streams.get(job.stream)) is not None:
            incoming.job = job

    def awaits(self, number: int) -> bool:
        """It is still open, and nobody writes it yet."""
        incoming = self._streams.get(number)
        return incoming is not None and not incoming.worker

    def attach(self, request: str) -> Incoming:
        """For an answer that is being written already: all of it from its beginning, then as it comes."""
        incoming = self.open(request)
        self.follow(incoming, -1)
        return incoming

    def follow(self, incoming: Incoming, fence: int) -> None:
        """The same for a stream that was opened before; nobody with a lower `fence` is believed."""
        incoming.attached = True
        incoming.cursor.seal(fence)
        self._repair.ask(incoming)

    async def detach(self, incoming: Incoming) -> None:
        """Nobody reads it any more: unless somebody else does, it is cancelled. Raises `Unavailable`."""
        incoming.close()
        if self._bus is not None:
            message = Detach(incoming.request, self.inbox, incoming.number)
            await self._bus.publish(subjects.CONTROL, message)

    async def shown(self, asked: ShownRequest) -> Shown:
        """For a worker that takes over. From now on its predecessors are not believed."""
        found = [incoming for incoming in self._streams.values() if incoming.request == asked.request]
        if not found:
            return Shown(asked.request, known=False)
        for incoming in found:
            incoming.cursor.seal(asked.fence)
            self._repair.expect(incoming, asked.worker)
        furthest = max(found, key=lambda incoming: len(incoming.cursor.ids))
        streams = tuple(incoming.number for incoming in found)
        return Shown(asked.request, tuple(furthest.cursor.ids), streams=streams)

    def receive(self, frames: list[bytes]) -> None:
        """All that came at once: a process that falls behind writes fewer and larger pieces by itself."""
        fed: list[Incoming] = []
        for data in frames:
            try:
                self._read(self._decode(data), fed)
            except msgspec.DecodeError as error:
                log.warning("frame.unreadable", reason=str(error))
        if fed:
            self._delivery.feed(fed)

    def _read(self, frame: Frame, fed: list[Incoming]) -> None:
        self._repair.heard(frame.worker, time.monotonic())
        before = self._sequences.get(frame.worker, frame.seq - 1)
        self._sequences[frame.worker] = frame.seq
        self._read_rows(frame, fed)
        for delta in frame.deltas:
            incoming = self._streams.get(delta.stream)
            if incoming is not None and self._examine(incoming, delta, frame.worker):
                fed.append(incoming)
        if frame.seq not in (before + 1, 1):
            self._repair.lost(frame.worker)

    def _read_rows(self, frame: Frame, fed: list[Incoming]) -> None:
        """The hot path, once a token: one that goes on where its stream stands is taken without a call.

        `fed`: the streams whose readers may wait for what came.
        """
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
                cursor.characters += len(text)
                pieces.append(text)
                if len(pieces) == 1:
                    fed.append(incoming)
            elif self._examine(incoming, Delta(stream, fence, index, (id,), (Text(text),)), frame.worker):
                fed.append(incoming)

    def _examine(self, incoming: Incoming, delta: Delta, worker: str) -> bool:
        """A delta that is not simply the next token: more than a token, a repeat, a gap, or one too many.

        True: it was taken.
        """
        if incoming.failed:
            return False
        if len(incoming.pieces) >= self._max_pending:
            incoming.choked = True
            self._repair.ask(incoming)
            return False
        verdict = incoming.cursor.judge(delta)
        if verdict is Verdict.GAP:
            self._repair.ask(incoming)
        elif verdict is Verdict.CONTRADICTION:
            self._fail(incoming, Unavailable("Another worker took over and says something else."))
        elif verdict is Verdict.TAKE:
            self._answered(incoming, worker)
            if incoming.take(delta):
                self._forget(delta.stream)
        elif incoming.cursor.fence == delta.fence:  # a repeat: nothing is missing before it
            self._answered(incoming, worker)
        return verdict is Verdict.TAKE

    def _answered(self, incoming: Incoming, worker: str) -> None:
        incoming.worker = worker
        self._repair.forget(incoming.number)

    def _fail(self, incoming: Incoming, error: SluiceError) -> None:
        self._forget(incoming.number)
        incoming.fail(error)

    def _forget(self, number: int) -> None:
        self._streams.pop(number, None)
        self._repair.forget(number)
