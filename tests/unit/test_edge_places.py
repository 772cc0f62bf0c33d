"""When a job's place is noted in LIVE, and when not."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import pytest

from services.edge.adapters.nats import places
from services.edge.adapters.nats.places import Places
from shared import subjects
from shared.messages import LiveRequest
from tests.fakes.bus import MemoryBus

QUEUED = LiveRequest(user="u")
PLACED = LiveRequest(user="u", job_sequence=7)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "NOTED_AFTER_S", 0.02)


@asynccontextmanager
async def running(bus: MemoryBus, waiting: set[int]) -> AsyncGenerator[Places]:
    made = Places(bus.bucket(subjects.LIVE_BUCKET), waiting.__contains__)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def queued(bus: MemoryBus, request: str) -> int:
    value = msgspec.msgpack.encode(QUEUED)
    return await bus.bucket(subjects.LIVE_BUCKET).create(subjects.live_request(request), value)


async def noted(bus: MemoryBus, request: str) -> int:
    entry = await bus.bucket(subjects.LIVE_BUCKET).get(subjects.live_request(request))
    assert entry is not None
    return msgspec.msgpack.decode(entry.value, type=LiveRequest).job_sequence


async def test_what_waits_is_noted_and_what_has_a_worker_is_not() -> None:
    bus = MemoryBus()
    async with running(bus, {1}) as kept:
        for stream, request in ((1, "waits"), (2, "has-begun")):
            kept.keep(request, PLACED, await queued(bus, request), stream)
            assert kept.of(request) == 7
        await asyncio.sleep(0.1)
        assert (await noted(bus, "waits"), await noted(bus, "has-begun")) == (7, 0)
        assert (kept.of("waits"), kept.of("has-begun")) == (0, 0)


async def test_an_entry_that_was_changed_meanwhile_stays_and_the_next_is_noted() -> None:
    bus = MemoryBus()
    async with running(bus, {1, 2}) as kept:
        revision = await queued(bus, "claimed")
        running_ = msgspec.msgpack.encode(msgspec.structs.replace(QUEUED, state="running", job_sequence=9))
        key = subjects.live_request("claimed")
        await bus.bucket(subjects.LIVE_BUCKET).update(key, running_, revision=revision)
        kept.keep("claimed", PLACED, revision, 1)
        kept.keep("waits", PLACED, await queued(bus, "waits"), 2)
        await asyncio.sleep(0.1)
        assert (await noted(bus, "claimed"), await noted(bus, "waits")) == (9, 7)


async def test_while_the_bus_is_away_it_goes_on() -> None:
    bus = MemoryBus()
    async with running(bus, {1, 2}) as kept:
        kept.keep("lost", PLACED, await queued(bus, "lost"), 1)
        bus.connected = False
        await asyncio.sleep(0.06)
        await bus.reconnect()
        kept.keep("waits", PLACED, await queued(bus, "waits"), 2)
        await asyncio.sleep(0.1)
        assert (await noted(bus, "lost"), await noted(bus, "waits")) == (0, 7)
