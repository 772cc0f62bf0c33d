"""Every service is restarted, one process after another, under streams that last longer than all of it: none fails."""

from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import FULL, crowd, signed_in
from tests.chaos.oracle import judge

STREAMS = 1_000 if FULL else 200
SERVICES = ("audit", "embedder", "retriever") if FULL else ()
STEP_MS = 200
TOKENS = 400 if FULL else 150
"""80 s of answer, or 30: the restarts take half of that."""

pytestmark = pytest.mark.timeout(300)


async def test_no_stream_fails(tmp_path: Path) -> None:
    environ = {
        "SLUICE_SIM_STEP_MS": str(STEP_MS),
        "SLUICE_SIM_SLOTS": str(STREAMS),
        "SLUICE_SHUTDOWN_GRACE_S": "2",
    }
    shape = Shape(services=SERVICES, environ=environ)
    async with running_cluster(tmp_path / "cluster", shape) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=TOKENS, edges=(0, 1)) as readers:
            await readers.begun()
            await restart_each(cluster)
            assert not any(task.done() for task in readers.tasks), "the streams were too short"
            await readers.over(90)
        await judge(cluster, readers.readings, client.token, within_s=20)


async def restart_each(cluster: Cluster) -> None:
    """As an orchestrator does: the next when this one is ready again."""
    for name, node in cluster.nodes.items():
        if node.spec.kind == "service":
            assert await node.end() == 0, f"{name} did not stop in order"
            await cluster.restart(name)
