"""Wires the service: NATS → consumer → recorder → ledger."""

import asyncio
from typing import Any

import structlog
from faststream.nats import NatsBroker

from services.audit.adapters.nats import RecordConsumer
from services.audit.adapters.postgres import PostgresLedger
from services.audit.settings import AuditSettings
from services.audit.usecases import Recorder
from shared.broker import control_broker, ensure_bus, leave, translated
from shared.errors import Unavailable
from shared.health import answer_health
from shared.runtime import until_available

log = structlog.get_logger()

CONNECT_TIMEOUT_S = 3.0


class App:
    def __init__(
        self,
        settings: AuditSettings,
        ledger: PostgresLedger,
        recorder: Recorder,
        broker: NatsBroker,
        consumer: RecordConsumer,
    ) -> None:
        self._settings = settings
        self._ledger = ledger
        self._recorder = recorder
        self._broker = broker
        self.consumer = consumer
        self._consuming = False

    @property
    def ready(self) -> bool:
        return self._consuming and self._recorder.available

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set; then the record in hand is stored, and the rest stays on the bus."""
        starting = asyncio.create_task(self._start(), name="audit-start")
        stopping = asyncio.create_task(stop.wait(), name="audit-stop")
        try:
            await asyncio.wait((starting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopping
        finally:
            await self._end(starting, stopping)

    async def _start(self) -> None:
        await until_available("postgres", self._recorder.probe)
        await until_available("nats", self._connect)
        self.consumer.subscribe(self._broker, self._settings)
        answer_health(self._broker, "audit", self._settings.instance, lambda: self.ready)
        await self._broker.start()
        self._consuming = True
        log.info("audit.started")

    async def _connect(self) -> None:
        with translated("NATS"):
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                client = await self._broker.connect()
                await ensure_bus(client, replicas=self._settings.nats_replicas)

    async def _end(self, *tasks: asyncio.Task[Any]) -> None:
        self._consuming = False
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        try:
            with translated("NATS"):
                async with asyncio.timeout(self._settings.shutdown_grace_s):
                    await leave(self._broker)
        except Unavailable as error:  # away; what was not acknowledged comes again
            log.warning("audit.disconnected", reason=error.message)
        await self._ledger.close()
        log.info("audit.stopped")


def build_app(
    settings: AuditSettings, *, ledger: PostgresLedger | None = None, broker: NatsBroker | None = None
) -> App:
    used = ledger or PostgresLedger.connect(settings.database_url)
    recorder = Recorder(used)
    consumer = RecordConsumer(recorder, settings.retry_delay_s)
    return App(settings, used, recorder, broker or control_broker(settings.nats_url, "audit"), consumer)
