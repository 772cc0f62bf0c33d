"""A worker is killed with streams on it: they go on at another, and nothing of them is lost or doubled."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge
from tests.chaos.records import usage_records

GOES_ON_WITHIN_S = 2.0

pytestmark = pytest.mark.timeout(120)


async def test_its_streams_go_on_elsewhere(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=250, edges=(0, 1)) as readers:
            await readers.begun()
            await cluster["inference-1"].kill()
            await readers.over(30)
        await judge(cluster, readers.readings, client.token)
        attempts = {event.attempt for event in await usage_records(cluster.nats.url)}
        assert attempts == {1, 2}  # it had some of the streams, and the other one had some
        assert readers.longest_gap_s < GOES_ON_WITHIN_S


async def test_the_only_workers_streams_wait_until_it_is_back(tmp_path: Path) -> None:
    """As under `make run`, where there is one, and the supervisor starts it again."""
    async with running_cluster(tmp_path / "cluster", Shape(workers=1, services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=250, edges=(0, 1)) as readers:
            await readers.begun()
            await cluster["inference-1"].kill()
            await asyncio.sleep(6)  # long enough for its edges to miss its reports, too
            await cluster["inference-1"].start()
            await readers.over(40)
        await judge(cluster, readers.readings, client.token)
        assert {event.attempt for event in await usage_records(cluster.nats.url)} == {2}
