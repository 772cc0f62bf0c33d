"""What a worker does while NATS is away, before it is there, and when it is told to stop."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from deploy.local.child import Child
from deploy.local.nats_server import NatsServer
from deploy.local.ports import free_port
from services.inference.adapters.simulated import script
from shared import subjects
from shared.errors import Unavailable
from shared.health import check
from shared.messages import ChatCompleted, Event, Sampling
from tests.worker import Asker, asking, gather, running_worker


class MortalNats:
    """A NATS server that can be killed and started again, on the same port and disk."""

    def __init__(self, folder: Path) -> None:
        self._server = NatsServer(folder, free_port(), "test")
        self._log = folder / "nats.log"
        self._child: Child | None = None
        self.url = self._server.url

    async def start(self) -> None:
        self._child = await Child.start(self._server.spec(), self._log)
        await self._server.wait_ready()

    async def kill(self) -> None:
        if self._child is not None:
            os.kill(self._child.pid, signal.SIGKILL)
            await self._child.wait()
            self._child = None


@pytest.fixture
async def server(tmp_path: Path) -> AsyncGenerator[MortalNats]:
    mortal = MortalNats(tmp_path)
    yield mortal
    await mortal.kill()


async def first_event(asker: Asker) -> Event:
    while not asker.bus.connected:
        await asyncio.sleep(0.05)
    consumer = await asker.bus.consume("EVENTS", "test", subjects.EVENTS, ack_wait_s=30)
    async with asyncio.timeout(15):
        while not (deliveries := await consumer.fetch(1, 0.5)):
            pass
    return msgspec.msgpack.decode(deliveries[0].data, type=Event)


async def test_an_answer_survives_the_death_of_nats_and_work_goes_on(server: MortalNats) -> None:
    await server.start()
    async with asking(server.url) as asker, running_worker(server.url, sim_step_ms=20) as app:
        job = asker.job("through the storm", request="r1", sampling=Sampling(max_tokens=60))
        incoming = await asker.submit(job)
        await incoming.next()
        await server.kill()
        async with asyncio.timeout(10):
            while app.engine.stats().running:  # it goes on without anybody to tell
                await asyncio.sleep(0.05)
        await server.start()

        event = await first_event(asker)
        assert isinstance(event, ChatCompleted)
        assert event.answers[0].text == "".join(script.write(job, 0, 60).pieces)
        repaired = await asyncio.wait_for(gather(incoming), 10)  # the frames between were lost, and asked for
        assert repaired.ids == list(script.write(job, 0, 60).ids)
        answered = await asyncio.wait_for(asker.ask(asker.job("after", request="r2")), 10)
        assert answered.end.failure is None
        async with asyncio.timeout(10):
            while await asker.waiting():
                await asyncio.sleep(0.05)


async def test_a_cancellation_that_was_missed_is_found_when_the_bus_is_back(server: MortalNats) -> None:
    await server.start()
    async with asking(server.url) as asker, running_worker(server.url, sim_step_ms=20) as app:
        await (await asker.submit(asker.job("long", request="r1", sampling=Sampling(max_tokens=4000)))).next()
        live = await asker.live("r1")
        assert live is not None
        bucket = asker.bus.bucket(subjects.LIVE_BUCKET)
        cancelled = msgspec.structs.replace(live, state="cancelled")
        await bucket.put(
            subjects.live_request("r1"), msgspec.msgpack.encode(cancelled)
        )  # and no word of control
        await server.kill()
        await server.start()
        async with asyncio.timeout(5):
            while app.engine.stats().running:
                await asyncio.sleep(0.01)


async def test_the_process_waits_for_nats_answers_health_and_stops_cleanly(server: MortalNats) -> None:
    environment = {
        **os.environ,
        "SLUICE_NATS_URL": server.url,
        "SLUICE_ENGINE": "simulated",
        "SLUICE_INSTANCE": "7",
        "SLUICE_SIM_STEP_MS": "1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    try:
        await asyncio.sleep(1.5)
        assert process.returncode is None
        await server.start()
        async with asyncio.timeout(20):
            while True:
                try:
                    if (await check(server.url, "inference", "7")).ready:
                        break
                except Unavailable:
                    pass
                await asyncio.sleep(0.1)
        async with asking(server.url) as asker:
            assert (await asker.ask(asker.job("hello", request="r1"))).end.failure is None
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_setting_that_makes_no_sense_is_named(capfd: pytest.CaptureFixture[str]) -> None:
    environment = {**os.environ, "SLUICE_ENGINE": "steam"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.inference", env=environment
    )
    assert await asyncio.wait_for(process.wait(), 20) == 2
    assert "SLUICE_ENGINE" in capfd.readouterr().err
