"""Clients that do not read: they cost their edge a bounded buffer each, and their neighbours nothing.

A worker of its own writes 1,000 tokens a second for each of them; the neighbours' worker does 50.
"""

import asyncio
import socket
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from tests.chaos.cluster import Shape, running_cluster
from tests.chaos.crowd import STREAMS, crowd, signed_in
from tests.chaos.http import Answer, events, read_answer, request
from tests.chaos.oracle import expected, judge
from tests.chaos.reading import Client, Reading, question_body

SLOW = 8
TOKENS = 60_000
"""4 MB of events."""
BUFFER_BYTES = 256 * 1024
IDS_BYTES = 8 * TOKENS
"""The ids of all tokens, which an edge keeps of every answer, read or not."""
WATCH_S = 12.0
FAST = {
    "SLUICE_SERVED_MODEL_NAME": "fast",
    "SLUICE_SIM_STEP_MS": "0.5",
    "SLUICE_SIM_CONTEXT_TOKENS": "100000",
}

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]


async def test_its_edge_and_its_neighbours_are_unhurt(tmp_path: Path) -> None:
    async with running_cluster(tmp_path / "cluster", Shape(edges=1, own={"inference-2": FAST})) as cluster:
        client, edge = await signed_in(cluster), psutil.Process(cluster["edge-1"].pid)
        async with crowd(client, STREAMS, max_tokens=int(2.6 * WATCH_S * 50)) as readers:
            await readers.begun()
            began = time.monotonic()
            await asyncio.sleep(WATCH_S)
            before, used = time.monotonic(), edge.memory_info().rss
            slow = [Reading(f"Slow {number}", TOKENS, model="fast") for number in range(SLOW)]
            answers = [await ask_without_reading(client, one) for one in slow]
            await asyncio.sleep(WATCH_S)
            grown = edge.memory_info().rss - used
            after = time.monotonic()
            alone, beside = p99(readers.readings, began, before), p99(readers.readings, before, after)
            for reading, answer in zip(slow, answers, strict=True):
                assert await text_of(answer) == expected(reading.question, TOKENS)
            await readers.over(60)
        assert grown / SLOW < BUFFER_BYTES + IDS_BYTES, f"{grown / SLOW / 1024:.0f} KiB a client"
        assert beside < 1.1 * alone + 0.002, f"p99 gap {beside * 1000:.1f} ms, alone {alone * 1000:.1f} ms"
        await judge(cluster, readers.readings, client.token)


async def ask_without_reading(client: Client, reading: Reading) -> Answer:
    """The kernel buffers little for it, so that the edge has to."""
    small = socket.socket()
    small.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    small.setblocking(False)
    await asyncio.get_running_loop().sock_connect(small, ("127.0.0.1", client.ports[0]))
    reader, writer = await asyncio.open_connection(sock=small, limit=4096)
    body = question_body(reading)
    writer.write(request("POST", "/v1/chat", token=client.token, body=body))
    return await read_answer(reader, writer)


async def text_of(answer: Answer) -> str:
    deltas = [event["delta"] async for event in events(answer) if event["type"] == "text-delta"]
    answer.close()
    return "".join(deltas)


def p99(readings: Sequence[Reading], since: float, until: float) -> float:
    """Of the time between two tokens of a stream."""
    gaps = [
        later - earlier
        for reading in readings
        for earlier, later in zip(reading.arrivals, reading.arrivals[1:], strict=False)
        if since <= earlier and later < until
    ]
    return statistics.quantiles(gaps, n=100)[98]
