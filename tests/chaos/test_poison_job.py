"""A question that ends whatever process takes it up: after three of them it is put aside, and whoever asked is told.

The engine here reads prompts slowly. So the test knows who has the long one before its first token, and kills it.
"""

import asyncio
import time
from pathlib import Path

import pytest

from shared import subjects
from shared.broker import NatsBus
from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge
from tests.chaos.reading import Reading
from tests.chaos.records import request_of

DELIVERIES = 3
POISON = "poison " * 1_000
ENVIRON = {"SLUICE_SIM_PREFILL_TOKENS_PER_S": "20"}
"""The poison is read in 50 s, the others' questions in half a second."""

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]


async def test_it_is_put_aside_and_its_neighbours_live(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(workers=3, environ=ENVIRON)) as cluster:
        client = await signed_in(cluster)
        bus = await NatsBus.connect(cluster.nats.url, "poisoner")
        async with crowd(client, STREAMS, max_tokens=900, edges=(0, 1)) as readers:
            await readers.begun()
            poison = Reading(POISON, 10)
            asking = asyncio.create_task(client.read(poison))
            for attempt in range(1, DELIVERIES + 1):
                worker = await taker(bus, poison.chat, attempt)
                await cluster[worker].kill()
                await cluster.restart(worker)
            await asyncio.wait([asking], timeout=15)
            assert asking.done()
            await readers.over(60)
        letters = (await bus.client.jetstream().stream_info(subjects.DEAD_LETTERS.name)).state.messages
        await bus.close()
        assert letters == 1
        assert (poison.text, poison.ends) == ("", ["finish"])
        assert poison.errors
        assert all(await asyncio.gather(*(is_ready(cluster, name) for name in cluster.nodes)))
        await judge(cluster, readers.readings, client.token)


async def taker(bus: NatsBus, chat: str, attempt: int) -> str:
    """The node that has claimed this attempt at the answer in this conversation."""
    bucket = await bus.client.jetstream().key_value(subjects.LIVE_BUCKET)
    give_up_at = time.monotonic() + 20
    while time.monotonic() < give_up_at:
        for key in await bucket.keys():
            live = request_of(key, (await bucket.get(key)).value)
            if live is not None and (live.chat, live.attempt, live.state) == (chat, attempt, "running"):
                return live.worker.removeprefix("inference-")
        await asyncio.sleep(0.1)
    raise AssertionError(f"nobody takes attempt {attempt}")


async def is_ready(cluster: Cluster, name: str) -> bool:
    return await cluster[name].is_ready()
