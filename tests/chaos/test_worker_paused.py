"""A worker stands still for longer than anybody waits, and then wakes: it shows nothing, and nobody pays twice."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge
from tests.chaos.records import usage_records

pytestmark = pytest.mark.timeout(120)


async def test_what_it_says_when_it_wakes_is_stale(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=400, edges=(0, 1)) as readers:
            await readers.begun()
            cluster["inference-1"].pause()
            await asyncio.sleep(4)
            cluster["inference-1"].resume()  # the streams that it had are elsewhere, and not over yet
            await readers.over(40)
        await judge(cluster, readers.readings, client.token)
        assert {event.attempt for event in await usage_records(cluster.nats.url)} == {1, 2}


async def test_the_only_worker_goes_on_when_it_wakes(tmp_path: Path) -> None:
    """Its answers were asked of another, and there was none."""
    async with running_cluster(tmp_path / "cluster", Shape(workers=1, services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=250, edges=(0, 1)) as readers:
            await readers.begun()
            cluster["inference-1"].pause()
            await asyncio.sleep(6)
            cluster["inference-1"].resume()
            await readers.over(40)
        await judge(cluster, readers.readings, client.token)


@pytest.mark.full
async def test_a_worker_that_wakes_when_all_is_over_changes_nothing(tmp_path: Path) -> None:
    """Its job came to another by redelivery, too: `ack_wait_s` passed meanwhile."""
    shape = Shape(services=("audit",), environ={"SLUICE_ACK_WAIT_S": "2"})
    async with running_cluster(tmp_path / "cluster", shape) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=100, edges=(0, 1)) as readers:
            await readers.begun()
            cluster["inference-1"].pause()
            await readers.over(30)
            await asyncio.sleep(3)
            cluster["inference-1"].resume()
            await asyncio.sleep(2)
        await judge(cluster, readers.readings, client.token)
