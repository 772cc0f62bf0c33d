"""Each job comes twice, by a publisher without message ids: one generation is shown, one is stored, one is counted."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from nats.aio.msg import Msg

from shared.broker import NatsBus
from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.oracle import judge

AGAIN = {"again": "yes"}

pytestmark = pytest.mark.timeout(120)


@asynccontextmanager
async def doubling(nats_url: str) -> AsyncGenerator[list[str]]:
    """Publishes every job once more; the subjects of those."""
    bus = await NatsBus.connect(nats_url, "doubler")
    doubled: list[str] = []

    async def heard(message: Msg) -> None:
        if message.headers is None or "again" not in message.headers:
            doubled.append(message.subject)
            await bus.client.jetstream().publish(message.subject, message.data, headers=AGAIN)

    await bus.client.subscribe("inference.jobs.>", cb=heard)
    try:
        yield doubled
    finally:
        await bus.close()


async def test_one_generation_is_shown(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(services=("audit",))) as cluster:
        client = await signed_in(cluster)
        async with doubling(cluster.nats.url) as doubled, crowd(client, STREAMS, max_tokens=100) as readers:
            await readers.over(30)
            assert len(doubled) == STREAMS
        await judge(cluster, readers.readings, client.token)
