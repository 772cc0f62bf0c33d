"""A worker, put together: one engine, three connections, six loops."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack

import structlog
from faststream.nats import NatsBroker

from services.inference.adapters import nats
from services.inference.adapters.engines import build_engine
from services.inference.adapters.observer import TelemetryObserver
from services.inference.domain.admission import Slots
from services.inference.ports import Engine
from services.inference.settings import Settings
from services.inference.usecases import HoldJobs, KeepEngine, PullJobs, ReportStatus, ServeJobs
from shared.broker import NatsBus, control_broker, ensure_bus
from shared.health import answer_health
from shared.runtime import until_available
from shared.streams import FrameWriter

log = structlog.get_logger()


class App:
    """`run` serves until `stop` is set, then finishes what it has within `shutdown_grace_s`."""

    def __init__(self, settings: Settings, engine: Engine, worker: str, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._worker = worker
        self._clock = clock
        self.engine = engine
        self.slots = Slots()

    async def run(self, stop: asyncio.Event) -> None:
        starting = asyncio.create_task(self._connect())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return
        bus, tokens, broker = starting.result()
        async with AsyncExitStack() as last:  # backwards, and each although another failed
            for close in (self.engine.stop, bus.close, tokens.close, broker.stop):
                last.push_async_callback(close)
            await self._serve(bus, tokens, broker, stop)

    async def _connect(self) -> tuple[NatsBus, NatsBus, NatsBroker]:
        """Tokens have a connection of their own: bulk must not delay control."""
        url = self._settings.nats_url
        bus = await until_available("nats", lambda: NatsBus.connect(url, self._worker))
        await until_available("jetstream", lambda: ensure_bus(bus.client))
        tokens = await until_available("nats", lambda: NatsBus.connect(url, f"{self._worker}-tokens"))
        return bus, tokens, control_broker(url, f"{self._worker}-control")

    async def _serve(self, bus: NatsBus, tokens: NatsBus, broker: NatsBroker, stop: asyncio.Event) -> None:
        settings, engine, slots = self._settings, self.engine, self.slots
        observer = TelemetryObserver(engine.name)
        writer = FrameWriter(nats.frame_publisher(tokens), self._worker)
        serve = ServeJobs(
            engine=engine,
            claims=nats.LiveClaims(bus, self._worker),
            outbox=writer,
            journal=nats.NatsJournal(bus, self._worker, self._clock),
            observer=observer,
            clock=self._clock,
        )
        queue = nats.JobQueue(
            bus,
            engine.models[0].name,
            ack_wait_s=settings.ack_wait_s,
            ensure_streams=lambda: ensure_bus(bus.client),
        )
        pull = PullJobs(queue=queue, serve=serve, slots=slots, observer=observer)
        report = ReportStatus(
            worker=self._worker,
            engine=engine,
            slots=slots,
            announcements=nats.NatsAnnouncements(bus),
        )
        hold = HoldJobs(serve=serve, ack_wait_s=settings.ack_wait_s)
        nats.subscribe_control(broker, serve)
        answer_health(broker, "inference", settings.instance, lambda: slots.is_open and bus.connected)
        bus.on_reconnect(hold.bus_returned)
        await broker.start()
        async with asyncio.TaskGroup() as tasks:
            keep = KeepEngine(engine=engine, slots=slots, observer=observer)
            work = (writer.run(), keep.run(), report.announce(), hold.keep_alive(), hold.recheck())
            loops = [tasks.create_task(loop) for loop in work]
            pulling = tasks.create_task(pull.run())
            await stop.wait()
            log.info("worker.draining", running=pull.running)
            await pull.drain(settings.shutdown_grace_s)
            await writer.flush()
            await pulling
            for loop in loops:
                loop.cancel()


def build_app(
    settings: Settings, *, engine: Engine | None = None, clock: Callable[[], float] = time.time
) -> App:
    worker = f"inference-{settings.instance}"
    return App(settings, engine or build_engine(settings, worker), worker, clock)
