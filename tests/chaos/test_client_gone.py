"""A client stops, or goes without a word: its slot in the engine is free at once, or after the grace.

Every slot is taken and others wait, so the first word to one who waited tells when the engine had room again.
`test_engine_aborts.py` does the same for each phase of a request.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import Crowd, crowd, signed_in, until
from tests.chaos.http import ask
from tests.chaos.oracle import expected
from tests.chaos.reading import Client, Reading

SLOTS = 64
LONG = 4_000
FREE_WITHIN_S = 0.5
GRACE_S = 3.0
TIMES = 5

pytestmark = pytest.mark.timeout(120)


@asynccontextmanager
async def busy(folder: Path) -> AsyncGenerator[tuple[Cluster, Crowd]]:
    """One worker whose slots are all taken."""
    environ = {"SLUICE_SIM_SLOTS": str(SLOTS), "SLUICE_RESUME_GRACE_S": str(GRACE_S)}
    async with running_cluster(folder, Shape(workers=1, environ=environ)) as cluster:
        client = await signed_in(cluster, comes_back=False)
        async with crowd(client, SLOTS, max_tokens=LONG, edges=(0, 1)) as readers:
            await readers.begun()
            yield cluster, readers


@asynccontextmanager
async def waiting(client: Client, count: int) -> AsyncGenerator[Sequence[Reading]]:
    async with crowd(client, count, max_tokens=LONG) as more:
        await until(
            lambda: all(one.status == 200 for one in more.readings),
            10,
            lambda: "no status for those who wait",
        )
        assert not any(one.text for one in more.readings)
        yield more.readings


def begun(readings: Sequence[Reading]) -> list[float]:
    """When those that have begun did, in order."""
    return sorted(one.arrivals[0] for one in readings if one.arrivals)


async def stop(client: Client, chat: str, edge: int) -> None:
    status, body = await ask(client.ports[edge], "POST", f"/v1/chat/{chat}/stop", token=client.token)
    assert status in (200, 202, 204), body


async def test_stop_frees_the_slot_from_any_edge(tmp_path: Path) -> None:
    async with busy(tmp_path / "cluster") as (cluster, readers):
        client = readers.client
        async with waiting(client, TIMES) as next_ones:
            for number in range(TIMES):
                stopped_at, stopped = time.monotonic(), readers.readings[number]
                await stop(client, stopped.chat, edge=(number + 1) % 2)
                await until(lambda n=number: len(begun(next_ones)) > n, 3, lambda: "no slot became free")
                assert begun(next_ones)[number] - stopped_at < FREE_WITHIN_S
                await asyncio.wait([readers.tasks[number]], timeout=2)
                assert (stopped.ends, stopped.errors) == (["abort"], [])
                await stored_as_cancelled(cluster, client.token, stopped)


async def stored_as_cancelled(cluster: Cluster, token: str, reading: Reading) -> None:
    """As much as was shown, and marked."""
    give_up_at, answers = time.monotonic() + 5, list[dict[str, str]]()
    while not answers:
        assert time.monotonic() < give_up_at, "the partial answer is not stored"
        _, body = await ask(cluster.ports[0], "GET", f"/v1/conversations/{reading.chat}", token=token)
        answers = [one for one in body["messages"] if one["role"] == "assistant" and one["text"]]
    assert [one["status"] for one in answers] == ["cancelled"]
    assert answers[0]["text"].startswith(reading.text)
    assert expected(reading.question, LONG).startswith(answers[0]["text"])


async def test_a_silent_client_keeps_its_slot_for_the_grace(tmp_path: Path) -> None:
    async with busy(tmp_path / "cluster") as (_, readers), waiting(readers.client, TIMES) as next_ones:
        gone_at = time.monotonic()
        for task in readers.tasks[:TIMES]:
            task.cancel()
        await until(
            lambda: len(begun(next_ones)) == TIMES, GRACE_S + 5, lambda: f"{len(begun(next_ones))} slots"
        )
        kept = [at - gone_at for at in begun(next_ones)]
        assert kept[0] > GRACE_S - 0.2
        assert kept[-1] < GRACE_S + 1.0
