"""What is said and heard without a queue: status, frames, control."""

import nats.errors
import structlog
from faststream.nats import NatsBroker

from services.inference.usecases import ServeJobs
from shared import subjects
from shared.broker import Bus, NatsBus
from shared.messages import CancelJob, Control, WorkerStatus
from shared.streams.writer import Publish

log = structlog.get_logger()


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


def subscribe_control(broker: NatsBroker, serve: ServeJobs) -> None:
    """Every worker hears every word of control. Call it before the broker starts."""

    async def control(message: Control) -> None:
        if isinstance(message, CancelJob):
            await serve.cancel(message.request)
        else:
            log.debug("control.ignored", kind=type(message).__name__)

    broker.subscriber(subjects.CONTROL)(control)
