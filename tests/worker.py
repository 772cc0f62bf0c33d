"""Runs a worker in the test's own process, and asks it for answers as an edge or a client would."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec

from services.inference.app import App, build_app
from services.inference.ports import Engine
from services.inference.settings import Settings
from shared import subjects
from shared.broker import NatsBus, ensure_bus
from shared.messages import (
    ChatJob,
    ChatMessage,
    End,
    Event,
    LiveRequest,
    Part,
    Piece,
    Sampling,
    Text,
    end_of,
    parts_of,
)
from shared.streams import Incoming, Receiver


@asynccontextmanager
async def running_worker(
    nats_url: str, *, engine: Engine | None = None, instance: str = "1", **settings: object
) -> AsyncGenerator[App]:
    values = msgspec.convert(
        {"nats_url": nats_url, "instance": instance, "engine": "simulated", **settings}, Settings
    )
    app = build_app(values, engine=engine)
    stop = asyncio.Event()
    task = asyncio.create_task(app.run(stop))
    try:
        while not app.slots.is_open:
            assert not task.done(), task.exception()
            await asyncio.sleep(0.01)
        yield app
    finally:
        stop.set()
        await task


class Answered(msgspec.Struct):
    """All that came of one job."""

    ids: list[int]
    parts: list[Part]
    end: End


class Asker:
    """A receiver with a bus: publishes jobs, gathers their answers."""

    def __init__(self, bus: NatsBus, receiver: Receiver) -> None:
        self.bus = bus
        self.receiver = receiver

    def job(self, content: str, *, request: str, model: str = "simulated", **fields: object) -> ChatJob:
        now = time.time()
        job = ChatJob(
            request=request,
            user="user",
            model=model,
            messages=(ChatMessage(role="user", content=content),),
            inbox=self.receiver.inbox,
            stream=0,
            created_at=now,
            deadline=now + 30,
            sampling=Sampling(max_tokens=16),
        )
        return msgspec.structs.replace(job, **fields)

    async def submit(self, job: ChatJob) -> Incoming:
        incoming = self.receiver.open(job.request)
        job = msgspec.structs.replace(job, stream=incoming.number)
        self.receiver.remember(job)
        subject = subjects.job(job.model, job.priority, "test")
        await self.bus.append(subject, job, id=f"{job.request}:{job.attempt}")
        return incoming

    async def ask(self, job: ChatJob) -> Answered:
        return await gather(await self.submit(job))

    async def live(self, request: str) -> LiveRequest | None:
        entry = await self.bus.bucket(subjects.LIVE_BUCKET).get(subjects.live_request(request))
        return None if entry is None else msgspec.msgpack.decode(entry.value, type=LiveRequest)

    async def waiting(self, stream: str = "INFERENCE") -> int:
        """Jobs in the stream, those in hand included."""
        info = await self.bus.client.jetstream().stream_info(stream)
        return info.state.messages


async def gather(incoming: Incoming) -> Answered:
    pieces: list[Piece] = []
    end: End | None = None
    while end is None:
        pieces.extend(await incoming.next())
        end = end_of(pieces)
    return Answered(ids=list(incoming.cursor.ids), parts=list(parts_of(pieces)), end=end)


async def begun(incoming: Incoming) -> None:
    """Something of it has come; it is still there to be read."""
    async with asyncio.timeout(10):
        while not incoming.cursor.ids:
            await asyncio.sleep(0.005)


def text_of(answered: Answered) -> str:
    return "".join(part.text for part in answered.parts if isinstance(part, Text))


async def events_of(asker: Asker) -> list[Event]:
    consumer = await asker.bus.consume("EVENTS", "test", subjects.EVENTS, ack_wait_s=30)
    deliveries = await consumer.fetch(100, 0.3)
    return [msgspec.msgpack.decode(delivery.data, type=Event) for delivery in deliveries]


async def settled(asker: Asker, request: str, state: str = "done") -> LiveRequest:
    async with asyncio.timeout(5):
        while (live := await asker.live(request)) is None or live.state != state:
            await asyncio.sleep(0.01)
    return live


async def abandoned(asker: Asker, job: ChatJob, live: LiveRequest) -> Incoming:
    """A job that a worker was given, who left this entry and died: in a second it is delivered again."""
    token = subjects.model_token(job.model)
    wanted = subjects.jobs_of(job.model, "interactive")
    consumer = await asker.bus.consume("INFERENCE", f"interactive-{token}", wanted, ack_wait_s=1)
    incoming = await asker.submit(job)
    (delivery,) = await consumer.fetch(1, 2)
    live = msgspec.structs.replace(live, job_sequence=delivery.sequence)
    bucket = asker.bus.bucket(subjects.LIVE_BUCKET)
    await bucket.put(subjects.live_request(job.request), msgspec.msgpack.encode(live))
    return incoming


@asynccontextmanager
async def asking(nats_url: str, *, silence_s: float = 1.2) -> AsyncGenerator[Asker]:
    """`silence_s`: `Receiver`; a long one leaves it to the workers alone that an answer goes on."""
    bus = await NatsBus.connect(nats_url, "asker")
    await ensure_bus(bus.client)
    receiver = Receiver(inbox=f"asker{time.monotonic_ns()}", publisher="test", silence_s=silence_s)
    await receiver.start(bus)
    ticking = asyncio.create_task(receiver.run())
    try:
        yield Asker(bus, receiver)
    finally:
        ticking.cancel()
        await asyncio.gather(ticking, return_exceptions=True)
        await receiver.close()
        await bus.close()
