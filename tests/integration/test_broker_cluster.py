"""Three real nats-servers: what is kept on how many of them, and connections that go on at another one."""

import asyncio
import time
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from deploy.local.child import Child, kill_group
from deploy.local.ports import free_port
from shared import subjects
from shared.broker import NatsBus, control_broker, ensure_bus
from shared.errors import Unavailable
from shared.health import answer_health, check
from tests.chaos.nats_servers import NatsCluster, leader_of

READY_WITHIN_S = 40.0
ELECTED_WITHIN_S = 30.0
"""nats-server waits for a lost leader for up to 9 s, and longer where the vote has to be repeated."""
STREAMS = [
    *(stream.name for stream in subjects.STREAMS),
    f"KV_{subjects.LIVE_BUCKET}",
    f"KV_{subjects.REVOCATIONS_BUCKET}",
    f"OBJ_{subjects.DOCUMENTS_STORE}",
]

pytestmark = pytest.mark.timeout(120)


class Three(msgspec.Struct):
    servers: NatsCluster
    children: dict[str, Child]
    folder: Path

    async def start(self, name: str) -> None:
        spec = next(spec for spec, _ in self.servers.parts if spec.name == name)
        self.children[name] = await Child.start(spec, self.folder / f"{name}.log")

    async def kill(self, name: str) -> None:
        kill_group(self.children[name].pid)
        await self.children[name].wait()

    def name_at(self, url: str) -> str:
        return next(member.name for member in self.servers.members if member.address in url)


@pytest.fixture
async def three(tmp_path: Path) -> AsyncGenerator[Three]:
    servers = NatsCluster(3, tmp_path, "test", {}, {})
    for member in servers.members:
        member.advertises = True
    three = Three(servers, {}, tmp_path)
    for member in servers.members:
        await three.start(member.name)
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            for _, is_well in servers.parts:
                while not await is_well():
                    await asyncio.sleep(0.05)
        yield three
    finally:
        await asyncio.gather(*(child.stop() for child in three.children.values()))


async def copies(bus: NatsBus) -> dict[str, int | None]:
    js = bus.client.jetstream(timeout=5)
    return {name: (await js.stream_info(name)).config.num_replicas for name in STREAMS}


async def test_what_is_stored_is_kept_on_as_many_servers_as_told(three: Three) -> None:
    bus = await NatsBus.connect(three.servers.url, "test")
    await ensure_bus(bus.client)
    assert set((await copies(bus)).values()) == {1}
    await ensure_bus(bus.client, replicas=3)
    assert set((await copies(bus)).values()) == {3}
    await ensure_bus(bus.client)  # a process that was not told
    assert set((await copies(bus)).values()) == {3}
    await ensure_bus(bus.client, replicas=5)  # more than there are: as it was
    assert set((await copies(bus)).values()) == {3}
    await bus.close()


async def test_a_value_survives_the_server_that_took_it(three: Three) -> None:
    bus = await NatsBus.connect(three.servers.url, "test")
    await ensure_bus(bus.client, replicas=3)
    live = bus.bucket(subjects.LIVE_BUCKET)
    revision = await live.create("request.1", b"one")
    await three.kill(await leader_of(three.servers.url, f"KV_{subjects.LIVE_BUCKET}"))
    async with asyncio.timeout(ELECTED_WITHIN_S):
        while True:
            try:
                assert await live.update("request.1", b"two", revision=revision) > revision
                break
            except Unavailable:
                await asyncio.sleep(0.1)
    found = await live.get("request.1")
    assert found is not None
    assert found.value == b"two"
    await bus.close()


async def test_connections_go_on_at_another_server(three: Three) -> None:
    """Also where the first ones in the list have never been there, and for FastStream's as for ours."""
    url = f"nats://127.0.0.1:{free_port()},{three.servers.url}"
    broker = control_broker(url, "control")
    answer_health(broker, "test", "1", lambda: True)
    await broker.start()
    bus = await NatsBus.connect(url, "test")
    back = asyncio.Event()

    async def reconnected() -> None:
        back.set()

    bus.on_reconnect(reconnected)
    for _ in range(2):
        await until_answered(url)
        at = time.monotonic()
        await three.kill(three.name_at(connected_to(bus)))
        await asyncio.wait_for(back.wait(), 10)
        assert time.monotonic() - at < 5
        back.clear()
    await until_answered(url)
    await bus.close()
    await broker.stop()


async def test_a_server_that_refuses_us_is_not_the_end_of_the_connection(three: Three) -> None:
    """Servers tell of each other, without a password: while the one we know is away we try those, and are refused."""
    first = three.servers.members[0]
    broker = control_broker(first.url, "control")
    answer_health(broker, "test", "1", lambda: True)
    await broker.start()
    await until_answered(first.url)
    await three.kill(first.name)
    await asyncio.sleep(1)
    await three.start(first.name)
    await until_answered(first.url)
    await broker.stop()


def connected_to(bus: NatsBus) -> str:
    url = bus.client.connected_url
    assert url is not None
    return url.netloc


async def until_answered(url: str) -> None:
    """The broker's connection may have been on the server that was killed, too."""
    async with asyncio.timeout(15):
        while True:
            try:
                assert (await check(url, "test", "1")).ready
                return
            except Unavailable:
                await asyncio.sleep(0.1)
