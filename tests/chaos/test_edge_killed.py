"""An edge is killed, and its clients turn to another one: they are shown all of it again, and then the rest."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge
from tests.chaos.reading import Reading
from tests.chaos.records import usage_records

REPLAYED_WITHIN_S = 1.0

pytestmark = pytest.mark.timeout(120)


async def test_its_clients_are_replayed_by_another(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=300) as readers:
            await readers.begun()
            await cluster["edge-1"].kill()
            await readers.over(30)
            await cluster.restart(
                "edge-1"
            )  # what it has still to say about them it says now, or the other does
        await judge(cluster, readers.readings, client.token, edge=1)
        assert {event.attempt for event in await usage_records(cluster.nats.url)} == {1}
        assert max(map(replayed_after_s, readers.readings)) < REPLAYED_WITHIN_S


async def test_a_second_tab_on_another_edge_reads_the_same_answer(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape()) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=150) as readers:
            await readers.begun()
            tabs = [Reading(one.question, one.max_tokens, one.chat) for one in readers.readings]
            await asyncio.gather(*(client.watch(tab, edge=1) for tab in tabs))
            await readers.over(30)
        await judge(cluster, readers.readings, client.token)
        await judge(cluster, tabs, client.token)
        pairs = zip(readers.readings, tabs, strict=True)
        assert all(reading.message_ids == tab.message_ids for reading, tab in pairs)


def replayed_after_s(reading: Reading) -> float:
    return max(back - cut for cut, back in zip(reading.cuts, reading.regained, strict=True))
