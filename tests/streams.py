"""A token plane for tests: a receiver, what writes to it, and what it tells workers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import msgspec

from shared import subjects
from shared.broker import Bus, NatsBus
from shared.messages import (
    ChatJob,
    ChatMessage,
    Control,
    Delta,
    End,
    LiveRequest,
    Piece,
    Text,
    Usage,
    end_of,
    parts_of,
)
from shared.streams import FrameWriter, Incoming, Receiver

T = TypeVar("T")
Publish = Callable[[str, bytes], Awaitable[None]]


class Heard:
    """What workers are told."""

    def __init__(self) -> None:
        self._messages: list[Control] = []
        self._came = asyncio.Event()

    async def hear(self, _: str, data: bytes) -> None:
        self._messages.append(msgspec.msgpack.decode(data, type=Control))
        self._came.set()

    def heard(self, kind: type[T]) -> list[T]:
        return [message for message in self._messages if isinstance(message, kind)]

    async def next(self, kind: type[T]) -> T:
        async with asyncio.timeout(3):
            while not (found := self.heard(kind)):
                self._came.clear()
                await self._came.wait()
        self._messages.clear()
        return found[0]


def a_job(request: str, inbox: str, stream: int) -> ChatJob:
    return ChatJob(request, "user", "m", (ChatMessage("user", "x"),), inbox, stream, 0.0, 1e12)


class Plane:
    """A receiver on `bus`, and what writes to it."""

    def __init__(self, bus: Bus, publish: Publish) -> None:
        self.bus = bus
        self.publish = publish

    @asynccontextmanager
    async def writer(self, worker: str = "w1", beat_s: float = 0.05) -> AsyncGenerator[FrameWriter]:
        writer = FrameWriter(self.publish, worker, beat_s=beat_s)
        sending = asyncio.create_task(writer.run())
        try:
            yield writer
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    @asynccontextmanager
    async def receiver(self, max_pending: int = 4096, silence_s: float = 0.6) -> AsyncGenerator[Receiver]:
        receiver = Receiver(inbox="inbox1", max_pending=max_pending, silence_s=silence_s)
        await receiver.start(self.bus)
        if isinstance(self.bus, NatsBus):
            await self.bus.client.flush()
        ticking = asyncio.create_task(receiver.run())
        try:
            yield receiver
        finally:
            ticking.cancel()
            await asyncio.gather(ticking, return_exceptions=True)
            await receiver.close()

    @asynccontextmanager
    async def control(self) -> AsyncGenerator[Heard]:
        heard = Heard()
        unsubscribe = await self.bus.listen(subjects.CONTROL, heard.hear)
        try:
            yield heard
        finally:
            await unsubscribe()

    async def claimed(self, request: str, *, worker: str, state: str = "running") -> int:
        live = msgspec.convert({"user": "user", "state": state, "worker": worker}, LiveRequest)
        value = msgspec.msgpack.encode(live)
        return await self.bus.bucket(subjects.LIVE_BUCKET).create(subjects.live_request(request), value)

    async def claimed_anew(self, request: str, *, worker: str, attempt: int) -> None:
        live = LiveRequest(user="user", state="running", worker=worker, attempt=attempt)
        value = msgspec.msgpack.encode(live)
        await self.bus.bucket(subjects.LIVE_BUCKET).put(subjects.live_request(request), value)

    async def next_attempt(self) -> ChatJob:
        consumer = await self.bus.consume(
            subjects.INFERENCE_RESUME.name, "resume-m", subjects.resumes_of("m"), ack_wait_s=30
        )
        (delivery,) = await consumer.fetch(1, 3)
        return msgspec.msgpack.decode(delivery.data, type=ChatJob)


def token(stream: int, index: int, fence: int = 7) -> Delta:
    return Delta(stream, fence, index, (100 + index,), (Text(f"t{index} "),))


def last(stream: int, index: int, fence: int = 7) -> Delta:
    return Delta(stream, fence, index, (), (), End(Usage(1, index)))


async def read_all(incoming: Incoming) -> list[Piece]:
    """To the end."""
    got: list[Piece] = []
    async with asyncio.timeout(5):
        while not got or end_of(got) is None:
            got += await incoming.next()
    return got


def said(pieces: list[Piece]) -> list[str]:
    return [part.text for part in parts_of(pieces) if isinstance(part, Text)]
