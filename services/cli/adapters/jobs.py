"""One job on NATS, from its publication to its last token."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec
import structlog

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import Conflict, DeadlineExceeded, Unavailable, from_failure
from shared.messages import CancelJob, ChatJob, LiveRequest, Piece, end_of
from shared.streams import Receiver

log = structlog.get_logger()

OVER = frozenset({"finishing", "done", "cancelled"})
CANCELLED_TTL_S = 600.0
"""Long enough for a redelivery of the job to find out."""
CLAIM_RACES = 8
"""A request changes hands a few times at most while we try to mark it."""


class BusJobs:
    """`receiver` is started and run by whoever makes it."""

    def __init__(self, bus: Bus, receiver: Receiver, publisher: str) -> None:
        self._bus = bus
        self._receiver = receiver
        self._publisher = publisher

    async def answer(self, job: ChatJob) -> AsyncGenerator[list[Piece]]:
        """What has come each time, up to the last piece; a failure in that one is raised.

        Also raises `QueueFull`, `TooLarge`, `DeadlineExceeded` or `Unavailable`. Closed before the end, it
        cancels the job.
        """
        incoming = self._receiver.open(job.request)
        job = msgspec.structs.replace(job, stream=incoming.number)
        self._receiver.remember(job)
        sequence, over = 0, False
        try:
            subject = subjects.job(job.model, job.priority, self._publisher)
            sequence = (await self._bus.append(subject, job, id=f"{job.request}:{job.attempt}")).sequence
            while not over:
                async with asyncio.timeout(job.deadline - time.time()):
                    pieces = await incoming.next()
                end = end_of(pieces)
                over = end is not None
                yield pieces
                if end is not None and end.failure is not None:
                    raise from_failure(end.failure)
        except TimeoutError as error:
            raise DeadlineExceeded("The answer was not complete in time.") from error
        finally:
            incoming.close()
            if sequence and not over:
                await self._cancel(job, sequence)

    async def _cancel(self, job: ChatJob, sequence: int) -> None:
        """Marked first: a worker that has pulled the job, and not yet claimed it, hears no `CancelJob`."""
        try:
            await self._mark_cancelled(job)
            await self._bus.delete(subjects.INFERENCE.name, sequence)
            await self._bus.publish(subjects.CONTROL, CancelJob(job.request))
        except Unavailable as error:  # nobody to tell; the job runs to its end, and nobody reads it
            log.warning("job.not_cancelled", request=job.request, reason=error.message)

    async def _mark_cancelled(self, job: ChatJob) -> None:
        """An entry is there as soon as a worker has claimed the job."""
        live, key = self._bus.bucket(subjects.LIVE_BUCKET), subjects.live_request(job.request)
        for _ in range(CLAIM_RACES):
            entry = await live.get(key)
            known = LiveRequest(user=job.user) if entry is None else decode(entry.value)
            if known.state in OVER:
                return
            marked = msgspec.msgpack.encode(msgspec.structs.replace(known, state="cancelled"))
            try:
                if entry is None:
                    await live.create(key, marked, ttl_s=CANCELLED_TTL_S)
                else:
                    await live.update(key, marked, revision=entry.revision, ttl_s=CANCELLED_TTL_S)
            except Conflict:
                continue
            return


def decode(value: bytes) -> LiveRequest:
    return msgspec.msgpack.decode(value, type=LiveRequest)
