"""The bus in memory, held to the same contract as the real one (tests/contract/test_bus.py).

For unit tests of use cases; it never stands in for NATS in an end-to-end test.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar, cast

import msgspec

from shared import subjects
from shared.broker.ports import Consumer, Delivery, Handler, Headers, Stored, Take
from shared.errors import (
    InvalidRequest,
    NotTaken,
    QueueFull,
    SluiceError,
    TooLarge,
    Unavailable,
    from_failure,
    to_failure,
)
from shared.messages import Failure, Message
from tests.fakes.stores import MemoryBlobs, MemoryBucket

T = TypeVar("T")
Q = TypeVar("Q")
Responder = Callable[[bytes], Awaitable[Message]]

MAX_PAYLOAD_BYTES = 8 * 1024 * 1024


def matches(pattern: str, subject: str) -> bool:
    """NATS's wildcards: `*` is one token, `>` at the end one or more."""
    wanted, given = pattern.split("."), subject.split(".")
    for i, token in enumerate(wanted):
        if token == ">":
            return len(given) > i
        if i >= len(given) or token not in ("*", given[i]):
            return False
    return len(wanted) == len(given)


@dataclass
class StoredMessage:
    sequence: int
    subject: str
    data: bytes
    deliveries: int = 0
    due_at: float = 0.0
    """Not delivered before then; moved ahead by each delivery's ack_wait."""


@dataclass
class MemoryStream:
    config: subjects.Stream
    messages: dict[int, StoredMessage] = field(default_factory=dict[int, StoredMessage])
    ids: dict[str, int] = field(default_factory=dict[str, int])
    last: int = 0
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def append(self, subject: str, data: bytes, id: str) -> Stored:
        if id in self.ids:
            return Stored(self.ids[id], True)
        if self.config.work_queue and len(self.messages) >= self.config.max_messages:
            raise QueueFull("The queue is full.")
        self.last += 1
        self.ids[id] = self.last
        self.messages[self.last] = StoredMessage(self.last, subject, data)
        self.changed.set()
        return Stored(self.last, False)


class MemoryDelivery:
    def __init__(self, stream: MemoryStream, message: StoredMessage, ack_wait_s: float) -> None:
        self._stream = stream
        self._message = message
        self._ack_wait_s = ack_wait_s
        self.data = message.data
        self.headers: Headers = {}
        self.sequence = message.sequence
        self.deliveries = message.deliveries
        self.handle = f"{stream.config.name}.{self.sequence}.{self.deliveries}"

    async def ack(self) -> None:
        self._stream.messages.pop(self.sequence, None)

    async def nak(self, delay_s: float = 0.0) -> None:
        self._message.due_at = time.monotonic() + delay_s
        self._stream.changed.set()

    async def term(self) -> None:
        self._stream.messages.pop(self.sequence, None)

    async def in_progress(self) -> None:
        self._message.due_at = time.monotonic() + self._ack_wait_s


class MemoryConsumer:
    def __init__(self, stream: MemoryStream, subject: str, ack_wait_s: float) -> None:
        self._stream = stream
        self._subject = subject
        self._ack_wait_s = ack_wait_s

    async def fetch(self, batch: int, timeout_s: float) -> list[Delivery]:
        deadline = time.monotonic() + timeout_s
        while not (found := self._due(batch)) and (left := deadline - time.monotonic()) > 0:
            self._stream.changed.clear()
            try:
                await asyncio.wait_for(self._stream.changed.wait(), min(left, 0.02))
            except TimeoutError:
                continue
        return found

    def _due(self, batch: int) -> list[Delivery]:
        now = time.monotonic()
        due = [
            m for m in self._stream.messages.values() if m.due_at <= now and matches(self._subject, m.subject)
        ]
        for message in due[:batch]:
            message.deliveries += 1
            message.due_at = now + self._ack_wait_s
        return [MemoryDelivery(self._stream, message, self._ack_wait_s) for message in due[:batch]]


class MemoryBus:
    """Set `connected = False` for an outage; `await reconnect()` ends it."""

    def __init__(self) -> None:
        self.connected = True
        self._listeners: list[tuple[str, Handler]] = []
        self._responders: dict[str, Responder] = {}
        self._streams = {stream.name: MemoryStream(stream) for stream in subjects.STREAMS}
        self._buckets: dict[str, MemoryBucket] = {}
        self._blobs: dict[str, MemoryBlobs] = defaultdict(lambda: MemoryBlobs(self))
        self._reconnected: list[Callable[[], Awaitable[None]]] = []

    async def publish(self, subject: str, message: Message) -> None:
        await self.say(subject, msgspec.msgpack.encode(message))

    async def say(self, subject: str, data: bytes) -> None:
        """Raw bytes to the listeners: what `FrameWriter` publishes with."""
        self.require_connection()
        for pattern, handler in list(self._listeners):
            if matches(pattern, subject):
                await handler(subject, data)

    async def request(self, subject: str, message: Message, reply: type[T], *, timeout_s: float = 2.0) -> T:
        self.require_connection()
        responder = self._responders.get(subject)
        if responder is None:
            raise Unavailable(f"Whoever serves {subject} does not answer.")
        try:
            answer: Message = await asyncio.wait_for(responder(msgspec.msgpack.encode(message)), timeout_s)
        except TimeoutError as error:
            raise Unavailable(f"Whoever serves {subject} does not answer.") from error
        except SluiceError as error:
            answer = to_failure(error)
        data = msgspec.msgpack.encode(answer)
        decoded = cast("T | Failure", msgspec.msgpack.decode(data, type=reply | Failure))
        if isinstance(decoded, Failure):
            raise from_failure(decoded)
        return decoded

    def respond(self, subject: str, responder: Responder) -> None:
        """What a FastStream handler is to the real bus: `responder` gets the raw request."""
        self._responders[subject] = responder

    async def append(self, subject: str, message: Message, *, id: str) -> Stored:
        self.require_connection()
        data = msgspec.msgpack.encode(message)
        for stream in self._streams.values():
            if any(matches(pattern, subject) for pattern in stream.config.subjects):
                if len(data) > min(stream.config.max_message_bytes, MAX_PAYLOAD_BYTES):
                    raise TooLarge("The message is larger than the bus takes.")
                stored = stream.append(subject, data, id)
                await self.say(subject, data)
                return stored
        raise Unavailable("The queue does not answer.")

    async def delete(self, stream: str, sequence: int) -> None:
        self.require_connection()
        self._streams[stream].messages.pop(sequence, None)

    async def consume(self, stream: str, durable: str, subject: str, *, ack_wait_s: float) -> Consumer:
        self.require_connection()
        return MemoryConsumer(self._streams[stream], subject, ack_wait_s)

    def bucket(self, name: str) -> MemoryBucket:
        return self._buckets.setdefault(name, MemoryBucket(self, name))

    def blobs(self, name: str) -> MemoryBlobs:
        return self._blobs[name]

    async def stored(self, stream: str, sequence: int) -> bytes | None:
        self.require_connection()
        found = self._streams[stream].messages.get(sequence)
        return None if found is None else found.data

    async def answer(
        self, subject: str, kind: type[Q], handler: Callable[[Q], Awaitable[Message]]
    ) -> Callable[[], Awaitable[None]]:
        async def respond(data: bytes) -> Message:
            try:
                return await handler(msgspec.msgpack.decode(data, type=kind))
            except msgspec.DecodeError as error:
                raise InvalidRequest(str(error)) from error

        async def end() -> None:
            del self._responders[subject]

        self.respond(subject, respond)
        return end

    async def listen(self, subject: str, handler: Handler) -> Callable[[], Awaitable[None]]:
        listener = (subject, handler)
        self._listeners.append(listener)

        async def end() -> None:
            self._listeners.remove(listener)

        return end

    async def tap(self, subject: str, take: Take) -> Callable[[], Awaitable[None]]:
        async def taken(_: str, data: bytes) -> None:
            take([data])

        return await self.listen(subject, taken)

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._reconnected.append(callback)

    async def reconnect(self) -> None:
        self.connected = True
        for callback in self._reconnected:
            await callback()

    def require_connection(self) -> None:
        if not self.connected:
            raise NotTaken("NATS is away.")
