"""nats-server is killed and comes back: no job that it took is lost, and every stream goes on without a gap."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in, until
from tests.chaos.oracle import judge

BACK_WITHIN_S = 5.0
AWAY_S = 1.0
SLOTS = 24
"""A worker's: some jobs wait in the queue when the server dies."""

pytestmark = pytest.mark.timeout(120)


async def test_streams_go_on_and_waiting_jobs_are_done(tmp_path: Path) -> None:
    shape = Shape(services=("audit",), environ={"SLUICE_SIM_SLOTS": str(SLOTS)})
    async with running_cluster(tmp_path / "cluster", shape) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=250, edges=(0, 1)) as readers:
            live = [False] * STREAMS

            def begun() -> int:
                live[:] = [len(reading.text) > 40 for reading in readers.readings]
                return sum(live)

            await until(lambda: begun() == 2 * SLOTS, 20, lambda: f"{begun()} streams have begun")
            await until(
                lambda: all(reading.status for reading in readers.readings),
                5,
                lambda: "some wait for a status",
            )
            await cluster["nats"].kill()
            await asyncio.sleep(AWAY_S)
            await cluster.restart("nats")
            back_at = time.monotonic()
            await readers.over(40)
        await judge(cluster, readers.readings, client.token)
        flowing = [
            min(at for at in reading.arrivals if at > back_at)
            for reading, was_live in zip(readers.readings, live, strict=True)
            if was_live
        ]
        assert max(flowing) - back_at < BACK_WITHIN_S
