"""Three nats-servers, and the one that leads is killed: no job that was taken is lost, no reader sees a gap, and tokens
flow again within five seconds.

Streams, buckets and consumers each elect a leader of their own, and nats-server waits for a lost one for four to nine
seconds: that long it takes no jobs (503), and answers that are over wait for their last event.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from shared import subjects
from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import FULL, STREAMS, Crowd, reading_all, signed_in, until
from tests.chaos.nats_servers import NatsCluster, leader_of, meta_leader
from tests.chaos.oracle import judge
from tests.chaos.reading import Client, Reading

BACK_WITHIN_S = 5.0
SLOTS = STREAMS // 2
"""A worker's: the streams of both are live, and all others wait in the queue."""
WAITING = 16
SHORTEST, LONGEST = 200, 3_000 if FULL else 450
"""From 4 s of answer to 60 or 9: some end while there is no leader."""
ASK_EVERY_S = 0.5
ELECTED_WITHIN_S = 30.0
"""A vote may have to be repeated."""

LEADERS = (subjects.INFERENCE.name, "meta", f"KV_{subjects.LIVE_BUCKET}")
"""Whose leader is killed, one after another; `meta`: who decides where streams lie."""

log = structlog.get_logger()

pytestmark = pytest.mark.timeout(240)


class Killed(NamedTuple):
    name: str
    led: str
    at: float


async def test_its_leaders_are_killed_under_live_streams(tmp_path: Path) -> None:
    shape = Shape(services=("audit",), nats_servers=3, environ={"SLUICE_SIM_SLOTS": str(SLOTS)})
    async with running_cluster(tmp_path / "cluster", shape) as cluster:
        client = await signed_in(cluster)
        async with reading_all(client, questions(), edges=(0, 1)) as readers:
            live = await begun(readers)
            async with asking(client) as asked:
                killed: list[Killed] = []
                for what in LEADERS if FULL else LEADERS[:1]:
                    if killed:
                        await cluster.restart(killed[-1].name)
                    killed.append(await kill(cluster, what, asked))
                await readers.over(90)
        report(killed, live, asked)
        told = {(one.status, bool(one.retry_after)) for one in asked}
        assert told <= {(200, False), (503, True)}, [(one.status, one.refusal) for one in asked]
        taken = [one for one in asked if one.status == 200]
        await judge(cluster, [*readers.readings, *taken], client.token, within_s=20)
        assert longest_pause_s(live) < BACK_WITHIN_S


def questions() -> list[Reading]:
    """The live ones first; of those each a little longer than the one before."""
    step = (LONGEST - SHORTEST) / STREAMS
    lengths = [SHORTEST + int(step * number) for number in range(STREAMS)] + [SHORTEST] * WAITING
    return [Reading(f"Question {number}", length) for number, length in enumerate(lengths)]


async def begun(readers: Crowd) -> list[Reading]:
    """Those that are live, when all slots are taken; the others wait, and have been told that they are taken."""

    def live() -> list[Reading]:
        return [reading for reading in readers.readings if len(reading.text) > 40]

    await until(lambda: len(live()) == STREAMS, 30, lambda: f"{len(live())} streams have begun")
    await until(lambda: all(one.status for one in readers.readings), 10, lambda: "some wait for a status")
    return live()


@asynccontextmanager
async def asking(client: Client) -> AsyncGenerator[list[Reading]]:
    """Goes on asking, at both edges, whatever becomes of it; afterwards all that were taken have their answers."""
    asked: list[Reading] = []
    tasks: list[asyncio.Task[None]] = []

    async def ask() -> None:
        while True:
            asked.append(Reading(f"Meanwhile {len(asked)}", 5))
            tasks.append(asyncio.create_task(client.read(asked[-1], len(asked) % 2)))
            await asyncio.sleep(ASK_EVERY_S)

    asker = asyncio.create_task(ask())
    try:
        yield asked
    finally:
        asker.cancel()
        await asyncio.gather(asker, return_exceptions=True)
        await asyncio.gather(*tasks)


async def kill(cluster: Cluster, what: str, asked: Sequence[Reading]) -> Killed:
    """Its leader, when all three are there and have caught up: two must be left. Returns when jobs are taken again."""
    assert isinstance(cluster.nats, NatsCluster)
    await cluster.ready(*(member.name for member in cluster.nats.members))
    members = cluster.nats.members
    name = await (meta_leader(members) if what == "meta" else leader_of(cluster.nats.url, what))
    await cluster[name].kill()
    at = time.monotonic()
    await until(
        lambda: any(taken_since(asked, at)), ELECTED_WITHIN_S, lambda: f"no job is taken without {name}"
    )
    return Killed(name, what, at)


def taken_since(asked: Sequence[Reading], at: float) -> list[Reading]:
    return [one for one in asked if one.asked_at > at and one.status == 200]


def longest_pause_s(readings: Sequence[Reading]) -> float:
    return max(reading.longest_gap_s for reading in readings)


def report(killed: Sequence[Killed], live: Sequence[Reading], asked: Sequence[Reading]) -> None:
    """`pytest -s` shows it."""
    last_word_s = max(one.ended_at - one.arrivals[-1] for one in live if one.ended_at)
    log.info("leader.killed", longest_pause_s=longest_pause_s(live), longest_wait_for_the_end_s=last_word_s)
    for one in killed:
        again_at = min(later.answered_at for later in taken_since(asked, one.at))
        log.info("jobs.taken_again", led=one.led, after_s=again_at - one.at)
    log.info("jobs.asked", taken=len(taken_since(asked, 0)), refused=sum(one.status == 503 for one in asked))
