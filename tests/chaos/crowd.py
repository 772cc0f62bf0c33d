"""Many readers at once, each in a task of its own."""

import asyncio
import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager

from tests.chaos.cluster import Cluster
from tests.chaos.http import ask
from tests.chaos.reading import Client, Reading

STREAMS = 64
"""How many are live at each fault."""
FULL = os.environ.get("SLUICE_CHAOS") == "full"
"""`make chaos`: full sizes. `make test` runs the same tests, the long ones shortened."""
BEGUN_WITHIN_S = 20.0
POLL_S = 0.01


class Crowd:
    def __init__(
        self, client: Client, readings: Sequence[Reading], tasks: Sequence[asyncio.Task[None]]
    ) -> None:
        self.client = client
        self.readings = readings
        self.tasks = tasks

    async def begun(self, characters: int = 40) -> None:
        """Every reader is in the middle of its answer."""
        await until(
            lambda: all(len(reading.text) >= characters for reading in self.readings),
            BEGUN_WITHIN_S,
            lambda: f"{sum(not reading.text for reading in self.readings)} streams have not begun",
        )

    async def over(self, within_s: float) -> None:
        """Every reader has come to an end, whichever."""
        _, unfinished = await asyncio.wait(self.tasks, timeout=within_s)
        assert not unfinished, f"{len(unfinished)} of {len(self.tasks)} streams are not over"
        for task in self.tasks:
            task.result()

    @property
    def longest_gap_s(self) -> float:
        return max(reading.longest_gap_s for reading in self.readings)


async def until(is_so: Callable[[], bool], within_s: float, otherwise: Callable[[], str]) -> None:
    give_up_at = time.monotonic() + within_s
    while not is_so():
        assert time.monotonic() < give_up_at, otherwise()
        await asyncio.sleep(POLL_S)


async def signed_in(cluster: Cluster, *, comes_back: bool = True) -> Client:
    body = {"username": "admin", "password": cluster.password}
    status, answer = await ask(cluster.ports[0], "POST", "/login", body=body)
    assert status == 200, answer
    for port in cluster.ports:
        await knows_a_model(port, answer["access_token"])
    return Client(cluster.ports, answer["access_token"], comes_back=comes_back)


async def knows_a_model(port: int, token: str) -> None:
    """Workers tell of themselves each second; until then an edge has nobody to ask."""
    give_up_at = time.monotonic() + BEGUN_WITHIN_S
    while not (await ask(port, "GET", "/v1/models", token=token))[1].get("data"):
        assert time.monotonic() < give_up_at, "no worker tells of itself"
        await asyncio.sleep(POLL_S)


@asynccontextmanager
async def crowd(
    client: Client, count: int, *, max_tokens: int, edges: Sequence[int] = (0,)
) -> AsyncGenerator[Crowd]:
    """`edges`: where they ask, in turn."""
    readings = [Reading(f"Question {number}", max_tokens) for number in range(count)]
    async with reading_all(client, readings, edges) as readers:
        yield readers


@asynccontextmanager
async def reading_all(
    client: Client, readings: Sequence[Reading], edges: Sequence[int] = (0,)
) -> AsyncGenerator[Crowd]:
    tasks = [
        asyncio.create_task(client.read(reading, edges[number % len(edges)]))
        for number, reading in enumerate(readings)
    ]
    try:
        yield Crowd(client, readings, tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
