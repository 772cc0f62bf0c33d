"""Pulls ingest jobs: as many as there are free slots, kept alive while they run, settled when they are over."""

import asyncio

import msgspec
import structlog

from services.retriever.usecases.ingest import Ingestion
from shared import subjects, telemetry
from shared.broker import Bus, Consumer, Delivery
from shared.errors import Unavailable
from shared.messages import IngestJob

log = structlog.get_logger()

FETCH_S = 1.0
"""How long a pull waits; also how late a stop is noticed."""
PAUSE_S = 1.0
LONGEST_DELAY_S = 30.0


class IngestLoop:
    def __init__(self, bus: Bus, ingestion: Ingestion, *, slots: int, ack_wait_s: float) -> None:
        self._bus = bus
        self._ingestion = ingestion
        self._slots = slots
        self._ack_wait_s = ack_wait_s
        self._running: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set, and then until the jobs in hand are over; cancel it to give those back."""
        consumer: Consumer | None = None
        try:
            while not stop.is_set():
                try:
                    consumer = consumer or await self._consumer()
                    await self._pull(consumer)
                except Unavailable as error:
                    log.warning("ingest.waiting", reason=error.message, again_in_s=PAUSE_S)
                    await asyncio.sleep(PAUSE_S)
            if self._running:
                await asyncio.wait(self._running)
        finally:
            await self._give_back()

    async def _consumer(self) -> Consumer:
        stream = subjects.INGEST_STREAM.name
        return await self._bus.consume(
            stream, subjects.INGESTERS, subjects.INGEST, ack_wait_s=self._ack_wait_s
        )

    async def _pull(self, consumer: Consumer) -> None:
        if len(self._running) >= self._slots:
            await asyncio.wait(self._running, timeout=FETCH_S, return_when=asyncio.FIRST_COMPLETED)
            return
        for delivery in await consumer.fetch(self._slots - len(self._running), FETCH_S):
            task = asyncio.create_task(self._settle(delivery), name=f"ingest-{delivery.sequence}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _give_back(self) -> None:
        for task in self._running:
            task.cancel()
        if self._running:
            await asyncio.wait(self._running)

    async def _settle(self, delivery: Delivery) -> None:
        beating = asyncio.create_task(self._beat(delivery))
        try:
            await self._ingest(delivery)
        except asyncio.CancelledError:
            await self._nak(delivery, 0.0)
            raise
        except Unavailable as error:
            log.warning("ingest.postponed", sequence=delivery.sequence, reason=error.message)
            await self._nak(delivery, delay_s(delivery.deliveries))
        except Exception:
            log.exception("ingest.broke", sequence=delivery.sequence, deliveries=delivery.deliveries)
            await self._nak(delivery, delay_s(delivery.deliveries))
        finally:
            beating.cancel()
            await asyncio.wait({beating})

    async def _ingest(self, delivery: Delivery) -> None:
        try:
            job = msgspec.msgpack.decode(delivery.data, type=IngestJob)
        except msgspec.DecodeError as error:
            log.error("ingest.no_job", sequence=delivery.sequence, reason=str(error))  # noqa: TRY400 -- no stack
            await delivery.term()
            return
        with telemetry.continued(delivery.headers, "ingest"):
            await self._ingestion.ingest(job)
        await delivery.ack()

    async def _beat(self, delivery: Delivery) -> None:
        """Without it NATS would give the job to somebody else while we still work at it."""
        while True:
            await asyncio.sleep(self._ack_wait_s / 3)
            try:
                await delivery.in_progress()
            except Unavailable as error:
                log.warning("ingest.beat_lost", sequence=delivery.sequence, reason=error.message)

    async def _nak(self, delivery: Delivery, delay_s: float) -> None:
        try:
            await delivery.nak(delay_s)
        except Unavailable as error:  # it comes again by itself when its time is over
            log.warning("ingest.nak_lost", sequence=delivery.sequence, reason=error.message)


def delay_s(deliveries: int) -> float:
    return min(2.0 ** min(deliveries, 10), LONGEST_DELAY_S)
