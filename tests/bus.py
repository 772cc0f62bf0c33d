"""A bus to hold to the contract: the one in memory, or a real nats-server."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from shared import subjects
from shared.broker import Bus, NatsBus, control_broker, ensure_bus
from shared.errors import Unavailable, Unprocessable
from shared.messages import EmbedReply, EmbedRequest
from tests.fakes.bus import MemoryBus


async def embed(message: EmbedRequest) -> EmbedReply:
    if message.texts == ("bad",):
        raise Unprocessable("This text cannot be embedded.", param="texts")
    if message.texts == ("slow",):
        await asyncio.sleep(5)
    return EmbedReply("m", 1, tuple(text.encode() for text in message.texts))


class Rig:
    """A bus, with `embed` answering EMBED_QUERY on it, and a way to lose it."""

    def __init__(self, bus: Bus, lose: Callable[[], None]) -> None:
        self.bus = bus
        self.lose = lose

    async def subject(self) -> str:
        """A job subject that no other test uses."""
        return subjects.job(uuid.uuid4().hex, "interactive", "test")


async def collected(heard: list[bytes], count: int) -> list[bytes]:
    async with asyncio.timeout(3):
        while len(heard) < count:
            await asyncio.sleep(0.005)
    return heard


async def answering(bus: NatsBus) -> None:
    """FastStream returns before the server knows of its subscription: ask until somebody answers."""
    for _ in range(5):
        try:
            await bus.request(subjects.EMBED_QUERY, EmbedRequest(("ready?",)), EmbedReply, timeout_s=0.5)
            return
        except Unavailable:
            await asyncio.sleep(0.05)
    pytest.fail("the responder does not answer")


def memory_rig() -> Rig:
    bus = MemoryBus()
    bus.respond(subjects.EMBED_QUERY, lambda data: embed(msgspec.msgpack.decode(data, type=EmbedRequest)))
    return Rig(bus, lambda: setattr(bus, "connected", False))


@asynccontextmanager
async def nats_rig(nats_url: str) -> AsyncGenerator[Rig]:
    bus = await NatsBus.connect(nats_url, "contract")
    await ensure_bus(bus.client)
    broker = control_broker(nats_url, "contract-responder")
    broker.subscriber(subjects.EMBED_QUERY, queue=subjects.EMBEDDERS)(embed)
    await broker.start()
    await answering(bus)
    closing: list[asyncio.Task[None]] = []
    yield Rig(bus, lambda: closing.append(asyncio.ensure_future(bus.client.close())))
    await asyncio.gather(*closing)
    await broker.stop()
    await bus.close()
