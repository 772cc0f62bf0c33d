"""Two edges, real NATS and PostgreSQL; the worker has died in the middle of an answer, and no other is there yet."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest

from services.inference.adapters.simulated import script
from shared import subjects
from shared.broker import NatsBus
from shared.messages import Attach, ChatJob, Control, Delta, LiveRequest, ServedModel, Text, WorkerStatus
from shared.streams import FrameWriter
from tests.integration.test_edge_resume import Pair, events_of, pair, some, text_of
from tests.worker import running_worker

__all__ = ["pair"]
SHOWN = 6
STATUS = WorkerStatus("w0", "simulated", (ServedModel("simulated", 8192),), slots=4, running=0)


class Dying:
    """Takes one job, says six tokens of it, and never again anything but that it serves the model."""

    def __init__(self, bus: NatsBus) -> None:
        self.bus = bus
        self.job: ChatJob | None = None
        self.revision = 0
        self.attaches: list[Attach] = []

    async def hear(self, _: str, data: bytes) -> None:
        message = msgspec.msgpack.decode(data, type=Control)
        if isinstance(message, Attach):
            self.attaches.append(message)

    async def report(self) -> None:
        while True:
            await self.bus.publish(subjects.STATUS, STATUS)
            await asyncio.sleep(0.5)

    async def serve(self) -> None:
        token = subjects.model_token("simulated")
        wanted = subjects.jobs_of("simulated", "interactive")
        consumer = await self.bus.consume("INFERENCE", f"interactive-{token}", wanted, ack_wait_s=1)
        while not (deliveries := await consumer.fetch(1, 1)):
            pass
        job = self.job = msgspec.msgpack.decode(deliveries[0].data, type=ChatJob)
        key, bucket = subjects.live_request(job.request), self.bus.bucket(subjects.LIVE_BUCKET)
        async with asyncio.timeout(5):
            while (entry := await bucket.get(key)) is None or not live_of(entry.value).job_sequence:
                await asyncio.sleep(0.01)
        live = msgspec.structs.replace(live_of(entry.value), state="running", worker="w0")
        self.revision = await bucket.update(key, msgspec.msgpack.encode(live), revision=entry.revision)
        await self._say(job)

    async def _say(self, job: ChatJob) -> None:
        writer = FrameWriter(self.bus.client.publish, "w0")
        sending = asyncio.create_task(writer.run())
        said = script.write(job, 0, SHOWN)
        for index, (id, piece) in enumerate(zip(said.ids, said.pieces, strict=True)):
            writer.send(job.inbox, Delta(job.stream, self.revision, index, (id,), (Text(piece),)))
        await writer.flush()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


def live_of(value: bytes) -> LiveRequest:
    return msgspec.msgpack.decode(value, type=LiveRequest)


@asynccontextmanager
async def dead_in_the_middle(pair: Pair) -> AsyncGenerator[tuple[Dying, list[str], AsyncIterator[str]]]:
    bus = await NatsBus.connect(pair.nats_url, "dying")
    dying = Dying(bus)
    await bus.listen(subjects.CONTROL, dying.hear)
    tasks = [asyncio.create_task(dying.report()), asyncio.create_task(dying.serve())]
    try:
        await asyncio.sleep(0.6)  # it is known to serve the model
        async with pair.asking(200) as lines:
            yield dying, await some(lines, SHOWN), lines
    finally:
        reporting, serving = tasks
        reporting.cancel()
        await asyncio.wait(tasks, timeout=2)
        await bus.close()
        serving.result()


@pytest.mark.parametrize(
    "noticed", [False, True], ids=["before it is noticed", "while the next attempt waits"]
)
async def test_a_stop_stores_what_was_shown(pair: Pair, noticed: bool) -> None:
    async with dead_in_the_middle(pair) as (dying, seen, lines):
        if noticed:
            js = dying.bus.client.jetstream()
            async with asyncio.timeout(10):
                while not (await js.stream_info("INFERENCE_RESUME")).state.messages:
                    await asyncio.sleep(0.02)
        assert (await pair.stop()).status_code == 204
        async with asyncio.timeout(10):
            seen += [line async for line in lines]
        assert events_of(seen)[-1] == {"type": "abort"}
        assert dying.job is not None
        shown = "".join(script.write(dying.job, 0, SHOWN).pieces)
        assert text_of(events_of(seen)) == shown
        async with running_worker(pair.nats_url, ack_wait_s=1) as worker:
            stored = await pair.stored(within_s=15)
            assert (stored["text"], stored["status"]) == (shown, "cancelled")
            js = dying.bus.client.jetstream()
            async with asyncio.timeout(10):
                for name in ("INFERENCE", "INFERENCE_RESUME"):
                    while (await js.stream_info(name)).state.messages:
                        await asyncio.sleep(0.02)
            assert worker.engine.stats().running == 0


async def test_a_second_reader_believes_nobody_who_was_replaced(pair: Pair) -> None:
    """A paused worker that wakes would answer it, too."""
    async with dead_in_the_middle(pair) as (dying, _, lines):
        bucket = dying.bus.bucket(subjects.LIVE_BUCKET)
        assert dying.job is not None
        key = subjects.live_request(dying.job.request)
        entry = await bucket.get(key)
        assert entry is not None
        live = msgspec.structs.replace(live_of(entry.value), worker="w1", attempt=2)
        revision = await bucket.update(key, msgspec.msgpack.encode(live), revision=entry.revision)
        dying.attaches.clear()
        second = asyncio.create_task(pair.resume())
        async with asyncio.timeout(10):
            while not any(one.from_index == 0 for one in dying.attaches):
                await asyncio.sleep(0.01)
        (asked, *_) = [one for one in dying.attaches if one.from_index == 0]
        assert asked.fence == revision
        assert (await pair.stop()).status_code == 204
        async with asyncio.timeout(10):
            await second
            async for _line in lines:
                pass
