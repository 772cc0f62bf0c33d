"""Jobs over NATS: a durable job out, frames of deltas in."""

import msgspec

from shared import subjects
from shared.broker.ports import Bus
from shared.errors import Conflict
from shared.messages import CancelJob, ChatCancelled, ChatJob, LiveRequest, Usage
from shared.streams import Incoming, Receiver

CANCELLED_TTL_S = 600.0
"""Long enough for a redelivery of the job to find out."""
CLAIM_RACES = 8
"""A request changes hands a few times at most while we try to mark it."""

OVER = frozenset({"finishing", "done", "cancelled"})


class NatsJobs:
    """`receiver` is started and run by whoever makes it, on a connection of its own."""

    def __init__(self, bus: Bus, receiver: Receiver, publisher: str) -> None:
        self._bus = bus
        self._live = bus.bucket(subjects.LIVE_BUCKET)
        self._receiver = receiver
        self._publisher = publisher

    @property
    def inbox(self) -> str:
        return self._receiver.inbox

    def open(self, request: str) -> Incoming:
        return self._receiver.open(request)

    async def submit(self, job: ChatJob) -> None:
        """The entry in LIVE comes first, so that whoever pulls the job finds it."""
        self._receiver.remember(job)
        live = LiveRequest(
            user=job.user,
            chat=job.chat,
            message_id=job.message_id,
            passages=job.passages,
            attempt=job.attempt,
            model=job.model,
            created_at=job.created_at,
            deadline=job.deadline,
            choices=job.sampling.n,
        )
        key = subjects.live_request(job.request)
        revision = await self._live.create(key, msgspec.msgpack.encode(live))
        subject = subjects.job(job.model, job.priority, self._publisher)
        stored = await self._bus.append(subject, job, id=f"{job.request}:{job.attempt}")
        live = msgspec.structs.replace(live, job_sequence=stored.sequence)
        try:
            await self._live.update(key, msgspec.msgpack.encode(live), revision=revision)
        except Conflict:
            return  # a worker has claimed it already

    async def cancel(self, job: ChatJob) -> None:
        """Marked first: a worker that pulls the job in this moment loses its claim, and drops it."""
        before = await self._mark_cancelled(job)
        if before is None:
            return
        if before.job_sequence:
            await self._bus.delete(subjects.INFERENCE.name, before.job_sequence)
        await self._bus.publish(subjects.CONTROL, CancelJob(job.request))
        if before.state == "queued":
            event = _never_begun(job)
            await self._bus.append(subjects.event("cancelled", job.user), event, id=job.request)

    async def _mark_cancelled(self, job: ChatJob) -> LiveRequest | None:
        """The request as it was before; None if it was over, or never was."""
        key = subjects.live_request(job.request)
        for _ in range(CLAIM_RACES):
            entry = await self._live.get(key)
            if entry is None:
                return None
            live = msgspec.msgpack.decode(entry.value, type=LiveRequest)
            if live.state in OVER:
                return None
            marked = msgspec.msgpack.encode(msgspec.structs.replace(live, state="cancelled"))
            try:
                await self._live.update(key, marked, revision=entry.revision, ttl_s=CANCELLED_TTL_S)
            except Conflict:
                continue
            return live
        return None


def _never_begun(job: ChatJob) -> ChatCancelled:
    return ChatCancelled(
        request=job.request,
        user=job.user,
        model=job.model,
        answers=(),
        usage=Usage(),
        at=job.created_at,
        chat=job.chat,
        message_id=job.message_id,
        passages=job.passages,
    )
