"""A question that is larger than the bus takes: 413, and neither the client's connection nor the edge's is harmed."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.http import ask, read_answer, request
from tests.chaos.oracle import judge
from tests.chaos.reading import Client

MAX_PAYLOAD = 128 * 1024
SIZES = (MAX_PAYLOAD, 199_000, 201_000, 12_000_000)
"""Characters: over the bus's bound, the same near the edge's own, over that, and as much as a body may hold."""

pytestmark = pytest.mark.timeout(120)


async def test_it_is_refused_and_the_connections_live(tmp_path: Path) -> None:
    shape = Shape(services=("audit",), nats={"max_payload": MAX_PAYLOAD})
    async with running_cluster(tmp_path / "cluster", shape) as cluster:
        client = await signed_in(cluster)
        async with crowd(client, STREAMS, max_tokens=150, edges=(0, 1)) as readers:
            await readers.begun()
            statuses = await ask_on_one_connection(client)
            assert statuses == [413, 413, 413, 413, 200]
            body = {"messages": [{"role": "user", "content": "x" * 13_000_000}]}
            assert (await ask(client.ports[0], "POST", "/v1/chat", token=client.token, body=body))[0] == 413
            await readers.over(30)
        await judge(cluster, readers.readings, client.token)
        said = cluster["edge-1"].said()
        assert "nats.disconnected" not in said


async def ask_on_one_connection(client: Client) -> list[int]:
    """Each of the sizes, then one that fits."""
    reader, writer = await asyncio.open_connection("127.0.0.1", client.ports[0])
    statuses: list[int] = []
    for size in (*SIZES, 10):
        body = {"messages": [{"role": "user", "content": "x" * size}], "max_tokens": 3, "retrieval": False}
        writer.write(request("POST", "/v1/chat", token=client.token, body=body))
        answer = await read_answer(reader, writer)
        await answer.body()
        statuses.append(answer.status)
    writer.close()
    return statuses
