"""A worker, put together: one engine, three connections, seven loops."""

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
from services.inference.domain.room import Room
from services.inference.domain.tapes import Tapes
from services.inference.ports import Engine
from services.inference.settings import Settings
from services.inference.usecases import (
    AttendReaders,
    GenerateAnswer,
    HoldJobs,
    KeepEngine,
    PlaceJobs,
    PullJobs,
    Queues,
    ReportStatus,
    Runs,
    ServeJobs,
    SettleAnswers,
)
from shared import subjects
from shared.broker import NatsBus, control_broker, ensure_bus, ensure_one, leave, translated
from shared.errors import Unavailable
from shared.health import answer_health
from shared.runtime import until_available
from shared.streams import FrameWriter

log = structlog.get_logger()

MIB = 1024 * 1024
PING_S = 0.01
LEAVE_S = 3.0


class App:
    """`run` serves until `stop` is set, then hands over what it has, or finishes it within `shutdown_grace_s`."""

    def __init__(self, settings: Settings, engine: Engine, worker: str, clock: Callable[[], float]) -> None:
        self.settings = settings
        self.worker = worker
        self.clock = clock
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
            for close in (self.engine.stop, bus.close, tokens.close):
                last.push_async_callback(close)
            last.push_async_callback(_leave, broker)
            await Worker(self, bus, tokens, broker).serve(stop)

    async def _connect(self) -> tuple[NatsBus, NatsBus, NatsBroker]:
        """Tokens have a connection of their own: bulk must not delay control."""
        url, replicas = self.settings.nats_url, self.settings.nats_replicas
        bus = await until_available("nats", lambda: NatsBus.connect(url, self.worker))
        await until_available("jetstream", lambda: ensure_bus(bus.client, replicas=replicas))
        tokens = await until_available("nats", lambda: NatsBus.connect(url, f"{self.worker}-tokens"))
        return bus, tokens, control_broker(url, f"{self.worker}-control")


async def _leave(broker: NatsBroker) -> None:
    """A NATS that is away for so long has nothing for us."""
    try:
        with translated("NATS"):
            async with asyncio.timeout(LEAVE_S):
                await leave(broker)
    except Unavailable as error:
        log.warning("control.cut_off", reason=error.message)


class Worker:
    """What runs while there is a bus."""

    def __init__(self, app: App, bus: NatsBus, tokens: NatsBus, broker: NatsBroker) -> None:
        settings, engine, worker = app.settings, app.engine, app.worker
        observer, room = TelemetryObserver(engine.name), Room()
        runs, tapes = Runs(engine), Tapes(settings.tapes_mib * MIB)
        claims, journal = nats.LiveClaims(bus, worker), nats.NatsJournal(bus, worker, app.clock)
        self._settings, self._slots, self._bus, self._broker = settings, app.slots, bus, broker
        self._writer = writer = FrameWriter(nats.frame_publisher(tokens), worker)
        self._keep = KeepEngine(engine=engine, slots=app.slots, observer=observer)
        queues = job_queues(bus, worker, engine, settings)
        settle = SettleAnswers(
            runs=runs,
            tapes=tapes,
            engine=engine,
            queue=queues[0],
            claims=claims,
            journal=journal,
            outbox=writer,
            observer=observer,
            clock=app.clock,
        )
        self._serve = ServeJobs(
            runs=runs,
            room=room,
            engine=engine,
            claims=claims,
            receivers=nats.NatsReceivers(bus, worker),
            generate=GenerateAnswer(engine=engine, outbox=writer, died=self._keep.died),
            settle=settle,
            observer=observer,
            clock=app.clock,
        )
        self._peers = nats.NatsPeers(bus, worker, settings.engine_cache)
        place = PlaceJobs(worker=worker, peers=self._peers, has_room=lambda: not app.slots.is_over)
        self._pull = PullJobs(
            queues=Queues(queues),
            place=place,
            serve=self._serve,
            slots=app.slots,
            room=room,
            observer=observer,
        )
        announcements = nats.NatsAnnouncements(bus)
        self._report = ReportStatus(
            worker=worker,
            engine=engine,
            slots=app.slots,
            runs=runs,
            announcements=announcements,
            since=app.clock(),
            cache=settings.engine_cache,
        )
        self._hold = HoldJobs(serve=self._serve, ack_wait_s=settings.ack_wait_s)
        self._attend = AttendReaders(
            runs=runs,
            tapes=tapes,
            outbox=writer,
            listening=lambda: broker.ping(PING_S),
            stalled=self._hold.missed_words,
        )

    async def serve(self, stop: asyncio.Event) -> None:
        slots, bus, hold, broker = self._slots, self._bus, self._hold, self._broker
        nats.subscribe_control(broker, self._serve, self._attend)
        answer_health(broker, "inference", self._settings.instance, lambda: slots.is_open and bus.connected)
        bus.on_reconnect(hold.missed_words)
        await broker.start()
        if self._settings.prefix_affinity:
            await self._peers.start(self._pull.take)
        async with asyncio.TaskGroup() as tasks:
            work = (
                self._writer.run(),
                self._keep.run(),
                self._report.announce(),
                self._attend.run(),
                hold.keep_alive(),
                hold.recheck(),
            )
            loops = [tasks.create_task(loop) for loop in work]
            pulling = tasks.create_task(self._pull.run())
            await stop.wait()
            log.info("worker.draining", running=self._pull.running)
            slots.close()
            await self._report.say()  # from now on nothing is asked of us
            await self._pull.drain(self._settings.shutdown_grace_s)
            await self._writer.flush()
            await pulling
            for loop in loops:
                loop.cancel()


def job_queues(bus: NatsBus, worker: str, engine: Engine, settings: Settings) -> list[nats.JobQueue]:
    """One for each name that is served."""

    async def ensure(stream: subjects.Stream) -> None:
        await ensure_one(bus.client, stream, replicas=settings.nats_replicas)

    return [
        nats.JobQueue(bus, model.name, worker, ack_wait_s=settings.ack_wait_s, ensure_stream=ensure)
        for model in engine.models
    ]


def build_app(
    settings: Settings, *, engine: Engine | None = None, clock: Callable[[], float] = time.time
) -> App:
    worker = f"inference-{settings.instance}"
    return App(settings, engine or build_engine(settings, worker), worker, clock)
