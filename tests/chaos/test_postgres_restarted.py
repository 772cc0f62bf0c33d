"""PostgreSQL goes away and comes back: what streams goes on, what is new is told to wait, and nothing is forgotten."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge
from tests.chaos.reading import Client, Reading

pytestmark = pytest.mark.timeout(120)


async def test_live_streams_finish_and_new_requests_wait(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=150, edges=(0, 1)) as readers:
            await readers.begun()
            await cluster["postgres"].end()
            refused = [Reading(f"New {number}", 10) for number in range(8)]
            await asyncio.gather(*(client.read(one, n % 2) for n, one in enumerate(refused)))
            await readers.over(30)  # while the database is still away
            new = asyncio.create_task(keep_asking(client))
            await cluster.restart("postgres")
            asked = await new
        told = {(one.status, bool(one.retry_after)) for one in refused}
        assert told == {(503, True)}, [(one.status, one.refusal) for one in refused]
        assert {one.status for one in asked} == {200, 503}, [one.refusal for one in asked]
        answered = [one for one in asked if one.status == 200]
        await judge(cluster, [*readers.readings, *answered], client.token)


async def keep_asking(client: Client) -> list[Reading]:
    """Until somebody is answered, and a little longer."""
    asked: list[Reading] = []
    while sum(one.status == 200 for one in asked) < 3 and len(asked) < 200:
        one = Reading(f"Again {len(asked)}", 5)
        await client.read(one, len(asked) % 2)
        asked.append(one)
        await asyncio.sleep(0.1)
    return asked
