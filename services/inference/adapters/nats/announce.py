"""What is said and heard without a queue: status, frames, control."""

import nats.errors
import structlog
from faststream.nats import NatsBroker

from services.inference.usecases import AttendReaders, ServeJobs
from shared import subjects
from shared.broker import Bus, NatsBus
from shared.errors import SluiceError
from shared.messages import (
    Attach,
    CancelJob,
    Control,
    Detach,
    Lease,
    Shown,
    ShownRequest,
    WorkerStatus,
)
from shared.streams.writer import Publish

log = structlog.get_logger()

SHOWN_S = 0.3
"""How long a receiver may take to say what it has shown."""


class NatsAnnouncements:
    def __init__(self, bus: Bus) -> None:
        self._bus = bus

    async def status(self, status: WorkerStatus) -> None:
        await self._bus.publish(subjects.STATUS, status)


def frame_publisher(bus: NatsBus) -> Publish:
    """Frames go straight to the client. One that cannot leave is lost: its readers see the gap."""
    client = bus.client

    async def publish(subject: str, data: bytes) -> None:
        if not client.is_connected:
            return
        try:
            await client.publish(subject, data)
        except nats.errors.Error as error:
            log.warning("frame.lost", subject=subject, reason=repr(error))

    return publish


class NatsReceivers:
    def __init__(self, bus: Bus, worker: str) -> None:
        self._bus = bus
        self._worker = worker

    async def shown(self, inbox: str, request: str, fence: int) -> Shown | None:
        """A receiver that has gone does not answer: that is no error here."""
        asked = ShownRequest(request, fence, self._worker)
        try:
            return await self._bus.request(subjects.receiver(inbox), asked, Shown, timeout_s=SHOWN_S)
        except SluiceError as error:
            log.info("shown.unknown", request=request, reason=error.message)
            return None


def subscribe_control(broker: NatsBroker, serve: ServeJobs, attend: AttendReaders) -> None:
    """Every worker hears every word of control. Call it before the broker starts."""

    async def control(message: Control) -> None:
        match message:
            case Lease():
                attend.lease(message)
            case Attach():
                await attend.attach(message)
            case Detach():
                await attend.detach(message)
            case CancelJob():
                await serve.cancel(message.request)

    broker.subscriber(subjects.CONTROL)(control)
