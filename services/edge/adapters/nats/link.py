"""A bus that is there from the start: while no server answers yet, everything on it is `Unavailable`.

The edge serves HTTP, and says 503, also while NATS is away at its start; `NatsBus` is connected when it is made.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from shared.broker import Blobs, Consumer, Entry, KeyValue, NatsBus, Stored, ensure_bus
from shared.broker.ports import Handler, Take
from shared.errors import NotTaken, Unavailable
from shared.messages import Message

log = structlog.get_logger()

T = TypeVar("T")
Q = TypeVar("Q")

FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0


class Link:
    """`shared.broker.Bus`. `on_reconnect` callbacks are called after the first connection, too."""

    def __init__(
        self, url: str, name: str, *, queue_jobs: int | None = None, replicas: int | None = None
    ) -> None:
        """`queue_jobs`: what the work queue of answers may hold. `replicas`: on how many servers all is kept. None:
        as it is now."""
        self._url = url
        self._name = name
        self._queue_jobs = queue_jobs
        self._replicas = replicas
        self._bus: NatsBus | None = None
        self._callbacks: list[Callable[[], Awaitable[None]]] = []
        self._changed = asyncio.Event()
        self._prepared = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._bus is not None and self._bus.connected

    async def run(self) -> None:
        """Connects, and tells the callbacks of each connection; hold the task. Cancelled, it disconnects."""
        bus = await self._first_connection()
        self._bus = bus
        bus.on_reconnect(self._note_change)
        self._changed.set()
        try:
            while True:
                await self._changed.wait()
                self._changed.clear()
                await self._tell(bus)
        finally:
            await self._disconnect(bus)

    async def prepared(self) -> None:
        """Waits for the first connection, and until its callbacks went through."""
        await self._prepared.wait()

    async def _first_connection(self) -> NatsBus:
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                return await NatsBus.connect(self._url, self._name)
            except Unavailable:
                log.warning("nats.waiting", connection=self._name, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    async def _disconnect(self, bus: NatsBus) -> None:
        try:
            await bus.close()
        except Unavailable as error:
            log.warning("nats.unsent", connection=self._name, reason=error.message)
            await bus.client.close()

    async def _note_change(self) -> None:
        self._changed.set()

    async def _tell(self, bus: NatsBus) -> None:
        """Until all callbacks went through: JetStream answers later than the server it is part of."""
        pause_s = FIRST_PAUSE_S
        while True:
            try:
                await ensure_bus(bus.client, queue_jobs=self._queue_jobs, replicas=self._replicas)
                for callback in self._callbacks:
                    await callback()
                self._prepared.set()
                return
            except Unavailable as error:
                log.warning("nats.not_ready", connection=self._name, reason=error.message, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)

    def require(self) -> NatsBus:
        """nats-py would keep what is sent while it reconnects, and send it when nobody waits for it any more."""
        if self._bus is None or not self._bus.connected:
            raise NotTaken("NATS is away.")
        return self._bus

    def on_reconnect(self, callback: Callable[[], Awaitable[None]]) -> None:
        self._callbacks.append(callback)

    async def publish(self, subject: str, message: Message) -> None:
        await self.require().publish(subject, message)

    async def request(self, subject: str, message: Message, reply: type[T], *, timeout_s: float = 2.0) -> T:
        return await self.require().request(subject, message, reply, timeout_s=timeout_s)

    async def append(self, subject: str, message: Message, *, id: str) -> Stored:
        return await self.require().append(subject, message, id=id)

    async def delete(self, stream: str, sequence: int) -> None:
        await self.require().delete(stream, sequence)

    async def consume(self, stream: str, durable: str, subject: str, *, ack_wait_s: float) -> Consumer:
        return await self.require().consume(stream, durable, subject, ack_wait_s=ack_wait_s)

    async def stored(self, stream: str, sequence: int) -> bytes | None:
        return await self.require().stored(stream, sequence)

    async def answer(
        self, subject: str, kind: type[Q], handler: Callable[[Q], Awaitable[Message]]
    ) -> Callable[[], Awaitable[None]]:
        return await self.require().answer(subject, kind, handler)

    async def listen(self, subject: str, handler: Handler) -> Callable[[], Awaitable[None]]:
        return await self.require().listen(subject, handler)

    async def tap(self, subject: str, take: Take) -> Callable[[], Awaitable[None]]:
        return await self.require().tap(subject, take)

    def bucket(self, name: str) -> KeyValue:
        return LinkedBucket(self, name)

    def blobs(self, name: str) -> Blobs:
        return LinkedBlobs(self, name)


class LinkedBucket:
    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name

    @property
    def _bucket(self) -> KeyValue:
        return self._link.require().bucket(self._name)

    async def get(self, key: str) -> Entry | None:
        return await self._bucket.get(key)

    async def put(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        return await self._bucket.put(key, value, ttl_s=ttl_s)

    async def create(self, key: str, value: bytes, *, ttl_s: float | None = None) -> int:
        return await self._bucket.create(key, value, ttl_s=ttl_s)

    async def update(self, key: str, value: bytes, *, revision: int, ttl_s: float | None = None) -> int:
        return await self._bucket.update(key, value, revision=revision, ttl_s=ttl_s)

    async def delete(self, key: str) -> None:
        await self._bucket.delete(key)

    async def entries(self) -> list[Entry]:
        return await self._bucket.entries()


class LinkedBlobs:
    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name

    @property
    def _blobs(self) -> Blobs:
        return self._link.require().blobs(self._name)

    async def put(self, name: str, data: bytes) -> None:
        await self._blobs.put(name, data)

    async def get(self, name: str) -> bytes:
        return await self._blobs.get(name)

    async def delete(self, name: str) -> None:
        await self._blobs.delete(name)
