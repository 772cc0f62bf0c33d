"""Three times as many questions as can be answered: the rest is refused at once, and as many are answered as before."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from shared import subjects
from shared.broker import NatsBus
from tests.chaos.cluster import Cluster, Shape, running_cluster
from tests.chaos.crowd import FULL, signed_in
from tests.chaos.oracle import judge
from tests.chaos.reading import Client, Reading

WORKERS, SLOTS, QUEUE = 2, 32, 16
TOKENS, STEP_MS = 100, 20
PEAK_PER_S = WORKERS * SLOTS / (TOKENS * STEP_MS / 1000)
"""What the engines could do at most: 32 answers a second."""
SECONDS = 30.0 if FULL else 12.0
REFUSED_WITHIN_S = 0.1
SHARE_OF_PEAK = 0.9

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]


@dataclass
class Load:
    """Questions at a fixed rate, whatever becomes of them."""

    client: Client
    per_s: float
    readings: list[Reading] = field(default_factory=list[Reading])

    async def run(self, seconds: float) -> None:
        tasks: list[asyncio.Task[None]] = []
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            while len(tasks) < now * self.per_s:
                reading = Reading(f"Question {len(tasks)}", TOKENS)
                self.readings.append(reading)
                tasks.append(asyncio.create_task(self.client.read(reading, len(tasks) % 2)))
            await asyncio.sleep(0.005)
        await asyncio.gather(*tasks)

    def answered(self, since: float, until: float) -> float:
        """Answers a second that ended in this time."""
        ended = (one.arrivals[-1] for one in self.readings if one.ends == ["finish"] and not one.errors)
        return sum(since <= at < until for at in ended) / (until - since)


async def bound_queue(cluster: Cluster) -> None:
    """So that overload comes soon: as much may wait as is in hand, and a little more."""
    bus = await NatsBus.connect(cluster.nats.url, "tester")
    js = bus.client.jetstream()
    config = (await js.stream_info(subjects.INFERENCE.name)).config
    config.max_msgs = WORKERS * SLOTS + QUEUE
    await js.update_stream(config)
    await bus.close()


async def measure(client: Client, per_s: float) -> tuple[Load, float]:
    """After the first answers have ended, and before the load does."""
    load, began = Load(client, per_s), time.monotonic()
    await load.run(SECONDS)
    return load, load.answered(began + 4, began + SECONDS)


async def test_goodput_stays_and_the_rest_is_told(tmp_path: Path) -> None:
    environ = {"SLUICE_SIM_SLOTS": str(SLOTS), "SLUICE_SIM_STEP_MS": str(STEP_MS)}
    async with running_cluster(tmp_path / "cluster", Shape(workers=WORKERS, environ=environ)) as cluster:
        client = await signed_in(cluster)
        await bound_queue(cluster)
        _, peak = await measure(client, PEAK_PER_S)
        load, goodput = await measure(client, 3 * PEAK_PER_S)
        refused = [one for one in load.readings if one.status != 200]
        assert {(one.status, bool(one.retry_after)) for one in refused} == {(503, True)}, refused[0]
        took = sorted(one.answered_at - one.asked_at for one in refused)
        assert peak > SHARE_OF_PEAK * PEAK_PER_S, f"{peak:.1f} answers a second at most"
        assert len(refused) > PEAK_PER_S * SECONDS
        assert goodput > SHARE_OF_PEAK * peak, f"{goodput:.1f} of {peak:.1f} answers a second"
        cuts = [f"p{cut} {1000 * took[len(took) * cut // 100]:.0f} ms" for cut in (50, 90, 95, 99)]
        assert took[len(took) * 99 // 100] < REFUSED_WITHIN_S, f"{len(took)} refusals: {cuts}"
        await judge(cluster, [one for one in load.readings if one.status == 200], client.token)
