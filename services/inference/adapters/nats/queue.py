"""Jobs from the two work queues of JetStream."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog

from services.inference.ports import Lane, Ticket
from shared import subjects
from shared.broker import Bus, Consumer, Delivery
from shared.errors import Unavailable
from shared.messages import ChatJob

log = structlog.get_logger()


class NatsTicket:
    def __init__(self, job: ChatJob, delivery: Delivery) -> None:
        self.job = job
        self._delivery = delivery

    @property
    def headers(self) -> Mapping[str, str]:
        return self._delivery.headers

    @property
    def handle(self) -> str:
        return self._delivery.handle

    @property
    def sequence(self) -> int:
        return self._delivery.sequence

    @property
    def deliveries(self) -> int:
        return self._delivery.deliveries

    async def ack(self) -> None:
        await self._delivery.ack()

    async def nak(self, delay_s: float = 0.0) -> None:
        await self._delivery.nak(delay_s)

    async def term(self) -> None:
        await self._delivery.term()

    async def in_progress(self) -> None:
        await self._delivery.in_progress()


class JobQueue:
    """One durable consumer for each lane of a model, shared by all of its workers. An adapter is a model, too."""

    def __init__(
        self,
        bus: Bus,
        model: str,
        worker: str,
        *,
        ack_wait_s: float,
        ensure_stream: Callable[[subjects.Stream], Awaitable[None]],
    ) -> None:
        token = subjects.model_token(model)
        jobs, resume = subjects.INFERENCE.name, subjects.INFERENCE_RESUME.name
        self._lanes = {
            "resumes": (resume, f"resume-{token}", subjects.resumes_of(model)),
            "interactive": (jobs, f"interactive-{token}", subjects.jobs_of(model, "interactive")),
            "batch": (jobs, f"batch-{token}", subjects.jobs_of(model, "batch")),
        }
        self._bus = bus
        self._model = model
        self._publisher = subjects.model_token(worker)
        self._ack_wait_s = ack_wait_s
        self._ensure_stream = ensure_stream
        self._consumers: dict[str, Consumer] = {}

    async def resumes(self, limit: int, timeout_s: float) -> list[Ticket]:
        return await self._fetch("resumes", limit, timeout_s)

    async def interactive(self, limit: int, timeout_s: float) -> list[Ticket]:
        return await self._fetch("interactive", limit, timeout_s)

    async def batch(self, limit: int, timeout_s: float) -> list[Ticket]:
        return await self._fetch("batch", limit, timeout_s)

    async def reopen(self, lane: Lane) -> None:
        """A server that lost its disk has neither streams nor consumers; making them again is harmless. Each stream by
        itself: in a cluster one may be without a leader while the other is well."""
        if not self._bus.connected:
            raise Unavailable("NATS is away.")
        stream = subjects.INFERENCE_RESUME if lane == "resumes" else subjects.INFERENCE
        await self._ensure_stream(stream)
        for known, (name, _, _) in self._lanes.items():
            if name == stream.name:
                self._consumers.pop(known, None)

    async def pass_on(self, job: ChatJob) -> None:
        """A reader that has given us up publishes the same attempt: whoever is first, it is stored once."""
        subject = subjects.resume(job.model, self._publisher)
        await self._bus.append(subject, job, id=f"{job.request}:{job.attempt}")

    async def _fetch(self, lane: str, limit: int, timeout_s: float) -> list[Ticket]:
        if not self._bus.connected:  # a pull that is sent later would ask for jobs beyond our slots
            raise Unavailable("NATS is away.")
        consumer = self._consumers.get(lane) or await self._open(lane)
        deliveries = await consumer.fetch(limit, timeout_s)
        return [
            NatsTicket(self._named(job), delivery)
            for delivery in deliveries
            if (job := await _decoded(delivery)) is not None
        ]

    def _named(self, job: ChatJob) -> ChatJob:
        """Its subject says which model is meant, whatever the job calls it."""
        if job.model == self._model:
            return job
        return msgspec.structs.replace(
            job, model=self._model, requested_model=job.requested_model or job.model
        )

    async def _open(self, lane: str) -> Consumer:
        stream, durable, subject = self._lanes[lane]
        consumer = await self._bus.consume(stream, durable, subject, ack_wait_s=self._ack_wait_s)
        self._consumers[lane] = consumer
        return consumer


async def _decoded(delivery: Delivery) -> ChatJob | None:
    """Anybody may publish: what is no job is taken off the queue, and nobody is there to be told."""
    try:
        return msgspec.msgpack.decode(delivery.data, type=ChatJob)
    except msgspec.DecodeError as error:
        log.warning("job.malformed", sequence=delivery.sequence, reason=str(error))
        await delivery.term()
        return None
