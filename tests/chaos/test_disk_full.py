"""JetStream has no room left: new requests are told so, answers wait with their end, and all goes on when there is.

The room is `max_file_store`. It has to be less than the disk: nats-server 2.15 does not take a stream up again whose
write the disk itself has refused, until it is started anew.
"""

import asyncio
from pathlib import Path

import pytest
from nats.errors import Error
from nats.js.client import JetStreamContext

from shared.broker import NatsBus
from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge
from tests.chaos.reading import Reading

ROOM_BYTES = 48 * 1024 * 1024
FULL_S = 5.0
SIZES = (500_000, 20_000, 500, 1)

pytestmark = pytest.mark.timeout(120)


async def fill(js: JetStreamContext) -> None:
    """To the last byte."""
    await js.add_stream(name="FILLER", subjects=["filler"])
    for size in SIZES:
        try:
            while True:
                await js.publish("filler", b"x" * size)
        except Error:
            continue


async def test_it_is_said_and_over_when_there_is_room(tmp_path: Path) -> None:
    shape = Shape(services=("audit",), jetstream={"max_file_store": ROOM_BYTES})
    async with running_cluster(tmp_path / "cluster", shape) as cluster:
        client = await signed_in(cluster)
        bus = await NatsBus.connect(cluster.nats.url, "filler")
        async with crowd(client, STREAMS, max_tokens=150, edges=(0, 1)) as readers:
            await readers.begun()
            await fill(bus.client.jetstream())
            refused = [Reading(f"New {number}", 10) for number in range(8)]
            await asyncio.gather(*(client.read(one, n % 2) for n, one in enumerate(refused)))
            await asyncio.sleep(FULL_S)
            await bus.client.jetstream().delete_stream("FILLER")
            await readers.over(30)
        await bus.close()
        told = {(one.status, bool(one.retry_after)) for one in refused}
        assert told == {(503, True)}, [(one.status, one.refusal) for one in refused]
        after = [Reading(f"After {number}", 10) for number in range(8)]
        await asyncio.gather(*(client.read(one, n % 2) for n, one in enumerate(after)))
        await judge(cluster, [*readers.readings, *after], client.token)
