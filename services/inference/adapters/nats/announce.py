"""What is said and heard without a queue: status, frames, control."""

import asyncio
from collections.abc import Mapping

import msgspec
import nats.errors
import structlog
from faststream.nats import NatsBroker

from services.inference.usecases import AttendReaders, ServeJobs
from shared import subjects
from shared.broker import Bus, NatsBus
from shared.errors import SluiceError, Unavailable
from shared.messages import (
    Attach,
    CancelJob,
    ChatJob,
    Control,
    Detach,
    Lease,
    LiveChat,
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

    async def shown(self, job: ChatJob, fence: int) -> Mapping[str, Shown]:
        """A receiver that has gone does not answer: that is no error here. All are asked at once."""
        asked = ShownRequest(job.request, fence, self._worker)
        inboxes = await self._inboxes(job)
        told = await asyncio.gather(*(self._shown(inbox, asked) for inbox in inboxes))
        return {inbox: shown for inbox, shown in zip(inboxes, told, strict=True) if shown is not None}

    async def _shown(self, inbox: str, asked: ShownRequest) -> Shown | None:
        try:
            return await self._bus.request(subjects.receiver(inbox), asked, Shown, timeout_s=SHOWN_S)
        except SluiceError as error:
            log.info("shown.unknown", request=asked.request, inbox=inbox, reason=error.message)
            return None

    async def _inboxes(self, job: ChatJob) -> list[str]:
        """The job names one; a conversation remembers all that ever read its newest answer."""
        if not job.chat:
            return [job.inbox]
        try:
            entry = await self._bus.bucket(subjects.LIVE_BUCKET).get(subjects.live_chat(job.chat))
        except Unavailable as error:
            log.info("readers.unknown", request=job.request, reason=error.message)
            return [job.inbox]
        newest = None if entry is None else msgspec.msgpack.decode(entry.value, type=LiveChat)
        others = newest.inboxes if newest is not None and newest.request == job.request else ()
        return list(dict.fromkeys((job.inbox, *others)))


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
