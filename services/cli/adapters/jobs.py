"""One job on NATS, from its publication to its last delta."""

import asyncio
import time
from collections.abc import AsyncGenerator

import msgspec
import structlog

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import DeadlineExceeded, Unavailable, from_failure
from shared.messages import CancelJob, ChatJob, Delta
from shared.streams import Receiver

log = structlog.get_logger()


class BusJobs:
    """`receiver` is started and run by whoever makes it."""

    def __init__(self, bus: Bus, receiver: Receiver, publisher: str) -> None:
        self._bus = bus
        self._receiver = receiver
        self._publisher = publisher

    async def deltas(self, job: ChatJob) -> AsyncGenerator[list[Delta]]:
        """What has come each time, up to the last delta; a failure in that one is raised.

        Also raises `QueueFull`, `TooLarge`, `DeadlineExceeded` or `Unavailable`. Closed before the end, it
        cancels the job.
        """
        incoming = self._receiver.open()
        job = msgspec.structs.replace(job, stream=incoming.number)
        sequence, over = 0, False
        try:
            subject = subjects.job(job.model, job.priority, self._publisher)
            sequence = (await self._bus.append(subject, job, id=f"{job.request}:{job.attempt}")).sequence
            while not over:
                async with asyncio.timeout(job.deadline - time.time()):
                    deltas = await incoming.next()
                end = deltas[-1].end
                over = end is not None
                yield deltas
                if end is not None and end.failure is not None:
                    raise from_failure(end.failure)
        except TimeoutError as error:
            raise DeadlineExceeded("The answer was not complete in time.") from error
        finally:
            incoming.close()
            if sequence and not over:
                await self._cancel(job, sequence)

    async def _cancel(self, job: ChatJob, sequence: int) -> None:
        """Out of the queue if it waits there still, and out of the engine if it runs."""
        try:
            await self._bus.delete(subjects.INFERENCE.name, sequence)
            await self._bus.publish(subjects.CONTROL, CancelJob(job.request))
        except Unavailable as error:  # nobody to tell; the job runs to its end, and nobody reads it
            log.warning("job.not_cancelled", request=job.request, reason=error.message)
