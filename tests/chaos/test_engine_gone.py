"""An engine is killed, or hangs, under its worker: that one is not ready, and its streams go on at another.

On real vLLM: eight greedy streams, which is what two cores carry. One cluster for both tests, since engines take long
to load.
"""

import time
from collections.abc import AsyncGenerator, Callable
from typing import NamedTuple

import psutil
import pytest
import pytest_asyncio

from tests.chaos.cluster import Cluster, running_cluster
from tests.chaos.crowd import reading_all, signed_in
from tests.chaos.engines import LOADED_WITHIN_S, again, core_of, left_alone, listening, with_engines
from tests.chaos.oracle import judge
from tests.chaos.reading import Client, Reading
from tests.chaos.records import holders, usage_records

STREAMS = 8
MAX_TOKENS = 800
ENDS_WITHIN_S = 120.0
GOES_ON_WITHIN_S = 2.0
"""Of its death, or of being found to hang; two cores carry both engines, and load the next one meanwhile."""

Tell = Callable[[str, object], None]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.vllm,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(600),
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cluster]:
    shape = with_engines(workers=2, services=("audit",))
    async with running_cluster(tmp_path_factory.mktemp("engines") / "cluster", shape) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(cluster: Cluster) -> Client:
    return await signed_in(cluster)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def asked(cluster: Cluster, client: Client) -> list[Reading]:
    """The questions, each with what is said to it when nothing happens."""
    return await left_alone(cluster, client, [f"Question {n}" for n in range(STREAMS)], MAX_TOKENS)


async def test_of_one_that_is_killed(
    cluster: Cluster, client: Client, asked: list[Reading], record_testsuite_property: Tell
) -> None:
    found = await goes_on_elsewhere(cluster, client, asked, psutil.Process.kill)
    record_testsuite_property("engine killed", found)
    assert found.not_ready_s < 2
    assert found.longest_gap_s < GOES_ON_WITHIN_S


async def test_of_one_that_hangs(
    cluster: Cluster, client: Client, asked: list[Reading], record_testsuite_property: Tell
) -> None:
    found = await goes_on_elsewhere(cluster, client, asked, psutil.Process.suspend)
    record_testsuite_property("engine hung", found)
    assert found.not_ready_s < 10
    assert found.longest_gap_s < found.not_ready_s + GOES_ON_WITHIN_S


class Found(NamedTuple):
    """Figures for whoever reads the report, in seconds."""

    not_ready_s: float
    longest_gap_s: float
    back_s: float
    moved: int


async def goes_on_elsewhere(
    cluster: Cluster, client: Client, asked: list[Reading], do: Callable[[psutil.Process], None]
) -> Found:
    readings = [again(reading) for reading in asked]
    async with listening(cluster) as statuses, reading_all(client, readings, (0, 1)) as readers:
        await readers.begun()
        ((victim, held),) = (await holders(cluster.nats.url)).most_common(1)
        core = core_of(cluster[victim])
        do(core)
        at = time.monotonic()
        not_ready_s = await statuses.says(victim, ready=False, since=at, within_s=30)
        await readers.over(ENDS_WITHIN_S)
        back_s = await statuses.says(victim, ready=True, since=at + not_ready_s, within_s=LOADED_WITHIN_S)
    await judge(cluster, readings, client.token)
    chats = {reading.chat for reading in readings}
    attempts = [event.attempt for event in await usage_records(cluster.nats.url) if event.chat in chats]
    assert set(attempts) <= {1, 2}
    assert 0 < attempts.count(2) <= held
    assert not core.is_running()
    return Found(not_ready_s, readers.longest_gap_s, not_ready_s + back_s, attempts.count(2))
